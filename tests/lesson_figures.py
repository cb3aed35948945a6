"""Counts what a lesson asks of a learner and shows: `python -m tests.lesson_figures` prints the table of docs/course.md.

Lines are those that a learner writes: of the solution, without imports, blanks, comments and what
is given.  Links are those that lead out of the course, to a specification or a library.

`python -m tests.lesson_figures LEARNER.ipynb SOLVED.ipynb` counts a notebook of another course in the
same way; both have the same cells in the same order.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.course.sources import lesson_names, read_lesson

LINK = re.compile(r"\]\(https?://[^)\s]+\)")
CLAUSE = re.compile(r"\]\(https?://(?:hl7\.org|profiles\.ihe\.net|www\.hl7\.org|build\.fhir\.org|www\.rfc-editor\.org|smart\.who\.int|docs\.smarthealthit\.org|www\.w3\.org|confluence\.hl7\.org|www\.who\.int|worldhealthorganization\.github\.io)[^)\s]*\)")  # fmt: skip
PICTURE = re.compile(r"!\[|<img\b")
HEAD = "| lesson | cells | answers | lines an answer | pictures | links | to specifications |"


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of one lesson; `lines` are those of each answer."""

    lesson: str
    cells: int
    lines: tuple[int, ...]
    pictures: int
    links: int
    clauses: int

    @property
    def lines_an_answer(self) -> float:
        """The mean."""
        return sum(self.lines) / len(self.lines)


def figures_of(lesson: str) -> Figures:
    """Counts one lesson."""
    cells = read_lesson(lesson)
    prose = "\n".join(cell.learner for cell in cells if cell.is_prose)
    code = "\n".join(cell.learner for cell in cells if not cell.is_prose)
    return Figures(
        lesson,
        len(cells),
        tuple(_written(cell.learner, cell.solution) for cell in cells if cell.is_answer),
        code.count("L.picture("),
        len(LINK.findall(prose)),
        len(CLAUSE.findall(prose)),
    )


def figures_of_notebook(learner: Path, solved: Path) -> Figures:
    """Counts a notebook of another course, which says nothing of specifications."""
    cells = _cells(learner)
    pairs = [
        (given, solution)
        for (kind, given), (_, solution) in zip(cells, _cells(solved), strict=True)
        if kind == "code" and given != solution
    ]
    prose = "\n".join(text for kind, text in cells if kind == "markdown")
    written = tuple(_written(*pair) for pair in pairs)
    pictures = len(PICTURE.findall(prose))
    links = len(LINK.findall(prose)) - len(re.findall(r"!\[[^]]*\]\(https?://", prose))
    return Figures(learner.stem, len(cells), written, pictures, links, 0)


def _cells(file: Path) -> list[tuple[str, str]]:
    """Returns the kind and the text of each cell."""
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]


def _written(given: str, solution: str) -> int:
    """Returns how many lines of a solution are not given."""
    known = given.splitlines()
    lines = [line.strip() for line in solution.splitlines() if line not in known]
    return sum(not line.startswith(("#", "import ", "from ")) for line in lines if line)


def table_of(rows: Sequence[Figures]) -> list[str]:
    """Returns a line for each lesson, and where there are several one for all of them."""
    lines = [HEAD, "|---|---|---|---|---|---|---|"]
    for row in rows:
        counts = (row.pictures, row.links, row.clauses)
        lines.append(_line(row.lesson, row.cells, row.lines, counts))
    if len(rows) > 1:
        written = [count for row in rows for count in row.lines]
        counts = (
            sum(row.pictures for row in rows),
            sum(row.links for row in rows),
            sum(row.clauses for row in rows),
        )
        lines.append(_line("all", sum(row.cells for row in rows), written, counts))
    return lines


def _line(name: str, cells: int, lines: Sequence[int], counts: Sequence[int]) -> str:
    shown = (name, cells, len(lines), f"{sum(lines) / len(lines):.1f}", *counts)
    return "| " + " | ".join(map(str, shown)) + " |"


def main() -> None:
    if len(sys.argv) > 1:
        rows = [figures_of_notebook(Path(sys.argv[1]), Path(sys.argv[2]))]
    else:
        rows = [figures_of(name) for name in lesson_names()]
    print("\n".join(table_of(rows)))


if __name__ == "__main__":
    main()
