"""The tests that a run has failed, each with the gravest of what was found.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.findings import Finding, Severity
from sandbox.testbench.script import Verdict

if TYPE_CHECKING:  # which reads reviews, and those tell what failed
    from sandbox.event.run import Run

GRAVE: tuple[Severity, ...] = ("fatal", "error", "warning")


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A test that a run has failed and no monitor has ruled otherwise, with the gravest of what was
    found; None where the bench said no more than that it failed.
    """

    track: str
    test: str
    finding: Finding | None = None


def failed_checks(run: Run, verdicts: Mapping[str, Verdict]) -> tuple[FailedCheck, ...]:
    """Returns what a run has failed, in the order of its track.

    Args:
        run: The run.
        verdicts: Those that count, by test: the bench's, or what monitors have put in their place.
    """
    return tuple(
        FailedCheck(run.track.id, test.id, gravest(run.outcomes[test.id].findings))
        for test in run.track.tests
        if verdicts.get(test.id) == "fail"
    )


def gravest(findings: Sequence[Finding]) -> Finding | None:
    """Returns the first of the gravest findings; None where there is nothing graver than a
    remark.
    """
    for severity in GRAVE:
        for finding in findings:
            if finding.severity == severity:
                return finding
    return None
