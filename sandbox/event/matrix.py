"""The results matrix: systems × tracks, the newest run of each, and whether it is better than the
one before.  Pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.event.peering import recipient_of
from sandbox.event.reviews import UNREVIEWED, Review
from sandbox.event.run import Run, State
from sandbox.event.systems import System
from sandbox.i18n import Language, say
from sandbox.testbench.script import Track, Trend, Verdict, trend_of

MOST_HISTORY = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """The newest run of a system on a track: how many tests passed (with or without warning), of
    all of the track.
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


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows are systems, columns tracks; a pair without a run has no cell."""

    systems: tuple[str, ...]
    tracks: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]

    @property
    def teams(self) -> dict[str, list[str]]:
        """Returns the teams of each system, with their countries: several for the bundled one."""
        teams_of: dict[str, set[str]] = {name: set() for name in self.systems}
        for (system, _), cell in self.cells.items():
            teams_of[system] |= {f"{cell.team} ({cell.country})" if cell.country else cell.team} - {
                ""
            }
        return {system: sorted(teams) for system, teams in teams_of.items()}


def matrix(runs: Iterable[Run]) -> Matrix:
    """Returns the matrix of runs given newest first; cancelled runs and those without any verdict
    do not count.

    A run of some tests of a track counts only for a pair that has no run of all of them: whoever
    runs again the one test that passes has not passed the track.
    """
    runs_of: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.state != "cancelled" and run.outcomes:
            runs_of.setdefault((run.system, run.track.id), []).append(run)
    cells = {
        place: _cell([one for one in of_pair if one.is_whole] or of_pair)
        for place, of_pair in runs_of.items()
    }
    return Matrix(
        tuple(sorted({one for one, _ in cells})), tuple(sorted({one for _, one in cells})), cells
    )


def with_declared(measured: Matrix, systems: Iterable[System]) -> Matrix:
    """Returns the matrix with the systems and tracks that are registered, also those that nothing
    has been run of.
    """
    known = list(systems)
    names = {*measured.systems, *(system.name for system in known if system.tracks)}
    tracks = {*measured.tracks, *(track for system in known for track in system.tracks)}
    return Matrix(tuple(sorted(names)), tuple(sorted(tracks)), measured.cells)


def peers(track: Track, runs: Iterable[Run]) -> dict[tuple[str, str], Cell]:
    """Returns the newest run of each system with each recipient in a track between peers, of runs
    given newest first.
    """
    met: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.track.id == track.id and run.state != "cancelled" and run.outcomes:
            met.setdefault((run.system, recipient_of(run) or "–"), []).append(run)
    return {pair: _cell(of_pair) for pair, of_pair in met.items()}


def as_csv(measured: Matrix, language: Language) -> str:
    """Returns the matrix as CSV: a line for each system and track."""
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
    for (system, track), cell in sorted(measured.cells.items()):
        verdict = say(f"testbench.verdict.{cell.verdict}", language)
        row = [
            system,
            track,
            cell.run,
            cell.state,
            verdict,
            str(cell.passed),
            str(cell.tests),
            cell.trend,
        ]
        row += [cell.review.standing, str(cell.known)]
        writer.writerow([_harmless(word) for word in row])
    return text.getvalue()


def _cell(runs: Sequence[Run]) -> Cell:
    newest = runs[0]
    before = runs[1].verdict if len(runs) > 1 else None
    reviewed = next((run for run in runs if run.review.standing != "none"), None)
    return Cell(
        run=newest.id,
        state=newest.state,
        verdict=newest.verdict,
        passed=sum(outcome.verdict in ("pass", "warn") for outcome in newest.outcomes.values()),
        tests=len(newest.track.tests),
        trend=trend_of(before, newest.verdict),
        history=tuple(run.verdict for run in runs[1 : 1 + MOST_HISTORY]),
        review=reviewed.review if reviewed else UNREVIEWED,
        reviewed=reviewed.id if reviewed else "",
        team=newest.team,
        country=newest.country,
        known=len(newest.known_failures),
    )


def _harmless(word: str) -> str:
    """Returns a word that no spreadsheet takes for a formula."""
    # a team chooses its names: `=HYPERLINK(…)` would run at whoever opens the table (OWASP, CSV
    # injection)
    return f"'{word}" if word[:1] in ("=", "+", "-", "@", "\t") else word
