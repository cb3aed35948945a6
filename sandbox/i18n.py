"""The catalogues: every sentence that a person reads comes from `messages/LANGUAGE/ROOM.toml` by
its key.

A key is `room.name` or `room.name.part`; parameters stand in braces, and `{count|error|errors}` is
the first word where the parameter is 1 and the second where it is not.  This module knows no room
and no framework.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["en", "es", "pt"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MESSAGES = Path(__file__).parent / "messages"
FORMS = re.compile(r"(?<!\{)\{(\w+)\|([^|{}]*)\|([^|{}]*)\}")


def say(key: str, language: Language, **params: object) -> str:
    """Returns the sentence of `key` in `language`, with its parameters filled in.

    Raises:
        KeyError: The catalogues do not hold the key, or a parameter of the sentence is missing.
    """
    room, _, name = key.partition(".")
    return fill(load_room(language, room)[name], params)


def fill(sentence: str, params: Mapping[str, object]) -> str:
    """Returns a sentence with its parameters, each word in the form that its number asks for.

    One form for 1 and one for every other number, 0 among them, as people write all three
    languages.
    """
    chosen = FORMS.sub(lambda form: form[2] if str(params[form[1]]) == "1" else form[3], sentence)
    return chosen.format(**params)


def has_message(key: str, language: Language = "en") -> bool:
    """Tells whether the catalogue of `language` holds `key`."""
    room, _, name = key.partition(".")
    return (MESSAGES / language / f"{room}.toml").exists() and name in load_room(language, room)


@lru_cache
def load_room(language: Language, room: str) -> dict[str, str]:
    """Returns one catalogue file flattened to dotted names."""
    with (MESSAGES / language / f"{room}.toml").open("rb") as file:
        return dict(_flatten(tomllib.load(file), ""))


def choose_language(accept: str | None, *, default: Language = "en") -> Language:
    """Returns the best of our languages for an Accept-Language header (RFC 9110 12.5.4)."""
    best = default
    weight = 0.0
    for part in (accept or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        # Among equal weights the first wins: browsers list languages by preference.
        if language in LANGUAGES and quality > weight:
            best = language
            weight = quality
    return best


def as_language(tag: str | None, *, default: Language = "en") -> Language:
    """Returns our language for a tag such as `es-CL`, `pt_BR.UTF-8` or None."""
    short = (tag or "").lower().replace("-", "_").split("_")[0].split(".")[0]
    return short if short in LANGUAGES else default


def language_of_environment() -> Language:
    """Returns the language that the user's environment asks for (CONNECTATHON_LANG, then the
    locale's variables).
    """
    for name in ("CONNECTATHON_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        # These ask for portable behaviour, not for a language.
        if value and value not in {"C", "POSIX", "C.UTF-8", "C.utf8"}:
            return as_language(value)
    return "en"


def _flatten(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
