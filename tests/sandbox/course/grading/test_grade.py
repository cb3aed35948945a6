"""Whole gradings, each with a kernel of its own; one test for each way in which a notebook can go wrong."""

import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.course.building import notebook_text
from sandbox.course.grading import isolation
from sandbox.course.grading.grade import GradedNotebook, Limits, grade_notebook, judge_kept
from sandbox.course.grading.isolation import Isolation, NotIsolated, best_isolation
from sandbox.course.grading.report import gradebook_csv, results_json, team_page
from sandbox.i18n import Language
from tests.conftest import CASES

pytestmark = [
    pytest.mark.daily("gradings", share=0.25, always="failing_one|hostile|forged"),
    pytest.mark.slow,
]


def graded(
    folder: Path,
    name: str,
    *,
    language: Language = "en",
    limits: Limits | None = None,
    **cells: str,
) -> GradedNotebook:
    """Grades the solution of a lesson with some cells changed; names have underscores for hyphens."""
    notebook: dict[str, Any] = json.loads(notebook_text(name, language, solutions=True))
    for cell in notebook["cells"]:
        if cell["id"].replace("-", "_") in cells:
            cell["source"] = cells[cell["id"].replace("-", "_")]
    file = folder / f"{name}.ipynb"
    file.write_text(json.dumps(notebook), encoding="utf-8")
    return grade_notebook(file, isolation=best_isolation(), limits=limits)


def outcomes(notebook: GradedNotebook) -> dict[str, str]:
    return {result.exercise.id: result.outcome for result in notebook.results}


def test_what_was_typed_in_for_the_training_is_wrong_on_other_data(tmp_path: Path) -> None:
    """A notebook that hands in the answers of the solution, without asking the server anything."""
    file = tmp_path / "01_fhir.ipynb"
    file.write_text(notebook_text("01_fhir", "en", solutions=True), encoding="utf-8")
    level = best_isolation()
    whole = grade_notebook(file, isolation=level, kept=tmp_path / "whole")
    assert whole.score == whole.max_score
    elsewhere = grade_notebook(file, isolation=level, kept=tmp_path / "other", data="k3x9")
    assert (elsewhere.score, elsewhere.data) == (whole.max_score, "k3x9")

    # what is judged is the record; that of the training in the place of the one made on other data
    record = Path("progress") / "team" / "01_fhir.jsonl"
    (tmp_path / "other" / record).write_bytes((tmp_path / "whole" / record).read_bytes())
    typed = outcomes(judge_kept(file, tmp_path / "other"))
    assert {id for id, outcome in typed.items() if outcome != "passed"} >= {"1.2", "1.4", "1.6"}
    assert typed["1.8"] == "passed"  # statuses are the same on any data


def test_another_process_that_grades_the_same_changes_no_score(tmp_path: Path) -> None:
    file = tmp_path / "00_welcome.ipynb"
    file.write_text(notebook_text("00_welcome", "en", solutions=True), encoding="utf-8")
    kept = tmp_path / "kept"
    is_over = threading.Event()

    def begin_anew() -> None:
        while not is_over.wait(0.001):
            shutil.rmtree(kept, ignore_errors=True)

    other = threading.Thread(target=begin_anew)
    other.start()
    try:
        notebook = grade_notebook(file, isolation=best_isolation(), kept=kept)
    finally:
        is_over.set()
        other.join()
    assert notebook.score == notebook.max_score
    # and who is alone finds what was left
    assert grade_notebook(file, isolation=best_isolation(), kept=kept).score == notebook.score
    assert judge_kept(file, kept).score == notebook.score
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_cells_after_a_failing_one_still_count(tmp_path: Path) -> None:
    notebook = graded(tmp_path, "00_welcome", ex_0_1="version = 1 / 0\nL.check('0.1', version)")
    assert outcomes(notebook) == {"0.1": "error", "0.2": "passed", "0.3": "passed"}
    assert notebook.run == "completed"
    (finding,) = [result.finding for result in notebook.results if result.finding]
    assert finding.found == "ZeroDivisionError: division by zero"


def test_an_endless_cell_is_interrupted_and_the_rest_counts(tmp_path: Path) -> None:
    loop = "import time\nwhile True:\n    time.sleep(0.1)\nL.check('0.1', 1)"
    notebook = graded(tmp_path, "00_welcome", limits=Limits(cell=10, total=120), ex_0_1=loop)
    assert outcomes(notebook) == {"0.1": "error", "0.2": "passed", "0.3": "passed"}


