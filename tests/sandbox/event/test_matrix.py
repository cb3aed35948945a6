"""The matrix: the newest run of each system on each track, and what became of it since the one before."""

from __future__ import annotations

import csv
import io

from sandbox.event.matrix import Matrix, as_csv, matrix, word_of
from sandbox.event.outcomes import Outcome
from sandbox.event.run import Run
from sandbox.event.run_list import row_of
from sandbox.store.run_rows import Newest
from sandbox.testbench.script import Verdict
from sandbox.testbench.tracks import TRACKS

TRACK = TRACKS["fhir.basics"]
COUNT = len(TRACK.tests)


def a_run(id: str, *verdicts: Verdict, system: str = "ministry", state: str = "done") -> Run:
    """A run of as many tests as verdicts are given."""
    tests = TRACK.tests[: max(len(verdicts), 1)]
    outcomes = {
        test.id: Outcome(test.id, one, (), ()) for test, one in zip(tests, verdicts, strict=False)
    }
    return Run(id, TRACK, system, "http://a.test", 0, state, "server", tests, outcomes)  # type: ignore[arg-type]


def a_whole_run(id: str, verdict: Verdict, **more: str) -> Run:
    return a_run(id, *[verdict] * COUNT, **more)


def matrix_of(*runs: Run) -> Matrix:
    """The matrix of runs of one system and track, the newest first, or of several systems."""
    found: dict[tuple[str, bool], Newest] = {}
    for run in reversed(runs):
        row = row_of(run)
        key = (row.system, row.is_whole)
        before = (found[key].row.verdict, *found[key].before) if key in found else ()
        found[key] = Newest(row, before)
    return matrix(found.values())


def test_the_newest_run_counts_and_is_compared_with_the_one_before() -> None:
    newest = a_run("2", "pass", "warn", *["skip"] * (COUNT - 2))
    found = matrix_of(newest, a_whole_run("1", "fail"), a_whole_run("0", "error"))

    (cell,) = found.cells.values()
    assert (cell.run, cell.verdict, cell.passed, cell.tests, cell.trend) == (
        "2",
        "warn",
        2,
        COUNT,
        "better",
    )
    assert cell.history == ("fail", "error")
    assert word_of(cell, "en") == "warning"


def test_a_run_of_some_tests_does_not_stand_for_the_track() -> None:
    cell = matrix_of(a_run("2", "pass"), a_whole_run("1", "fail")).cells["ministry", TRACK.id]

    assert (cell.run, cell.verdict, cell.passed, cell.is_whole) == ("1", "fail", 0, True)


def test_a_run_of_some_tests_alone_says_how_many_and_no_verdict_of_the_track() -> None:
    found = matrix_of(a_run("2", "pass"), a_run("1", "fail"))
    cell = found.cells["ministry", TRACK.id]

    assert (cell.is_whole, cell.played, cell.passed, cell.tests) == (False, 1, 1, COUNT)
    assert (cell.trend, cell.history) == ("unknown", ())
    assert word_of(cell, "en") == f"1 of {COUNT} tests"
    rows = list(csv.reader(io.StringIO(as_csv(found.cells.items(), "es"))))
    assert rows[1][4] == f"1 de {COUNT} pruebas"


def test_trends() -> None:
    for now, then, trend in (
        ("fail", "pass", "worse"),
        ("pass", "pass", "same"),
        ("pass", "inconclusive", "unknown"),
    ):
        runs = (a_whole_run("1", now), a_whole_run("0", then))  # type: ignore[arg-type]
        assert matrix_of(*runs).cells["ministry", TRACK.id].trend == trend
    assert matrix_of(a_whole_run("0", "pass")).cells["ministry", TRACK.id].trend == "new"


def test_a_system_that_no_longer_answers_is_not_better() -> None:
    for now, then in (
        ("inconclusive", "fail"),
        ("skip", "fail"),
        ("skip", "pass"),
        ("warn", "error"),
    ):
        runs = (a_whole_run("1", now), a_whole_run("0", then))  # type: ignore[arg-type]
        assert matrix_of(*runs).cells["ministry", TRACK.id].trend == "unknown"


def test_csv_has_a_line_for_each_pair_and_no_formula() -> None:
    found = matrix_of(a_whole_run("1", "fail", system="=cmd()"), a_whole_run("0", "pass"))

    rows = list(csv.reader(io.StringIO(as_csv(sorted(found.cells.items()), "es"))))
    assert [row[0] for row in rows] == ["system", "'=cmd()", "ministry"]
    assert rows[1][4] == "falla"
