"""What a run says of its tests, and what it had said of messages behind which newer ones came.
Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.findings import Finding
from sandbox.store.runs import Event
from sandbox.testbench.script import Verdict

TELLING = ("fail", "warn")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run says of one test: the place of its exchanges in the log is their number in the
    run.
    """

    test: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    exchanges: tuple[int, ...]
    check: str = ""
    """The fingerprint of the check by which it was found; empty in a log too old to tell."""

    @property
    def newest(self) -> int:
        """Returns the number of the newest exchange that it is about; -1 for none."""
        return max(self.exchanges, default=-1)

    def says_as(self, other: Outcome) -> bool:
        """Tells whether it says of the same test the same as another."""
        return (self.test, self.findings) == (other.test, other.findings)


def keep(
    outcome: Outcome, outcomes: dict[str, Outcome], earlier: Sequence[Outcome]
) -> tuple[Outcome, ...]:
    """Keeps an outcome of a test, and returns what older messages still have to tell.

    Args:
        outcome: As it stands next in the log.
        outcomes: That of each test by its newest message, which counts; it is changed.
        earlier: What was found of older messages, the same once.
    """
    before = outcomes.get(outcome.test)
    # two processes may judge two messages at once, and the later line be of the older message
    is_late = before is not None and before.newest > outcome.newest
    older, newer = (outcome, before) if before and is_late else (before, outcome)
    outcomes[newer.test] = newer
    if older is None or older.verdict not in TELLING or older.newest == newer.newest:
        return tuple(earlier)
    return (*(one for one in earlier if not one.says_as(older)), older)


def named_in(events: Iterable[Event]) -> set[int]:
    """Returns the numbers of the exchanges that some verdict of a log is about."""
    bodies = (json.loads(event.body) for event in events if event.kind == "verdict")
    return {number for body in bodies for number in body["exchanges"]}
