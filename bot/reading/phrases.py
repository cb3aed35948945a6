"""The words of commands in all languages, as the catalogues have them.  Pure.

Some are written, some are understood as well, and some only hint at a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache, lru_cache

from bot.grammar import COMMANDS, Command
from bot.words import LANGUAGES, Language, plain, say_of

ROOM = "phrases"
BOT = "bot"
SHORTEST_STEM = 4  # letters: shorter ones are stems of too much


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand for a command in some languages.

    Attributes:
        words: In their order, without accents; others may stand between them.
        verb: Of the command.
        languages: In which it says so.
        is_hint: Whether it only suggests the command, which is then offered.
    """

    words: tuple[str, ...]
    verb: str
    languages: frozenset[Language]
    is_hint: bool = False


def listed(key: str, language: Language) -> list[str]:
    """Returns the phrases of a key in a language, without accents.

    Args:
        key: Of the catalogue `phrases`.
        language: Whose phrases.
    """
    text = say_of(ROOM, key, language)
    return [plain(phrase.strip()) for phrase in text.split(",") if phrase.strip()]


@cache
def phrases() -> tuple[Phrase, ...]:
    """Returns the phrases of all commands."""
    spoken: dict[tuple[tuple[str, ...], str, bool], set[Language]] = {}
    for command in COMMANDS:
        for language in LANGUAGES:
            for text, is_hint in _texts(command, language):
                spoken.setdefault((tuple(text.split()), command.verb, is_hint), set()).add(language)
    return tuple(
        Phrase(words, verb, frozenset(languages), is_hint)
        for (words, verb, is_hint), languages in spoken.items()
    )


@cache
def beginnings() -> dict[str, list[int]]:
    """Returns the places of phrases by what their first word may be without its ending."""
    places: dict[str, list[int]] = {}
    for place, phrase in enumerate(phrases()):
        for stem in stems(phrase.words[0], with_past=True):
            places.setdefault(stem, []).append(place)
    return places


@lru_cache(maxsize=256)
def phrases_in(words: tuple[str, ...]) -> tuple[Phrase, ...]:
    """Returns the phrases that may stand in a line, in the order of all: a line is held against
    thirty of them rather than two thousand.

    Args:
        words: Those of the line, without accents.
    """
    typed = {stem for word in words for stem in _typed_stems(word, with_past=True)}
    places = {place for stem in typed for place in beginnings().get(stem, ())}
    found = (phrases()[place] for place in sorted(places))
    return tuple(phrase for phrase in found if _may_stand_in(phrase, typed))


def _may_stand_in(phrase: Phrase, typed: Set[str]) -> bool:
    """Tells whether a form of each word of a phrase is among the stems of a line."""
    return not any(stems(word, with_past=True).isdisjoint(typed) for word in phrase.words[1:])


def _texts(command: Command, language: Language) -> Iterator[tuple[str, bool]]:
    # a language without words of its own is written in English, and has none here
    for word in say_of(BOT, f"word.{command.verb}", language).split(","):
        if word.strip():
            yield plain(word.strip()), False
    for phrase in listed(f"heard.{command.verb}", language):
        yield phrase, False
    for phrase in listed(f"hint.{command.verb}", language):
        yield phrase, True


@cache
def words_in(key: str) -> frozenset[str]:
    """Returns the words or phrases of a key in all languages."""
    return frozenset(word for language in LANGUAGES for word in listed(key, language))


@cache
def said_in(key: str, language: Language) -> frozenset[str]:
    """Returns the words or phrases of a key in one language: `as` is an article in another."""
    return frozenset(listed(key, language))


@lru_cache(maxsize=16384)
def stems(word: str, *, with_past: bool) -> frozenset[str]:
    """Returns what a word may be without its ending as a verb, in any language, and itself.

    Args:
        word: Without accents.
        with_past: Whether the endings of what has happened count too: who tells that something was
            done does not ask for it.
    """
    keys = ("words.endings", "words.past") if with_past else ("words.endings",)
    return frozenset({word}.union(*(_without_ending(word, key) for key in keys)))


def _without_ending(word: str, key: str) -> set[str]:
    """Returns what is left of a word without each of some endings, where it is long enough."""
    return {
        word.removesuffix(ending)
        for ending in words_in(key)
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM
    }


def is_form(word: str, other: str, *, with_past: bool) -> bool:
    """Tells whether two words are one, but for their endings.

    Args:
        word: As it was typed, without accents; a pronoun may hang on it, as on `muéstrame`.
        other: Without accents.
        with_past: As `stems` takes it.
    """
    if word == other:
        return True
    # a word that was cut short is near to another, and no form of it: `invit`
    if not with_past and word in stems(other, with_past=False):
        return False
    return not _typed_stems(word, with_past=with_past).isdisjoint(stems(other, with_past=with_past))


@lru_cache(maxsize=4096)
def _typed_stems(word: str, *, with_past: bool) -> frozenset[str]:
    typed = {word} | _without_ending(word, "words.clitics")
    return frozenset().union(*(stems(form, with_past=with_past) for form in typed))


@cache
def negations(languages: frozenset[Language]) -> frozenset[str]:
    """Returns the words that deny in some languages."""
    return frozenset(word for language in languages for word in listed("words.not", language))


def denied_in(phrase: Phrase, language: Language) -> frozenset[str]:
    """Returns the words that deny a phrase: `no` is none where Portuguese is spoken.

    Args:
        phrase: Of which it is asked.
        language: Of who speaks, which counts where it has the phrase too.
    """
    is_own = language in phrase.languages
    return negations(frozenset({language}) if is_own else phrase.languages | {language})
