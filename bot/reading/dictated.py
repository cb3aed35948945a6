"""What is dictated to a phone: letters by their names, numbers as words.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from bot.reading.phrases import ROOM, words_in
from bot.reading.tokens import EDGES, Token
from bot.words import LANGUAGES, Language, plain, say_of

ZERO = re.compile(r"o(?=\d)")
MOST_WORDS = 6  # of a dictated number of a test: five letters and digits


def test_as_typed(words: Sequence[Token], line: str) -> str:
    """Returns a test's number as it would have been typed: `erre ce pe veinte` is rcp20.

    Args:
        words: Neighbours in a line.
        line: All of it: what was written there counts, not what an abbreviation stands for.

    Returns:
        What may be a number; empty where there are too many words, or they begin with a small one.
    """
    if not 1 < len(words) <= MOST_WORDS:
        return ""
    typed = _typed(words, line)
    if typed[0] in words_in("words.filler") and not _is_spelled(typed):
        return ""
    known = _letters() | {word: number for tag in LANGUAGES for word, number in numerals(tag)}
    # `oh` is a zero where digits follow it
    return ZERO.sub("0", "".join(known.get(word, word) for word in typed))


def is_spelled_out(words: Sequence[Token], line: str) -> bool:
    """Tells whether letters are written by their names: `erre ce pe`, not `r c p`."""
    typed = _typed(words, line)
    return _is_spelled(typed) and any(len(word) > 1 for word in typed[:-1])


def _typed(words: Sequence[Token], line: str) -> list[str]:
    return [plain(line[word.start : word.end].strip(EDGES)) for word in words]


def _is_spelled(typed: Sequence[str]) -> bool:
    """Tells whether each word but the last is one letter."""
    return len(typed) > 2 and all(len(word) == 1 or word in _letters() for word in typed[:-1])


@cache
def _letters() -> dict[str, str]:
    return dict(pair for tag in LANGUAGES for pair in _pairs("words.letters", tag))


@cache
def numerals(language: Language) -> tuple[tuple[str, str], ...]:
    """Returns the words for numbers in a language, with what they mean in digits."""
    return tuple(_pairs("words.numerals", language))


def _pairs(key: str, language: Language) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in say_of(ROOM, key, language).split(",")]
    return [(plain(word.strip()), meaning.strip()) for word, equals, meaning in pairs if equals]
