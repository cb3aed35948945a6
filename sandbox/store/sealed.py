"""Sealed fields of systems, in the database: what stands here is of no use without a key that is
kept elsewhere.  Knows no key and no meaning of a field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.sealing import Sealed
from sandbox.store.audit import record
from sandbox.store.database import Connection, Database

Seal = Callable[[str, str, str], Sealed]
"""Seals a value: system, field, value."""
Reseal = Callable[[str, str, Sealed], Sealed]


class SealedStore:
    """Reads and writes sealed fields; each act leaves its line in the audit log, without a value.

    What seals is called inside the transaction: while keys are exchanged, no field is left behind
    under the key that goes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, system: str) -> dict[str, Sealed]:
        """Returns the fields of a system."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT field, key_id, nonce, body FROM sealed WHERE system = ? ORDER BY field",
                [system],
            ).fetchall()
        return {str(row[0]): _sealed(row[1:]) for row in rows}

    def key_ids(self) -> set[str]:
        """Returns the ids of the keys that seal something now."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT DISTINCT key_id FROM sealed").fetchall()
        return {str(row[0]) for row in rows}

    def is_shared(self) -> bool:
        """Tells whether other processes work on this database now."""
        return self._database.is_shared()

    def put(self, system: str, fields: Mapping[str, str], seal: Seal) -> None:
        """Keeps the fields of a system in the place of all that it had."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM sealed WHERE system = ?", [system])
            for field, value in fields.items():
                insert(connection, system, field, seal(system, field, value))
            record(connection, "access.sealed", {"name": system})

    def change(
        self, system: str, field: str, change: Callable[[Sealed | None], Sealed | None], act: str
    ) -> None:
        """Changes one field in one transaction.

        Args:
            system: Whose it is.
            field: Its name.
            change: Returns what is to be kept in the place of what is there; None for nothing.
            act: What the audit log says that was done.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "DELETE FROM sealed WHERE system = ? AND field = ? RETURNING key_id, nonce, body",
                [system, field],
            ).fetchone()
            after = change(_sealed(tuple(row)) if row else None)
            if after is not None:
                insert(connection, system, field, after)
            record(connection, act, {"name": system})

    def remove(self, system: str) -> bool:
        """Takes all fields of a system away; returns whether there were any."""
        with self._database.writing() as connection:
            is_gone = take_away(connection, system)
            if is_gone:
                record(connection, "access.removed", {"name": system})
        self._database.scrub()
        return is_gone

    def reseal(self, reseal: Reseal) -> int:
        """Seals all fields of all systems anew, or, after any exception, none; returns how many."""
        with self._database.writing() as connection:
            rows = connection.execute(
                "SELECT system, field, key_id, nonce, body FROM sealed"
            ).fetchall()
            for row in rows:
                system, field = str(row[0]), str(row[1])
                resealed = reseal(system, field, _sealed(row[2:]))
                connection.execute(
                    "DELETE FROM sealed WHERE system = ? AND field = ?", [system, field]
                )
                insert(connection, system, field, resealed)
            record(connection, "access.rotated", {"count": len(rows)})
        self._database.scrub()
        return len(rows)


def take_away(connection: Connection, system: str) -> bool:
    """Takes the fields of a system away inside an open transaction; returns whether there were
    any.
    """
    rows = connection.execute(
        "DELETE FROM sealed WHERE system = ? RETURNING field", [system]
    ).fetchall()
    return bool(rows)


def insert(connection: Connection, system: str, field: str, sealed: Sealed) -> None:
    """Keeps a field inside an open transaction.

    Args:
        connection: In which it is open.
        system: Whose field it is.
        field: Its name; there is none of it yet.
        sealed: The value.
    """
    connection.execute(
        "INSERT INTO sealed (system, field, key_id, nonce, body) VALUES (?, ?, ?, ?, ?)",
        [system, field, sealed.key_id, sealed.nonce, sealed.body],
    )


def _sealed(columns: tuple[object, ...]) -> Sealed:
    key_id, nonce, body = columns
    return Sealed(str(key_id), bytes(nonce), bytes(body))  # type: ignore[call-overload]
