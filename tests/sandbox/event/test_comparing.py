"""Two runs beside each other: what made the difference; and what a run would do, before it does it."""

from __future__ import annotations

import pytest

from sandbox.event.comparing import compare, plan
from sandbox.event.outcomes import Outcome
from sandbox.event.run import Run
from sandbox.testbench.script import Verdict
from sandbox.testbench.tracks import TRACKS

TRACK = TRACKS["fhir.basics"]
TEST = TRACK.tests[0]


def a_run(verdict: Verdict) -> Run:
    outcomes = {TEST.id: Outcome(TEST.id, verdict, (), ())}
    return Run("1", TRACK, "ministry", "http://a.test", 0, "done", "command", (TEST,), outcomes)


@pytest.mark.parametrize(
    ("was", "again", "now", "cause"),
    [
        ("fail", "fail", "pass", "system"),  # the same checks say the same of the old evidence
        ("fail", "pass", "pass", "checks"),  # today's checks pass the old evidence too
        ("pass", "warn", "fail", "both"),
        ("fail", "pass", "fail", "same"),
    ],
)
def test_the_cause_of_a_change_is_told(
    was: Verdict, again: Verdict, now: Verdict, cause: str
) -> None:
    (change,) = compare(a_run(was), {TEST.id: again}, a_run(now))
    assert (change.was, change.again, change.now, change.cause) == (was, again, now, cause)


def test_a_plan_names_what_is_missing_and_what_builds_on_what() -> None:
    rows = {one.test.number: one for one in plan(TRACKS["svcm.repository"], {"ips": "yes"})}
    assert (rows["SVC-10"].lacks, rows["SVC-10"].after) == (("translate",), ("SVC-00",))
    assert (rows["SVC-11"].lacks, rows["SVC-00"].after) == ((), ())
