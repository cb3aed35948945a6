"""Results as they are kept between a grading and the pages about it: plain JSON, and back.  What a
notebook left stands beside them.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.course.exercise import Result
from sandbox.course.exercises import exercises_of
from sandbox.course.grading.grade import EXECUTED, GradedNotebook, attempts_in
from sandbox.course.grading.isolation import Isolation
from sandbox.course.grading.restore import read_submission
from sandbox.findings import read_finding


def written_results(graded: GradedNotebook) -> dict[str, Any]:
    """Returns what a grading came to as plain values."""
    return {
        "lesson": graded.submission.lesson,
        "language": graded.submission.language,
        "sha256": graded.sha256,
        "run": graded.run,
        "isolation": str(graded.isolation),
        "data": graded.data,
        "score": graded.score,
        "max_score": graded.max_score,
        "exercises": [_written(result) for result in graded.results],
    }


def read_results(written: dict[str, Any], *, file: Path, kept: Path) -> GradedNotebook:
    """Returns a grading as it was.

    Args:
        written: What `written_results` gave.
        file: The notebook as it was handed in.
        kept: The folder in which what it left was kept.
    """
    submission = read_submission(file)
    exercises = exercises_of(written["lesson"]).exercises
    results = tuple(
        Result(
            exercises[row["id"]],
            row["outcome"],
            read_finding(row["finding"]) if row["finding"] else None,
            row["more"],
        )
        for row in written["exercises"]
        # a lesson may have lost an exercise since
        if row["id"] in exercises
    )
    return GradedNotebook(
        submission,
        written["sha256"],
        written["run"],
        Isolation(written["isolation"]),
        results,
        attempts_in(kept, written["lesson"]),
        (kept / EXECUTED).read_bytes(),
        written.get("data", ""),
    )


def _written(result: Result) -> dict[str, Any]:
    return {
        "id": result.exercise.id,
        "outcome": result.outcome,
        "points": result.points,
        "max_points": result.exercise.points,
        "more": result.more,
        "finding": asdict(result.finding) if result.finding else None,
    }
