"""Who has not met: the systems of other countries with which one's own could still play a planned
test that asks for partners.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.event.plan import PlannedEvent
from sandbox.event.systems import System
from sandbox.store.instances import InstanceRow

OVER = ("failed", "aborted", "incomplete")
"""States behind which two systems may well meet again."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A planned test that a system, in a role, has not played with a partner in another yet.

    `met` says with how many partners it was verified, of the `meetings` that the plan asks for.
    """

    test: str
    role: str
    system: str
    partner_role: str
    partner: str
    country: str
    team: str
    met: int
    meetings: int


def not_met(
    plan: PlannedEvent, system: System, systems: Iterable[System], rows: Sequence[InstanceRow]
) -> Iterator[Meeting]:
    """Yields the meetings that a system lacks, in the order of the plan; what is under way or
    verified is none.

    Args:
        plan: The event.
        system: Whose meetings.
        systems: All that are registered.
        rows: The instances in which the system takes part.
    """
    others = [other for other in systems if _is_abroad(other, system)]
    for test, role in plan.to_do(system.actors):
        played = [row for row in rows if row.test == test.id and _has(row, role.name, system.name)]
        is_met = _met(played, system.name)
        for partner_role in () if test.waits else test.roles:
            for other in others:
                if partner_role == role or partner_role.actor not in other.actors:
                    continue
                if not _is_with(played, partner_role.name, other.name):
                    yield Meeting(
                        test.id,
                        role.name,
                        system.name,
                        partner_role.name,
                        other.name,
                        other.country,
                        other.team,
                        len(is_met),
                        test.meetings,
                    )


def _met(played: Iterable[InstanceRow], system: str) -> set[str]:
    """Returns with whom a system was verified."""
    verified = [row for row in played if row.state == "verified"]
    parts = [part for row in verified for part in row.parts if part.standing == "accepted"]
    return {part.system for part in parts} - {system}


def _is_with(played: Iterable[InstanceRow], role: str, other: str) -> bool:
    """Tells whether another system takes part in one that is under way or verified."""
    return any(row.state not in OVER and _has(row, role, other) for row in played)


def _is_abroad(other: System, system: System) -> bool:
    # without a country nobody knows; of the own team it is no meeting in any case
    is_own = other.name == system.name or (other.team_id and other.team_id == system.team_id)
    return not is_own and bool(other.country) and other.country != system.country


def _has(row: InstanceRow, role: str, system: str) -> bool:
    return any(
        (part.role, part.system) == (role, system) and part.standing != "declined"
        for part in row.parts
    )
