"""Lesson sources: one Python file per lesson in percent format, prose in English, both versions of
each answer.

    # %% [markdown] CELL-ID           prose; every line begins with `# `
    # %% CELL-ID [exercise=1.3]       code
    # >>> learner / # >>> solution / # <<<   the two versions of an answer inside a code cell

Reads files, builds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.i18n import Language
from sandbox.shipped import shipped

HEADER = re.compile(
    r"^# %% (?P<markdown>\[markdown\] )?(?P<id>[a-z0-9-]+)(?: exercise=(?P<exercise>[0-9a-z.]+))?$"
)


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A cell with a stable id; in prose both versions are the same."""

    id: str
    is_prose: bool
    exercise: str
    learner: str
    solution: str

    @property
    def is_answer(self) -> bool:
        """Tells whether the learner writes in this cell."""
        return self.learner != self.solution


def sources_folder() -> Path:
    """Returns the folder of the lesson sources."""
    return shipped("notebooks") / "src"


def notebook_file(name: str, language: Language) -> Path:
    """Returns the notebook of a lesson as it was built; it may not have been yet."""
    return shipped("notebooks") / language / f"{name}.ipynb"


def lesson_names() -> list[str]:
    """Returns the lessons that have a source, in order."""
    return sorted(file.stem for file in sources_folder().glob("*.py"))


@cache
def read_lesson(name: str) -> tuple[SourceCell, ...]:
    """Returns the cells of a lesson.

    Raises:
        ValueError: The source breaks the format; the message names file and line.
    """
    blocks: list[tuple[re.Match[str], list[str]]] = []
    file = sources_folder() / f"{name}.py"
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# %%"):
            header = HEADER.match(line)
            if header is None:
                raise ValueError(f"{file}:{number}: not a cell header: {line}")
            blocks.append((header, []))
        elif blocks:
            blocks[-1][1].append(line)
    cells = tuple(_cell(header, lines) for header, lines in blocks)
    ids = [cell.id for cell in cells]
    # translations and graded answers are found by the id of their cell
    twice = {id for id in ids if ids.count(id) > 1}
    if twice:
        raise ValueError(f"{file}: cell ids stand twice: {', '.join(sorted(twice))}")
    return cells


def solution_of(lesson: str, exercise: str) -> str:
    """Returns the code that solves an exercise: its answer cell and the answer cells since the
    exercise before it.

    Raises:
        LookupError: The lesson has no such exercise.
    """
    pieces: list[str] = []
    for cell in read_lesson(lesson):
        if cell.is_answer:
            pieces.append(cell.solution)
        if cell.exercise == exercise:
            return "\n\n".join(pieces or [cell.solution])
        if cell.exercise:
            pieces = []
    raise LookupError(exercise)


def _cell(header: re.Match[str], lines: list[str]) -> SourceCell:
    if header["markdown"]:
        text = "\n".join(
            line[2:] if line.startswith("# ") else line.removeprefix("#") for line in lines
        ).strip()
        return SourceCell(header["id"], True, "", text, text)
    return SourceCell(
        header["id"],
        False,
        header["exercise"] or "",
        _version(lines, "learner"),
        _version(lines, "solution"),
    )


def _version(lines: list[str], wanted: str) -> str:
    kept = []
    now = ""
    for line in lines:
        if line.startswith("# >>> "):
            now = line.removeprefix("# >>> ")
        elif line == "# <<<":
            now = ""
        elif now in ("", wanted):
            kept.append(line)
    return "\n".join(kept).strip()
