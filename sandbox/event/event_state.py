"""What an event has come to, read from the store: the same for pages, API and command line, and
read anew only when something has happened.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from sandbox.clock import Clock
from sandbox.event.event_findings import Found, found_in
from sandbox.event.event_report import EventReport, event_report
from sandbox.event.events import Events
from sandbox.event.plan import PlannedEvent
from sandbox.event.published import Published
from sandbox.event.results import Cells, cells, cells_behind, role_results
from sandbox.event.systems import System, all_systems, versions_of
from sandbox.limits import LIST_PAGE
from sandbox.store.attempts import LOG, RAN
from sandbox.store.instances import InstanceRow, InstanceStore
from sandbox.store.redacting import REDACTED
from sandbox.store.runs import RunStore

OF_FINDINGS = frozenset({"finding", RAN})
"""The kinds of lines by which an instance has other findings: new ones, and those of a new run."""
LINES_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class EventState:
    """An event as it stands at a moment."""

    plan: PlannedEvent
    rows: Sequence[InstanceRow]
    systems: Sequence[System]
    report: EventReport
    achieved: Published
    """As a facilitator would confirm it now."""
    found: Found
    at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """What may be another than was read before."""

    instances: frozenset[str] | None
    """Their ids; None where it may be any."""

    has_findings: bool


EVERYTHING = Changed(None, has_findings=True)


@dataclass(frozen=True, slots=True)
class _Kept:
    """An event as it stood, and the place of the logs at which it was read."""

    place: int
    current: EventState


class EventStates:
    """Reads over one store.

    Args:
        logs: Holds runs and systems.
        instances: Of whatever event.
        events: Finds the plans.
        clock: What time it is.
    """

    def __init__(
        self, logs: RunStore, instances: InstanceStore, events: Events, *, clock: Clock
    ) -> None:
        self._logs = logs
        self._instances = instances
        self._events = events
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._reading = threading.Lock()

    def plan(self, event: str) -> PlannedEvent:
        """Returns the plan of an event, of the one that runs now for ""; raises NotFound."""
        return self._events.find(event)

    def read(self, event: str) -> EventState:
        """Returns how an event stands now.

        Args:
            event: Its id; "" for the one that runs now.

        Raises:
            NotFound: There is no such event.
        """
        # behind a change all who look ask at once: the first reads, and the others have it from it
        with self._reading:
            plan = self._events.find(event)
            systems = all_systems(self._logs)
            place = self._logs.place()
            kept = self._kept.get(plan.id)
            changed = self._changed(kept.place, place) if kept else EVERYTHING
            current = self._read(plan, systems, kept.current if kept else None, changed)
            self._kept[plan.id] = _Kept(place, current)
            return current

    def _read(
        self,
        plan: PlannedEvent,
        systems: Sequence[System],
        before: EventState | None,
        changed: Changed,
    ) -> EventState:
        """Reads what may be another than was read before; returns that where nothing is."""
        rows = self._rows(plan.id, before, changed)
        if before is None or changed.has_findings:
            found = found_in(self._instances.attempts.findings_in(plan.id))
        else:
            found = before.found
        if before and (before.plan, before.systems) == (plan, systems) and rows is before.rows:
            return (
                replace(before, found=found, at=self._clock()) if changed.has_findings else before
            )
        report = event_report(plan, rows, systems)
        achieved = _achieved(plan, rows, systems, before, changed)
        return EventState(plan, rows, systems, report, achieved, found, at=self._clock())

    def _rows(
        self, event: str, before: EventState | None, changed: Changed
    ) -> Sequence[InstanceRow]:
        """Returns the instances, the oldest first: the very ones of before where none changed."""
        if before is None or changed.instances is None:
            return self._instances.everything(event)
        if not changed.instances:
            return before.rows
        rows = {row.id: row for row in before.rows if row.id not in changed.instances}
        rows |= {row.id: row for row in self._instances.some(event, changed.instances)}
        return tuple(sorted(rows.values(), key=attrgetter("at", "id")))

    def _changed(self, before: int, place: int) -> Changed:
        """Returns what may be another since a place of the logs: every change is a line there."""
        if before > place:  # lines were deleted
            return EVERYTHING
        lines = self._logs.moved(after=before, limit=LINES_LOOKED_AT) if before < place else []
        if len(lines) == LINES_LOOKED_AT or any(kind == REDACTED for _, _, kind in lines):
            return EVERYTHING
        instances = frozenset(log.removeprefix(LOG) for _, log, _ in lines if log.startswith(LOG))
        return Changed(
            instances if len(instances) <= LIST_PAGE else None,
            has_findings=any(kind in OF_FINDINGS for _, _, kind in lines),
        )


def _achieved(
    plan: PlannedEvent,
    rows: Sequence[InstanceRow],
    systems: Sequence[System],
    before: EventState | None,
    changed: Changed,
) -> Published:
    """Returns what systems have achieved, counted anew only for those whose instances changed."""
    versions = versions_of(systems)
    if (
        before is None
        or changed.instances is None
        or (before.plan, before.systems) != (plan, systems)
    ):
        reached: Cells = cells(rows, versions)
        return Published(tuple(role_results(plan, rows, systems, reached)), tuple(reached.values()))
    known = {(cell.system, cell.test, cell.role): cell for cell in before.achieved.cells}
    others = [row for row in (*before.rows, *rows) if row.id in changed.instances]
    reached = cells_behind(known, others, rows, versions)
    touched = {part.system for row in others for part in row.parts}
    concerned = [system for system in systems if system.name in touched]
    anew = {
        (result.system, result.track, result.actor): result
        for result in role_results(plan, rows, concerned, reached)
    }
    # which roles there are follows from plan and systems alone
    results = tuple(
        anew.get((result.system, result.track, result.actor), result)
        for result in before.achieved.results
    )
    return Published(results, tuple(reached.values()))
