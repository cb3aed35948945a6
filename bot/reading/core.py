"""A message in which one clause alone asks for something, and the others are talk: a greeting, a
story before the wish, a reason behind it.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.grammar import VERBS, Wish
from bot.reading.doubts import denies, is_doubtful
from bot.reading.filling import Reading, offering
from bot.reading.phrases import said_in
from bot.reading.tokens import Token, tokens_of
from bot.words import Language

# where one thing that is said ends and the next begins
BREAKS = re.compile(r"\n+|[.!?…]+(?=\s|$)|[,;()]|:(?=\s)|\s[–—-]+\s")
MOST_CLAUSES = 12


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a message.

    Attributes:
        text: As it was typed.
        tokens: Its words.
        is_reason: Whether it says why: `because …`.
    """

    text: str
    tokens: tuple[Token, ...]
    is_reason: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """How clauses are read.

    Attributes:
        whole: Returns what a text asks for, where every word of it is understood.
        named_in: Returns what a text names, by its kind.
        has_command: Tells whether a text has a word of a command that changes something, or the
            words of a question.
        language: Of who speaks.
    """

    whole: Callable[[str], Wish | None]
    named_in: Callable[[str], Mapping[str, str]]
    has_command: Callable[[str], bool]
    language: Language


def core_in(text: str, parts: Parts) -> Reading | None:
    """Returns what the only clause of a message that asks for something comes to; None where no
    clause does, or several.

    Args:
        text: The whole message.
        parts: How each of its clauses is read.
    """
    clauses = clauses_of(text, parts.language)
    if len(clauses) not in range(2, MOST_CLAUSES + 1):
        return None
    # `is it done` beside other words is talk: what is asked for must name something
    found = ((clause, parts.whole(clause.text)) for clause in clauses)
    asked = [(clause, wish) for clause, wish in found if wish is not None and wish.args]
    if len(asked) != 1:
        return None
    core, wish = asked[0]
    others = [clause for clause in clauses if clause is not core]
    if any(parts.named_in(clause.text) for clause in others):
        return None
    if not VERBS[wish.verb].changes:
        return Reading(wish)
    is_certain = not any(_unsettles(clause, parts.language) for clause in clauses) and not any(
        parts.has_command(clause.text) for clause in others
    )
    return Reading(wish) if is_certain else offering([wish])


def clauses_of(text: str, language: Language) -> list[Clause]:
    """Returns the clauses of a message that have words, a reason apart from what it is given for.

    Args:
        text: The whole message.
        language: Of who speaks.
    """
    because = said_in("words.because", language)
    found: list[Clause] = []
    for part in BREAKS.split(text):
        tokens = tokens_of(part)
        place = _reason_in(tokens, language)
        if place:
            start = tokens[place].start
            found.append(Clause(part[:start], tuple(tokens[:place])))
            part, tokens = part[start:], tokens_of(part[start:])
        is_reason = bool(tokens) and tokens[0].plain in because
        if tokens:
            found.append(Clause(part, tuple(tokens), is_reason or bool(place)))
    return found


def _reason_in(tokens: Sequence[Token], language: Language) -> int:
    """Returns the place of the word with which a reason begins behind something else; 0 for none.

    `las que fallaron` gives none: behind an article or a small word the clause goes on.
    """
    joint = said_in("words.joint", language)
    for place in range(2, len(tokens)):
        begins = tokens[place].plain in said_in("words.because", language)
        begins = begins and tokens[place].text.casefold() != "qué"  # which asks
        if begins and tokens[place - 1].plain not in joint:
            return place
    return 0


def _unsettles(clause: Clause, language: Language) -> bool:
    denied = denies(clause.tokens, language) and not clause.is_reason
    return denied or is_doubtful(clause.tokens, language)
