"""Which outcome of a test counts, and what stays of the older ones."""

from __future__ import annotations

from sandbox.event.outcomes import Outcome, keep
from sandbox.findings import Finding
from sandbox.testbench.script import Verdict


def an_outcome(verdict: Verdict, *exchanges: int, found: str = "") -> Outcome:
    findings = (Finding("x", "error", "x", found=found),) if verdict == "fail" else ()
    return Outcome("mhd.source.transport", verdict, findings, exchanges)


def kept(*lines: Outcome) -> tuple[Outcome, tuple[Outcome, ...]]:
    outcomes: dict[str, Outcome] = {}
    earlier: tuple[Outcome, ...] = ()
    for line in lines:
        earlier = keep(line, outcomes, earlier)
    (last,) = outcomes.values()
    return last, earlier


def test_the_newest_message_counts_and_what_was_wrong_before_is_kept() -> None:
    wrong, right = an_outcome("fail", 0), an_outcome("pass", 1)
    assert kept(wrong, right) == (right, (wrong,))
    assert kept(right, an_outcome("pass", 2)) == (an_outcome("pass", 2), ())


def test_a_verdict_of_an_older_message_that_is_written_late_does_not_count() -> None:
    wrong, right = an_outcome("fail", 0), an_outcome("pass", 1)
    assert kept(right, wrong) == (right, (wrong,))
    assert kept(an_outcome("fail", 1), an_outcome("pass", 0)) == (an_outcome("fail", 1), ())


def test_the_same_message_judged_again_replaces_what_was_said_of_it() -> None:
    assert kept(an_outcome("fail", 3), an_outcome("pass", 3)) == (an_outcome("pass", 3), ())


def test_the_same_fault_twice_is_kept_once() -> None:
    first, second = an_outcome("fail", 0, found="a"), an_outcome("fail", 1, found="a")
    other, right = an_outcome("fail", 2, found="b"), an_outcome("pass", 3)
    assert kept(first, second, other, right) == (right, (second, other))


def test_what_looked_at_nothing_is_older_than_what_did() -> None:
    left_out, right = an_outcome("skip"), an_outcome("pass", 0)
    assert kept(left_out, right) == (right, ())
