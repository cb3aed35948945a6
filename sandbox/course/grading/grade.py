"""Grades one notebook: restores it, executes it in isolation, and judges it with the lesson's own
checks.

The answers are what the notebook recorded; the server's data are what it left.  Both are only data:
the checks run here, outside the kernel, against a server of our own on a copy of those data.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.course.client import Client
from sandbox.course.connection import ALWAYS_START, NoServer, start_server
from sandbox.course.exercise import Exercise, Outcome, Result, judge_answer
from sandbox.course.exercises import exercises_of
from sandbox.course.grading.attempts import Attempts, read_attempts
from sandbox.course.grading.collecting import read_plain, take_over
from sandbox.course.grading.execute import KERNEL_DIED
from sandbox.course.grading.isolation import (
    Isolation,
    clean_environment,
    refuse_root,
    run_isolated,
)
from sandbox.course.grading.restore import Submission, read_submission, restore
from sandbox.course.record import Record
from sandbox.findings import Finding
from sandbox.packs import VARIABLE, copy_public_part, pack_folder

TEAM_INSIDE = "team"
SEED = "training"
EXECUTED = "executed.ipynb"
ABOUT = "run.json"
# SQLite's file and its journal: what was written last may stand in the latter alone
DATABASE = ("sandbox.db", "sandbox.db-wal")
# how a run is called in which something was too much
BEYOND = {
    "time": "out_of_time",
    "processes": "processes",
    "memory": "memory",
    "cpu": "cpu",
    "disk": "disk",
    "files": "files",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for one cell and for the whole notebook."""

    cell: int = 60
    total: int = 600


@dataclass(frozen=True, slots=True)
class GradedNotebook:
    """What came out; `run` is completed, kernel_died, failed or one of BEYOND; `executed` is the
    notebook as evidence, `data` the word that drew the data it was executed on.
    """

    submission: Submission
    sha256: str
    run: str
    isolation: Isolation
    results: tuple[Result, ...]
    attempts: Attempts
    executed: bytes
    data: str = ""

    @property
    def score(self) -> int:
        return sum(result.points for result in self.results)

    @property
    def max_score(self) -> int:
        return sum(result.exercise.points for result in self.results)


def grade_notebook(
    file: Path,
    *,
    isolation: Isolation,
    limits: Limits | None = None,
    kept: Path | None = None,
    data: str = "",
) -> GradedNotebook:
    """Grades one file.

    Args:
        file: The notebook as it was handed in.
        isolation: How it is kept away from this machine.
        limits: Seconds for a cell and for the whole; the usual ones where there are none.
        kept: A folder in which what it leaves stays, to be judged again; nothing stays without one.
        data: The word that draws the data it is executed on; empty for those of the training, which
            everybody has seen.

    Raises:
        UnreadableNotebook: The file is no notebook of a lesson, or nothing of it is recognised.
        NotIsolated: It would run as root, without anything in between.
    """
    refuse_root(isolation)
    limits = limits or Limits()
    submission = read_submission(file)
    with tempfile.TemporaryDirectory(prefix="connectathon-grade-") as name:
        folder = Path(name).resolve()
        target = folder / "kept"
        seed = f"{SEED}:{data}" if data else SEED
        run = _execute(submission, folder, seed, isolation=isolation, limits=limits)
        target.mkdir()
        record = str(_record_in(Path(), submission.lesson).file)
        take_over([*DATABASE, record], left=folder / "data", kept=target)
        (target / EXECUTED).write_bytes(read_plain(folder / EXECUTED) or b"")
        about = {"run": run, "isolation": isolation, "data": data}
        (target / ABOUT).write_text(json.dumps(about), encoding="utf-8")
        graded = judge_kept(file, target)
        if kept is not None:
            _put(target, kept)
        return graded


def _put(left: Path, kept: Path) -> None:
    """Puts what a notebook left in the place of what it left when it was graded before.

    As a whole: of two processes that grade it, since one was thought to be gone, neither may judge
    what is half the other's.
    """
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=kept.parent) as name:
        whole = Path(name) / kept.name
        shutil.copytree(left, whole)
        shutil.rmtree(kept, ignore_errors=True)
        with suppress(OSError):  # the other was quicker: it left the same
            whole.rename(kept)


