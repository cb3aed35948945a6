"""Restoring: a participant's notebook becomes the published one again, with only the answers taken
over.

Cells that the participant added stay where they are; published cells that are missing or were
changed come back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.course.building import notebook_text
from sandbox.course.exercises import exercises_of, known_lessons
from sandbox.course.grading.recognise import BLANK, Cell, read_cell, recognise
from sandbox.errors import BadRequest
from sandbox.i18n import LANGUAGES, Language, as_language
from sandbox.limits import NOTEBOOK_BYTES, NOTEBOOK_CELLS

OPENS = re.compile(r"""\blesson\(\s*["']([0-9a-z_]+)["']""")


class UnreadableNotebook(BadRequest):
    """The file is no notebook of a known lesson."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A participant's notebook as it was handed in."""

    file: Path
    lesson: str
    language: Language
    notebook: dict[str, Any]


def read_submission(file: Path, *, name: str = "") -> Submission:
    """Reads a local notebook.

    Args:
        file: Where it is.
        name: How it was called where it came from; as it is here where that is empty.

    Raises:
        UnreadableNotebook: It is too large, no notebook, of no known lesson, or nothing of the
            lesson stands in it; it says which.
    """
    called = Path(name or file.name)
    notebook = _read(file, called.name)
    cells = [read_cell(cell) for cell in _cells(notebook)]
    metadata = notebook.get("metadata")
    about = metadata.get("connectathon") if isinstance(metadata, dict) else None
    about = about if isinstance(about, dict) else {}
    lesson = about.get("lesson") or _lesson_opened(cells) or called.stem
    known = known_lessons()
    if not isinstance(lesson, str) or lesson not in known:
        raise UnreadableNotebook(
            "grade.unknown_lesson", file=called.name, lesson=lesson, known=", ".join(known)
        )
    tag = about.get("language")
    language = as_language(tag) if isinstance(tag, str) else _language_of(cells, lesson)
    if not _is_of_lesson(cells, lesson, language):
        raise UnreadableNotebook(
            "grade.nothing_recognised", file=called.name, lesson=lesson, count=len(cells)
        )
    return Submission(file, lesson, language, notebook)


def restore(submission: Submission) -> dict[str, Any]:
    """Returns the notebook to execute: published cells with the participant's answers, and the
    added cells.

    An answer cell that was left blank is left out where another cell answers its exercise: it would
    put blanks in the place of what that cell made.
    """
    notebook = json.loads(notebook_text(submission.lesson, submission.language))
    published = {cell["id"]: read_cell(cell) for cell in notebook["cells"]}
    handed_in = [read_cell(cell) for cell in _cells(submission.notebook)]
    matches = recognise(handed_in, list(published.values()))
    place_of = {id: place for place, id in matches.items()}
    followers = _added_after(handed_in, matches)
    answered = set().union(*(cell.exercises for cells in followers.values() for _, cell in cells))
    cells = [_added(number, cell) for number, cell in followers.get("", [])]
    for cell in notebook["cells"]:
        id = cell["id"]
        blank = published[id]
        if blank.is_answer and id in place_of:
            cell["source"] = handed_in[place_of[id]].source
        is_blank = blank.is_answer and _is_untouched(cell["source"], blank)
        if not (is_blank and blank.exercises and blank.exercises <= answered):
            cells.append(cell)
        cells += [_added(number, follower) for number, follower in followers.get(id, [])]
    return {**notebook, "cells": cells}


def _read(file: Path, name: str) -> dict[str, Any]:
    try:
        if file.stat().st_size > NOTEBOOK_BYTES:
            raise UnreadableNotebook(
                "grade.too_large", file=name, limit=NOTEBOOK_BYTES // 1024 // 1024
            )
        # some editors on Windows write the mark of UTF-8 first
        notebook = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableNotebook(
            "grade.unreadable", file=name, reason=type(error).__name__
        ) from None
    if (
        not isinstance(notebook, dict)
        or notebook.get("nbformat") != 4
        or not isinstance(notebook.get("cells"), list)
    ):
        raise UnreadableNotebook("grade.no_notebook", file=name)
    if len(notebook["cells"]) > NOTEBOOK_CELLS:
        raise UnreadableNotebook("grade.too_many_cells", file=name, limit=NOTEBOOK_CELLS)
    return notebook


def _cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if isinstance(cell, dict)]


def _lesson_opened(cells: Sequence[Cell]) -> str:
    """Returns the lesson that the notebook's code opens: tools drop metadata, and people rename
    files.
    """
    opened = (OPENS.search(cell.source) for cell in cells if cell.is_code)
    return next((match[1] for match in opened if match), "")


def _language_of(cells: Sequence[Cell], lesson: str) -> Language:
    """Returns the language in which most of the lesson's prose stands in the notebook."""
    sources = {cell.gist for cell in cells if not cell.is_code}
    if not sources:
        return "en"

    def shared(language: Language) -> int:
        published = json.loads(notebook_text(lesson, language))["cells"]
        return len(sources & {read_cell(cell).gist for cell in published})

    return max(LANGUAGES, key=lambda language: (shared(language), language == "en"))


def _is_of_lesson(cells: Sequence[Cell], lesson: str, language: Language) -> bool:
    """Tells whether an answer cell of the lesson, or an answer to one of its exercises, stands
    here.
    """
    known = {exercise.answer_of for exercise in exercises_of(lesson).exercises.values()}
    if any(cell.exercises & known for cell in cells):
        return True
    published = [read_cell(cell) for cell in json.loads(notebook_text(lesson, language))["cells"]]
    answers = {cell.id for cell in published if cell.is_answer}
    # what only stands in between proves nothing: any notebook has code
    return any(cell.id in answers for cell in cells)


def _is_untouched(source: str | list[str], published: Cell) -> bool:
    text = source if isinstance(source, str) else "".join(source)
    return BLANK in text and text.strip() == published.source.strip()


def _added_after(
    handed_in: Sequence[Cell], matches: dict[int, str]
) -> dict[str, list[tuple[int, Cell]]]:
    """Groups the added code cells, with their places, by the published cell that they follow."""
    followers: dict[str, list[tuple[int, Cell]]] = {}
    last = ""
    for place, cell in enumerate(handed_in):
        if place in matches:
            last = matches[place]
        # added code may define what an answer uses; added prose runs nothing
        elif cell.is_code:
            followers.setdefault(last, []).append((place, cell))
    return followers


def _added(place: int, cell: Cell) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"added-{place}",
        "metadata": {},
        "outputs": [],
        "source": cell.source,
    }
