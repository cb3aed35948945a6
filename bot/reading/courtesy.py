"""What people say beside what they want: greetings, thanks, and reports of what is done.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from bot.reading.phrases import ROOM, is_form, words_in
from bot.reading.tokens import Token, tokens_of
from bot.words import LANGUAGES, say_of

LONGEST = 3  # words of a greeting
PAST_TOO = "amos"  # in Spanish and Portuguese


def without_greeting(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Returns the words after the greetings with which a line begins."""
    left = tuple(token for token in tokens)
    while length := _greeting_length(left):
        left = left[length:]
    return left


def behind_greeting(text: str) -> int:
    """Returns where in a text its first word stands that is no greeting; 0 where there is none."""
    return next((token.start for token in without_greeting(tokens_of(text))), 0)


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


def is_no_order(tokens: Sequence[Token], token: Token) -> bool:
    """Tells whether a word of a command is, as far as one can see, no order where it stands: asked
    about (`did you run`), done already (`ya corre`), a noun (`the test`), somebody else's to do
    (`could a monitor verify`), or past as well as present (`cancelamos`).

    Args:
        tokens: The whole line.
        token: The word of the command.
    """
    place = tokens.index(token)
    before = tokens[place - 1].plain if place else ""
    # `we run it` tells; `we want to run it` asks
    is_after = before in words_in("words.done") | words_in("words.article") | words_in(
        "words.subject"
    )
    is_past = token.plain.endswith(PAST_TOO)
    return is_after or is_past or _names_another(tokens[:place]) or _asks(tokens[:place])


def _names_another(tokens: Sequence[Token]) -> bool:
    return any(token.plain in words_in("words.doer") for token in tokens)


def _asks(tokens: Sequence[Token]) -> bool:
    words = [token.plain for token in tokens]
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    return not words_in("words.asking").isdisjoint([*words, *pairs])


def tells_what_was_done(tokens: Sequence[Token]) -> bool:
    """Tells whether a line reports what somebody has just done."""
    pairs = (f"{first.plain} {second.plain}" for first, second in pairwise(tokens))
    return any(text in words_in("words.told") for text in pairs)


@cache
def preterites() -> frozenset[str]:
    """Returns verbs of commands in the past as they are written, accents kept."""
    texts = [say_of(ROOM, "words.preterite", language) for language in LANGUAGES]
    return frozenset(word.strip() for text in texts for word in text.split(",") if word.strip())
