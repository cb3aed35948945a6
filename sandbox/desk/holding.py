"""Says of the gradings that this process is at that it is, for as long as it lives: behind one that
was killed others go on within a minute.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.errors import SandboxError
from sandbox.store.desk import DeskStore, HandInRow

HOLD_SECONDS = 30.0
RENEW_SECONDS = 10.0
log = logging.getLogger("sandbox.desk")


class Holding:
    """Those of one process.

    Args:
        store: Where they are kept.
    """

    def __init__(self, store: DeskStore) -> None:
        self._store = store
        self._at_work: dict[str, int] = {}
        self._is_over = threading.Event()

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renews what is at work until the end."""
        thread = threading.Thread(target=self._renew, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    @contextmanager
    def of(self, row: HandInRow) -> Iterator[None]:
        """Renews that one too, until its grading is over."""
        self._at_work[row.id] = row.taken
        try:
            yield
        finally:
            del self._at_work[row.id]

    def _renew(self) -> None:
        while not self._is_over.wait(RENEW_SECONDS):
            try:
                self._store.hold(self._at_work.copy(), seconds=HOLD_SECONDS)
            except SandboxError:  # such as a database that is away: it may come back
                log.warning("gradings cannot be held", exc_info=True)
