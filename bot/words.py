"""The bot's sentences: room `bot` of the catalogues, so a key here is `part.name`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from sandbox import i18n
from sandbox.i18n import LANGUAGES, Language, known_language
from sandbox.i18n import as_language as language_of

ROOM = "bot"
LONGEST_WORD = 64  # letters: what is longer is no word, and not worth keeping


def say(key: str, language: Language, **params: object) -> str:
    """Returns the sentence of a key.

    Raises:
        KeyError: The catalogues do not hold it.
    """
    return i18n.say(f"{ROOM}.{key}", language, **params)


def forms(key: str, language: Language) -> list[str]:
    """Returns the words of a key: the first is written, the others are understood as well."""
    return [word.strip() for word in say(key, language).split(",")]


def say_of(room: str, key: str, language: Language) -> str:
    """Returns the sentence of a key of another room; empty where nothing is said there."""
    return i18n.load_room(language, room).get(key, "")


def language_called(name: str) -> Language | None:
    """Returns the language that its speakers call so."""
    return next(
        (tag for tag, language in LANGUAGES.items() if plain(language.name) == plain(name)), None
    )


def plain(word: str) -> str:
    """Returns a word without capitals and accents, as many people type."""
    return _plain_word(word) if len(word) <= LONGEST_WORD else _plain(word)


@lru_cache(maxsize=16384)
def _plain_word(word: str) -> str:
    return _plain(word)


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


__all__ = [
    "LANGUAGES",
    "Language",
    "forms",
    "known_language",
    "language_called",
    "language_of",
    "plain",
    "say",
    "say_of",
]
