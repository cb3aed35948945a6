"""What waits or is at work over all processes that share a database: runs, gradings, and what is
to be said to subscribers.

Each kind is taken, held and given up by a store of its own, whose rows these are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.store.database import Database
from sandbox.store.desk import LOG, begun_of
from sandbox.store.leases import PLAYABLE

Kind = Literal["run", "grading", "notice"]
LOGGER = "sandbox.jobs"
"""Of lines that tell of one job each, so that none stands for others."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something that waits or is at work; moments in milliseconds since 1970.

    Attributes:
        kind: What sort of work it is.
        id: Of the run, the hand-in or the notice.
        what: The track of a run, the assignment of a grading, what a notice tells.
        system: Which system a run tests; empty for the rest.
        team: The name of its team; empty for a notice.
        state: As its store has it: queued, running, grading or waiting.
        at: When it was begun.
        taken: How often it was taken in hand.
        holder: Which process plays a run; empty where none does, and for the rest.
        left: For how many milliseconds it is its holder's, if that is not heard of again.
    """

    kind: Kind
    id: str
    what: str
    system: str
    team: str
    state: str
    at: int
    taken: int
    holder: str
    left: int


def jobs(database: Database) -> list[Job]:
    """Returns what waits or is at work, the oldest first; of what is to be said to a subscriber
    the next alone, since the rest waits for that.

    Args:
        database: That of all servers, whose clock says which leases hold.
    """
    with database.reading() as connection:
        listed = [
            Job(kind, *row)
            for kind, statement in _statements(database.clock).items()
            for row in connection.execute(statement).fetchall()
        ]
    return sorted(listed, key=lambda job: job.at)


def _statements(clock: str) -> dict[Kind, str]:
    is_held = f"leased_until > {clock}"
    left = f"CASE WHEN {is_held} THEN leased_until - {clock} ELSE 0 END"
    log = f"'{LOG}' || hand_in.id"
    return {
        "run": (
            "SELECT run, track, system, team, state, at, lease,"
            f" CASE WHEN {is_held} THEN leased_by ELSE '' END, {left}"
            f" FROM run_row WHERE {PLAYABLE} ORDER BY at, place"
        ),
        "grading": (
            f"SELECT id, assignment, '', team, state, at, {begun_of(log)}, '', 0"
            " FROM hand_in WHERE state IN ('queued', 'grading') ORDER BY at, id"
        ),
        "notice": (
            f"SELECT id, kind, '', '', state, at, tries, '', {left}"
            " FROM notice WHERE state = 'waiting' AND NOT EXISTS (SELECT 1 FROM notice o"
            " WHERE o.subscription = notice.subscription AND o.state = 'waiting'"
            " AND (o.at < notice.at OR (o.at = notice.at AND o.id < notice.id))) ORDER BY at, id"
        ),
    }
