"""Kept judgements: text under an unguessable name, until it expires.  Knows neither FHIR nor
findings.
"""

from __future__ import annotations

from sandbox.store.audit import ABBREVIATED, record
from sandbox.store.database import Database


class JudgementStore:
    """Reads and writes what is kept; moments are milliseconds since 1970."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, id: str, body: str, *, expires: int) -> None:
        """Keeps a text until a moment."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO kept_judgement (id, body, expires) VALUES (?, ?, ?)",
                [id, body, expires],
            )
            record(connection, "judgement.kept", {"id": id[:ABBREVIATED], "until": expires})

    def read(self, id: str, *, now: int) -> tuple[str, int] | None:
        """Returns a text and its last moment; None where there is none or it is over."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT body, expires FROM kept_judgement WHERE id = ? AND expires > ?", [id, now]
            ).fetchone()
        return (str(row[0]), int(row[1])) if row else None

    def remove(self, id: str) -> bool:
        """Deletes a text; tells whether there was one."""
        with self._database.writing() as connection:
            gone = connection.execute(
                "DELETE FROM kept_judgement WHERE id = ? RETURNING id", [id]
            ).fetchone()
            if gone is not None:
                record(connection, "judgement.removed", {"id": id[:ABBREVIATED]})
        return gone is not None

    def is_empty(self) -> bool:
        """Tells whether nothing is kept."""
        with self._database.reading() as connection:
            return connection.execute("SELECT id FROM kept_judgement LIMIT 1").fetchone() is None

    def sweep(self, *, now: int) -> int:
        """Deletes what is over; returns how much that was."""
        with self._database.writing() as connection:
            gone = connection.execute(
                "DELETE FROM kept_judgement WHERE expires <= ? RETURNING id", [now]
            ).fetchall()
        return len(gone)
