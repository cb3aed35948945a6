import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from sandbox.course.building import notebook_text
from sandbox.course.comparing import wrong
from sandbox.course.exercise import Result
from sandbox.course.exercises import exercises_of
from sandbox.course.grading.attempts import read_attempts
from sandbox.course.grading.grade import GradedNotebook
from sandbox.course.grading.isolation import Isolation
from sandbox.course.grading.restore import Submission
from sandbox.desk.desk import Mark
from sandbox.desk.feedback import annotated_notebook, feedback_rows
from sandbox.i18n import Language

MARKS = {"0.2": Mark(0.5, "Bien,\npero <b>explica</b>", "Inés")}


def a_grading(**changes: Any) -> GradedNotebook:
    notebook = json.loads(notebook_text("00_welcome", "es", solutions=True)) | changes
    exercises = exercises_of("00_welcome").exercises
    finding = replace(wrong("other_server", found="<script>"), found="<script>")
    results = (
        Result(exercises["0.1"], "failed", finding),
        Result(exercises["0.2"], "passed"),
        Result(exercises["0.3"], "not_attempted"),
    )
    submission = Submission(Path("00_welcome.ipynb"), "00_welcome", "es", notebook)
    walls = Isolation.bubblewrap
    return GradedNotebook(submission, "", "completed", walls, results, read_attempts([]), b"")


def test_a_note_stands_below_each_answer_in_the_language_of_the_person() -> None:
    words: dict[Language, str] = {"es": "Todavía no", "pt": "Ainda não", "en": "Not yet"}
    for language, word in words.items():
        text = annotated_notebook(a_grading(), MARKS, language)
        cells = json.loads(text)["cells"]
        ids = [cell["id"] for cell in cells]
        for exercise in ("0-1", "0-2", "0-3"):
            assert ids.index(f"feedback-{exercise}") == ids.index(f"ex-{exercise}") + 1
        assert word in cells[ids.index("feedback-0-1")]["source"]
        nbformat.validate(json.loads(text))


def test_what_participants_and_people_wrote_is_text() -> None:
    text = annotated_notebook(a_grading(), MARKS, "es")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "> Bien,\\n> pero &lt;b&gt;explica&lt;/b&gt;" in text


@pytest.mark.parametrize("minor", [4, "5", None])
def test_a_notebook_of_an_older_format_stays_one(minor: Any) -> None:
    grading = a_grading(nbformat_minor=minor)
    for cell in grading.submission.notebook["cells"]:
        del cell["id"]
    cells = json.loads(annotated_notebook(grading, {}, "es"))["cells"]
    assert not any("id" in cell for cell in cells)
    notes = [
        cell["metadata"]["connectathon"].get("feedback")
        for cell in cells
        if "connectathon" in cell["metadata"]
    ]
    assert [note for note in notes if note] == ["0.1", "0.2", "0.3"]


def test_an_answer_that_has_no_cell_is_told_at_the_end() -> None:
    grading = a_grading()
    notebook = grading.submission.notebook
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "ex-0-1"]
    cells = json.loads(annotated_notebook(grading, {}, "es"))["cells"]
    assert cells[-1]["id"] == "feedback-0-1"


def test_points_of_a_person_are_told_before_those_of_the_checks() -> None:
    rows = {row["id"]: row for row in feedback_rows(a_grading(), MARKS, "es")}
    assert rows["0.2"]["points"] == 0.5
    assert rows["0.1"]["points"] == 0
    assert rows["0.2"]["mark"] == MARKS["0.2"]
