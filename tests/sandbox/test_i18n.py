import pytest

from sandbox.i18n import as_language, choose_language, language_of_environment


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


@pytest.mark.parametrize(("tag", "language"), [("es_CL.UTF-8", "es"), ("pt-BR", "pt"), ("C", "en"), (None, "en")])
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
