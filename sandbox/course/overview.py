"""The course from outside: its lessons, and the grades of an event.

Gradings are what `connectathon grade --out FOLDER` wrote, one folder for each team below `grades`
in the data folder.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.course.sources import lesson_names, notebook_file
from sandbox.i18n import ENGLISH, Language

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


def prose_of(lesson: Lesson) -> dict[str, str]:
    """Returns the prose of a lesson as Markdown, by the ids of its cells."""
    cells = json.loads(notebook_file(lesson.name, lesson.language).read_text(encoding="utf-8"))[
        "cells"
    ]
    return {
        cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
    }


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
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    text = "".join(cells[0]["source"])
    said = MINUTES.search(text)
    return text.partition("\n")[0].removeprefix(HEADING), int(said[1]) if said else 0
