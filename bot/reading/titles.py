"""Tests by the words of their titles: `the test of the replacement of documents`.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from bot.reading.phrases import words_in
from bot.reading.tokens import tokens_of
from bot.words import plain

BEGIN = 6  # letters by which a word is known in any of its forms
SHORTEST = 5  # letters of a word that tells something
MOST = 3  # tests that one may mean


def beginnings_in(text: str) -> frozenset[str]:
    """Returns the beginnings of the telling words of a text."""
    return beginnings_of(token.plain for token in tokens_of(text))


def beginnings_of(words: Iterable[str]) -> frozenset[str]:
    """Returns the beginnings of the words that tell something.

    Args:
        words: Without accents.
    """
    small = words_in("words.filler") | words_in("words.noun")
    return frozenset(
        word[:BEGIN] for word in map(plain, words) if len(word) >= SHORTEST and word not in small
    )


def tests_titled(
    titles: Mapping[str, frozenset[str]], words: Iterable[str], *, least: int
) -> list[str]:
    """Returns the tests that words may mean by their titles; none where too many are as near.

    Args:
        titles: Beginnings of the words of titles in all languages, by the numbers of tests.
        words: What is said of the test, without accents.
        least: How many of them a title must have.
    """
    said = beginnings_of(words)
    shared = Counter({number: len(said & title) for number, title in titles.items()})
    best = max(shared.values(), default=0)
    numbers = [number for number, count in shared.items() if count == best]
    return numbers if best >= least and len(numbers) <= MOST else []
