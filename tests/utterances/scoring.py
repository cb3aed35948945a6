"""Reads lines of what people type with their right reactions, and judges what came of each.

A line is `TEXT => REACTION`.  TEXT stands as the chat sends it; a line break is written `\\n`, and
`[thread]` says that it was written below the card of a run.  REACTION is one of these, or several
with ` | ` between them where each would do:

    verb name=value name=value   this is carried out, and no more; `*` is any value
    ?verb name=value             this is offered, filled in, among at most three; nothing is done
    ?verb & ?verb                each of these is offered, and nothing is done
    nothing                      nothing is carried out
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
GIVEN = HERE / "given.txt"
THREAD = "[thread] "
NOTHING = "nothing"
MOST_OFFERS = 3
ARGUMENT = re.compile(r" (\w+)=")
CHANGING = frozenset(
    {
        "accept", "announce", "ask", "begin", "cancel", "claim", "contest", "decline", "finish", "invite", "language",
        "link", "mention", "register", "remind", "rerun", "return", "run", "subscribe",
        "unmention", "unremind", "unsubscribe", "verify",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """A command with what follows it by name."""

    verb: str
    args: Mapping[str, str] = field(default_factory=dict)

    def is_met_by(self, wish: Wish) -> bool:
        """Tells whether another wish is this one; help about a command is help."""
        args = {**wish.args}
        if wish.verb == "help" and not self.args:
            args.pop("about", "")
        return self.verb == wish.verb and self.args.keys() == args.keys() and all(
            value in ("*", args[name]) for name, value in self.args.items()
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reaction:
    """What comes of a line: what is carried out, and what is offered."""

    done: Wish | None = None
    offers: tuple[Wish, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody typed, and the reactions of which each is right."""

    text: str
    right: tuple[Reaction, ...]
    language: str
    is_in_thread: bool = False

    @property
    def kind(self) -> str:
        """What is asked for, as the first right reaction says."""
        first = self.right[0]
        if first.offers:
            return "offer"
        if first.done is None:
            return NOTHING
        return "change" if first.done.verb in CHANGING else "read"


def lines_of(language: str) -> list[Line]:
    """Returns the lines of one of our own sets."""
    return [_line(text, reaction, language) for text, reaction in _pairs(HERE / f"{language}.txt")]


def fresh_lines(name: str) -> list[Line]:
    """Returns a set that was written after the reader, each line with its language before it."""
    split = [(text.partition(" "), reaction) for text, reaction in _pairs(HERE / f"{name}.txt")]
    return [_line(text, reaction, language) for (language, _, text), reaction in split]


def given_lines(file: Path) -> list[Line]:
    """Returns the lines that others gave; most of them are Spanish, as who typed them was."""
    texts = file.read_text(encoding="utf-8").splitlines()
    return [_line(texts[int(place) - 1], reaction, "es") for place, reaction in _pairs(GIVEN)]


def judge(line: Line, reaction: Reaction) -> tuple[str, bool]:
    """Returns whether a reaction is right, helpful or wrong, and whether it changed something that
    was not meant.
    """
    if any(_is_right(right, reaction) for right in line.right):
        return "right", False
    is_wrong_act = reaction.done is not None and _acts(reaction.done)
    wished = [right.done for right in line.right if right.done is not None]
    wished += [wish for right in line.right if len(right.offers) > 1 for wish in right.offers]
    offered = reaction.offers if len(reaction.offers) <= MOST_OFFERS else ()
    is_helpful = reaction.done is None and any(
        wish.is_met_by(offer) for wish in wished for offer in offered
    )
    return "helpful" if is_helpful else "wrong", is_wrong_act


def _acts(wish: Wish) -> bool:
    """Tells whether a command changes something; `run` that names nothing to run opens a form."""
    return wish.verb in CHANGING and (
        wish.verb != "run" or not {"track", "test"}.isdisjoint(wish.args)
    )


def _is_right(right: Reaction, reaction: Reaction) -> bool:
    if right.done is not None:
        return reaction.done is not None and right.done.is_met_by(reaction.done)
    if reaction.done is not None or len(reaction.offers) > MOST_OFFERS:
        return False
    return all(any(wish.is_met_by(offer) for offer in reaction.offers) for wish in right.offers)


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            text, _, reaction = line.rpartition(" => ")
            yield text, reaction


def _line(text: str, written: str, language: str) -> Line:
    is_in_thread = text.startswith(THREAD)
    said = text.removeprefix(THREAD).replace("\\n", "\n")
    right = written.split(" | ")
    if is_in_thread:  # the run whose card it is need not be named, and is known all the same
        right += [reaction.replace(" run=*", "") for reaction in right]
    return Line(said, tuple(map(_reaction, dict.fromkeys(right))), language, is_in_thread)


def _reaction(written: str) -> Reaction:
    if written == NOTHING:
        return Reaction()
    if written.startswith("?"):
        return Reaction(offers=tuple(map(_wish, written[1:].split(" & ?"))))
    return Reaction(done=_wish(written))


def _wish(written: str) -> Wish:
    verb, *rest = ARGUMENT.split(written)
    values = (value.replace("\\n", "\n") for value in rest[1::2])
    return Wish(verb, dict(zip(rest[::2], values, strict=True)))
