"""What the catalogues of a language lack beside the English ones, or have too much."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.i18n import ABOUT, ENGLISH, FORMS, LANGUAGES, Language, load_room, plural_rule, rooms

Kind = Literal[
    "missing",  # it is said in English
    "copied",  # of a partial language: still the English sentence
    "parameters",  # others than in English, or a brace without its other half
    "forms",  # a word has more or fewer than the language counts
    "ambiguous",  # a word of the bot stands for two commands
    "left_over",  # English does not have it
    "unreadable",  # the file is no TOML
    "about",  # what `language.toml` says is not understood
]
STATES = frozenset({"complete", "partial"})


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a language and English differ.

    Attributes:
        key: `room.name`, or a file where the whole of it is meant.
        kind: What is wrong.
        detail: What was expected, where that can be said.
    """

    key: str
    kind: Kind
    detail: str = ""


def gaps_of(language: Language) -> list[Gap]:
    """Returns what a language lacks or has too much; nothing for one that is whole."""
    return [
        *_unreadable(language),
        *_about(language),
        *(gap for room in rooms() for gap in _room(language, room)),
        *_ambiguous(language),
    ]


def size_of(language: Language) -> int:
    """Returns how many sentences a language has of its own."""
    return sum(len(load_room(language, room)) for room in rooms())


def parameters_of(sentence: str) -> set[str]:
    """Returns the names in braces.

    Raises:
        ValueError: A brace has no other half, or there is no name in it.
    """
    fields = [name for _, name, _, _ in string.Formatter().parse(sentence)]
    names = {name.partition("|")[0] for name in fields if name is not None}
    if not all(name.isidentifier() for name in names):
        raise ValueError(sentence)
    return names


def _unreadable(language: Language) -> Iterator[Gap]:
    known = {ABOUT, *(f"{room}.toml" for room in rooms())}
    for folder in LANGUAGES[language].folders:
        for file in sorted(folder.glob("*.toml")):
            if file.name not in known:
                yield Gap(file.name, "left_over")
            try:
                tomllib.loads(file.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                yield Gap(file.name, "unreadable", str(error))


def _about(language: Language) -> Iterator[Gap]:
    """Yields what is wrong in the newest `language.toml` of a language."""
    translation = LANGUAGES[language]
    try:
        about = tomllib.loads((translation.folders[-1] / ABOUT).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return  # said as unreadable
    if about.get("state") not in STATES:
        yield Gap(ABOUT, "about", f"state = {' | '.join(sorted(STATES))}")
    if translation.plurals:
        try:
            categories = plural_rule(language).tags | {"other"}
        except LookupError:
            categories = frozenset()
        if not set(translation.plurals) <= categories:
            yield Gap(ABOUT, "about", f"plurals: {', '.join(sorted(categories)) or '–'}")


def _room(language: Language, room: str) -> Iterator[Gap]:
    english = load_room(ENGLISH, room)
    own = load_room(language, room)
    if not own:
        yield Gap(f"{room}.toml", "missing", str(len(english)))
        return
    for name, sentence in english.items():
        if name not in own:
            yield Gap(f"{room}.{name}", "missing")
        elif own[name] == sentence and " " in sentence and not LANGUAGES[language].is_complete:
            yield Gap(f"{room}.{name}", "copied")
    for name, sentence in own.items():
        if name not in english:
            yield Gap(f"{room}.{name}", "left_over")
        else:
            yield from _sentence(f"{room}.{name}", sentence, english[name], language)


def _sentence(key: str, sentence: str, english: str, language: Language) -> Iterator[Gap]:
    if _parameters_or_none(sentence) != parameters_of(english):
        yield Gap(key, "parameters", ", ".join(sorted(parameters_of(english))))
    number = len(LANGUAGES[language].plurals) or 2
    if any(word[2].count("|") != number for word in FORMS.finditer(sentence)):
        yield Gap(key, "forms", str(number))


def _parameters_or_none(sentence: str) -> set[str] | None:
    try:
        return parameters_of(sentence)
    except ValueError:
        return None


def _ambiguous(language: Language) -> Iterator[Gap]:
    verbs: dict[str, str] = {}
    for name, words in load_room(language, "bot").items():
        for word in words.split(",") if name.startswith("word.") else ():
            if verbs.setdefault(word.strip(), name) != name:
                yield Gap(f"bot.{name}", "ambiguous", word.strip())
