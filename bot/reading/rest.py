"""The words of a line that no argument has taken yet.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.reading.known import Known
from bot.reading.tokens import Token
from bot.words import Language

LONGEST_NAME = 8  # words


@dataclass(slots=True)
class Rest:
    """The words of a line that no argument has taken yet.

    Attributes:
        text: The whole line.
        language: Of who wrote it.
        words: What is left of it.
        known: What can be named.
        options: Of arguments that several values would fit, by name: those.
        misfits: What was named and does not exist, by the name of the argument.
    """

    text: str
    language: Language
    words: list[Token]
    known: Known
    options: dict[str, list[str]] = field(default_factory=dict)
    misfits: dict[str, str] = field(default_factory=dict)

    def take(self, tokens: Sequence[Token]) -> None:
        """Takes words away."""
        self.words = [word for word in self.words if word not in tokens]

    def spans(self) -> Iterator[list[Token]]:
        """Yields neighbours among the words that are left, the longest first."""
        for length in range(min(LONGEST_NAME, len(self.words)), 0, -1):
            for start in range(len(self.words) - length + 1):
                yield self.words[start : start + length]


Find = Callable[[Rest], str]


def first_of(rest: Rest, meaning: Callable[[Token], str]) -> str:
    """Returns the first meaning that a word has, and takes the word; empty for none."""
    for word in rest.words:
        value = meaning(word)
        if value:
            rest.take([word])
            return value
    return ""