def test_a_dead_kernel_is_a_result(tmp_path: Path) -> None:
    notebook = graded(tmp_path, "00_welcome", ex_0_2="import os\nos._exit(1)")
    assert (notebook.run, outcomes(notebook)) == (
        "kernel_died",
        {"0.1": "passed", "0.2": "error", "0.3": "error"},
    )


class Leaping:
    """A clock on which the whole time is over as soon as the first answer is recorded."""

    def __init__(self, graded: Path) -> None:
        self.graded = graded

    def monotonic(self) -> float:
        records = self.graded.glob("*/data/progress/*/*.jsonl")
        is_answered = any(b'"0.1"' in record.read_bytes() for record in records)
        return time.monotonic() + (3600 if is_answered else 0)


def test_the_whole_time_is_limited_and_what_was_answered_before_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    with tempfile.TemporaryDirectory() as graded_in:
        monkeypatch.setattr(tempfile, "tempdir", graded_in)
        monkeypatch.setattr(isolation, "time", Leaping(Path(graded_in)))
        limits = Limits(cell=300, total=600)
        notebook = graded(tmp_path, "00_welcome", limits=limits, ex_0_2=wait)
    assert (notebook.run, outcomes(notebook)["0.1"]) == ("out_of_time", "passed")
    assert notebook.score == 1


def test_a_forged_verdict_earns_nothing(tmp_path: Path) -> None:
    """The notebook rewrites its own library and its own record; the judge outside sees only the answer."""
    forged = (
        "import json, os, pathlib, sandbox.course.exercise as e\n"
        "e.judge_answer = lambda *a, **k: e.Result(a[0], 'passed')\n"
        "record = next(pathlib.Path(os.environ['CONNECTATHON_DATA']).rglob('*.jsonl'))\n"
        "line = {'exercise': '0.2', 'event': 'check', 'outcome': 'passed', 'points': 99, 'answer': 5}\n"
        "record.write_text(record.read_text() + json.dumps(line) + chr(10))\n"
        "L.check('0.3', 'forged')"
    )
    notebook = graded(
        tmp_path, "00_welcome", ex_0_1="L.check('0.1', 'forged')", ex_0_2="0", ex_0_3=forged
    )
    assert outcomes(notebook) == {"0.1": "failed", "0.2": "failed", "0.3": "failed"}


LEAVES = {
    "a link for the evidence": "link(secret, work / 'executed-link'); os.replace(work / 'executed-link', work / 'executed.ipynb')",
    "a link for the record": "record.unlink(); link(secret, record)",
    "a link for the database": "database.unlink(); link(secret, database)",
    "a pipe for the record": "record.unlink(); os.mkfifo(record)",
    "a pipe beside the database": "os.mkfifo(data / 'pipe')",
    "garbage for the database": "database.write_bytes(b'garbage' * 1000)",
    "garbage for the record": 'record.write_text(\'{"exercise": "0.1"}\\n{"exercise": "0.2", "event": 7}\')',
}


@pytest.mark.parametrize("name", LEAVES)
def test_what_a_notebook_leaves_behind_is_only_data(tmp_path: Path, name: str) -> None:
    """Links are not followed out of the isolation, pipes do not hang the grader, garbage does not end it."""
    secret = tmp_path / "secret.ipynb"
    secret.write_text('{"cells": [], "secret": "of the facilitator"}', encoding="utf-8")
    hostile = f"""
import os, pathlib
link, secret = os.symlink, {str(secret)!r}
data = pathlib.Path(os.environ['CONNECTATHON_DATA'])
work, database, record = data.parent, data / 'sandbox.db', next(data.rglob('*.jsonl'))
{LEAVES[name]}
os._exit(0)
"""
    notebook = graded(tmp_path, "00_welcome", ex_0_3=hostile)
    assert b"of the facilitator" not in notebook.executed
    assert outcomes(notebook)["0.3"] == "error"
    assert len(notebook.results) == 3


