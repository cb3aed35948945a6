"""`connectathon messages check` lists what each language lacks, and fails only for one that claims to be whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.i18n import ENGLISH, LANGUAGES
from tests.languages import a_language


def test_the_languages_that_come_with_the_project_are_whole() -> None:
    done = CliRunner().invoke(app, ["messages", "check"])
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) == len(LANGUAGES)


@pytest.mark.parametrize(("state", "code"), [("partial", 0), ("complete", 1)])
def test_a_gap_is_listed_and_fails_where_none_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, code: int
) -> None:
    tag = f"fr-x-{state}"
    about = f'name = "Français"\nstate = "{state}"\n'
    added = a_language(tmp_path, tag, about=about, pages='home.title = "Bac à sable"')
    monkeypatch.setitem(LANGUAGES, tag, added)
    done = CliRunner().invoke(app, ["messages", "check"])
    assert done.exit_code == code
    _, _, told = done.output.partition(f"{tag} Français: {state}")
    assert "  pages.home.heading: not translated" in told
    assert "  pages.home.title: " not in told
    assert f"{ENGLISH} English: complete" in done.output
