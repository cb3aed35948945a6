"""The append-only log of people over one store: what it tells now, and lines that are added to it.

Threads of this process and other processes may write to it meanwhile.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.clock import Clock
from sandbox.event.roster import Roster
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.runs import RunStore, read_anew

LOG = "@people"
Line = tuple[str, Mapping[str, Any]]


class PeopleLog:
    """Reads what was written since, by whomever, and writes by what is known then."""

    def __init__(self, store: RunStore, *, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        self._read = -1
        self._roster = Roster()

    @property
    def roster(self) -> Roster:
        """Who takes part now; it does not change once it is given."""
        with self._reading:
            events = self.store.events(LOG, after=self._read)
            if events:
                # others may be reading the one that was
                roster = self._roster.copy()
                for event in events:
                    roster.take(event)
                self._roster = roster
                self._read = events[-1].number
            return self._roster

    @read_anew
    def write(self, plan: Callable[[], Sequence[Line]]) -> None:
        """Writes the lines that a plan makes of the roster, all or none; where somebody else wrote
        meanwhile, the plan is made anew.
        """
        with self._writing:
            read = self._place()
            now = self.now()
            rows = [(kind, now, json.dumps(body, ensure_ascii=False)) for kind, body in plan()]
            if rows:
                self.store.append(LOG, rows, behind=read)

    def _place(self) -> int:
        """Returns how far the log was read, at most as far as a plan will read it."""
        _ = self.roster
        return self._read

    def now(self) -> int:
        """Returns the moment, in milliseconds since 1970."""
        return milliseconds_of(self._clock())
