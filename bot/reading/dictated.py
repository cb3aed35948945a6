"""What is dictated to a phone: letters by their names, numbers as words.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from bot.reading.phrases import ROOM, words_in
from bot.reading.tokens import EDGES, Token
from bot.words import LANGUAGES, Language, plain, say_of

DIGIT = re.compile(r"\d")
ZERO = re.compile(r"o(?=\d)")
TEN = 10
LINKS = ("y", "e")  # in Spanish and Portuguese, between tens and units
MOST_WORDS = 6  # of a dictated number of a test: five letters and digits


def has_digits(words: Sequence[Token]) -> bool:
    """Tells whether there is a digit among words, as such or by its name: each number has one."""
    digits = _digits()
    return any(word.plain in digits or DIGIT.search(word.plain) for word in words)


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
    known = _letters() | _digits()
    # `oh` is a zero where digits follow it
    return ZERO.sub("0", "".join(known.get(word, word) for word in typed))


def is_spelled_out(words: Sequence[Token], line: str) -> bool:
    """Tells whether letters are written by their names: `erre ce pe`, not `r c p`."""
    typed = _typed(words, line)
    return _is_spelled(typed) and any(len(word) > 1 for word in typed[:-1])


def _typed(words: Sequence[Token], line: str) -> list[str]:
    return [plain(line[word.start : word.end].strip(EDGES)) for word in words]


def _is_spelled(typed: Sequence[str]) -> bool:
    """Tells whether the words are letters, each by itself, and digits after them."""
    last = len(typed) - 1
    while last > 1 and (typed[last].isdecimal() or typed[last] in _digits()):
        last -= 1
    letters = typed[: last + 1] if last < len(typed) - 1 else typed[:-1]
    return len(letters) > 1 and all(len(word) == 1 or word in _letters() for word in letters)


def planned_as_typed(words: Sequence[Token]) -> str:
    """Returns the number of a planned test as it would have been typed: `one point two` is 1.2."""
    said = [word.plain for word in words]
    if len(said) not in (3, 5) or not words_in("words.point").issuperset(said[1::2]):
        return ""
    return ".".join(_digits().get(word, word) for word in said[::2])


@cache
def _digits() -> dict[str, str]:
    return {word: number for tag in LANGUAGES for word, number in numerals(tag)}


@cache
def _letters() -> dict[str, str]:
    return dict(pair for tag in LANGUAGES for pair in _pairs("words.letters", tag))


@cache
def numerals(language: Language) -> tuple[tuple[str, str], ...]:
    """Returns the words for numbers in a language, with what they mean in digits: those that are
    listed, and tens with units.
    """
    pairs = _pairs("words.numerals", language)
    # of a language that somebody adds, a slip breaks no reading
    listed = [(word, number) for word, number in pairs if number.isdecimal()]
    units = [(word, int(number)) for word, number in listed if 0 < int(number) < TEN]
    tens = [
        (word, int(number))
        for word, number in listed
        if " " not in word and int(number) in range(2 * TEN, TEN * TEN, TEN)
    ]
    composed = [
        (f"{ten}{link}{unit}", str(many + few))
        for ten, many in tens
        for unit, few in units
        for link in (" ", "-", *(f" {word} " for word in LINKS))
    ]
    return (*listed, *composed)


def _pairs(key: str, language: Language) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in say_of(ROOM, key, language).split(",")]
    return [(plain(word.strip()), meaning.strip()) for word, equals, meaning in pairs if equals]
