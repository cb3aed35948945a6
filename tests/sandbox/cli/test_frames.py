"""A command line helps and refuses in one language, also in the words that typer puts around ours."""

from __future__ import annotations

import json
import subprocess
import sys
from enum import Enum
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from sandbox.cli import frames
from sandbox.i18n import LANGUAGES
from tests.places import PROJECT

ENGLISH_FRAMES = (
    "Usage:", "Arguments:", "Options:", "[OPTIONS]", "Show this", "[default:", "env var:", "required]",
    "Error: No such", "Invalid value", "Missing ", "for help.",
)  # fmt: skip


class Colour(Enum):
    RED = "red"


def told(*words: str) -> str:
    """What the command itself says, as a program of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.cli", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_help_and_refusals_are_in_one_language(language: str) -> None:
    for words in (
        ["run", "--help"],
        ["event", "--help"],
        ["run"],
        ["run", "--nope"],
        ["event", "bad"],
    ):
        text = told(*words, "--lang", language)
        assert [frame for frame in ENGLISH_FRAMES if frame in text] == [], text


def test_in_english_nothing_is_touched() -> None:
    text = told("run", "--help")
    assert all(
        frame in text
        for frame in ("Usage:", "[OPTIONS]", "Options:", "[default:", "Show this message and exit.")
    )


def refusals() -> dict[str, str]:
    """Every refusal of a command line as this typer writes it, by what was typed."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)

    @app.command()
    def paint(
        what: str,
        colour: Annotated[Colour, typer.Option()],
        layers: Annotated[int, typer.Option(min=1, max=9)] = 1,
        dry: Annotated[bool, typer.Option("--dry")] = False,
    ) -> None: ...

    @app.command()
    def wash() -> None: ...

    typed = (
        "paint", "paint x", "paint x --colour blue", "paint x --colour red --layers many", "paint x --colour red --layers 99",
        "paint x --colour", "paint x --colour red --dry=yes", "paint x y --colour red", "paint x --color red", "brush", "wahs",
    )  # fmt: skip
    said = {line: CliRunner().invoke(app, line.split()).stderr for line in typed}
    return {line: text.partition("Error: ")[2].strip() for line, text in said.items()}


@pytest.fixture(scope="module")
def refused() -> dict[str, str]:
    """The same, from a process of its own: here a thread of another test may write at the same time."""
    script = f"import json; from {__name__} import refusals; print(json.dumps(refusals()))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_each_refusal_of_typer_is_known(
    monkeypatch: pytest.MonkeyPatch, refused: dict[str, str], language: str
) -> None:
    monkeypatch.setattr("sandbox.cli.LANGUAGE", language)
    monkeypatch.setattr(frames, "LANGUAGE", language)
    for line, text in refused.items():
        assert text, line
        said = frames.refused(" ".join(text.split()))
        for english in (
            "Missing",
            "Invalid",
            "No such",
            "is not",
            "requires",
            "does not",
            "Got unexpected",
            "Did you",
            "Choose",
        ):
            assert english not in said, (line, said)


def test_our_own_words_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.cli.LANGUAGE", "es")
    monkeypatch.setattr(frames, "LANGUAGE", "es")
    assert frames.refused("Esto no es un paquete.") == "Esto no es un paquete."
    assert (
        frames.refused("Invalid value for '--pack': no es un paquete")
        == "Valor no válido para '--pack': no es un paquete"
    )
