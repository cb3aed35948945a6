"""The catalogues: every sentence that a person reads comes from `messages/LANGUAGE/ROOM.toml` by
its key.

A key is `room.name` or `room.name.part`; parameters stand in braces, and `{count|error|errors}` is
the word in the form that the number asks for.  Below `[into.ROOM]` a catalogue adds words to
another, so that whoever adds something writes one file of a language.  A language is a folder with
a `language.toml`; what it lacks is said in English.  This module knows no room and no framework,
and the bot uses it too.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from babel.plural import PluralRule

Language: TypeAlias = str  # the tag of one of LANGUAGES
ENGLISH: Language = "en"
MESSAGES = Path(__file__).parent / "messages"
ABOUT = "language.toml"
INTO = "into"
FORMS = re.compile(r"(?<!\{)\{(\w+)((?:\|[^|{}]*){2,})\}")


@dataclass(frozen=True, slots=True)
class Translation:
    """A language in which sentences can be said.

    Attributes:
        tag: BCP 47; the name of its folder.
        name: What its speakers call it.
        is_complete: Whether it claims to have every sentence; if not, English fills the gaps.
        plurals: Categories of CLDR in the order in which a word's forms are written.  Empty: one
            form for 1 and one for every other number.
        folders: Where its catalogues stand; a sentence of a later folder wins.
    """

    tag: Language
    name: str
    is_complete: bool
    plurals: tuple[str, ...]
    folders: tuple[Path, ...]


def added_folder() -> Path | None:
    """Returns the folder with more languages that CONNECTATHON_MESSAGES names."""
    named = os.environ.get("CONNECTATHON_MESSAGES")
    return Path(named).expanduser() if named else None


def folders_of(language: Language) -> tuple[Path, ...]:
    """Returns where catalogues of a language stand: the project's, those that were added, then
    those of the pack that CONNECTATHON_PACK names, what of it is hidden first.
    """
    pack = os.environ.get("CONNECTATHON_PACK")
    places = ("hidden/messages", "messages") if pack else ()
    packed = (Path(pack or "").expanduser() / place / language for place in places)
    return (*LANGUAGES[language].folders, *(folder for folder in packed if folder.is_dir()))


def find_languages(*roots: Path) -> dict[Language, Translation]:
    """Returns the languages that have a folder below one of `roots`, English first."""
    languages: dict[Language, Translation] = {}
    for file in [file for root in roots for file in root.glob(f"*/{ABOUT}")]:
        about = _read(file)
        tag = file.parent.name
        languages[tag] = Translation(
            tag,
            name=str(about.get("name", tag)),
            is_complete=about.get("state") == "complete",
            plurals=tuple(about.get("plurals", ())),
            folders=(*(languages[tag].folders if tag in languages else ()), file.parent),
        )
    return {tag: languages[tag] for tag in sorted(languages, key=lambda tag: (tag != ENGLISH, tag))}


def say(key: str, language: Language, **params: object) -> str:
    """Returns the sentence of `key` in `language`, or in English where that language lacks it.

    Raises:
        KeyError: English does not have the key, or the sentence needs a parameter that is not
            given.
    """
    room, _, name = key.partition(".")
    sentence = load_room(language, room).get(name)
    if sentence is not None and language != ENGLISH:
        # A slip in a brace must not break a page; `connectathon messages check` tells of it.
        with suppress(LookupError, ValueError):
            return fill(sentence, params, language)
    return fill(load_room(ENGLISH, room)[name], params)


def fill(sentence: str, params: Mapping[str, object], language: Language = ENGLISH) -> str:
    """Returns a sentence with its parameters, each word in the form that its number asks for."""
    if "{" not in sentence and "}" not in sentence:  # most have none, and a page says a thousand
        return sentence

    def chosen(word: re.Match[str]) -> str:
        return _form(params[word[1]], word[2][1:].split("|"), language)

    spoken = {name: _spoken(value, language) for name, value in params.items()}
    return FORMS.sub(chosen, sentence).format(**spoken)


def _spoken(value: object, language: Language) -> object:
    """Returns what stands for a parameter: of a text in several languages, the one that is
    asked for.
    """
    if isinstance(value, Mapping):
        return value.get(language) or value.get(ENGLISH, "")
    return value


def has_message(key: str) -> bool:
    """Tells whether there is a sentence of `key`: in English, as every other may lack it."""
    room, _, name = key.partition(".")
    return name in load_room(ENGLISH, room)


def languages_of(key: str) -> list[Language]:
    """Returns the languages that have a sentence of their own for `key`."""
    room, _, name = key.partition(".")
    return [language for language in LANGUAGES if name in load_room(language, room)]


def rooms() -> list[str]:
    """Returns the names of the catalogues."""
    return sorted(file.stem for file in (MESSAGES / ENGLISH).glob("*.toml") if file.name != ABOUT)


@cache
def load_room(language: Language, room: str) -> dict[str, str]:
    """Returns the sentences that a language has of a room by their dotted names: its own, and those
    that other catalogues add to it.
    """
    sentences: dict[str, str] = {}
    for folder in folders_of(language):
        table = _read(folder / f"{room}.toml")
        table.pop(INTO, None)
        sentences.update(_flatten(table, ""))
        sentences.update(_added_words(folder).get(room, {}))
    return sentences


@cache
def _added_words(folder: Path) -> dict[str, dict[str, str]]:
    """Returns what the catalogues of a folder add to others, by the room."""
    added: dict[str, dict[str, str]] = {}
    for file in sorted(folder.glob("*.toml")):
        # few do: to parse all catalogues for one sentence would take a command's whole start
        if f"[{INTO}".encode() in file.read_bytes():
            # through the whole table, so that a slip in it is passed over as it is in a catalogue
            for name, sentence in _flatten(_read(file), ""):
                begin, _, rest = name.partition(".")
                room, _, key = rest.partition(".")
                if begin == INTO and key:
                    added.setdefault(room, {})[key] = sentence
    return added


def choose_language(accept: str | None, *, default: Language = ENGLISH) -> Language:
    """Returns the best of our languages for an Accept-Language header (RFC 9110 12.5.4)."""
    best = default
    weight = 0.0
    for part in (accept or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        language = known_language(tag.strip())
        if language and quality > weight:
            best = language
            weight = quality
    return best


def as_language(tag: str | None, *, default: Language = ENGLISH) -> Language:
    """Returns our language for a tag such as `es-CL`, `pt_BR.UTF-8` or None."""
    return known_language(tag or "") or default


def known_language(tag: str) -> Language | None:
    """Returns our language that agrees with the most subtags of a tag (RFC 4647 3.4)."""
    ours = {language.lower(): language for language in LANGUAGES}
    range = tag.lower().replace("_", "-").partition(".")[0]
    while range and range not in ours:
        range = range.rpartition("-")[0]
    return ours.get(range)


def language_of_environment() -> Language:
    """Returns the language that the user's environment asks for (CONNECTATHON_LANG, then the
    locale's variables).
    """
    for name in ("CONNECTATHON_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        # These ask for portable behaviour, not for a language.
        if value and value not in {"C", "POSIX", "C.UTF-8", "C.utf8"}:
            return as_language(value)
    return ENGLISH


def plural_rule(language: Language) -> PluralRule:
    """Returns what tells the category of a number in a language (CLDR).

    Raises:
        LookupError: CLDR does not know the language.
    """
    from babel import Locale, UnknownLocaleError  # takes 0.1 s, and few languages need it

    for tag in (language, language.partition("-")[0]):
        with suppress(UnknownLocaleError, ValueError):
            return Locale.parse(tag, sep="-").plural_form
    raise LookupError(language)


def _form(number: object, forms: Sequence[str], language: Language) -> str:
    """Returns the form of a word for a number; the last one where the others do not fit."""
    plurals = LANGUAGES[language].plurals
    if not plurals:
        return forms[0] if str(number) == "1" else forms[-1]
    try:
        category = _rule(language)(Decimal(str(number)))
    except InvalidOperation:
        return forms[-1]
    return dict(zip(plurals, forms, strict=False)).get(category, forms[-1])


_rule = cache(plural_rule)


def _read(file: Path) -> dict[str, Any]:
    """Returns a file's table, empty where it is absent or no TOML: `messages check` says which."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}


def _flatten(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, str):
            yield f"{prefix}{name}", value


LANGUAGES = find_languages(*filter(None, [MESSAGES, added_folder()]))
