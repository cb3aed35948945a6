"""Runs as their logs tell them; of a run that was read before, what is new in its log is enough.

The log of an inbox to which a client sends for hours has thousands of lines.  Read from its first
line on at each request, it would be read thousands of times.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.event.reviews import KINDS
from sandbox.event.run import Run, go_on, read_run
from sandbox.store.redacting import REDACTED
from sandbox.store.runs import Event, RunStore

RUNS_KEPT = 64
"""As many runs as are at work at a large event; each holds its outcomes and their findings."""


@dataclass(frozen=True, slots=True)
class RunSoFar:
    """A run, and how far its log was read.

    Attributes:
        run: As the log tells it.
        asked: When it was last asked to be verified, in milliseconds since 1970; 0 for never.
        last: The last line that was read, exchanges left out.
    """

    run: Run
    asked: int
    last: Event


class RunLogs:
    """Reads runs of one store."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._known: OrderedDict[str, RunSoFar] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, id: str) -> RunSoFar | None:
        """Returns a run as its log tells it now, None where there is no such log.

        Raises:
            NotFound: The run is of a track that is no more.
        """
        with self._lock:
            known = self._known.get(id)
        new = self._behind(known) if known else None
        if known is None or new is None:
            so_far = _from_first_line(self._store.events(id, without="exchange"))
        elif new:
            so_far = RunSoFar(go_on(known.run, new), known.asked, new[-1])
        else:
            so_far = known
        self._keep(id, so_far)
        return so_far

    def _behind(self, known: RunSoFar) -> Sequence[Event] | None:
        """Returns what follows in a log; None where it has to be read from its first line on."""
        last = known.last
        events = self._store.events(last.run, after=last.number - 1, without="exchange")
        # a line may be another than was read: the transaction of that one failed, or its run was
        # deleted and a new one has its id
        if not events or events[0] != last:
            return None
        new = events[1:]
        # what people say of a run, or had to take from it, changes more than its end
        if any(event.kind in KINDS or event.kind == REDACTED for event in new):
            return None
        return new

    def _keep(self, id: str, so_far: RunSoFar | None) -> None:
        with self._lock:
            self._known.pop(id, None)
            if so_far is not None:
                self._known[id] = so_far
            if len(self._known) > RUNS_KEPT:
                self._known.popitem(last=False)


def _from_first_line(events: Sequence[Event]) -> RunSoFar | None:
    return RunSoFar(read_run(events), _asked(events), events[-1]) if events else None


def _asked(events: Iterable[Event]) -> int:
    return max((event.at for event in events if event.kind == "asked"), default=0)
