"""Runs as they were read last, so that a page of many reads anew only those whose log has grown
since.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress

from sandbox.errors import NotFound
from sandbox.event.run import Run, read_run
from sandbox.store.runs import RunStore

# three times the thousand that the matrix asks for; beyond it only what was asked last is kept
MOST = 3000
STEP = 1000


class KnownRuns:
    """Remembers over one store; others may write to the logs meanwhile, and requests come in
    several threads.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._place = -1
        self._runs: dict[str, Run] = {}

    def read(self, ids: Sequence[str]) -> list[Run]:
        """Returns runs as their logs tell them now, those of tracks that are no more left out."""
        with self._lock:
            self._forget_what_has_moved()
            place = self._place
            known = {id: self._runs[id] for id in ids if id in self._runs}
        new = {id: run for id in ids if id not in known and (run := self._read(id)) is not None}
        with self._lock:
            if place == self._place:  # else one of them may have moved since it was read
                self._runs = new if len(self._runs) + len(new) > MOST else self._runs | new
        return [known.get(id) or new[id] for id in ids if id in known or id in new]

    def _read(self, id: str) -> Run | None:
        events = self._store.events(id, without="exchange")
        with suppress(NotFound):
            return read_run(events) if events else None
        return None

    def _forget_what_has_moved(self) -> None:
        if self._place < 0:  # nothing is known yet that could have moved
            self._place = self._store.place()
        moved = self._store.moved(after=self._place, limit=STEP)
        for place, id, _ in moved:
            self._place = place
            self._runs.pop(id, None)
        if len(moved) == STEP:  # a busy hour: rather read all anew than ask on
            self._place = self._store.place()
            self._runs = {}
