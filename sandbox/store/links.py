"""Health links in the database: shared content, remaining attempts, file addresses.  Knows no
rules.
"""

from __future__ import annotations

from sandbox.store.audit import ABBREVIATED, record
from sandbox.store.database import Database

FOREVER = 2**62


class LinkStore:
    """Reads and writes links; what counts down does so in one step, whoever else asks at the same
    time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, id: str, body: str, *, expires: int | None, attempts: int, now: int) -> None:
        """Keeps a link until `expires` (milliseconds since 1970, None for ever); removes those that
        are over.
        """
        with self._database.writing() as connection:
            # swept at each new link: no clock has to run for it
            over = "SELECT id FROM link WHERE expires <= ?"
            connection.execute(
                f"DELETE FROM link_location WHERE expires <= ? OR link IN ({over})", [now, now]
            )
            connection.execute("DELETE FROM link WHERE expires <= ?", [now])
            connection.execute(
                "INSERT INTO link (id, body, expires, attempts) VALUES (?, ?, ?, ?)",
                [id, body, FOREVER if expires is None else expires, attempts],
            )
            until = {} if expires is None else {"until": expires}
            record(connection, "link.made", {"id": id[:ABBREVIATED], **until})

    def read(self, id: str, *, now: int) -> tuple[str, int] | None:
        """Returns what a link that is in force shares, and the attempts that are left; None for
        another.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT body, attempts FROM link WHERE id = ? AND expires > ?", [id, now]
            ).fetchone()
        return (str(row[0]), int(row[1])) if row else None

    def spend(self, id: str) -> int | None:
        """Takes one attempt; returns how many are left, None where there was none."""
        with self._database.writing() as connection:
            row = connection.execute("SELECT attempts FROM link WHERE id = ?", [id]).fetchone()
            if not row or int(row[0]) < 1:
                return None
            connection.execute("UPDATE link SET attempts = attempts - 1 WHERE id = ?", [id])
        return int(row[0]) - 1

    def give_back(self, id: str) -> None:
        """Gives back an attempt that was right."""
        with self._database.writing() as connection:
            connection.execute("UPDATE link SET attempts = attempts + 1 WHERE id = ?", [id])

    def use_up(self, id: str) -> bool:
        """Takes all attempts that are left; tells whether there were any."""
        with self._database.writing() as connection:
            row = connection.execute("SELECT attempts FROM link WHERE id = ?", [id]).fetchone()
            if not row or int(row[0]) < 1:
                return False
            connection.execute("UPDATE link SET attempts = 0 WHERE id = ?", [id])
        return True

    def give_up(self, id: str) -> None:
        """Notes that the last attempt was wrong: nobody opens this link any more."""
        with self._database.writing() as connection:
            record(connection, "link.locked", {"id": id[:ABBREVIATED]})

    def remove(self, id: str) -> bool:
        """Removes a link; tells whether there was one."""
        with self._database.writing() as connection:
            was_there = (
                connection.execute("SELECT id FROM link WHERE id = ?", [id]).fetchone() is not None
            )
            connection.execute("DELETE FROM link_location WHERE link = ?", [id])
            connection.execute("DELETE FROM link WHERE id = ?", [id])
            if was_there:
                record(connection, "link.withdrawn", {"id": id[:ABBREVIATED]})
        return was_there

    def locate(self, token: str, link: str, *, file: int, expires: int) -> None:
        """Keeps an address of a file until a moment (milliseconds since 1970)."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO link_location (token, link, file, expires) VALUES (?, ?, ?, ?)",
                [token, link, file, expires],
            )

    def take(self, token: str, *, now: int) -> tuple[str, int] | None:
        """Returns which file of which link an address means, and removes the address; None where
        there is none.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT link, file FROM link_location WHERE token = ? AND expires > ?", [token, now]
            ).fetchone()
            # also one that is over: an address that was tried serves no more
            connection.execute("DELETE FROM link_location WHERE token = ?", [token])
        return (str(row[0]), int(row[1])) if row else None
