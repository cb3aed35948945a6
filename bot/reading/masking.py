"""The words of a line with what they name masked by its kind, so that a line is like another that
names something else.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.reading.kinds import ADDRESS, run_in
from bot.reading.known import NUMBER, Known
from bot.reading.phrases import words_in
from bot.reading.tests_named import PLANNED
from bot.reading.tokens import Token
from bot.words import plain

AMOUNT = re.compile(r"\d{1,3}(?::\d\d|h|am|pm)?h?")
CODE = re.compile(r"(?=\S*\d)(?=\S*[a-z])[\w-]{8,}")
MARK = re.compile(r"[?]")


def masked(text: str, tokens: Sequence[Token], known: Known) -> tuple[str, ...]:
    """Returns the words of a line without accents, what they name as `{kind}`, and `?` at its end
    where it asks.

    Args:
        text: The whole line.
        tokens: Its words.
        known: What can be named.
    """
    names = _names(known)
    words = [_kind_of(token, known, names) or token.plain for token in tokens]
    return (*words, *MARK.findall(text)[:1])


def _names(known: Known) -> dict[str, str]:
    """Returns the kinds of what is known by name, by its name."""
    by_kind = {"system": known.systems, "team": known.teams, "track": known.tracks}
    return {plain(name): f"{{{kind}}}" for kind, names in by_kind.items() for name in names}


def _kind_of(token: Token, known: Known, names: dict[str, str]) -> str:
    word = token.plain
    if token.is_quoted:
        return names.get(word, "{word}")
    if word in names:
        return names[word]
    if run_in(word):
        return "{run}"
    if ADDRESS.fullmatch(word):
        return "{base}"
    if NUMBER.fullmatch(word) and known.test_numbered(word):
        return "{test}"
    if PLANNED.fullmatch(word):
        return "{planned}"
    if AMOUNT.fullmatch(word):
        return "{number}"
    # `did` is an auxiliary before it is the beginning of a track
    if word not in words_in("words.filler") and known.tracks_below(word):
        return "{track}"
    return "{code}" if CODE.fullmatch(word) else ""
