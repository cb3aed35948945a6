import pytest

from sandbox.i18n import as_language, choose_language, fill, language_of_environment, say


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