def judge_kept(file: Path, kept: Path) -> GradedNotebook:
    """Judges what a notebook left with the checks of today, without executing it again.

    Args:
        file: The notebook as it was handed in.
        kept: The folder in which what it left was kept.

    Raises:
        UnreadableNotebook: The file is no notebook of a lesson.
    """
    submission = read_submission(file)
    about = json.loads((kept / ABOUT).read_text(encoding="utf-8"))
    evidence = (kept / EXECUTED).read_bytes()
    attempts = attempts_in(kept, submission.lesson)
    with tempfile.TemporaryDirectory(prefix="connectathon-judge-") as name:
        # the server writes to its data: what was left stays as it was
        data = Path(name).resolve()
        take_over([*DATABASE], left=kept.resolve(), kept=data)
        results = _judge(submission, data, attempts, _cell_errors(evidence), about["run"])
    return GradedNotebook(
        submission,
        hashlib.sha256(file.read_bytes()).hexdigest(),
        about["run"],
        Isolation(about["isolation"]),
        results,
        attempts,
        evidence,
        about.get("data", ""),
    )


def attempts_in(kept: Path, lesson: str) -> Attempts:
    """Returns what the record that a notebook left says."""
    return read_attempts(_record_in(kept, lesson).events())


def _record_in(folder: Path, lesson: str) -> Record:
    return Record(folder, team=TEAM_INSIDE, lesson=lesson)


def _execute(
    submission: Submission, folder: Path, seed: str, *, isolation: Isolation, limits: Limits
) -> str:
    source = folder / "submitted.ipynb"
    source.write_text(json.dumps(restore(submission)), encoding="utf-8")
    pack = {VARIABLE: str(folder / "pack")} if pack_folder() else {}
    copy_public_part(folder / "pack", is_graded=seed != SEED)
    environment = clean_environment(
        folder,
        **pack,
        CONNECTATHON_DATA=str(folder / "data"),
        CONNECTATHON_TEAM=TEAM_INSIDE,
        CONNECTATHON_SEED=seed,
        CONNECTATHON_LANG=submission.language,
        CONNECTATHON_GRADING="1",
        CONNECTATHON_WIDGETS="off",
        # ids that the server makes are the same each time: so is the grading
        CONNECTATHON_ID_SEED=f"{submission.lesson} {seed}",
        SANDBOX_URL=ALWAYS_START,
    )
    command = [
        sys.executable,
        "-m",
        "sandbox.course.grading.execute",
        str(source),
        str(folder / EXECUTED),
    ]
    ended = run_isolated(
        [*command, str(limits.cell)],
        folder=folder,
        level=isolation,
        environment=environment,
        seconds=limits.total,
    )
    if ended.beyond:
        return BEYOND[ended.beyond]
    return {0: "completed", KERNEL_DIED: "kernel_died"}.get(ended.code or 0, "failed")


def _judge(
    submission: Submission,
    kept: Path,
    attempts: Attempts,
    errors: dict[str, str],
    run: str,
) -> tuple[Result, ...]:
    """Judges the last answer to each exercise against a server on a copy of the data that the
    notebook left.
    """
    # neither the database nor the token of the event beside which somebody grades
    alone = {"DATABASE_URL": "", "CONNECTATHON_TOKEN": ""}
    try:
        server = start_server({**alone, "CONNECTATHON_DATA": str(kept)})
    except NoServer:  # the notebook left something that is no database: nothing of it counts
        server = start_server({**alone, "CONNECTATHON_DATA": str(kept / "fresh")})
    client = Client(f"{server.connection.url}/fhir", language=submission.language)
    try:
        return tuple(
            _result(exercise, attempts, errors, run, client)
            for exercise in exercises_of(submission.lesson).exercises.values()
        )
    finally:
        client.close()
        server.stop()


def _result(
    exercise: Exercise, attempts: Attempts, errors: dict[str, str], run: str, client: Client
) -> Result:
    id = exercise.answer_of
    answer = attempts.last(id)
    if answer is not None:
        return judge_answer(exercise, answer, client.fetch)
    if id in errors or run != "completed":
        outcome: Outcome = "error"
        reason = errors.get(id, "")
        key = "grade.cell_failed" if reason else f"grade.{run}"
        return Result(
            exercise, outcome, Finding("not_run", "error", key, {"reason": reason}, found=reason)
        )
    return judge_answer(exercise, None, client.fetch)


def _cell_errors(executed: bytes) -> dict[str, str]:
    """Returns, by exercise, what the cells that failed said; the cells before an exercise's own
    count for it.
    """
    try:
        return _errors_of(json.loads(executed)["cells"]) if executed else {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}  # the notebook could write this file as well


def _errors_of(cells: list[dict[str, Any]]) -> dict[str, str]:
    errors: dict[str, str] = {}
    waiting = ""
    for cell in cells:
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                message = f"{output.get('ename')}: {output.get('evalue')}"[:200]
                waiting = message.encode("utf-8", "backslashreplace").decode()
        exercise = cell.get("metadata", {}).get("connectathon", {}).get("exercise")
        if exercise:
            if waiting:
                errors[exercise] = waiting
            waiting = ""
    return errors
