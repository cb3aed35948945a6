"""Terms that somebody asks the meaning of: those of the glossary, and others as put.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import product

from bot.reading.known import name_words
from bot.reading.phrases import words_in
from bot.reading.tokens import Token, tokens_of
from bot.words import LANGUAGES, forms, plain

# terms of docs/glossary.md that people at an event ask for; each has a sentence in the catalogues
TERMS = (
    "allowance", "clause", "contact", "evidence", "facilitator", "finding", "inbox", "instance",
    "lesson", "matrix", "monitor", "partner", "preset", "proof", "review", "ruleset", "run",
    "system", "team", "track", "trust_list", "twin", "verdict",
)  # fmt: skip
PAUSE = re.compile(r"[,.;:?!()\n]")
LONGEST_TERM = 4  # words: what is longer is a question about something else


def term_of(text: str) -> str:
    """Returns a term without articles, capitals and accents."""
    return " ".join(name_words(text)) or plain(text)


@cache
def terms_by_word() -> dict[str, str]:
    """Returns the keys of the glossary by their words in all languages."""
    return {
        term_of(word): term
        for term, language in product(TERMS, LANGUAGES)
        for word in forms(f"term.{term}", language)
    }


def asked_of(text: str) -> str:
    """Returns what a line asks the meaning of, known or not: what follows `what is a`, as far as
    one thing is named.

    Args:
        text: The whole line.
    """
    tokens = tokens_of(text)
    words = [token.plain for token in tokens]
    for phrase in sorted(words_in("words.what_is"), key=len, reverse=True):
        asked = phrase.split()
        for start in range(len(words) - len(asked), -1, -1):
            if words[start : start + len(asked)] == asked:
                term = _term_in(text, tokens[start + len(asked) :])
                if term:
                    return term
    # `what SubmissionSet means`
    behind = (place for place, word in enumerate(words) if word in words_in("words.means"))
    small = words_in("words.filler") | words_in("words.before_term")
    terms = (tokens[place - 1] for place in behind if place)
    return next((term.text for term in terms if term.plain not in small), "")


def _term_in(text: str, tokens: Sequence[Token]) -> str:
    """Returns the thing that is named first: without its article, and up to a pause or a word that
    leads elsewhere.
    """
    named: list[Token] = []
    for token in tokens:
        is_pause = bool(named) and PAUSE.search(text[named[-1].end - 1 : token.start])
        if is_pause or (named and token.plain in words_in("words.leads_on")):
            break
        if not named and token.plain in words_in("words.elsewhere"):
            return ""  # `what is on after lunch` asks for no meaning
        if named or token.plain not in words_in("words.before_term"):
            named.append(token)
    if not named or len(named) > LONGEST_TERM:
        return ""
    return text[named[0].start : named[-1].end].strip(" ?!.,*_`\"'“”«»()")
