"""What an event has come to, read from the store: the same for pages, API and command line, and
read anew only when something has happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.clock import Clock
from sandbox.event.event_findings import Found, found_in
from sandbox.event.event_report import EventReport, event_report
from sandbox.event.events import Events
from sandbox.event.plan import PlannedEvent
from sandbox.event.published import Published
from sandbox.event.results import cells, role_results
from sandbox.event.systems import System, all_systems, versions_of
from sandbox.store.instances import InstanceRow, InstanceStore
from sandbox.store.runs import RunStore


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it stands at a moment."""

    plan: PlannedEvent
    rows: Sequence[InstanceRow]
    systems: Sequence[System]
    report: EventReport
    achieved: Published
    """As a facilitator would confirm it now."""
    found: Found
    at: datetime


class Telling:
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
        self._newest: dict[str, tuple[object, Told]] = {}

    def plan(self, event: str) -> PlannedEvent:
        """Returns the plan of an event, of the one that runs now for ""; raises NotFound."""
        return self._events.find(event)

    def told(self, event: str) -> Told:
        """Returns all that is told of an event; raises NotFound."""
        plan = self._events.find(event)
        systems = all_systems(self._logs)
        # every change of an instance or a run is a line: where there is none, nothing has changed
        state = (self._logs.place(), plan, systems)
        before = self._newest.get(plan.id)
        if before is not None and before[0] == state:
            return before[1]
        rows = self._instances.everything(plan.id)
        reached = cells(rows, versions_of(systems))
        results = tuple(role_results(plan, rows, systems, reached))
        told = Told(
            plan,
            rows,
            systems,
            event_report(plan, rows, systems),
            Published(results, tuple(reached.values())),
            found_in(self._instances.findings(plan.id)),
            at=self._clock(),
        )
        self._newest[plan.id] = (state, told)
        return told
