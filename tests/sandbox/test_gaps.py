"""What a language lacks is told sentence by sentence."""

from pathlib import Path

import pytest

from sandbox.gaps import Gap, gaps_of, size_of
from sandbox.i18n import ENGLISH, LANGUAGES, load_room, rooms
from tests.languages import a_language

RIGHT = """
[home]
title = "Bac à sable"
"""
WRONG = {
    "missing": ("pages", RIGHT, "pages.home.heading"),
    "copied": ("pages", 'home.title = "Connectathon sandbox"', "pages.home.title"),
    "left_over": ("pages", 'home.titel = "x"', "pages.home.titel"),
    "parameters": ("reports", 'invalid = "{errors}"', "reports.invalid"),
    "forms": ("reports", 'invalid = "{errors|a|b|c} {all}"', "reports.invalid"),
    "ambiguous": ("bot", 'word.run = "va"\nword.status = "va"', "bot.word.status"),
    "unreadable": ("pages", "title = ", "pages.toml"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_each_kind_of_gap_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    room, text, key = WRONG[kind]
    tag = f"qad-x-{kind[:8]}"
    monkeypatch.setitem(LANGUAGES, tag, a_language(tmp_path, tag, **{room: text}))
    gaps = gaps_of(tag)
    assert (key, kind) in {(gap.key, gap.kind) for gap in gaps}
    assert {gap.kind for gap in gaps} <= {kind, "missing"}
    assert Gap("cli.toml", "missing", str(len(load_room(ENGLISH, "cli")))) in gaps


@pytest.mark.parametrize(
    "about",
    [
        'name = "x"',
        'name = "x"\nstate = "almost"',
        'name = "x"\nstate = "partial"\nplurals = ["single"]',
    ],
)
def test_what_language_toml_says_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, about: str
) -> None:
    monkeypatch.setitem(LANGUAGES, "cs", a_language(tmp_path, "cs", about=about))
    assert [gap.key for gap in gaps_of("cs") if gap.kind == "about"] == ["language.toml"]


def test_a_right_beginning_lacks_only_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LANGUAGES, "fr-x-a", a_language(tmp_path, "fr-x-a", pages=RIGHT))
    gaps = gaps_of("fr-x-a")
    assert size_of("fr-x-a") == 1
    assert {gap.kind for gap in gaps} == {"missing"}
    assert sum(gap.key.endswith(".toml") for gap in gaps) == len(rooms()) - 1
    assert "pages.home.title" not in {gap.key for gap in gaps}
