"""Languages are found, chosen and spoken; what one of them lacks is said in English."""

from pathlib import Path

import pytest

from sandbox import i18n
from sandbox.i18n import (
    LANGUAGES,
    MESSAGES,
    as_language,
    choose_language,
    fill,
    find_languages,
    language_of_environment,
    load_room,
    say,
)
from tests.languages import a_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("es-CL,es;q=0.9,en;q=0.8", "es"),
        ("fr,pt-BR;q=0.7,en;q=0.3", "pt"),
        ("en;q=0.1,pt;q=0.9", "pt"),
        ("es;q=x", "en"),
        ("de", "en"),
    ],
)
def test_the_header_chooses_the_language(header: str | None, language: str) -> None:
    assert choose_language(header) == language


@pytest.mark.parametrize(
    ("tag", "language"), [("es_CL.UTF-8", "es"), ("pt-BR", "pt"), ("C", "en"), (None, "en")]
)
def test_a_tag_becomes_one_of_our_languages(tag: str | None, language: str) -> None:
    assert as_language(tag) == language


def test_our_own_variable_wins_over_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "es_PE.UTF-8")
    monkeypatch.setenv("CONNECTATHON_LANG", "pt")
    assert language_of_environment() == "pt"


def test_the_locale_counts_when_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "es_PE.UTF-8")
    assert language_of_environment() == "es"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 errores"), (1, "1 error"), ("1", "1 error"), (2, "2 errores"), (21, "21 errores")],
)
def test_a_word_takes_the_form_that_its_number_asks_for(number: object, said: str) -> None:
    assert fill("{errors} {errors|error|errores}", {"errors": number}) == said


def test_the_form_comes_from_the_catalogue_and_never_from_a_value() -> None:
    assert (
        fill("{text}: {count} {count|file|files}", {"text": "{count|a|b}", "count": 1})
        == "{count|a|b}: 1 file"
    )
    assert fill("{count|is|are} {{a|b|c}}", {"count": 2}) == "are {a|b|c}"


def test_a_judgement_of_one_error_says_so_in_each_language() -> None:
    for language, sentence in {
        "en": "not valid: 1 error (1 finding in all)",
        "es": "no es válido: 1 error (1 hallazgo en total)",
        "pt": "não é válido: 1 erro (1 achado no total)",
    }.items():
        assert say("reports.invalid", language, errors=1, all=1) == sentence


def test_a_partial_language_says_in_english_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = a_language(tmp_path, "qab", reports='invalid = "kaput: {errors} {errors|a|b}"')
    monkeypatch.setitem(LANGUAGES, "qab", added)
    assert not added.is_complete
    assert say("reports.invalid", "qab", errors=1, all=2) == "kaput: 1 a"
    assert say("pages.home.heading", "qab") == say("pages.home.heading", "en")
    with pytest.raises(KeyError):
        say("pages.nothing", "qab")


@pytest.mark.parametrize("slip", ["{errrors}", "{errors", "{}", "{errors|a|b|c} {wrong|a|b}"])
def test_a_slip_in_the_braces_of_a_translation_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slip: str
) -> None:
    tag = f"qac-x-{len(slip)}"
    added = a_language(tmp_path, tag, reports=f'invalid = "{slip}"')
    monkeypatch.setitem(LANGUAGES, tag, added)
    assert say("reports.invalid", tag, errors=1, all=2) == "not valid: 1 error (2 findings in all)"


@pytest.mark.parametrize(
    ("language", "plurals", "said"),
    [
        ("ru", '["one", "few", "many"]', {0: "c", 1: "a", 2: "b", 5: "c", 21: "a", "22": "b"}),
        ("fr", '["one", "other"]', {0: "a", 1: "a", 2: "b"}),
        ("ar", '["zero", "one", "two", "few", "many", "other"]', {0: "a", 2: "c", 100: "f"}),
        ("en-XA", '["one", "other"]', {0: "b", 1: "a", "?": "b"}),
    ],
)
def test_a_language_with_other_plurals_has_the_forms_that_cldr_counts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    plurals: str,
    said: dict[object, str],
) -> None:
    about = f'name = "{language}"\nstate = "partial"\nplurals = {plurals}\n'
    monkeypatch.setitem(LANGUAGES, language, a_language(tmp_path, language, about=about))
    word = "{n|" + "|".join("abcdef"[: plurals.count(",") + 1]) + "}"
    assert {number: fill(word, {"n": number}, language) for number in said} == said
    assert fill("{n|a|b}", {"n": 0}) == "b"  # English, beside it, has one form for 1


def test_a_folder_beside_ours_adds_languages_and_changes_sentences(tmp_path: Path) -> None:
    a_language(tmp_path, "fr")
    a_language(tmp_path, "es", about='name = "Castellano"\nstate = "complete"\n')
    found = find_languages(MESSAGES, tmp_path)
    assert list(found) == ["en", *sorted({*find_languages(MESSAGES), "fr"} - {"en"})]
    assert found["es"].folders == (MESSAGES / "es", tmp_path / "es")
    assert (found["es"].name, found["fr"].is_complete) == ("Castellano", False)


def test_the_longest_tag_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGES, "pt-PT", a_language(tmp_path, "pt-PT"))
    assert [as_language(tag) for tag in ("pt_PT.UTF-8", "pt-PT-x-y", "pt-BR", "pt")] == [
        "pt-PT",
        "pt-PT",
        "pt",
        "pt",
    ]
    assert choose_language("pt-pt;q=0.5, pt;q=0.4") == "pt-PT"


def test_a_catalogue_adds_words_to_another_that_stand_there_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = """
name = "Zone"
[into.actors]
keeper = "Zone keeper"
[into.testbench.input]
zone = "its number"
"""
    other = '[into.testbench.input]\nlane = "its name"\n'
    folder = a_language(tmp_path, "en-XB", zone=added, lane=other)
    monkeypatch.setitem(i18n.LANGUAGES, "en-XB", folder)
    assert load_room("en-XB", "zone") == {"name": "Zone"}
    assert load_room("en-XB", "actors") == {"keeper": "Zone keeper"}
    assert load_room("en-XB", "testbench") == {"input.lane": "its name", "input.zone": "its number"}


def test_a_slip_in_words_that_are_added_leaves_the_rest_of_a_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slips = '[into]\nactors = "Zone keeper"\n[[into.testbench]]\nzone = "its number"\n'
    right = '[into]\nactors.keeper = "Zone keeper"\n'
    folder = a_language(tmp_path, "en-XC", lane=right, zone=slips)
    monkeypatch.setitem(i18n.LANGUAGES, "en-XC", folder)
    assert load_room("en-XC", "actors") == {"keeper": "Zone keeper"}
    assert load_room("en-XC", "testbench") == {}
    assert say("testbench.verdict.pass", "en-XC") == say("testbench.verdict.pass", "en")
