"""Reports of a grading: results.json, gradebook.csv with nbgrader's columns, a page for the team.
Pure.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from sandbox import __version__
from sandbox.course.cards import SYMBOLS, finding_text
from sandbox.course.exercise import Result
from sandbox.course.grading.attempts import Attempts
from sandbox.course.grading.grade import GradedNotebook
from sandbox.i18n import Language, say

# nbgrader's export, in its order: learning platforms import it as it is
COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


def results_json(team: str, graded: Sequence[GradedNotebook]) -> str:
    """Returns the whole result; it holds no times, so the same input gives the same text."""
    content = {
        "schema": 1,
        "sandbox": __version__,
        "team": team,
        "score": sum(notebook.score for notebook in graded),
        "max_score": sum(notebook.max_score for notebook in graded),
        "notebooks": [_notebook(notebook) for notebook in graded],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def gradebook_csv(team: str, graded: Sequence[GradedNotebook]) -> str:
    """Returns one row a notebook; the team stands for the student, personal fields stay empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for notebook in graded:
        row: dict[str, Any] = {
            "assignment": notebook.submission.lesson,
            "student_id": team,
            "raw_score": notebook.score,
            "late_submission_penalty": 0,
            "score": notebook.score,
            "max_score": notebook.max_score,
        }
        writer.writerow(row)
    return text.getvalue()


def team_page(team: str, graded: Sequence[GradedNotebook], language: Language) -> str:
    """Returns the HTML page of a team in its language; everything that a participant wrote is
    escaped.
    """
    lessons = [
        {
            "lesson": notebook.submission.lesson,
            "run": say(f"grade.run.{notebook.run}", language),
            "score": notebook.score,
            "max_score": notebook.max_score,
            "rows": [exercise_row(result, notebook, language) for result in notebook.results],
        }
        for notebook in graded
    ]
    page: str = _template().render(
        lang=language,
        say=lambda key, **params: say(f"grade.{key}", language, **params),
        team=team,
        lessons=lessons,
        score=sum(notebook.score for notebook in graded),
        max_score=sum(notebook.max_score for notebook in graded),
        isolation=sorted({str(notebook.isolation) for notebook in graded}),
        data=sorted({notebook.data for notebook in graded} - {""}),
    )
    return page


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html")


def _notebook(notebook: GradedNotebook) -> dict[str, Any]:
    return {
        "file": notebook.submission.file.name,
        "sha256": notebook.sha256,
        "lesson": notebook.submission.lesson,
        "language": notebook.submission.language,
        "run": notebook.run,
        "isolation": str(notebook.isolation),
        "data": notebook.data,
        "score": notebook.score,
        "max_score": notebook.max_score,
        "exercises": [_exercise(result, notebook.attempts) for result in notebook.results],
    }


def _exercise(result: Result, attempts: Attempts) -> dict[str, Any]:
    exercise = result.exercise
    finding = result.finding
    row: dict[str, Any] = {
        "id": exercise.id,
        "outcome": result.outcome,
        "points": result.points,
        "max_points": exercise.points,
        "hidden": exercise.hidden,
        "hints": attempts.hints.get(exercise.answer_of, 0),
        "solution_opened": exercise.answer_of in attempts.solutions,
        "earlier_attempts": attempts.earlier(exercise.answer_of),
        "clause": exercise.clause,
    }
    if finding:
        parts = {
            "reason": finding.key,
            "where": finding.where,
            "expected": finding.expected,
            "found": finding.found,
        }
        row["finding"] = {name: text for name, text in parts.items() if text}
    return row


def exercise_row(result: Result, notebook: GradedNotebook, language: Language) -> dict[str, Any]:
    """Returns what a page tells of an exercise, in a person's language."""
    exercise = result.exercise
    finding = result.finding
    passed = (
        say(f"{exercise.room}.{exercise.name}.passed", language)
        if result.outcome == "passed"
        else ""
    )
    return {
        "id": exercise.id,
        "title": say(f"{exercise.room}.{exercise.name}.title", language),
        "outcome": result.outcome,
        "symbol": SYMBOLS[result.outcome],
        "word": say(f"course.outcome.{result.outcome}", language),
        "reason": passed or finding_text(result, language),
        "expected": finding.expected if finding else "",
        "found": finding.found if finding else "",
        "where": finding.where if finding else "",
        "clause": exercise.clause,
        "points": result.points,
        "max_points": exercise.points,
        "hidden": exercise.hidden,
        "hints": notebook.attempts.hints.get(exercise.answer_of, 0),
        "solution_opened": exercise.answer_of in notebook.attempts.solutions,
        "earlier": notebook.attempts.earlier(exercise.answer_of),
    }
