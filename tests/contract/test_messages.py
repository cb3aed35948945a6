"""Catalogues: complete languages lack nothing, every key that the code names is there and no other."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.fhirpath import xhtml
from sandbox.gaps import gaps_of
from sandbox.i18n import (
    ENGLISH,
    FORMS,
    LANGUAGES,
    MESSAGES,
    Language,
    has_message,
    load_room,
    rooms,
)
from sandbox.pages.navigation import PLACES, Place
from sandbox.validation import codings
from tests.places import PROJECT

COMPLETE = [tag for tag, language in LANGUAGES.items() if language.is_complete]
COMMAND = re.compile(r"connectathon (?!sandbox|room)[a-z]+\b")
OF_COMMANDS = frozenset(
    {"cli", "bot", "course", "grade", "definitions", "examining", "store", "server", "readiness"}
)
"""Rooms whose sentences only whoever types commands, or a program, reads."""
OF_AN_OWN_MACHINE = frozenset(
    {
        "access.by_agent",  # an agent is a command
        "access.agent_absent.fix",
        "instances.no_run.fix",  # of a run that was played by a command
        "pages.readiness.command",
        "phone.own.loopback",  # who reads it sits at the server
    }
)
SOURCES = [file for file in (PROJECT / "sandbox").rglob("*") if file.suffix in {".py", ".html"}]
NAMED = re.compile(
    r'"((?:server|lacpass|store|ips|course|grade|fhirpath|definitions|testbench|people)\.(?!server|content)[a-z_]+)"'
)


@pytest.mark.parametrize("language", COMPLETE)
def test_a_complete_language_lacks_nothing(language: Language) -> None:
    assert gaps_of(language) == []


@pytest.mark.parametrize("language", COMPLETE)
@pytest.mark.parametrize("room", rooms())
def test_sentences_stand_in_the_order_of_the_english_ones(room: str, language: Language) -> None:
    assert list(load_room(language, room)) == list(load_room(ENGLISH, room))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", rooms())
def test_a_word_that_follows_a_number_has_forms_that_differ(room: str, language: Language) -> None:
    for key, text in load_room(language, room).items():
        forms = FORMS.findall(text)
        assert all(len(set(words[1:].split("|"))) > 1 for _, words in forms), key
        for name, _ in forms:
            assert f"{{{name}}}" in text, f"{key}: the number itself is not said"
        assert not re.search(r"\{\w+\|", FORMS.sub("", text)), key


@pytest.mark.parametrize("room", [room for room in rooms() if room.startswith("lesson")])
def test_lessons_are_translated_and_not_copied(room: str) -> None:
    english = load_room("en", room)
    for language in set(COMPLETE) - {ENGLISH}:
        same = [
            key
            for key, text in load_room(language, room).items()
            if text == english[key] and " " in text
        ]
        assert all(
            "|" in english[key] or "{{" in english[key] or "404" in english[key] for key in same
        ), same


def test_every_key_that_the_code_names_exists_with_text_and_fix() -> None:
    named = {key for file in SOURCES for key in NAMED.findall(file.read_text(encoding="utf-8"))}
    assert len(named) > 60
    for key in named:
        room, _, name = key.partition(".")
        catalogue = load_room("en", room)
        is_there = name in catalogue or {f"{name}.text", f"{name}.fix"} <= set(catalogue)
        assert is_there or has_message(f"cli.{key}"), key


UNKNOWN = ("profile", "profile_package", "base", "base_package", "extension", "extension_package")


def test_every_finding_of_the_validator_has_its_sentences_and_no_other_is_there() -> None:
    code = "".join(
        file.read_text(encoding="utf-8") for file in (MESSAGES.parent / "validation").glob("*.py")
    )
    noted = set(re.findall(r'validation\.note\(\s*"([a-z_]+)"', code))
    noted |= {
        "missing",
        "too_few",
        "too_many",
        "array",
        "no_array",
        "extension_both",
        "extension_empty",
    }
    noted |= {f"primitive_{fault}" for fault in ("kind", "format", "empty")}
    noted |= {f"string_{advice}" for advice in ("control", "blank")}
    noted |= {f"narrative_{kind}" for kind in get_args(xhtml.Kind)}
    noted |= {
        *codings.OF_SYSTEM,
        *codings.NAMED.values(),
        *(f"code_{standing}" for standing in codings.OF_STANDING),
    }
    noted |= set(re.findall(r'key="validation\.([a-z_]+)"', code)) | {"no_object", "no_type"}
    noted |= {f"unknown_{what}" for what in UNKNOWN}
    assert {key.rpartition(".")[0] for key in load_room("en", "validation")} == noted


def test_every_finding_of_the_readiness_check_has_its_sentences_and_no_other_is_there() -> None:
    code = (MESSAGES.parent / "testbench" / "tracks" / "terminology_readiness.py").read_text(
        encoding="utf-8"
    )
    told = set(re.findall(r'_finding\(\s*"readiness\.([a-z_]+)"', code))
    known = {key.partition(".")[0] for key in load_room("en", "readiness")}
    assert known - {"name", "title"} == told


def test_every_finding_of_a_test_is_named_in_full_and_has_its_sentence() -> None:
    tracks = MESSAGES.parent / "testbench" / "tracks"
    code = "".join(file.read_text(encoding="utf-8") for file in tracks.glob("*.py"))
    names = set(re.findall(r'\b(?:_finding|finding_at)\(\s*"([^"]*)"', code))
    assert len(names) > 150
    for name in names:
        room, _, key = name.partition(".")
        assert f"{key}.text" in load_room("en", room), name


def test_every_server_message_is_used() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in SOURCES)
    for key in load_room("en", "server"):
        assert f'server.{key.rsplit(".", 1)[0]}"' in code, key


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_has_title_praise_hints_and_its_wrong_answers(lesson: str) -> None:
    lesson_set = exercises_of(lesson)
    catalogue = load_room("en", lesson_set.room)
    for exercise in lesson_set.exercises.values():
        assert {f"{exercise.name}.title", f"{exercise.name}.passed"} <= set(catalogue)
        asked = f"ex_{exercise.answer_of.replace('.', '_')}"
        assert {f"{asked}.hint_{number}" for number in (1, 2, 3)} <= set(catalogue)


def test_no_sentence_for_people_stands_in_the_pages() -> None:
    """Templates hold keys; a word of prose between tags would be a sentence outside the catalogues."""
    for file in (PROJECT / "sandbox").rglob("*.html"):
        body = re.sub(r"<style>.*?</style>", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", " ", body, flags=re.DOTALL)
        words = set(re.findall(r"[A-Za-z]{3,}", text))
        assert words <= {
            "connectathon",
            "sandbox",
            "FHIR",
            "HTML",
            "Source",
            "IPS",
            "GET",
            "metadata",
            "Patient",
            "Pacient",
            "count",
            "CSV",
        }, file


@pytest.mark.parametrize("language", COMPLETE)
def test_nobody_on_a_page_is_told_a_command(language: Language) -> None:
    """What to do next is a command for whoever has one, and something else for a person on a page."""
    for room in rooms():
        sentences = load_room(language, room)
        for key, text in sentences.items():
            if (
                COMMAND.search(text)
                and room not in OF_COMMANDS
                and f"{room}.{key}" not in OF_AN_OWN_MACHINE
            ):
                assert key.endswith(".fix"), f"{key}: {text}"
                on_page = sentences.get(f"{key.removesuffix('fix')}on_page", "")
                assert on_page, f"{key} has no sentence for pages"
                assert not COMMAND.search(on_page), key


def test_catalogue_files_are_small_enough_to_read() -> None:
    for file in Path(MESSAGES).rglob("*.toml"):
        assert len(file.read_text(encoding="utf-8").splitlines()) < 800, file


def test_nobody_lists_the_languages() -> None:
    """They are folders: a list in code or in a test would leave the next one out."""
    listed = re.compile(r"""[\[({]\s*(?:["']en["'],\s*)?["']es["'],\s*["']pt["'],?\s*[\])}]""")
    assert listed.search('for language in ("es", "pt"):')
    assert listed.search("""LANGUAGES = Literal['en', 'es', 'pt']""")
    files = [
        file for folder in ("sandbox", "bot", "tests") for file in (PROJECT / folder).rglob("*.py")
    ]
    found = [
        file
        for file in files
        if listed.search(file.read_text(encoding="utf-8")) and file != Path(__file__)
    ]
    assert found == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_the_search_says_what_each_page_is_for(place: Place) -> None:
    assert has_message(f"floor.about.{place.name}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_stands_in_one_catalogue(language: Language) -> None:
    found: list[tuple[str, str]] = []
    for file in sorted((MESSAGES / language).glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        added = table.pop("into", {})
        assert not set(added) - set(rooms())
        for room, words in ((file.stem, table), *added.items()):
            found += [(room, key) for key in _keys(words)]
    assert [key for key, number in Counter(found).items() if number > 1] == []


def _keys(table: dict[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        is_table = isinstance(value, dict)
        yield from (f"{name}.{key}" for key in _keys(value)) if is_table else [name]
