"""Two runs of a track beside each other, and what a run would do before it does it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.event.run import Run
from sandbox.testbench.script import Test, Track, Verdict

Cause = Literal["same", "checks", "system", "both"]


@dataclass(frozen=True, slots=True)
class Change:
    """A test in two runs: what it came to, what today's checks say of the older evidence, and what
    it comes to now.

    `cause` is what made the difference: other checks, another system, or both.
    """

    test: Test
    was: Verdict | None
    again: Verdict | None
    now: Verdict | None
    cause: Cause


@dataclass(frozen=True, slots=True)
class Planned:
    """A test that a run would play: the inputs that it lacks, and the tests that must pass
    before.
    """

    test: Test
    lacks: tuple[str, ...]
    after: tuple[str, ...]


def compare(before: Run, again: Mapping[str, Verdict], now: Run) -> list[Change]:
    """Returns the tests of both runs in the track's order; `again` are today's verdicts of the
    older evidence.
    """
    known = {test.id for run in (before, now) for test in run.tests}
    return [
        _change(test, *(_verdict(before, test), again.get(test.id), _verdict(now, test)))
        for test in now.track.tests
        if test.id in known
    ]


def plan(track: Track, given: Mapping[str, str]) -> list[Planned]:
    """Returns what a run with these inputs would play, and what is missing for it."""
    return [
        Planned(
            test,
            tuple(test.lacking(given)),
            tuple(test.after.values()),
        )
        for test in track.tests
    ]


def _verdict(run: Run, test: Test) -> Verdict | None:
    outcome = run.outcomes.get(test.id)
    return outcome.verdict if outcome else None


def _change(test: Test, was: Verdict | None, again: Verdict | None, now: Verdict | None) -> Change:
    cause: Cause = "both"
    if was == now:
        cause = "same"
    # today's checks say the same of the old evidence: the system had no part in it
    elif again == now:
        cause = "checks"
    elif again == was:
        cause = "system"
    return Change(test, was, again, now, cause)
