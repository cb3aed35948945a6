"""The matrix: the newest run of each system on each track, and what became of it since the one before."""

from __future__ import annotations

import csv
import io

from sandbox.event.matrix import as_csv, matrix
from sandbox.event.run import Outcome, Run
from sandbox.testbench.script import Verdict
from sandbox.testbench.tracks import TRACKS

TRACK = TRACKS["mhd.recipient"]


def a_run(id: str, *verdicts: Verdict, system: str = "ministry", state: str = "done") -> Run:
    """A run of as many tests as verdicts are given."""
    tests = TRACK.tests[: max(len(verdicts), 1)]
    outcomes = {
        test.id: Outcome(test.id, one, (), ()) for test, one in zip(tests, verdicts, strict=False)
    }
    return Run(id, TRACK, system, "http://a.test", 0, state, "server", tests, outcomes)  # type: ignore[arg-type]


def test_the_newest_run_counts_and_is_compared_with_the_one_before() -> None:
    found = matrix([a_run("2", "pass", "warn"), a_run("1", "fail", "pass"), a_run("0", "error")])

    (cell,) = found.cells.values()
    assert (cell.run, cell.verdict, cell.passed, cell.tests, cell.trend) == (
        "2",
        "warn",
        2,
        len(TRACK.tests),
        "better",
    )
    assert cell.history == ("fail", "error")


def test_a_run_of_some_tests_does_not_stand_for_the_track() -> None:
    whole = a_run("1", *["fail"] * len(TRACK.tests))  # type: ignore[list-item]  # all of one verdict

    cell = matrix([a_run("2", "pass"), whole]).cells["ministry", TRACK.id]

    assert (cell.run, cell.verdict, cell.passed) == ("1", "fail", 0)


def test_trends() -> None:
    for now, then, trend in (
        ("fail", "pass", "worse"),
        ("pass", "pass", "same"),
        ("pass", "inconclusive", "unknown"),
    ):
        cell = matrix([a_run("1", now), a_run("0", then)]).cells["ministry", TRACK.id]  # type: ignore[arg-type]
        assert cell.trend == trend
    assert matrix([a_run("0", "pass")]).cells["ministry", TRACK.id].trend == "new"


def test_a_system_that_no_longer_answers_is_not_better() -> None:
    for now, then in (
        ("inconclusive", "fail"),
        ("skip", "fail"),
        ("skip", "pass"),
        ("warn", "error"),
    ):
        cell = matrix([a_run("1", now), a_run("0", then)]).cells["ministry", TRACK.id]  # type: ignore[arg-type]
        assert cell.trend == "unknown"


def test_runs_that_say_nothing_do_not_count() -> None:
    assert matrix([a_run("1"), a_run("0", "pass", state="cancelled")]).systems == ()


def test_csv_has_a_line_for_each_pair_and_no_formula() -> None:
    text = as_csv(matrix([a_run("1", "fail", system="=cmd()"), a_run("0", "pass")]), "es")

    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows] == ["system", "'=cmd()", "ministry"]
    assert rows[1][4] == "falla"
