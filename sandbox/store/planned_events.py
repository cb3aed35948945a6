"""Planned events in the database: the text of each, and which of them runs now.  Knows no plan."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.store.audit import record
from sandbox.store.database import Database


@dataclass(frozen=True, slots=True)
class PlannedEventRow:
    """An event as it is kept; `changed` is in milliseconds since 1970."""

    id: str
    body: str
    changed: int
    is_current: bool


class PlannedEventStore:
    """Reads and writes events; each change leaves its line in the audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self) -> list[PlannedEventRow]:
        """Returns all events, by id."""
        return self._rows("")

    def current(self) -> PlannedEventRow | None:
        """Returns the event that runs now; None where none does."""
        return next(iter(self._rows("WHERE is_current = 1")), None)

    def _rows(self, condition: str) -> list[PlannedEventRow]:
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT id, body, changed, is_current FROM planned_event {condition} ORDER BY id"
            ).fetchall()
        return [
            PlannedEventRow(str(row[0]), str(row[1]), int(row[2]), bool(row[3])) for row in rows
        ]

    def read(self, id: str) -> PlannedEventRow | None:
        """Returns an event; None where there is none of that id."""
        return next((row for row in self.rows() if row.id == id), None)

    def write(self, id: str, body: str, *, at: int, before: str | None) -> bool:
        """Keeps an event; tells whether it did.

        Args:
            id: Its id.
            body: The text of its file.
            at: Milliseconds since 1970.
            before: What the writer has read, None for nothing; where it is another by now, nothing
                is written.
        """
        with self._database.writing() as connection:
            row = connection.execute("SELECT body FROM planned_event WHERE id = ?", [id]).fetchone()
            if (str(row[0]) if row else None) != before:
                return False
            connection.execute(
                "INSERT INTO planned_event (id, body, changed) VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body, changed = excluded.changed",
                [id, body, at],
            )
            record(connection, "event.loaded", {"event": id})
        return True

    def mark(self, id: str) -> None:
        """Makes an event the one that runs now, and no other."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE planned_event SET is_current = CASE WHEN id = ? THEN 1 ELSE 0 END", [id]
            )
            record(connection, "event.current", {"event": id})
