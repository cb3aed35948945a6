"""Counts what a lesson asks of a learner and shows: `python -m tests.lesson_figures` prints the table.

Lines are those that a learner writes: of the solution, without imports, blanks, comments and what
is given.  Links are those that lead out of the course, to a specification or a library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.course.sources import SourceCell, lesson_names, read_lesson

LINK = re.compile(r"\]\(https?://[^)\s]+\)")
CLAUSE = re.compile(r"\]\(https?://(?:hl7\.org|profiles\.ihe\.net|www\.hl7\.org|build\.fhir\.org|www\.rfc-editor\.org|smart\.who\.int|docs\.smarthealthit\.org|www\.w3\.org|confluence\.hl7\.org|www\.who\.int|worldhealthorganization\.github\.io)[^)\s]*\)")  # fmt: skip
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
        tuple(_written(cell) for cell in cells if cell.is_answer),
        code.count("L.picture("),
        len(LINK.findall(prose)),
        len(CLAUSE.findall(prose)),
    )


def _written(cell: SourceCell) -> int:
    """Returns how many lines of a solution are not given."""
    given = cell.learner.splitlines()
    lines = [line.strip() for line in cell.solution.splitlines() if line not in given]
    return sum(not line.startswith(("#", "import ", "from ")) for line in lines if line)


def main() -> None:
    print(HEAD)
    print("|---|---|---|---|---|---|---|")
    for name in lesson_names():
        figures = figures_of(name)
        cells = (
            name,
            figures.cells,
            len(figures.lines),
            f"{figures.lines_an_answer:.1f}",
            figures.pictures,
            figures.links,
            figures.clauses,
        )
        print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    main()