@pytest.mark.needs("bubblewrap")
def test_a_hostile_notebook_finds_no_secret_no_network_and_no_way_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    target = tmp_path / "stolen.txt"
    hostile = f"""
import os, pathlib, socket, urllib.request
seen = []
seen.append('secret' if 'SLACK_BOT_TOKEN' in os.environ else 'no secret')
for path in ({str(target)!r}, '/usr/x', {str(Path(__file__))!r}):
    try:
        pathlib.Path(path).write_text('x'); seen.append('wrote')
    except OSError:
        seen.append('could not write')
seen.append('home' if pathlib.Path({str(Path.home())!r}).joinpath('.bashrc').exists() else 'no home')
try:
    socket.create_connection(('192.0.2.1', 80), timeout=1); seen.append('network')
except OSError:
    seen.append('no network')
L.check('0.3', ' '.join(seen))
"""
    notebook = graded(tmp_path, "00_welcome", ex_0_3=hostile)
    (finding,) = [result.finding for result in notebook.results if result.finding]
    assert (
        finding.found
        == '"no secret could not write could not write could not write no home no network"'
    )
    assert not target.exists()
    assert notebook.isolation is Isolation.bubblewrap


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="this is not root")
def test_root_runs_no_notebook_without_walls(tmp_path: Path) -> None:
    file = tmp_path / "00_welcome.ipynb"
    file.write_text(notebook_text("00_welcome", "pt", solutions=True), encoding="utf-8")
    with pytest.raises(NotIsolated) as caught:
        grade_notebook(file, isolation=Isolation.process)
    assert caught.value.key == "grade.as_root"


@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root runs no notebook without walls"
)
def test_without_bubblewrap_the_result_says_so_and_secrets_stay_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    source = "import os\nL.check('0.3', os.environ.get('SLACK_BOT_TOKEN', '1'))"
    file = tmp_path / "00_welcome.ipynb"
    text = notebook_text("00_welcome", "pt", solutions=True)
    notebook = json.loads(text)
    next(cell for cell in notebook["cells"] if cell["id"] == "ex-0-3")["source"] = source
    file.write_text(json.dumps(notebook), encoding="utf-8")
    result = grade_notebook(file, isolation=Isolation.process)
    assert (result.score, result.isolation) == (3, Isolation.process)


def test_grading_twice_gives_the_same_results_and_reports_hold(tmp_path: Path) -> None:
    wrong = {
        "ex_1_1": "patient = {'resourceType': 'Patient', 'gender': '<b>F</b>'}\nL.check('1.1', patient)"
    }
    first, second = (graded(tmp_path, "01_fhir", language="es", **wrong) for _ in range(2))
    assert results_json("Equipo 1", [first]) == results_json("Equipo 1", [second])
    assert gradebook_csv("Equipo 1", [first]).splitlines() == [
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score",
        f"01_fhir,,,Equipo 1,,,,{first.score},0,{first.score},18",
    ]
    page = team_page("Equipo 1", [first], "es")
    assert "Todavía no" in page
    assert "<b>F" not in page
    assert "<script" not in page
    executed = json.loads(first.executed)
    assert any(cell.get("outputs") for cell in executed["cells"])


@pytest.mark.needs("cases")
@pytest.mark.parametrize(
    ("name", "score"),
    [("solved-saved-as-nbformat-4.4", 3), ("answer-in-own-cell-above-the-blank", 1)],
)
def test_answers_count_wherever_the_notebook_went(name: str, score: int) -> None:
    notebook = grade_notebook(CASES / "course" / f"{name}.ipynb", isolation=best_isolation())
    assert (notebook.score, notebook.run) == (score, "completed")


def test_the_last_attempt_counts_and_what_was_looked_at_is_shown(tmp_path: Path) -> None:
    tries = (
        "L.check('0.1', '5.0.0')\nL.hint('0.1')\nL.solution('0.1', now=True)\n"
        "L.check('0.1', '4.0.1')\nfrom sandbox.course import ____\nL.check('0.1', ____)"
    )
    notebook = graded(tmp_path, "00_welcome", language="es", ex_0_1=tries)
    assert outcomes(notebook)["0.1"] == "passed"
    (exercise, *_) = json.loads(results_json("A", [notebook]))["notebooks"][0]["exercises"]
    assert exercise["earlier_attempts"] == ['"5.0.0"']
    assert (exercise["hints"], exercise["solution_opened"]) == (1, True)
    page = team_page("A", [notebook], "es")
    assert "Intentos anteriores" in page
    assert "la miró" in page
