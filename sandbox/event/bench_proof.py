"""What the bench has proven of a test instance: for each role the newest run that counts.  Pure.

A run counts when it is done and has come to a verdict on the system, by the checks that the event
has pinned; a try that the network or a fault of ours has spoilt is none.  What a changed check says
stands beside it: an older check cannot be played again, for its code is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.event.failed_checks import OpenCheck, failed_checks, undecided_checks
from sandbox.event.instance import Instance
from sandbox.event.outcomes import Outcome
from sandbox.event.plan import PlannedEvent
from sandbox.event.required import Required, Unjudged, required_of, unjudged
from sandbox.event.run import Run
from sandbox.testbench.script import Verdict, roll_up

Checks = Mapping[str, Sequence[str]]
CONCLUSIVE: tuple[Verdict, ...] = ("pass", "warn", "fail", "review")
PASSED: tuple[Verdict, ...] = ("pass", "warn")


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What the bench says of the system in a role on a track; without a run that counts there is no
    verdict.

    `verdict` is that of the run with what monitors have overruled; `found` is the bench's own.
    """

    role: str
    track: str
    run: str = ""
    verdict: Verdict | None = None
    found: Verdict | None = None
    tries: int = 0
    last: Run | None = None
    """The newest try, where it is neither `run` nor `beside_run`: it goes on or does not count."""
    last_open: tuple[OpenCheck, ...] = ()
    """What such a try has not judged, once it is done, with why; what it failed before it broke
    off comes first.
    """
    is_last_complete: bool = False
    """Whether `last` would count if it were ended now: all that the plan asks for is judged."""
    failing: tuple[OpenCheck, ...] = ()
    """What `last` has failed so far, while it waits for its client and would count."""
    is_handed_in: bool = False
    """Whether the run was made on the team's own machine."""
    beside: Verdict | None = None
    """What a newer run says by checks that have changed since the event pinned them."""
    beside_run: str = ""
    changed: tuple[str, ...] = ()
    """The tests of that run whose check has changed."""
    left_out: tuple[Unjudged, ...] = ()
    """What the plan requires and `run` has not judged."""
    skipped: tuple[str, ...] = ()
    """The tests that `run` has left out, whether or not the plan does without them."""
    failed: tuple[OpenCheck, ...] = ()
    """What `run` has failed, in the order of the track."""
    undecided: tuple[OpenCheck, ...] = ()
    """What `run` leaves to whoever looks at it, in the order of the track."""

    @property
    def is_passed(self) -> bool:
        """Whether all that the plan asks of the bench was judged, and nothing of it has failed."""
        return self.verdict in PASSED and self.is_judged

    @property
    def is_judged(self) -> bool:
        """Whether there is a run that counts, and it has left out nothing that the team could have
        given or must have.
        """
        return self.verdict is not None and all(left.why == "unable" for left in self.left_out)

    @property
    def is_for_people(self) -> bool:
        """Whether the bench alone cannot decide: a person has to look at what it saw or left."""
        return self.is_handed_in or bool(self.left_out)


def bench_results(
    instance: Instance, plan: PlannedEvent, read: Callable[[str], Run], checks: Checks
) -> Iterator[BenchResult]:
    """Yields what the bench says of each role and track that the plan asks it about.

    Args:
        instance: The instance.
        plan: Its event.
        read: Gives a run by its id.
        checks: By which fingerprints each bench test counts; one that is not named, by any.
    """
    for role in plan.test(instance.test).roles:
        for track, required in required_of(plan, role).items():
            runs = instance.attempts
            tries = [read(one.run) for one in runs if (one.role, one.track) == (role.name, track)]
            done = [run for run in reversed(tries) if _is_conclusive(run, required)]
            newest = next((run for run in done if not _changed(run, instance, checks)), None)
            beside = done[0] if done and done[0] is not newest else None
            last = tries[-1] if tries and tries[-1] not in done[:1] else None
            is_complete = last is not None and _is_complete(last, required)
            yield BenchResult(
                role.name,
                track,
                run=newest.id if newest else "",
                verdict=_verdict(instance, newest) if newest else None,
                found=newest.verdict if newest else None,
                tries=len(tries),
                last=last,
                last_open=_open(instance, last) if last and last.state == "done" else (),
                is_last_complete=is_complete,
                failing=_failing(instance, last) if last and is_complete else (),
                is_handed_in=newest is not None and newest.is_handed_in,
                beside=_verdict(instance, beside) if beside else None,
                beside_run=beside.id if beside else "",
                changed=_changed(beside, instance, checks) if beside else (),
                left_out=_left_out(instance, newest, required) if newest else (),
                skipped=_skipped(instance, newest, required) if newest else (),
                failed=failed_checks(newest, _verdicts(instance, newest)) if newest else (),
                undecided=undecided_checks(newest, _verdicts(instance, newest)) if newest else (),
            )


def _is_conclusive(run: Run, required: Required) -> bool:
    return run.state == "done" and _is_complete(run, required)


def _is_complete(run: Run, required: Required) -> bool:
    """Tells whether a run has judged all that is required of it and has come to a verdict."""
    wanted = {test.id for test in run.track.tests if required.has(test)}
    return not wanted - run.outcomes.keys() and run.verdict in CONCLUSIVE


def _failing(instance: Instance, run: Run) -> tuple[OpenCheck, ...]:
    return failed_checks(run, _verdicts(instance, run)) if run.state == "waiting" else ()


def _open(instance: Instance, run: Run) -> tuple[OpenCheck, ...]:
    verdicts = _verdicts(instance, run)
    return (*failed_checks(run, verdicts), *undecided_checks(run, verdicts))


def _left_out(instance: Instance, run: Run, required: Required) -> tuple[Unjudged, ...]:
    return tuple(unjudged(run, required, _ruled(instance, run)))


def _skipped(instance: Instance, run: Run, required: Required) -> tuple[str, ...]:
    ruled = _ruled(instance, run)
    return tuple(
        test.id
        for test in run.track.tests
        if required.has(test) and test.id not in ruled and run.outcomes[test.id].verdict == "skip"
    )


def _ruled(instance: Instance, run: Run) -> set[str]:
    """Returns the tests of a run whose verdict a monitor has set aside."""
    return {ruling.test for ruling in instance.overrulings if ruling.run == run.id}


def _changed(run: Run, instance: Instance, checks: Checks) -> tuple[str, ...]:
    """Returns the tests of a run that were judged by a check that does not count."""
    # what a monitor has put in the place of a verdict rests on no check
    ruled = _ruled(instance, run)
    return tuple(
        id
        for id, outcome in run.outcomes.items()
        if id not in ruled and not _counts(outcome, checks)
    )


def _counts(outcome: Outcome, checks: Checks) -> bool:
    """Tells whether a verdict was found by a check that counts."""
    # logs from before there were fingerprints have none, and what nobody pinned counts as it is
    if not outcome.check or outcome.test not in checks:
        return True
    return outcome.check in checks[outcome.test]


def _verdict(instance: Instance, run: Run) -> Verdict:
    """Returns the verdict of a run with those that monitors have put in place of the bench's."""
    return roll_up(list(_verdicts(instance, run).values()))


def _verdicts(instance: Instance, run: Run) -> dict[str, Verdict]:
    verdicts = {id: outcome.verdict for id, outcome in run.outcomes.items()}
    for ruling in instance.overrulings:
        if ruling.run == run.id and ruling.test in verdicts:
            verdicts[ruling.test] = ruling.verdict
    return verdicts
