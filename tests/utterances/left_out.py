"""Each set by a reader that has learned from all lines but those of this set."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bot.reading import intents as learning
from bot.reading.courtesy import without_greeting
from bot.reading.masking import masked
from bot.reading.tokens import tokens_of
from bot.slack.writing import decoded
from tests.utterances.reacting import world
from tests.utterances.scoring import Line, Reaction


def words_of(line: Line) -> tuple[str, ...]:
    """Returns the masked words of a line, as an example has them."""
    text = decoded(line.text)
    return masked(text, without_greeting(tokens_of(text)), world())
