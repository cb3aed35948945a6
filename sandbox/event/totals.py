"""The global report: how many results have which verdict, by track, country and standing.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.event.matrix import matrix
from sandbox.store.run_rows import Newest, RunRow
from sandbox.testbench.script import ROLL_UP, Verdict

Row = dict[Verdict, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """Results by verdict, in rows; `count` is that of all."""

    count: int
    by_track: Mapping[str, Row]
    by_country: Mapping[str, Row]
    by_standing: Mapping[str, Row]


def totals(newest: Iterable[Newest], reviewed: Iterable[RunRow] = ()) -> Totals:
    """Returns the totals over the newest results of each system and track, and the newest of them
    at which a monitor has looked or is to look.
    """
    tracks: dict[str, Row] = {}
    countries: dict[str, Row] = {}
    standings: dict[str, Row] = {}
    cells = matrix(newest, reviewed).cells
    for (_, track), cell in sorted(cells.items()):
        for rows, name in (
            (tracks, track),
            (countries, cell.country or "–"),
            (standings, cell.review.standing),
        ):
            rows.setdefault(name, dict.fromkeys(ROLL_UP, 0))[cell.verdict] += 1
    return Totals(len(cells), tracks, dict(sorted(countries.items())), standings)
