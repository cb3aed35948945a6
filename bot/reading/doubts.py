"""What keeps a request from being certain: a condition, somebody else's words, a wish that is taken
back, put off or only thought of.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bot.reading.phrases import said_in
from bot.reading.tokens import Token
from bot.words import Language

KEYS = ("words.condition", "words.hearsay", "words.put_off", "words.take_back", "words.doer")
# a condition at the beginning of a clause, and another word within it: yes, oneself
OPENING = frozenset({"si", "se"})
YES = "sí"


def is_doubtful(clause: Sequence[Token], language: Language) -> bool:
    """Tells whether a clause puts a condition, tells what others said, takes back or puts off.

    Args:
        clause: Its words.
        language: Of who speaks.
    """
    words = [token.plain for token in clause]
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    doubts = frozenset[str]().union(*(said_in(key, language) for key in KEYS)) - OPENING
    is_condition = bool(clause) and words[0] in OPENING & said_in("words.condition", language)
    is_yes = bool(clause) and clause[0].text.casefold() == YES
    return (is_condition and not is_yes) or not doubts.isdisjoint([*words, *pairs])


def denies(clause: Sequence[Token], language: Language) -> bool:
    """Tells whether a clause says no to something.

    Args:
        clause: Its words.
        language: Of who speaks.
    """
    return any(token.plain in said_in("words.not", language) for token in clause)
