"""Partners of a test instance: which system is asked to take which role, and who may begin one.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.errors import BadRequest, PreconditionFailed
from sandbox.event.identity import NO_TEAM, Person
from sandbox.event.in_words import roles_in_words
from sandbox.event.instance import UNDER_WAY, WAITING, Instance, part_of
from sandbox.event.plan import PlannedEvent, PlannedTest
from sandbox.event.rights import Whose, may
from sandbox.event.systems import System
from sandbox.store.instances import InstanceRow


@dataclass(frozen=True, slots=True)
class Chosen:
    """A system for a role; an empty role is the first that fits."""

    system: str
    role: str = ""


def invitation_of(
    instance: Instance, planned: PlannedTest, system: System, person: Person, *, role: str = ""
) -> dict[str, Any]:
    """Returns what the log of an instance tells of a system that is asked to take part.

    Args:
        instance: The instance.
        planned: Its planned test.
        system: The system that is asked.
        person: Who asks; where they may speak for that team too, it has accepted at once.
        role: The role; the first that is open for an empty one.

    Raises:
        NotFound: There is no such role.
        BadRequest: The system does not take part as that role's actor, or is of a team that is in
            the instance already.
        PreconditionFailed: The role is taken.
    """
    is_open = list(instance.open_roles(planned))
    role = role or next(iter(is_open), "")
    if role not in is_open:
        planned.role(role)
        title = roles_in_words(planned, [role])
        raise PreconditionFailed("instances.role_taken", where=role, role=title)
    part = part_of(planned, role, system)
    teams = {other.team_id for other in instance.parts.values() if other.standing != "declined"}
    # a team that meets itself has met nobody
    if part.team_id != NO_TEAM and part.team_id in teams:
        raise BadRequest("instances.same_team", where=part.system, team=part.team)
    speaks = may(person, "take_part", Whose(part.team_id))
    return {"part": asdict(part) | {"standing": "accepted" if speaks else "invited"}}


def startable(plan: PlannedEvent, test: str, person: Person) -> PlannedTest:
    """Returns a planned test that a person may start now; raises NotFound, PreconditionFailed."""
    planned = plan.test(test)
    # who asks late would wait for monitors who have what is under way to look at
    if plan.is_late and not may(person, "manage_event"):
        raise PreconditionFailed("instances.late", where=plan.id)
    if planned.waits:
        raise PreconditionFailed("instances.waits", where=test, id=test)
    return planned


def begun_already(
    rows: Iterable[InstanceRow], test: str, chosen: Chosen, partner: Chosen | None
) -> str:
    """Returns the id of an open instance that is what somebody is about to start: of the same test,
    with the same system in the same role, and with the same partner, or with none where none is
    asked.  "" where there is none.

    Args:
        rows: The instances of an event in which the system takes part.
        test: The number of the planned test.
        chosen: The system, in the role that it is started in.
        partner: The system that is asked.
    """
    for row in rows:
        parts = {(part.system, part.role) for part in row.parts if part.standing != "declined"}
        others = {system for system, _ in parts} - {chosen.system}
        is_open = row.test == test and row.state in (*UNDER_WAY, *WAITING)
        is_same = partner.system in others if partner else not others
        if is_open and is_same and (chosen.system, chosen.role) in parts:
            return row.id
    return ""
