"""The course from outside: its lessons with their cells and hints, and the grades of an event.

Gradings are what `connectathon grade --out FOLDER` wrote, one folder for each team below `grades`
in the data folder.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sandbox.course.exercise import HINTS
from sandbox.course.exercises import exercises_of
from sandbox.course.sources import lesson_names, notebook_file
from sandbox.i18n import ENGLISH, Language, has_message, say

HEADING = "# "
MINUTES = re.compile(r"(\d+) minut[eo]")  # in the languages of the event


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson as a list shows it.

    Attributes:
        number: As tests name it.
        title: In a language.
        notebook: Its place below the project's folder.
        minutes: How long it takes; 0 where it does not say.
    """

    number: str
    title: str
    notebook: str
    minutes: int = 0

    @property
    def name(self) -> str:
        """Such as `01_fhir`."""
        return Path(self.notebook).stem

    @property
    def language(self) -> str:
        """The language of the notebook, which is English where there is none in the asker's."""
        return Path(self.notebook).parent.name


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a lesson as learners get it.

    Attributes:
        id: The same in all languages.
        is_prose: Whether its text is Markdown, and not Python.
        text: What stands in it.
        exercise: The one that is judged here; empty for none.
        is_answer: Whether the learner writes in it.
    """

    id: str
    is_prose: bool
    text: str
    exercise: str = ""
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Grade:
    """What a team has of the points of a lesson."""

    team: str
    lesson: str
    score: int
    max_score: int
    at: int = 0
    """When the result was written, in milliseconds since 1970."""


def all_lessons(language: Language) -> list[Lesson]:
    """Returns the lessons in their order; none where the notebooks were not installed with the
    project.
    """
    lessons = []
    for name in lesson_names():
        number = name.partition("_")[0]
        available = language if notebook_file(name, language).exists() else ENGLISH
        title, minutes = _head(notebook_file(name, available))
        plain = title.removeprefix(f"{number} · ")
        lessons.append(Lesson(number, plain, f"notebooks/{available}/{name}.ipynb", minutes))
    return lessons


def cells_of(lesson: Lesson) -> tuple[Cell, ...]:
    """Returns the cells of a lesson as its notebook has them, in which there is no solution."""
    return _cells(notebook_file(lesson.name, lesson.language))


def changed_at(lesson: Lesson) -> int:
    """Returns when the notebook of a lesson was written, by which what is made of it is kept."""
    return notebook_file(lesson.name, lesson.language).stat().st_mtime_ns


def prose_of(lesson: Lesson) -> dict[str, str]:
    """Returns the prose of a lesson as Markdown, by the ids of its cells."""
    return {cell.id: cell.text for cell in cells_of(lesson) if cell.is_prose}


def hints_of(lesson: Lesson, exercise: str, language: Language) -> list[str]:
    """Returns the hints of an exercise but the last one, which says nearly all: that is for who
    has tried.

    Args:
        lesson: Where it is asked.
        exercise: Such as `4.1`.
        language: Of the reader.
    """
    known = exercises_of(lesson.name)
    keys = [known.hint_key(exercise, number) for number in range(1, HINTS)]
    return [say(key, language) for key in keys if has_message(key)]


def lesson_titles(language: Language) -> dict[str, str]:
    """Returns the titles of the lessons by their names, such as `01_fhir`."""
    return {lesson.name: lesson.title for lesson in all_lessons(language)}


def all_grades(folder: Path) -> list[Grade]:
    """Returns the grades of an event by team and lesson; a folder that holds no results is passed
    over.
    """
    grades = []
    # the results of the grader, not the learners' records: only those were judged again
    for file in sorted(folder.glob("*/results.json")):
        results = json.loads(file.read_text(encoding="utf-8"))
        rows = [
            (notebook["lesson"], notebook["score"], notebook["max_score"])
            for notebook in results["notebooks"]
        ]
        at = file.stat().st_mtime_ns // 1_000_000
        grades += [Grade(results["team"], *row, at) for row in rows]
    return sorted(grades, key=lambda grade: (grade.team, grade.lesson))


def _head(file: Path) -> tuple[str, int]:
    """Returns the title of a notebook, and how many minutes its first cell says."""
    text = _cells(file)[0].text
    said = MINUTES.search(text)
    return text.partition("\n")[0].removeprefix(HEADING), int(said[1]) if said else 0


def _cells(file: Path) -> tuple[Cell, ...]:
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _read(file: Path, _changed: int) -> tuple[Cell, ...]:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return tuple(map(_cell, cells))


def _cell(cell: dict[str, Any]) -> Cell:
    ours = cell["metadata"].get("connectathon", {})
    return Cell(
        cell["id"],
        is_prose=cell["cell_type"] == "markdown",
        text="".join(cell["source"]),
        exercise=ours.get("exercise", ""),
        is_answer=ours.get("answer", False),
    )
