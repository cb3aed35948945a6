"""Which servers work on a data folder: each holds a lock on one file for as long as it lives.

Several may, for SQLite keeps their writes in line, and leases say who plays a run (leases.py).  One
that starts alone knows that nobody holds them any more, and need not wait until they run out.  The
system lets go of the lock when a process ends, however it ends.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there each server takes itself for the only one
    fcntl = None  # type: ignore[assignment]

FILE = "servers.lock"
log = logging.getLogger("sandbox.store")


class Presence:
    """The lock of one server on a folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._held: int | None = None

    def take(self) -> bool:
        """Takes part; returns whether no other server works on the folder."""
        if fcntl is None:
            return True
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._held = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_alone = True
        except OSError:
            is_alone = False
            log.warning("another server works here (%s)", self._file)
        # shared from now on: whoever comes next is not alone, and does not wait
        fcntl.flock(self._held, fcntl.LOCK_SH)
        return is_alone

    def leave(self) -> None:
        """Lets go."""
        if self._held is not None:
            os.close(self._held)
            self._held = None


@contextmanager
def taking_part(folder: Path) -> Iterator[bool]:
    """Holds the lock of a server; gives whether no other one works on the folder."""
    presence = Presence(folder)
    try:
        yield presence.take()
    finally:
        presence.leave()


def is_served(folder: Path) -> bool:
    """Tells whether a server works on a folder now."""
    if fcntl is None or not (folder / FILE).is_file():
        return False
    with (folder / FILE).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
