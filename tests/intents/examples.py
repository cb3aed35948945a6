"""The lines from which the bot learns: those of the sets but the ones that are held back, and those of `written`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.reading.courtesy import without_greeting
from bot.reading.masking import masked
from bot.reading.tokens import tokens_of
from bot.slack.writing import decoded
from tests.utterances.reacting import world

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """A line that is known to mean a command: its words, masked."""

    verb: str
    words: tuple[str, ...]


def words_of(text: str) -> tuple[str, ...]:
    """Returns the masked words of a line, as the reader ranks them."""
    said = decoded(text)
    return masked(said, without_greeting(tokens_of(said)), world())


@cache
def masked_examples() -> tuple[Example, ...]:
    """Returns the lines that are kept masked, by command and language."""
    table = tomllib.loads((HERE / "examples.toml").read_text(encoding="utf-8"))
    return tuple(
        Example(verb, tuple(line.split()))
        for verb, by_language in table.items()
        for lines in by_language.values()
        for line in lines.splitlines()
        if line
    )


def written_examples() -> Iterator[Example]:
    """Yields the lines that are kept as they were written."""
    for file in sorted((HERE / "written").glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if not line.startswith("# "):
                verb, _, text = line.partition("\t")
                yield Example(verb, words_of(text))


def examples(held_back: Sequence[str]) -> list[Example]:
    """Returns all lines but those that are held back.

    Args:
        held_back: Lines as they are typed, by which the bot is measured and from which it never learns.
    """
    left = {words_of(text) for text in held_back}
    known = dict.fromkeys([*masked_examples(), *written_examples()])
    return [example for example in known if example.words and example.words not in left]
