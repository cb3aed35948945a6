"""Restoring: a participant's notebook becomes the published one again, with only the answers taken
over.

Cells are found by id.  Cells that the participant added stay where they are; published cells that
are missing or were changed come back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.course.building import notebook_text
from sandbox.course.exercises import LESSONS
from sandbox.errors import BadRequest
from sandbox.i18n import Language, as_language
from sandbox.limits import NOTEBOOK_BYTES


class UnreadableNotebook(BadRequest):
    """The file is no notebook of a known lesson."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A participant's notebook as it was handed in."""

    file: Path
    lesson: str
    language: Language
    notebook: dict[str, Any]


def read_submission(file: Path) -> Submission:
    """Reads a local notebook.

    Raises:
        UnreadableNotebook: It is too large, no notebook, or of no known lesson; it says which.
    """
    try:
        if file.stat().st_size > NOTEBOOK_BYTES:
            raise UnreadableNotebook(
                "grade.too_large", file=file.name, limit=NOTEBOOK_BYTES // 1024 // 1024
            )
        notebook = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableNotebook(
            "grade.unreadable", file=file.name, reason=type(error).__name__
        ) from None
    if (
        not isinstance(notebook, dict)
        or notebook.get("nbformat") != 4
        or not isinstance(notebook.get("cells"), list)
    ):
        raise UnreadableNotebook("grade.no_notebook", file=file.name)
    metadata = notebook.get("metadata")
    about = metadata.get("connectathon") if isinstance(metadata, dict) else None
    lesson = about.get("lesson") if isinstance(about, dict) else file.stem
    if not isinstance(lesson, str) or lesson not in LESSONS:
        raise UnreadableNotebook(
            "grade.unknown_lesson", file=file.name, lesson=lesson, known=", ".join(LESSONS)
        )
    tag = about.get("language") if isinstance(about, dict) else None
    return Submission(file, lesson, as_language(tag) if isinstance(tag, str) else "en", notebook)


def restore(submission: Submission) -> dict[str, Any]:
    """Returns the notebook to execute: published cells with the participant's answers, and the
    added cells.
    """
    published = json.loads(notebook_text(submission.lesson, submission.language))
    by_id = {cell["id"]: cell for cell in published["cells"]}
    handed_in = [cell for cell in submission.notebook["cells"] if isinstance(cell, dict)]
    answers = {str(cell.get("id")): _source(cell) for cell in handed_in}
    for cell in by_id.values():
        if cell["metadata"].get("connectathon", {}).get("answer") and cell["id"] in answers:
            cell["source"] = answers[cell["id"]]
    followers = _added_after(handed_in, set(by_id))
    cells = list(followers.get("", []))
    for cell in published["cells"]:
        cells += [cell, *followers.get(cell["id"], [])]
    return {**published, "cells": cells}


def _added_after(
    handed_in: list[dict[str, Any]], known: set[str]
) -> dict[str, list[dict[str, Any]]]:
    """Groups the added code cells by the published cell that they follow."""
    followers: dict[str, list[dict[str, Any]]] = {}
    last = ""
    for number, cell in enumerate(handed_in):
        if str(cell.get("id")) in known:
            last = str(cell["id"])
        # added code may define what an answer uses; added prose runs nothing
        elif cell.get("cell_type") == "code":
            added: dict[str, Any] = {
                "cell_type": "code",
                "execution_count": None,
                "id": f"added-{number}",
                "metadata": {},
                "outputs": [],
                "source": _source(cell),
            }
            followers.setdefault(last, []).append(added)
    return followers


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(str(line) for line in source) if isinstance(source, list) else str(source)
