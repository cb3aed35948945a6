"""What an event had come to at the end of each of its days: kept in a log that is only appended to,
when a day ends or when a facilitator says so.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.clock import Clock
from sandbox.errors import NotFound, PreconditionFailed
from sandbox.event.event_state import EventState, EventStates
from sandbox.event.identity import NOBODY, Person
from sandbox.event.plan import PlannedEvent
from sandbox.event.rights import allow
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.runs import RunStore, read_anew
from sandbox.threads import run_in_threadpool

LOG = "@snapshots:"
"""Begins the name of the log of an event's snapshots."""
TAKEN = "snapshot"
LOOK_SECONDS = 300.0
log = logging.getLogger("sandbox.event")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A report as it stood at a moment (milliseconds since 1970); `day` is the last day, in the
    event's zone, that it tells of, and `by` who had it made, "" for the clock.
    """

    number: int
    at: int
    day: str
    by: str
    report: Mapping[str, Any]


class Snapshots:
    """Takes and reads over one store.

    Args:
        logs: Holds the log.
        states: Reads how an event stands.
        clock: What time it is.
    """

    def __init__(self, logs: RunStore, states: EventStates, *, clock: Clock) -> None:
        self._logs = logs
        self.states = states
        self._clock = clock

    def all(self, event: str) -> list[Snapshot]:
        """Returns the snapshots of an event, the oldest first."""
        return [
            Snapshot(line.number, line.at, **json.loads(line.body))
            for line in self._logs.events(f"{LOG}{event}")
        ]

    @read_anew
    def take(self, event: str, person: Person) -> Snapshot:
        """Keeps how an event stands now.

        Raises:
            NotFound: There is no such event.
            Forbidden: The person does not run it.
        """
        allow(person, "manage_event")
        current = self.states.read(event)
        now = self._clock()
        day = now.astimezone(ZoneInfo(current.plan.zone)).date().isoformat()
        return self._kept(current, now, day=day, by=person.name or NOBODY)

    def take_due(self) -> Snapshot | None:
        """Keeps how the event that runs now stood at the end of its last day, once that day is
        over; returns None where nothing was due.
        """
        with suppress(NotFound):
            plan = self.states.plan("")
            now = self._clock()
            day = due(plan, now)
            taken = {snapshot.day for snapshot in self.all(plan.id) if not snapshot.by}
            if day and day not in taken:
                # another process may have been quicker: its line is as good as ours
                with suppress(PreconditionFailed):
                    return self._kept(self.states.read(plan.id), now, day=day, by="")
        return None

    async def take_daily(self) -> None:
        """Looks from time to time whether a day of the event has ended; goes on until it is
        cancelled.
        """
        while True:
            try:
                await run_in_threadpool(self.take_due)
            except Exception:
                log.exception("no snapshot was taken")
            await asyncio.sleep(LOOK_SECONDS)

    def _kept(self, current: EventState, now: datetime, *, day: str, by: str) -> Snapshot:
        name = f"{LOG}{current.plan.id}"
        before = self._logs.events(name)
        report = asdict(current.report)
        body = {"day": day, "by": by, "report": report}
        line = (TAKEN, milliseconds_of(now), json.dumps(body, ensure_ascii=False))
        behind = before[-1].number if before else -1
        (added,) = self._logs.append(name, [line], behind=behind)
        return Snapshot(added.number, added.at, day, by, report)


def due(plan: PlannedEvent, now: datetime) -> str:
    """Returns the day of an event that ended last, in its zone; "" before the end of the first, and
    a day behind the end of the last, when it is too late to say how that stood.
    """
    today = now.astimezone(ZoneInfo(plan.zone)).date()
    yesterday = today - timedelta(days=1)
    return yesterday.isoformat() if plan.first <= yesterday <= plan.last else ""
