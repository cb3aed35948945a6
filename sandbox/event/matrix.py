"""The results matrix: systems × tracks, the newest run of each, and whether it is better than the
one before.  Pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from sandbox.event.reviews import UNREVIEWED, Review
from sandbox.event.run import State
from sandbox.event.run_list import review_in
from sandbox.event.systems import System
from sandbox.i18n import Language, say
from sandbox.store.run_rows import Newest, RunRow
from sandbox.testbench.script import Track, Trend, Verdict, trend_of
from sandbox.testbench.tracks import TRACKS

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """The newest run of a system on a track: how many tests passed (with or without warning), of
    all of the track.

    One that is not whole is a run of some tests: what it came to says nothing of the track.
    """

    run: str
    state: State
    verdict: Verdict
    passed: int
    tests: int
    trend: Trend
    history: tuple[Verdict, ...] = ()
    """Verdicts of the runs before, the newest first."""
    review: Review = UNREVIEWED
    reviewed: str = ""
    """The newest run of the pair that a monitor has looked at or is to look at."""
    team: str = ""
    country: str = ""
    known: int = 0
    """How many tests failed as the team knew that they would."""
    is_whole: bool = True
    played: int = 0
    """How many tests the run has."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows are systems, columns tracks; a pair without a run has no cell."""

    systems: tuple[str, ...]
    tracks: tuple[str, ...]
    cells: dict[Key, Cell]

    @property
    def teams(self) -> dict[str, list[str]]:
        """Returns the teams of each system, with their countries: several for the bundled one."""
        teams_of: dict[str, set[str]] = {name: set() for name in self.systems}
        for (system, _), cell in self.cells.items():
            teams_of[system] |= {f"{cell.team} ({cell.country})" if cell.country else cell.team} - {
                ""
            }
        return {system: sorted(teams) for system, teams in teams_of.items()}


def matrix(newest: Iterable[Newest], reviewed: Iterable[RunRow] = ()) -> Matrix:
    """Returns the matrix of runs.

    A run of some tests of a track counts only for a pair that has no run of all of them: whoever
    runs again the one test that passes has not passed the track.

    Args:
        newest: Of each system and track, the newest whole run and the newest of the others.
        reviewed: Of each, the newest at which a monitor has looked or is to look.
    """
    cells = _cells(newest, reviewed, lambda row: (row.system, row.track))
    systems = tuple(sorted({system for system, _ in cells}))
    return Matrix(systems, tuple(sorted({track for _, track in cells})), cells)


def with_declared(measured: Matrix, systems: Iterable[System]) -> Matrix:
    """Returns the matrix with the systems and tracks that are registered, also those that nothing
    has been run of.
    """
    known = list(systems)
    names = {*measured.systems, *(system.name for system in known if system.tracks)}
    tracks = {*measured.tracks, *(track for system in known for track in system.tracks)}
    return Matrix(tuple(sorted(names)), tuple(sorted(tracks)), measured.cells)


def peers(track: Track, newest: Iterable[Newest]) -> dict[Key, Cell]:
    """Returns the newest run of each system with each recipient in a track between peers, of the
    newest runs of each such pair.
    """
    of_track = [found for found in newest if found.row.track == track.id]
    return _cells(of_track, (), lambda row: (row.system, row.recipient or "–"))


def as_csv(cells: Iterable[tuple[Key, Cell]], language: Language) -> str:
    """Returns cells of the matrix as CSV: a line for each system and track."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "system",
            "track",
            "run",
            "state",
            "verdict",
            "passed",
            "tests",
            "trend",
            "review",
            "known",
        ]
    )
    for (system, track), cell in cells:
        row = [
            system,
            track,
            cell.run,
            cell.state,
            word_of(cell, language),
            str(cell.passed),
            str(cell.tests),
            cell.trend,
        ]
        row += [cell.review.standing, str(cell.known)]
        writer.writerow([harmless(word) for word in row])
    return text.getvalue()


def word_of(cell: Cell, language: Language) -> str:
    """Returns what a cell comes to in words: the verdict, or of a run of some tests how many they
    were.
    """
    if cell.is_whole:
        return say(f"testbench.verdict.{cell.verdict}", language)
    return say("testbench.part", language, count=cell.played, total=cell.tests)


def _cells(
    newest: Iterable[Newest], reviewed: Iterable[RunRow], key_of: Callable[[RunRow], Key]
) -> dict[Key, Cell]:
    chosen: dict[Key, Newest] = {}
    for found in newest:
        key = key_of(found.row)
        if key not in chosen or found.row.is_whole:
            chosen[key] = found
    looked_at = {(key_of(row), row.is_whole): row for row in reviewed}
    return {
        key: _cell(found, looked_at.get((key, found.row.is_whole))) for key, found in chosen.items()
    }


def _cell(newest: Newest, reviewed: RunRow | None) -> Cell:
    row = newest.row
    verdict = cast(Verdict, row.verdict)
    # runs of some tests are seldom of the same ones: none of them is better than another
    before = cast(tuple[Verdict, ...], newest.before) if row.is_whole else ()
    return Cell(
        run=row.run,
        state=cast(State, row.state),
        verdict=verdict,
        passed=row.passed,
        tests=len(TRACKS[row.track].tests),
        trend=trend_of(before[0] if before else None, verdict) if row.is_whole else "unknown",
        history=before,
        review=review_in(reviewed) if reviewed else UNREVIEWED,
        reviewed=reviewed.run if reviewed else "",
        team=row.team,
        country=row.country,
        known=row.known,
        is_whole=row.is_whole,
        played=row.tests,
    )


def harmless(word: str) -> str:
    """Returns a word that no spreadsheet takes for a formula."""
    # a team chooses its names: `=HYPERLINK(…)` would run at whoever opens the table (OWASP, CSV
    # injection)
    return f"'{word}" if word[:1] in ("=", "+", "-", "@", "\t") else word
