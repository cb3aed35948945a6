"""Several wishes in one line: each is read by itself, with what it leaves to the others.  Pure.

One command is one act, so all of them are offered, and none is carried out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.grammar import VERBS, Wish
from bot.reading.filling import Reading, offering
from bot.reading.phrases import words_in
from bot.reading.tokens import Token, tokens_of

# where one request of a message ends and the next begins
LINKS = (
    "and then", "and also", "then", "y luego", "y después", "y también", "luego", "e depois",
    "e também", "depois", "y", "e", "and",
)  # fmt: skip
CLAUSES = re.compile(rf"[;\n]+|[.!?]+\s|,?\s(?:{'|'.join(LINKS)}|[+&])\s")
HOW_MANY = range(2, 5)  # what has more is told, and no list of wishes
SHARED = ("test", "planned", "run", "track", "team")  # what one clause may leave to another


@dataclass(frozen=True, slots=True)
class Reader:
    """How a clause is read.

    Attributes:
        read: Returns what a text comes to.
        words_of_command: Returns the words of a text that say a command; none where it says none.
        named_in: Returns what a text names, by its kind.
    """

    read: Callable[[str], Reading]
    words_of_command: Callable[[str], Sequence[Token]]
    named_in: Callable[[str], Mapping[str, str]]


def several_in(text: str, reader: Reader) -> Reading | None:
    """Returns what is offered where a message asks for several things; None where it does not.

    Args:
        text: The whole message.
        reader: How each of its clauses is read.
    """
    clauses = [_without_rather(clause) for clause in CLAUSES.split(text) if tokens_of(clause)]
    if len(clauses) not in HOW_MANY:
        return None
    named = [reader.named_in(clause) for clause in clauses]
    wishes = [_wish_of(place, clauses, named, reader) for place in range(len(clauses))]
    meant = [wish for wish in wishes if wish is not None]
    different = [wish for place, wish in enumerate(meant) if wish not in meant[:place]]
    if len(different) < len(clauses):
        return None
    return offering([*_together(different), *different])


def _together(wishes: Sequence[Wish]) -> list[Wish]:
    """Returns the one run that several runs of tests are; none where they are something else."""
    systems = {wish.args.get("system") for wish in wishes}
    is_one = all(wish.verb == "run" and "test" in wish.args for wish in wishes)
    if not is_one or len(systems) > 1:
        return []
    tests = " ".join(wish.args["test"] for wish in wishes)
    return [Wish("run", {**wishes[0].args, "test": tests})]


def _wish_of(
    place: int, clauses: Sequence[str], named: Sequence[Mapping[str, str]], reader: Reader
) -> Wish | None:
    """Returns what a clause asks for, with the command of the first where it says none, and what
    others name where it names nothing of the kind.
    """
    clause = clauses[place]
    has_command = bool(reader.words_of_command(clause))
    if not has_command:
        clause = f"{_command_of(clauses[0], reader)} {clause}"
    left = {
        kind: others[kind]
        for others in named
        for kind in SHARED
        if kind in others and kind not in named[place]
    }
    if left and (not named[place] or _wish_in(reader.read(clause)) is None):
        completed = _wish_in(reader.read(f"{clause} {' '.join(left.values())}"))
        if completed is not None and any(completed.args.get(kind) for kind in left):
            return completed
    wish = _wish_in(reader.read(clause))
    # what names something and says no command is no wish of its own
    return wish if wish is None or has_command or named[place] else None


def _wish_in(reading: Reading) -> Wish | None:
    if reading.wish is not None:
        return reading.wish
    return next((wish for wish in reading.offers if VERBS[wish.verb].changes), None)


def _command_of(clause: str, reader: Reader) -> str:
    return " ".join(token.text for token in reader.words_of_command(clause))


def _without_rather(clause: str) -> str:
    """Returns a clause without words by which somebody corrects themselves: `no, rather …`."""
    tokens = tokens_of(clause)
    words = [token.plain for token in tokens]
    for phrase in sorted(words_in("words.rather"), key=len, reverse=True):
        length = len(phrase.split())
        if words[:length] == phrase.split() and len(words) > length:
            return clause[tokens[length].start :]
    return clause
