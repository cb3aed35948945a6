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
from sandbox.packs import LESSON_SOURCES, NOTEBOOKS, pack_folder, pack_lessons
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


def notebooks_of(name: str) -> Path:
    """Returns the folder with the notebooks of a lesson in each language, and its source."""
    pack = pack_folder()
    return pack / NOTEBOOKS if pack and name in pack_lessons() else shipped("notebooks")


def source_file(name: str) -> Path:
    """Returns the source of a lesson; learners have none of a pack's lessons."""
    return notebooks_of(name) / LESSON_SOURCES / f"{name}.py"


def notebook_file(name: str, language: Language) -> Path:
    """Returns the notebook of a lesson as it was built; it may not have been yet."""
    return notebooks_of(name) / language / f"{name}.ipynb"


def lesson_names() -> list[str]:
    """Returns the project's lessons that have a source, then those of the pack that is in use, each
    in order.
    """
    own = sorted(file.stem for file in (shipped("notebooks") / LESSON_SOURCES).glob("*.py"))
    return [*own, *(name for name in pack_lessons() if name not in own)]


def read_lesson(name: str) -> tuple[SourceCell, ...]:
    """Returns the cells of a lesson.

    Raises:
        ValueError: The source breaks the format; the message names file and line.
    """
    return _read(source_file(name))


@cache
def _read(file: Path) -> tuple[SourceCell, ...]:
    blocks: list[tuple[re.Match[str], list[str]]] = []
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
    exercise before it.  Empty where whoever teaches has kept the source.

    Raises:
        LookupError: The lesson has no such exercise.
    """
    if not source_file(lesson).exists():
        return ""
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
