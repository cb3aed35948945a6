"""Keeps a fault that repeats from filling the log: it is written once a minute, with how often it
came meanwhile.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

SECONDS = 60.0
MOST = 1000  # kinds of lines that are remembered


class OncePerMinute(logging.Filter):
    """Passes the first record of a kind: of one logger, one sentence and one kind of exception."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, object, object], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tells whether a record is written; one that follows many says how many they were."""
        kind = (record.name, record.msg, record.exc_info[0] if record.exc_info else None)
        now = self._clock()
        begun, count = self._seen.get(kind, (-SECONDS, 0))
        if now - begun < SECONDS:
            self._seen[kind] = (begun, count + 1)
            return False
        if len(self._seen) >= MOST:
            self._seen.clear()
        self._seen[kind] = (now, 0)
        if count:
            record.msg = f"{record.getMessage()} (and {count} times more in the last minutes)"
            record.args = ()
        return True
