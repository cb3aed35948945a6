"""Verdicts of the bench that a monitor sets aside: each with its reason and its clause, and the
bench's own stays beside it.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.errors import BadRequest, NotFound
from sandbox.event.instance import Instance, check_words
from sandbox.event.run import Run
from sandbox.testbench.script import ROLL_UP


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict that a monitor puts in the place of the bench's, with the clause it rests on."""

    run: str
    test: str
    verdict: str
    reason: str
    clause: str


def overruling_of(
    ruling: Ruling, instance: Instance, read: Callable[[str], Run]
) -> dict[str, object]:
    """Returns what the log of an instance tells of a ruling.

    Args:
        ruling: What the monitor says.
        instance: The instance; the run must be an attempt of it.
        read: Gives a run by its id.

    Raises:
        BadRequest: The verdict is none, or reason or clause is missing.
        NotFound: The run is no attempt of this instance, or has no such test.
    """
    known = {attempt.run for attempt in instance.attempts}
    # of a run that is no attempt nobody is told whether it is there
    outcome = read(ruling.run).outcomes.get(ruling.test) if ruling.run in known else None
    if outcome is None:
        raise NotFound("instances.no_outcome", where=ruling.run, run=ruling.run, test=ruling.test)
    if ruling.verdict not in ROLL_UP:
        words = {"found": ruling.verdict, "known": ", ".join(ROLL_UP)}
        raise BadRequest("people.bad_decision", where="verdict", **words)
    return {
        "run": ruling.run,
        "test": ruling.test,
        "was": outcome.verdict,
        "verdict": ruling.verdict,
        "reason": check_words(ruling.reason, where="reason", is_needed=True),
        "clause": check_words(ruling.clause, where="clause", is_needed=True),
    }
