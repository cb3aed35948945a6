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

from sandbox.errors import Busy

FILE = "servers.lock"
"""It holds the version of the first of those that work now."""
log = logging.getLogger("sandbox.store")


class Presence:
    """The lock of one server on a folder."""

    def __init__(self, folder: Path, version: str) -> None:
        self._file = folder / FILE
        self._version = version
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
            # whoever comes next is told with what it is to work
            os.ftruncate(self._held, 0)
            os.pwrite(self._held, self._version.encode(), 0)
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


def refuse_beside(folder: Path, *, version: str, counts_ids: bool) -> None:
    """Refuses to work beside servers that it would harm, or that would harm it.

    Args:
        folder: The data folder.
        version: That of this program.
        counts_ids: Whether this process gives ids in a fixed order.

    Raises:
        Busy: A server of another version works on the folder, or any does and would give the same
            ids.
    """
    if not is_served(folder):
        return
    if counts_ids:
        raise Busy("store.ids_counted", where=str(folder), folder=folder)
    theirs = (folder / FILE).read_text(encoding="utf-8", errors="replace").strip()
    if theirs not in ("", version):
        raise Busy("store.other_version", where=str(folder), theirs=theirs[:40], ours=version)


@contextmanager
def taking_part(folder: Path, version: str) -> Iterator[bool]:
    """Holds the lock of a server; gives whether no other one works on the folder."""
    presence = Presence(folder, version)
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
