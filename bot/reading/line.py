"""A line with who says it, and what it names for a command.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.grammar import VERBS
from bot.reading.intents import Guess, Rank
from bot.reading.kinds import FINDERS
from bot.reading.known import Known
from bot.reading.masking import masked
from bot.reading.rest import Rest
from bot.reading.tokens import Token, tokens_of
from bot.words import Language


@dataclass(frozen=True, slots=True)
class Line:
    """A line with who says it and what can be named.

    Attributes:
        text: As it was typed.
        language: Of who typed it.
        known: What can be named.
        tokens: Its words.
        rank: Returns the commands that masked words may mean, the likeliest first.
        is_in_thread: Whether it stands below the card of a run.
    """

    text: str
    language: Language
    known: Known
    tokens: tuple[Token, ...]
    rank: Rank
    is_in_thread: bool = False

    @property
    def guesses(self) -> tuple[Guess, ...]:
        """The commands that its words may mean, the likeliest first."""
        return _guessed(self.rank, masked(self.text, self.tokens, self.known))

    def rest(self, used: Sequence[Token] = ()) -> Rest:
        """Returns the words beside those of a command."""
        left = [token for token in self.tokens if token not in used]
        return Rest(self.text, self.language, left, self.known)


@lru_cache(maxsize=256)  # a line is asked about by each command that may be meant
def _guessed(rank: Rank, words: tuple[str, ...]) -> tuple[Guess, ...]:
    return tuple(rank(words))


def args_in(verb: str, rest: Rest) -> dict[str, str]:
    """Returns what follows a command: what was named, then what is known by its kind."""
    command = VERBS[verb]
    args: dict[str, str] = {}
    for token in list(rest.words):
        key, value = token.named or ("", "")
        name = command.named(key) if key else None
        if name is None:
            continue
        rest.take([token])
        inner = Rest(value, rest.language, tokens_of(value), rest.known)
        finder = FINDERS.get(name)
        found = finder(inner) if finder and not rest.known.is_blind else value
        rest.options |= inner.options
        rest.misfits |= inner.misfits if found else {name: value}
        args[name] = found
    for name in command.finds:
        value = FINDERS[name](rest) if name in FINDERS and name not in args else ""
        if value:
            args[name] = value
    return args
