"""Terms that somebody asks the meaning of: those of the glossary, and others as put.  Pure."""

from __future__ import annotations

from functools import cache
from itertools import product

from bot.reading.known import name_words
from bot.reading.phrases import words_in
from bot.reading.tokens import tokens_of
from bot.words import LANGUAGES, forms, plain

# terms of docs/glossary.md that people at an event ask for; each has a sentence in the catalogues
TERMS = (
    "allowance", "clause", "contact", "evidence", "facilitator", "finding", "inbox", "instance",
    "lesson", "matrix", "monitor", "partner", "preset", "proof", "review", "ruleset", "run",
    "system", "team", "track", "trust_list", "twin", "verdict",
)  # fmt: skip
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
    """Returns what a line asks the meaning of, known or not: what follows `what is a` to its end.

    Args:
        text: The whole line.
    """
    tokens = tokens_of(text)
    words = [token.plain for token in tokens]
    for phrase in words_in("words.what_is"):
        asked = phrase.split()
        for start in range(len(words) - len(asked)):
            rest = tokens[start + len(asked) :]
            if words[start : start + len(asked)] == asked and len(rest) <= LONGEST_TERM:
                return text[rest[0].start : rest[-1].end].strip(" ?!.*_`\"'“”«»")
    return ""
