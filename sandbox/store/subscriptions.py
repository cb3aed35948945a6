"""Subscriptions in the database: whose each is, by what it is carried, and whether it is at work.

What a webhook is signed with is sealed beside it, in the transaction that keeps it.  Knows no
kinds, no rights and no carrier.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.sealing import Sealed
from sandbox.store.audit import record
from sandbox.store.database import Connection, Database
from sandbox.store.sealed import insert, take_away

COLUMNS = "id, team, person, carrier, at, state, body"
SIGNING = "signing"
"""The sealed field of a webhook."""


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription as it is kept: `team` and `person` are ids, `at` is in milliseconds since
    1970.
    """

    id: str
    team: str
    person: str
    carrier: str
    at: int
    state: str
    body: Mapping[str, Any]


def sealed_name(id: str) -> str:
    """Returns under which name the secret of a subscription is sealed; no system has such a one."""
    return f"subscription:{id}"


class SubscriptionStore:
    """Reads and writes them over one database; each act leaves its line in the audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: SubscriptionRow, secret: Sealed | None) -> None:
        """Keeps a subscription, with the secret of a webhook; one of the same id stays as it is."""
        values = [row.id, row.team, row.person, row.carrier, row.at, row.state]
        with self._database.writing() as connection:
            added = connection.execute(
                f"INSERT INTO subscription ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING RETURNING id",
                [*values, _text(row.body)],
            ).fetchone()
            if added is None:
                return
            if secret is not None:
                insert(connection, sealed_name(row.id), SIGNING, secret)
            record(connection, "subscriptions.made", {"id": row.id, "kind": row.carrier})

    def all(self) -> list[SubscriptionRow]:
        """Returns all, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM subscription ORDER BY at, id"
            ).fetchall()
        return [_row(row) for row in rows]

    def find(self, id: str) -> SubscriptionRow | None:
        """Returns one by its id; None where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT {COLUMNS} FROM subscription WHERE id = ?", [id]
            ).fetchone()
        return _row(row) if row else None

    def change(self, id: str, *, state: str, body: Mapping[str, Any], act: str) -> bool:
        """Keeps another state of one.

        Args:
            id: Which.
            state: The new state.
            body: What is kept with it from now on.
            act: What the audit log says that was done.

        Returns:
            Whether it is still there.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "UPDATE subscription SET state = ?, body = ? WHERE id = ? RETURNING id",
                [state, _text(body), id],
            ).fetchone()
            if row is not None:
                record(connection, act, {"id": id, "state": state})
        return row is not None

    def remove(self, id: str) -> bool:
        """Ends one, with all that was still to be said to it; returns whether there was one."""
        with self._database.writing() as connection:
            return remove_from(connection, id)


def remove_from(connection: Connection, id: str) -> bool:
    """Ends a subscription inside an open transaction; returns whether there was one."""
    gone = connection.execute("DELETE FROM subscription WHERE id = ? RETURNING id", [id]).fetchone()
    if gone is None:
        return False
    take_away(connection, sealed_name(id))
    connection.execute(
        "DELETE FROM notice_try WHERE notice IN (SELECT id FROM notice WHERE subscription = ?)",
        [id],
    )
    connection.execute("DELETE FROM notice WHERE subscription = ?", [id])
    record(connection, "subscriptions.ended", {"id": id})
    return True


def _row(values: Any) -> SubscriptionRow:
    id, team, person, carrier, at, state, body = values
    return SubscriptionRow(id, team, person, carrier, at, state, json.loads(body))


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)
