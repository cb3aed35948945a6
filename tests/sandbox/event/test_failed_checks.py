"""What a run has failed is told apart from what it leaves to people; what it passed or left out is neither."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from sandbox.event.failed_checks import failed_checks, undecided_checks
from sandbox.event.run import Run, read_run
from sandbox.findings import Finding
from sandbox.store.runs import Event
from sandbox.testbench.script import ROLL_UP, Verdict
from tests.sandbox.event.played import Played

REMARK = Finding("remark", "information", "remark")
WARNING = Finding("warning", "warning", "warning")
FAULT = Finding("fault", "error", "fault")
ENDING = Finding("ending", "information", "testbench.told_by_people")


def a_run(verdict: Verdict, *findings: Finding) -> Run:
    """A run of one test, which found this and came to that."""
    head, verdict_line, end = Played("nodo-cl", verdict=verdict, count=1).lines(0)
    test = json.loads(verdict_line[2])["test"]
    found = [("finding", 0, json.dumps({"test": test, **asdict(one)})) for one in findings]
    lines = [head, *found, verdict_line, end]
    return read_run([Event("r", number, *line) for number, line in enumerate(lines)])


@pytest.mark.parametrize("verdict", ROLL_UP)
def test_each_verdict_is_failed_or_left_to_people_or_neither(verdict: Verdict) -> None:
    run = a_run(verdict, REMARK)
    (test,) = run.outcomes
    failed, undecided = (
        [(one.track, one.test, one.verdict) for one in checks(run, {test: verdict})]
        for checks in (failed_checks, undecided_checks)
    )
    named = [(run.track.id, test, verdict)]
    assert failed == (named if verdict == "fail" else [])
    assert undecided == (named if verdict in ("error", "inconclusive", "review") else [])


def test_of_what_has_failed_the_gravest_is_told_and_of_what_is_left_why_it_is() -> None:
    run = a_run("fail", REMARK, WARNING, FAULT, ENDING)
    (test,) = run.outcomes
    (failed,) = failed_checks(run, {test: "fail"})
    (undecided,) = undecided_checks(run, {test: "review"})
    assert (failed.finding, undecided.finding) == (FAULT, ENDING)
    silent = a_run("fail")
    assert [one.finding for one in failed_checks(silent, {test: "fail"})] == [None]
    assert [one.finding for one in undecided_checks(silent, {test: "error"})] == [None]


def test_it_is_the_verdict_that_counts_and_not_the_bench_s_own() -> None:
    run = a_run("fail", FAULT)
    (test,) = run.outcomes
    assert failed_checks(run, {test: "pass"}) == ()
    assert [one.verdict for one in undecided_checks(run, {test: "inconclusive"})] == [
        "inconclusive"
    ]
