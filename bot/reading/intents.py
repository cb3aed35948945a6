"""Which commands a line is likely to mean, by its likeness to lines that are known: their words,
pairs of words and bits of words, weighed by how few lines have them.  Pure.

It ranks what is offered, and carries out nothing.

The examples stand in `examples.toml`, by command and language, what they name masked by its kind.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from itertools import pairwise
from pathlib import Path

EXAMPLES = Path(__file__).with_name("examples.toml")
NOTHING = "nothing"  # what is said to nobody, or asks for nothing
BITS = (3, 5)  # letters of a bit of a word: with 4 too it is slower, and no better
PAIR_WEIGHT = 0.7  # of what a word itself counts
BIT_WEIGHT = 0.4
MANY = 4  # commands whose examples share a word
NEAREST = 12  # examples that have a say
MEAN_WEIGHT = 2.0  # of what all examples of a command say together, beside the nearest
MOST_COMMON = 60  # examples: what more of them have tells them apart too little to be looked up


@dataclass(frozen=True, slots=True)
class Guess:
    """A command that a line may mean.

    Attributes:
        verb: Its verb, or NOTHING.
        share: What speaks for it, of all that speaks for any: from 0 to 1.
        likeness: How like the line is to the nearest of its examples: 1 for the same words.
    """

    verb: str
    share: float
    likeness: float = 1.0


Rank = Callable[[Sequence[str]], Sequence[Guess]]


@dataclass(frozen=True, slots=True)
class Example:
    """A line that is known to mean a command: its words, masked."""

    verb: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intents:
    """What was learned from examples.

    Attributes:
        verbs: Of the examples, by their places.
        rarity: Of each feature, as a weight.
        places: By feature, the examples that have it, each with its weight there.
        means: By feature, the commands that have it, each with its weight there.
    """

    verbs: Sequence[str]
    rarity: Mapping[str, float]
    places: Mapping[str, Sequence[tuple[int, float]]]
    means: Mapping[str, Sequence[tuple[str, float]]]

    def ranked(self, words: Sequence[str]) -> list[Guess]:
        """Returns the commands that a line may mean, the likeliest first.

        Args:
            words: Of the line, without accents, what it names masked.
        """
        line = _weighed(features_of(words), self.rarity)
        likeness: dict[int, float] = defaultdict(float)
        scores: dict[str, float] = defaultdict(float)
        for feature, weight in line.items():
            for place, other in self.places.get(feature, ()):
                likeness[place] += weight * other
            for verb, other in self.means.get(feature, ()):
                scores[verb] += MEAN_WEIGHT * weight * other
        # of two as like the earlier, whatever the order of a dictionary is
        nearest = nlargest(NEAREST, likeness.items(), key=_by_likeness)
        nearest_of: dict[str, float] = {}
        for place, cosine in nearest:
            scores[self.verbs[place]] += cosine**2
            nearest_of.setdefault(self.verbs[place], cosine)
        whole = sum(scores.values()) or 1.0
        guesses = [
            Guess(verb, score / whole, nearest_of.get(verb, 0.0)) for verb, score in scores.items()
        ]
        return sorted(guesses, key=_by_share)


def _by_likeness(item: tuple[int, float]) -> tuple[float, int]:
    place, cosine = item
    return cosine, -place


def _by_share(guess: Guess) -> tuple[float, str]:
    return -guess.share, guess.verb


def features_of(words: Sequence[str]) -> Mapping[str, float]:
    """Returns what a line is compared by, each with how much it counts.

    Args:
        words: Of the line, without accents, what it names masked as `{kind}`.
    """
    features: dict[str, float] = defaultdict(float)
    for word in words:
        features[word] += 1
        for bit in () if word.startswith("{") else _bits(f"<{word}>"):
            features[bit] += BIT_WEIGHT
    for first, second in pairwise(["^", *words, "$"]):
        features[f"{first} {second}"] += PAIR_WEIGHT
    return features


@cache
def _bits(word: str) -> tuple[str, ...]:
    return tuple(
        f"_{word[start : start + length]}"
        for length in BITS
        for start in range(len(word) - length + 1)
    )


def _weighed(features: Mapping[str, float], rarity: Mapping[str, float]) -> dict[str, float]:
    """Returns features by their weight, those that no example has left out, as a vector of length
    one.
    """
    weights = {name: count * rarity[name] for name, count in features.items() if name in rarity}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {name: weight / length for name, weight in weights.items()}


def learn(examples: Iterable[Example]) -> Intents:
    """Returns what can be learned from examples."""
    known = list(examples)
    features = [features_of(example.words) for example in known]
    having = Counter(name for counts in features for name in counts)
    rarity = {name: math.log(1 + len(known) / count) for name, count in having.items()}
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for place, counts in enumerate(features):
        for name, weight in _weighed(counts, rarity).items():
            sums[known[place].verb][name] += weight
            if having[name] <= MOST_COMMON:
                places[name].append((place, weight))
    means: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for verb, weights in sums.items():
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        for name, weight in weights.items():
            means[name].append((verb, weight / length))
    return Intents([example.verb for example in known], rarity, places, means)


@cache
def examples() -> tuple[Example, ...]:
    """Returns the examples that come with the bot."""
    table = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    return tuple(
        Example(verb, tuple(line.split()))
        for verb, by_language in table.items()
        for lines in by_language.values()
        for line in lines.splitlines()
        if line
    )


@cache
def intents() -> Intents:
    """Returns what was learned from the examples that come with the bot."""
    return learn(examples())


@cache
def words_of(verb: str) -> frozenset[str]:
    """Returns the words that several examples of a command share: they say it, and name nothing."""
    counts = Counter(
        word for example in examples() if example.verb == verb for word in example.words
    )
    return frozenset(word for word, count in counts.items() if count > 1)


@cache
def common_words() -> frozenset[str]:
    """Returns the words that examples of many commands share: they say none of them."""
    verbs: dict[str, set[str]] = defaultdict(set)
    for example in examples():
        for word in example.words:
            verbs[word].add(example.verb)
    return frozenset(word for word, of in verbs.items() if len(of) >= MANY)
