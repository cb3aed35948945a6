"""Feedback on a hand-in in a person's language: what pages tell of each exercise, and the notebook
as it was handed in with a note below each answer.  Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from sandbox.course.building import notebook_text
from sandbox.course.grading.grade import GradedNotebook
from sandbox.course.grading.recognise import read_cell, recognise
from sandbox.course.grading.report import exercise_row
from sandbox.desk.desk import Mark
from sandbox.i18n import Language, say

IDS_SINCE = 5  # nbformat 4.5


def feedback_rows(
    graded: GradedNotebook, marks: Mapping[str, Mark], language: Language
) -> list[dict[str, Any]]:
    """Returns what is told of each exercise; what a person gave counts before what checks gave."""
    rows = []
    for result in graded.results:
        row = exercise_row(result, graded, language)
        mark = marks.get(row["id"])
        if mark and mark.points is not None:
            row["points"] = mark.points
        rows.append({**row, "mark": mark})
    return rows


def annotated_notebook(
    graded: GradedNotebook, marks: Mapping[str, Mark], language: Language
) -> str:
    """Returns the notebook as it was handed in, with a note below the cell of each answer; what has
    no cell is told at the end.
    """
    notebook = graded.submission.notebook
    cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)]
    rows = feedback_rows(graded, marks, language)
    answer_of = {result.exercise.id: result.exercise.answer_of for result in graded.results}
    places = _places(graded, cells)
    notes: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        place = places.get(answer_of[row["id"]], len(cells) - 1)
        notes.setdefault(place, []).append(row)
    minor = notebook.get("nbformat_minor")
    has_ids = isinstance(minor, int) and minor >= IDS_SINCE
    annotated = []
    for place, cell in enumerate(cells):
        annotated.append(cell)
        for row in notes.get(place, []):
            annotated.append(_note(row, language, has_id=has_ids))
    return json.dumps({**notebook, "cells": annotated}, ensure_ascii=False, indent=1) + "\n"


def _places(graded: GradedNotebook, cells: list[dict[str, Any]]) -> dict[str, int]:
    """Returns the place of the last cell that answers each exercise."""
    text = notebook_text(graded.submission.lesson, graded.submission.language)
    published = {cell["id"]: read_cell(cell) for cell in json.loads(text)["cells"]}
    handed_in = [read_cell(cell) for cell in cells]
    matches = recognise(handed_in, list(published.values()))
    places: dict[str, int] = {}
    for place, cell in enumerate(handed_in):
        known = published[matches[place]].exercises if place in matches else frozenset()
        for exercise in cell.exercises | known:
            places[exercise] = place
    return places


def _note(row: Mapping[str, Any], language: Language, *, has_id: bool) -> dict[str, Any]:
    def word(key: str) -> str:
        return say(f"grade.page.{key}", language)

    points = say("grade.page.points", language, score=row["points"], max_score=row["max_points"])
    parts = [f"**{row['symbol']} {row['id']} · {row['word']} · {points}**", escape(row["reason"])]
    for name in ("expected", "found", "where"):
        if row[name]:
            label = f"{word(name)}: " if name != "where" else ""
            parts.append(f"{label}<code>{escape(str(row[name]))}</code>")
    parts.append(escape(row["clause"]))
    mark = row["mark"]
    if mark and mark.comment:
        parts.append(f"**{say('desk.comment', language)}**\n\n{escape(mark.comment)}")
    text = "\n\n".join(part for part in parts if part)
    cell: dict[str, Any] = {
        "cell_type": "markdown",
        "metadata": {"connectathon": {"feedback": row["id"]}},
        # as a quotation, which sets it apart from the words of the lesson
        "source": "\n".join(f"> {line}".rstrip() for line in text.split("\n")),
    }
    return {**cell, "id": f"feedback-{row['id'].replace('.', '-')}"} if has_id else cell
