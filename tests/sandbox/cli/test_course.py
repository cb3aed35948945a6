"""The desk by command, from the assignment to the gradebook."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from tests.sandbox.desk.made import LESSON, a_notebook

pytestmark = pytest.mark.daily("starting", share=1 / 3)


def said(*words: str, exits: int = 0) -> str:
    done = CliRunner().invoke(app, ["course", *words, "--lang", "en"])
    assert done.exit_code == exits, done.output
    return done.output


def a_folder(place: Path) -> Path:
    for team, content in (("Chile", a_notebook("es")), ("Perú", a_notebook("pt", solutions=False))):
        (place / team).mkdir(parents=True)
        (place / team / f"{LESSON}.ipynb").write_bytes(content)
    return place


def rows_of(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_process_that_a_server_starts_ends_in_order_while_that_one_lives(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "sandbox.cli", "course", "grade", "--until-stdin-closes"]
    environment = {**os.environ, "CONNECTATHON_DATA": str(tmp_path / "sandbox")}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as grading:
        assert grading.stderr
        # its input stays open, as that of a server that goes on
        told = grading.stderr.read()
        assert (grading.wait(60), told) == (0, "")


@pytest.mark.slow
@pytest.mark.needs("bubblewrap")
def test_two_teams_from_assignment_to_gradebook(tmp_path: Path) -> None:
    said("assign", LESSON, "--due", "2020-01-01", "--late", "percent", "--percent", "100")
    said("assign", LESSON, "--weight", "2")
    assert "Chile/" in said("collect", str(a_folder(tmp_path / "in")))
    assert said("list").count("waiting") == 2
    graded = said("grade", "--workers", "2")
    assert "3/3" in graded
    assert "0/3" in graded
    (chile,) = [line.split()[0] for line in graded.splitlines() if "Chile" in line]
    said("mark", chile, "0.3", "--points", "0.5", "--comment", "Why?")
    assert "2" in said("grade", LESSON, "--judge")
    said("feedback", LESSON, "--out", str(tmp_path / "out"))
    note = json.loads((tmp_path / "out" / "Chile" / f"{LESSON}-feedback.ipynb").read_text())
    assert "Why?" in json.dumps(note)
    said("export", "--out", str(tmp_path / "book.csv"))
    (one, other) = rows_of((tmp_path / "book.csv").read_text(encoding="utf-8"))
    assert (one["student_id"], one["score"], one["max_score"]) == ("Chile", "2.5", "3")
    assert (other["student_id"], other["score"]) == ("Perú", "0")
    assert rows_of(said("export", LESSON)) == [one, other]


def test_what_cannot_be_taken_is_said_and_the_rest_is_taken(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "in")
    (folder / "Chile" / "x.ipynb").write_text("{")
    output = said("collect", str(folder), exits=2)
    assert "x.ipynb cannot be read" in output
    assert said("list").count("waiting") == 2


@pytest.mark.parametrize(
    "words",
    [
        ("assign", "physics"),
        ("collect", "absent"),
        ("mark", "absent", "0.1"),
        ("feedback", "absent"),
        ("grade", "absent", "--judge"),
        ("grade", "absent", "--again"),
    ],
)
def test_what_is_not_there_is_refused(words: tuple[str, ...]) -> None:
    assert said(*words, exits=2).strip()
