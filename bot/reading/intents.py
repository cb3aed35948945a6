"""Which commands a line is likely to mean, by its words, pairs of words and bits of words.  Pure.

It ranks what is offered, and carries out nothing.

The weights stand in `intents.json`, by command: a linear model (multinomial logistic regression),
which `make intents` learns from lines that are known.  What a line names is masked by its kind.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

LEARNED = Path(__file__).with_name("intents.json")
NOTHING = "nothing"  # what is said to nobody, or asks for nothing
UNIT = 0.01  # of a weight in the file, where they are whole numbers
BIT = 4  # letters of a bit of a word
PAIR_WEIGHT = 0.7  # of what a word itself counts
BIT_WEIGHT = 0.5
MANY = 4  # commands whose lines share a word
BIAS = ""  # the name of what speaks for a command in every line


@dataclass(frozen=True, slots=True)
class Guess:
    """A command that a line may mean.

    Attributes:
        verb: Its verb, or NOTHING.
        share: How likely it is, from 0 to 1; those of all commands add up to 1.
    """

    verb: str
    share: float


Rank = Callable[[Sequence[str]], Sequence[Guess]]


@dataclass(frozen=True, slots=True)
class Intents:
    """What was learned.

    Attributes:
        verbs: The commands, and NOTHING.
        weights: By feature, how much it speaks for each of the commands, in UNIT.
        words: By command, the words that several lines of it share: they say it, and name nothing.
    """

    verbs: Sequence[str]
    weights: Mapping[str, Sequence[tuple[str, int]]]
    words: Mapping[str, frozenset[str]]

    def ranked(self, words: Sequence[str]) -> list[Guess]:
        """Returns the commands that a line may mean, the likeliest first.

        Args:
            words: Of the line, without accents, what it names masked.
        """
        scores = dict.fromkeys(self.verbs, 0.0)
        for feature, count in {BIAS: 1.0, **features_of(words)}.items():
            for verb, weight in self.weights.get(feature, ()):
                scores[verb] += count * weight
        most = max(scores.values())
        odds = {verb: math.exp((score - most) * UNIT) for verb, score in scores.items()}
        whole = sum(odds.values())
        guesses = [Guess(verb, odd / whole) for verb, odd in odds.items()]
        return sorted(guesses, key=_by_share)


def _by_share(guess: Guess) -> tuple[float, str]:
    return -guess.share, guess.verb


def features_of(words: Sequence[str]) -> Mapping[str, float]:
    """Returns what speaks for a command in a line, each with how much it counts, as a vector of
    length one.

    Args:
        words: Of the line, without accents, what it names masked as `{kind}`.
    """
    features: dict[str, float] = {}
    for word in words:
        features[word] = 1.0
        for bit in () if word.startswith("{") else _bits(f"<{word}>"):
            features[bit] = BIT_WEIGHT
    for first, second in pairwise(["^", *words, "$"]):
        features[f"{first} {second}"] = PAIR_WEIGHT
    length = math.sqrt(sum(count * count for count in features.values())) or 1.0
    return {name: count / length for name, count in features.items()}


@cache
def _bits(word: str) -> tuple[str, ...]:
    return tuple(f"_{word[start : start + BIT]}" for start in range(len(word) - BIT + 1))


@cache
def intents() -> Intents:
    """Returns what was learned from the lines that are known."""
    learned = json.loads(LEARNED.read_bytes())
    weights: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for verb, by_feature in learned["weights"].items():
        for feature, weight in by_feature.items():
            weights[feature].append((verb, weight))
    words = {verb: frozenset(said) for verb, said in learned["words"].items()}
    return Intents(tuple(learned["weights"]), weights, words)


def words_of(verb: str) -> frozenset[str]:
    """Returns the words that several lines of a command share: they say it, and name nothing."""
    return intents().words.get(verb, frozenset())


@cache
def common_words() -> frozenset[str]:
    """Returns the words that lines of many commands share: they say none of them."""
    counts = Counter(word for said in intents().words.values() for word in said)
    return frozenset(word for word, count in counts.items() if count >= MANY)
