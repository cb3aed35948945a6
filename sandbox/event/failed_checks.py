"""The tests that a run has not passed, each with the gravest of what was found: those that it has
failed, and those whose verdict it leaves to people.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.findings import Finding, Severity
from sandbox.testbench.script import Verdict

if TYPE_CHECKING:  # which reads reviews, and those tell what failed
    from sandbox.event.run import Run

GRAVE: tuple[Severity, ...] = ("fatal", "error", "warning")
FAILED: tuple[Verdict, ...] = ("fail",)
UNDECIDED: tuple[Verdict, ...] = ("error", "inconclusive", "review")
"""Verdicts that say of the system neither that it is right nor that it is wrong."""


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """A test that a run has not passed and no monitor has ruled otherwise, with what was found;
    None where the bench said no more than its verdict.
    """

    track: str
    test: str
    verdict: Verdict
    finding: Finding | None = None


def failed_checks(run: Run, verdicts: Mapping[str, Verdict]) -> tuple[OpenCheck, ...]:
    """Returns what a run has failed, in the order of its track, with the gravest of what was found.

    Args:
        run: The run.
        verdicts: Those that count, by test: the bench's, or what monitors have put in their place.
    """
    return tuple(
        OpenCheck(run.track.id, id, verdict, gravest(run.outcomes[id].findings))
        for id, verdict in _in_order(run, verdicts)
        if verdict in FAILED
    )


def undecided_checks(run: Run, verdicts: Mapping[str, Verdict]) -> tuple[OpenCheck, ...]:
    """Returns what a run leaves to people, in the order of its track, with why it does.

    Args:
        run: The run.
        verdicts: Those that count, by test, as for `failed_checks`.
    """
    return tuple(
        # the last that was found is what ended the test
        OpenCheck(run.track.id, id, verdict, next(reversed(run.outcomes[id].findings), None))
        for id, verdict in _in_order(run, verdicts)
        if verdict in UNDECIDED
    )


def _in_order(run: Run, verdicts: Mapping[str, Verdict]) -> Iterator[tuple[str, Verdict]]:
    return ((test.id, verdicts[test.id]) for test in run.track.tests if test.id in verdicts)


def gravest(findings: Sequence[Finding]) -> Finding | None:
    """Returns the first of the gravest findings; None where there is nothing graver than a
    remark.
    """
    for severity in GRAVE:
        for finding in findings:
            if finding.severity == severity:
                return finding
    return None
