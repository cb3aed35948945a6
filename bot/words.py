"""The bot's catalogues: every sentence by its key, in three languages.  A key is `part.name`."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

Language = Literal["en", "es", "pt"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
FOLDER = Path(__file__).parent / "messages"


def say(key: str, language: Language, **params: object) -> str:
    """Returns the sentence of a key.

    Raises:
        KeyError: The catalogues do not hold it.
    """
    return catalogue(language)[key].format(**params)


def language_of(tag: str, *, default: Language = "en") -> Language:
    """Returns our language for a locale such as `es-LA` or `pt-BR`, by its first part."""
    short = tag.lower().replace("_", "-").partition("-")[0]
    return next((language for language in LANGUAGES if language == short), default)


@lru_cache
def catalogue(language: Language) -> dict[str, str]:
    """Returns one catalogue with dotted keys."""
    with (FOLDER / f"{language}.toml").open("rb") as file:
        held = tomllib.load(file)
    return {f"{part}.{name}": text for part, rows in held.items() for name, text in rows.items()}
