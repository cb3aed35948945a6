"""What passes between issuers, wallets and verifiers, in the database: offers, tokens, nonces and
requests, each until a moment.  Knows no rules.

A secret is kept as its hash: whoever reads the database can redeem nothing.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from sandbox.store.database import Database

Kind = Literal[
    "offer",
    "code",
    "state",
    "pushed",
    "grant",
    "token",
    "nonce",
    "notification",
    "request",
    "answer",
    "pending",
    "transaction",
]


class WalletItems:
    """Reads and writes items; what is used up is used up in one step, whoever else asks at the same
    time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, kind: Kind, secret: str, body: str, *, expires: int, now: int, attempts: int = 1
    ) -> None:
        """Keeps an item, and removes those that are over.

        Args:
            kind: What it is.
            secret: What it is known by; its hash is kept.
            body: What it says.
            expires: Until when it is there, in milliseconds since 1970.
            now: The present moment, in milliseconds since 1970.
            attempts: How often it may be spent.
        """
        with self._database.writing() as connection:
            connection.execute("DELETE FROM wallet_item WHERE expires <= ?", [now])
            connection.execute(
                "DELETE FROM wallet_item WHERE kind = ? AND id = ?", _key(kind, secret)
            )
            connection.execute(
                "INSERT INTO wallet_item (kind, id, body, expires, attempts)"
                " VALUES (?, ?, ?, ?, ?)",
                [*_key(kind, secret), body, expires, attempts],
            )

    def read(self, kind: Kind, secret: str, *, now: int) -> str | None:
        """Returns what an item says; None for one that is over, used up, or was never there."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT body FROM wallet_item WHERE kind = ? AND id = ? AND expires > ?"
                " AND attempts > 0",
                [*_key(kind, secret), now],
            ).fetchone()
        return str(row[0]) if row else None

    def spend(self, kind: Kind, secret: str, *, now: int) -> str | None:
        """Returns what an item says, and takes one of its attempts; None as for `read`."""
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT body FROM wallet_item WHERE kind = ? AND id = ? AND expires > ?"
                " AND attempts > 0",
                [*_key(kind, secret), now],
            ).fetchone()
            connection.execute(
                "UPDATE wallet_item SET attempts = attempts - 1 WHERE kind = ? AND id = ?",
                _key(kind, secret),
            )
        return str(row[0]) if row else None

    def take(self, kind: Kind, secret: str) -> bool:
        """Removes an item, whatever attempts are left; tells whether this call was the one that
        removed it.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT id FROM wallet_item WHERE kind = ? AND id = ?", _key(kind, secret)
            ).fetchone()
            connection.execute(
                "DELETE FROM wallet_item WHERE kind = ? AND id = ?", _key(kind, secret)
            )
        return row is not None


def _key(kind: Kind, secret: str) -> list[str]:
    return [kind, hashlib.sha256(secret.encode()).hexdigest()]
