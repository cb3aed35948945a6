"""People who correct themselves within a line: `RCP-12, no sorry, RCP-20` names the last.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bot.reading.kinds import FINDERS
from bot.reading.line import Line
from bot.reading.phrases import words_in
from bot.reading.rest import Rest
from bot.reading.tokens import Token

KINDS = ("test", "planned", "run", "system", "track", "team", "number")  # what one says anew


def corrected(line: Line) -> str:
    """Returns a line without what somebody takes back in it; empty where they take nothing back.

    Args:
        line: In which `no, rather` may stand after something that is named anew.
    """
    place, length = _rather_in([token.plain for token in line.tokens])
    if not place:
        return ""
    before = line.tokens[:place]
    after = line.tokens[place + length :]
    taken_back = [
        token for kind in KINDS if _named(line, kind, after) for token in _named(line, kind, before)
    ]
    if not taken_back:
        return ""
    return " ".join(_typed(line, token) for token in (*before, *after) if token not in taken_back)


def _rather_in(words: Sequence[str]) -> tuple[int, int]:
    """Returns the place of the words by which somebody corrects themselves, and how many."""
    phrases = _phrases()
    places = [
        (place, len(phrase))
        for place in range(1, len(words))
        for phrase in phrases
        if words[place : place + len(phrase)] == phrase
    ]
    return max(places, key=_length, default=(0, 0))


@cache
def _phrases() -> list[list[str]]:
    return [phrase.split() for phrase in words_in("words.rather")]


def _length(found: tuple[int, int]) -> tuple[int, int]:
    place, length = found
    return length, place


def _named(line: Line, kind: str, tokens: Sequence[Token]) -> list[Token]:
    """Returns the words with which a part of a line names something of a kind."""
    text = " ".join(_typed(line, token) for token in tokens)
    rest = Rest(text, line.language, list(tokens), line.known)
    return [token for token in tokens if token not in rest.words] if FINDERS[kind](rest) else []


def _typed(line: Line, token: Token) -> str:
    return line.text[token.start : token.end]
