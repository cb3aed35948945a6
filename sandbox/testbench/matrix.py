"""The results matrix: systems × tracks, the newest run of each, and whether it is better than the one before.  Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sandbox.i18n import Language, say
from sandbox.testbench.runs import Run, State
from sandbox.testbench.script import ROLL_UP, Verdict

Trend = Literal["new", "better", "worse", "same"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The newest run of a system on a track: how many of its tests passed (with or without warning), of how many."""

    run: str
    state: State
    verdict: Verdict
    passed: int
    tests: int
    trend: Trend


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows are systems, columns tracks; a pair without a run has no cell."""

    systems: tuple[str, ...]
    tracks: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]


def matrix(runs: Iterable[Run]) -> Matrix:
    """Returns the matrix of runs given newest first; cancelled runs and those without any verdict do not count."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.state != "cancelled" and run.outcomes:
            found.setdefault((run.system, run.track.id), []).append(run)
    cells = {place: _cell(*held[:2]) for place, held in found.items()}
    return Matrix(tuple(sorted({one for one, _ in cells})), tuple(sorted({one for _, one in cells})), cells)


def as_csv(found: Matrix, language: Language) -> str:
    """Returns the matrix as CSV: a line for each system and track."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["system", "track", "run", "state", "verdict", "passed", "tests", "trend"])
    for (system, track), cell in sorted(found.cells.items()):
        verdict = say(f"testbench.verdict.{cell.verdict}", language)
        row = [system, track, cell.run, cell.state, verdict, str(cell.passed), str(cell.tests), cell.trend]
        writer.writerow([_harmless(word) for word in row])
    return text.getvalue()


def _cell(newest: Run, before: Run | None = None) -> Cell:
    verdicts = [one.verdict for one in newest.outcomes.values()]
    passed = sum(one in ("pass", "warn") for one in verdicts)
    return Cell(newest.id, newest.state, newest.verdict, passed, len(newest.tests), _trend(newest, before))


def _trend(newest: Run, before: Run | None) -> Trend:
    if before is None:
        return "new"
    now, then = ROLL_UP.index(newest.verdict), ROLL_UP.index(before.verdict)
    return "same" if now == then else "better" if now > then else "worse"


def _harmless(word: str) -> str:
    """Returns a word that no spreadsheet takes for a formula."""
    return f"'{word}" if word[:1] in ("=", "+", "-", "@", "\t") else word
