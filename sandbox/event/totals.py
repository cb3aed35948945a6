"""The global report: how many cells of the matrix have which verdict, by track, country and
standing.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.event.matrix import matrix
from sandbox.event.run import Run
from sandbox.testbench.script import ROLL_UP, Verdict

Row = dict[Verdict, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """Cells by verdict, in rows; `count` is that of all cells."""

    count: int
    by_track: Mapping[str, Row]
    by_country: Mapping[str, Row]
    by_standing: Mapping[str, Row]


def totals(runs: Iterable[Run]) -> Totals:
    """Returns the totals over runs given newest first."""
    tracks: dict[str, Row] = {}
    countries: dict[str, Row] = {}
    standings: dict[str, Row] = {}
    cells = matrix(runs).cells
    for (_, track), cell in sorted(cells.items()):
        for rows, name in (
            (tracks, track),
            (countries, cell.country or "–"),
            (standings, cell.review.standing),
        ):
            rows.setdefault(name, dict.fromkeys(ROLL_UP, 0))[cell.verdict] += 1
    return Totals(len(cells), tracks, dict(sorted(countries.items())), standings)
