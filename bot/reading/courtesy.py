"""What people say beside what they want: greetings, thanks, and reports of what is done.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bot.reading.phrases import ROOM, is_form, words_in
from bot.reading.tokens import Token
from bot.words import LANGUAGES, say_of

LONGEST = 3  # words of a greeting


def without_greeting(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Returns the words after the greetings with which a line begins."""
    left = tuple(token for token in tokens)
    while length := _greeting_length(left):
        left = left[length:]
    return left


def _greeting_length(tokens: Sequence[Token]) -> int:
    starts = range(min(LONGEST, len(tokens)), 0, -1)
    said = (" ".join(token.plain for token in tokens[:length]) for length in starts)
    return next((len(text.split()) for text in said if text in words_in("words.greeting")), 0)


def is_thanks(tokens: Sequence[Token]) -> bool:
    """Tells whether somebody thanks, praises or laughs."""
    return any(token.plain in words_in("words.thanks") for token in tokens)


def is_beyond(tokens: Sequence[Token]) -> bool:
    """Tells whether something is asked for that the bot never does."""
    words = words_in("words.beyond")
    return any(is_form(token.plain, word, with_past=False) for token in tokens for word in words)


def is_told_as_done(token: Token) -> bool:
    """Tells whether a verb is in the past, which only its accent may show: `ejecuté`."""
    return token.text.casefold() in preterites()


def follows_done(tokens: Sequence[Token], token: Token) -> bool:
    """Tells whether a verb stands right after a word such as `already`, and so may be no order."""
    place = tokens.index(token)
    return place > 0 and tokens[place - 1].plain in words_in("words.done")


@cache
def preterites() -> frozenset[str]:
    """Returns verbs of commands in the past as they are written, accents kept."""
    texts = [say_of(ROOM, "words.preterite", language) for language in LANGUAGES]
    return frozenset(word.strip() for text in texts for word in text.split(",") if word.strip())
