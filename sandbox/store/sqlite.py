"""SQLite: one file in WAL mode.  Readers never wait for the writer."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from pathlib import Path

from sandbox.errors import SandboxError, StoreDamaged, StoreUnavailable, TooCostly
from sandbox.store.database import Connection

TOO_MUCH = ("too many", "too large", "too big")  # as SQLite says of statements beyond its limits
DAMAGE = ("malformed", "not a database", "corrupt", "encrypted")  # as it says of a broken file
STEPS = 20_000  # of SQLite's machine, between two looks at the clock: about a millisecond


class _Timed(sqlite3.Connection):
    """A connection whose statements are stopped at `deadline` (of the monotonic clock)."""

    deadline = math.inf


class SqliteEngine:
    """The file is made when it is absent."""

    is_quick = True
    dialect = "sqlite"
    # unixepoch() has milliseconds from 3.42 on, which not every Python brings
    clock = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    faults: tuple[type[Exception], ...] = (sqlite3.DatabaseError,)

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self._idle: list[_Timed] = []
        self._is_closed = False

    def take(self, *, seconds: float) -> Connection:
        """Returns an idle connection or opens one more."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._open()
        connection.deadline = time.monotonic() + seconds
        return connection

    def give(self, connection: Connection) -> None:
        """Keeps the connection for the next one."""
        if self._is_closed or not isinstance(connection, _Timed):
            connection.close()
        else:
            self._idle.append(connection)

    def begin(self, connection: Connection) -> None:
        """Begins as a writer; another process that writes is waited for."""
        connection.execute("BEGIN IMMEDIATE")

    def explain(self, fault: Exception) -> SandboxError | None:
        """Returns what a learner or an operator can do something about."""
        reason = str(fault)
        if any(word in reason for word in DAMAGE):
            return StoreDamaged(
                "store.damaged", where=self.file.name, file=self.file, reason=reason
            )
        if reason == "interrupted" or any(word in reason for word in TOO_MUCH):
            return TooCostly(
                "store.too_costly", clause="FHIR R4 valueset-issue-type.html#too-costly"
            )
        if any(
            word in reason for word in ("locked", "full", "readonly", "disk I/O", "unable to open")
        ):
            return StoreUnavailable("store.unavailable", reason=reason)
        return None

    def migrated(self, connection: Connection) -> int:
        """Returns SQLite's own number for this."""
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def set_migrated(self, connection: Connection, number: int) -> None:
        """Sets SQLite's own number for this."""
        connection.execute(f"PRAGMA user_version = {number}")

    def copy(self, connection: Connection, file: Path) -> None:
        """Writes one consistent state, without holding a writer up."""
        connection.execute("VACUUM INTO ?", (str(file),))

    def check(self, connection: Connection) -> None:
        """Looks at the pages, as many as the time of the connection allows."""
        if not isinstance(connection, _Timed) or connection.deadline <= time.monotonic():
            return
        # all pages are one step, within which SQLite before 3.41 does not ask our handler
        clock = threading.Timer(connection.deadline - time.monotonic(), connection.interrupt)
        clock.start()
        try:
            (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as fault:
            if str(fault) == "interrupted":  # a large one: what was seen so far is sound
                return
            raise
        finally:
            clock.cancel()
            clock.join()
        if result != "ok":
            raise StoreDamaged("store.damaged", where=self.file.name, file=self.file, reason=result)

    def scrub(self, connection: Connection) -> None:
        """Writes the file anew without free pages, and empties the journal beside it."""
        connection.execute("VACUUM")
        # behind a reader of another process the journal stays until that one has finished
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def is_shared(self, connection: Connection) -> bool:
        """Knows nothing of others."""
        return False

    def news(self) -> None:
        """Tells nothing: processes share a file alone."""

    def close(self) -> None:
        """Closes the idle connections; one that is out is closed when it comes back."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()

    def _open(self) -> _Timed:
        opened = sqlite3.connect(
            self.file,
            isolation_level=None,
            check_same_thread=False,
            timeout=10,
            factory=_Timed,
            cached_statements=512,
        )
        try:
            opened.execute("PRAGMA journal_mode = WAL")
            opened.execute("PRAGMA synchronous = NORMAL")
            opened.execute("PRAGMA foreign_keys = ON")
            opened.execute("PRAGMA cache_size = -4000")
        except sqlite3.Error:
            opened.close()
            raise
        opened.set_progress_handler(lambda: int(time.monotonic() > opened.deadline), STEPS)
        return opened
