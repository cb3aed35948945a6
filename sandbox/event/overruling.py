"""Verdicts of the bench that a monitor sets aside: each with its reason and its clause, and the
bench's own stays beside it.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import Person
from sandbox.event.instance import Instance, check_words
from sandbox.event.run import Run
from sandbox.testbench.script import ROLL_UP, Verdict

RULED: tuple[Verdict, ...] = ("pass", "warn", "fail", "skip")
"""What a person says of a test; the other verdicts tell what became of the bench's own try."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict that a monitor puts in the place of the bench's, with the clause it rests on."""

    run: str
    test: str
    verdict: str
    reason: str
    clause: str


def is_given(ruling: Ruling, instance: Instance, person: Person) -> bool:
    """Tells whether this person has given this verdict, and nobody another one since: a form that
    is sent once more gives none.
    """
    of_test = [
        one for one in instance.overrulings if (one.run, one.test) == (ruling.run, ruling.test)
    ]
    if not of_test or of_test[-1].by != person.name:
        return False
    given = (of_test[-1].verdict, of_test[-1].reason, of_test[-1].clause)
    return given == (ruling.verdict, ruling.reason.strip(), ruling.clause.strip())


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
        raise BadRequest("instances.no_verdict", where="verdict", known=", ".join(ROLL_UP))
    for name, text in (("reason", ruling.reason), ("clause", ruling.clause)):
        if not text.strip():
            raise BadRequest(f"instances.no_{name}", where=name)
    return {
        "run": ruling.run,
        "test": ruling.test,
        "was": outcome.verdict,
        "verdict": ruling.verdict,
        "reason": check_words(ruling.reason, where="reason"),
        "clause": check_words(ruling.clause, where="clause"),
    }
