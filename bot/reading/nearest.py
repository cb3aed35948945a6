"""The nearest things that one can ask, where a line is not understood: by the words it shares with
the phrases of commands, and those that are near to them.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bot.grammar import COMMANDS
from bot.reading.nearness import is_near
from bot.reading.phrases import phrases, stems, words_in
from bot.reading.tokens import Token

NEARLY = 0.6  # of what a word itself counts


def nearest_verbs(tokens: Sequence[Token]) -> list[str]:
    """Returns the commands of which a line has the most telling words, the likeliest first.

    A word tells the more, the fewer commands have it.
    """
    scores: dict[str, float] = {}
    for token in tokens:
        for verb, weight in _weights(token.plain).items():
            scores[verb] = scores.get(verb, 0) + weight
    # of two that are as likely the one that help lists first, whatever the order of sets is today
    listed = [command.verb for command in COMMANDS if command.verb in scores]
    return sorted(listed, key=scores.__getitem__, reverse=True)


@cache
def _vocabulary() -> dict[str, frozenset[str]]:
    """Returns which commands have a word, by the stems of words that are no small ones."""
    small = words_in("words.filler")
    verbs: dict[str, set[str]] = {}
    for phrase in phrases():
        for word in phrase.words:
            if word not in small:
                for stem in stems(word, with_past=True):
                    verbs.setdefault(stem, set()).add(phrase.verb)
    return {stem: frozenset(known) for stem, known in verbs.items()}


def _weights(word: str) -> dict[str, float]:
    if word in words_in("words.filler") | words_in("words.not"):
        return {}
    vocabulary = _vocabulary()
    verbs = next(
        (
            vocabulary[stem]
            for stem in sorted(sorted(stems(word, with_past=True)), key=len, reverse=True)
            if stem in vocabulary
        ),
        frozenset(),
    )
    if verbs:
        return dict.fromkeys(verbs, 1 / len(verbs))
    near = {verb for known in vocabulary if is_near(word, known) for verb in vocabulary[known]}
    return dict.fromkeys(near, NEARLY / len(near)) if near else {}
