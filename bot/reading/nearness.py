"""How near two words are: few slips of the finger, as most typing errors are.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import combinations

SHORTEST = 3  # letters: what is shorter is near to everything
SHORT = 4  # letters: so short a word is near only where a letter was added or left out
LONG = 8  # letters: in a word so long two slips leave no doubt which is meant
MOST_SLIPS = 2
MOST_LETTERS = 24  # of a word that is looked up: what is longer is none that was typed


def distance(word: str, other: str) -> int:
    """Returns how many letters must be typed otherwise, left out, added or swapped with the next to
    make one word of the other (optimal string alignment).
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(word, 1):
        current = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(
                above[column] + 1, current[column - 1] + 1, above[column - 1] + (letter != wanted)
            )
            is_swap = row > 1 and column > 1 and letter == other[column - 2]
            if is_swap and word[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before = above
        above = current
    return above[-1]


@lru_cache(maxsize=16384)  # each command that may be meant asks of the same words
def is_near(word: str, other: str, *, slips: int = 0) -> bool:
    """Tells whether one word is meant by the other, and is not it.

    Args:
        word: As it was typed, without accents.
        other: The one that may be meant.
        slips: How many letters may differ, as `distance` counts them; by their length if 0.
    """
    slips = slips or (2 if min(len(word), len(other)) >= LONG else 1)
    if min(len(word), len(other)) < SHORTEST or abs(len(word) - len(other)) > slips:
        return False
    if min(len(word), len(other)) < SHORT and (len(word) == len(other) or word[0] != other[0]):
        return False
    # a letter that the other lacks is a slip by itself, which is seen sooner
    letters, others = set(word), set(other)
    if len(letters - others) > slips or len(others - letters) > slips:
        return False
    return 0 < distance(word, other) <= slips


def near_in(word: str, others: frozenset[str]) -> frozenset[str]:
    """Returns those of many words that are meant by one, and are not it.

    Two words with few slips between them become one by leaving out as few letters in each, so that
    a word is held against the few that share such a rest rather than against all.

    Args:
        word: As it was typed, without accents.
        others: Those that may be meant.
    """
    if not SHORTEST <= len(word) <= MOST_LETTERS:
        return frozenset()
    known = _by_rest(others)
    slips = MOST_SLIPS if len(word) >= LONG else 1
    maybe = {other for rest in _rests(word, slips) for other in known.get(rest, ())}
    return frozenset(other for other in maybe if is_near(word, other))


@lru_cache(maxsize=8)
def _by_rest(words: frozenset[str]) -> Mapping[str, list[str]]:
    """Returns words by what is left of them without a few letters."""
    known: dict[str, list[str]] = {}
    for word in words:
        for rest in _rests(word, MOST_SLIPS if len(word) >= LONG else 1):
            known.setdefault(rest, []).append(word)
    return known


def _rests(word: str, slips: int) -> Iterable[str]:
    """Yields a word without each choice of up to some letters."""
    for left_out in range(slips + 1):
        for places in combinations(range(len(word)), left_out):
            yield "".join(letter for place, letter in enumerate(word) if place not in places)
