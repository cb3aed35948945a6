"""The SQLite file: one connection per thread, WAL mode, one writer at a time, numbered migrations.

Readers never wait for the writer.  This module knows no FHIR.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """Opens `file` (made when absent) and brings it to the newest migration; raises sqlite3.Error when it cannot."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self._local = threading.local()
        self._write_lock = threading.RLock()
        self._opened: list[sqlite3.Connection] = []
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def connection(self) -> sqlite3.Connection:
        """Returns this thread's connection."""
        existing: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if existing is not None:
            return existing
        opened = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False, timeout=10)
        self._opened.append(opened)
        opened.execute("PRAGMA journal_mode = WAL")
        opened.execute("PRAGMA synchronous = NORMAL")
        opened.execute("PRAGMA foreign_keys = ON")
        opened.execute("PRAGMA cache_size = -4000")
        self._local.connection = opened
        return opened

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Gives the connection inside one transaction: all of it is kept, or, after any exception, nothing."""
        with self._write_lock:
            connection = self.connection()
            if connection.in_transaction:  # an interaction inside a transaction Bundle
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Closes every connection; the database must not be used afterwards."""
        for connection in self._opened:
            connection.close()

    def _migrate(self) -> None:
        with self.writing() as connection:
            done = connection.execute("PRAGMA user_version").fetchone()[0]
            for script in sorted(MIGRATIONS.glob("*.sql")):
                number = int(script.name.split("_")[0])
                if number > done:
                    for statement in script.read_text(encoding="utf-8").split(";"):
                        if statement.strip():
                            connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {number}")
