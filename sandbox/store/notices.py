"""What is to be said to subscribers, in the database: written once, sent by who holds the lease.

Notices are written in the transaction that moves on the place up to which the log was read, so
that a process that is killed says nothing twice and forgets nothing.  Sending is at least once: a
lease that ran out is another process's, and what the first one notes then is refused.  Moments of
leases are those of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.store.attempts import LOG as INSTANCES
from sandbox.store.audit import record
from sandbox.store.database import Connection, Database
from sandbox.store.runs import Event

COLUMNS = "id, subscription, at, kind, body, state, tries, due, lease"
LOG_PLACE = "log"


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """Something to say to a subscriber; moments are in milliseconds since 1970.

    Attributes:
        id: Its id, the same at each try.
        subscription: To whom.
        at: When it happened.
        kind: What happened.
        body: What is said, as JSON text.
        state: waiting, sent, or dead once nobody tries any more.
        tries: How often it was tried since it last began.
        due: From when on it is tried.
        lease: How often somebody took it in hand.
    """

    id: str
    subscription: str
    at: int
    kind: str
    body: str
    state: str = "waiting"
    tries: int = 0
    due: int = 0
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Try:
    """A try to say it: when, for how many milliseconds, and what came of it."""

    number: int
    at: int
    took: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try; `wait` is in how many milliseconds it is tried again, where it is."""

    state: str
    outcome: str
    took: int
    wait: int = 0


class NoticeStore:
    """Writes, leases and lists notices over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def place(self) -> int | None:
        """Returns the place up to which the log was read; None where nobody has read it yet."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT place FROM notice_place WHERE name = ?", [LOG_PLACE]
            ).fetchone()
        return int(row[0]) if row else None

    def begin(self, place: int) -> None:
        """Begins at a place of the log: what was before is told to nobody."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO notice_place (name, place) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [LOG_PLACE, place],
            )

    def lines(
        self, *, after: int, until: int, kinds: Sequence[str], limit: int
    ) -> list[tuple[int, Event]]:
        """Returns the lines of all logs between two places, of some kinds, each with its place."""
        marks = ", ".join("?" * len(kinds))
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT place, run, number, kind, at, body FROM event"
                f" WHERE place > ? AND place <= ? AND (kind IN ({marks}) OR run LIKE ?)"
                " ORDER BY place LIMIT ?",
                [after, until, *kinds, f"{INSTANCES}%", limit],
            ).fetchall()
        return [(int(row[0]), Event(*row[1:])) for row in rows]

    def write(self, notices: Sequence[NoticeRow], *, before: int, place: int) -> bool:
        """Keeps notices, and that the log was read up to a place.

        Args:
            notices: What is to be said.
            before: The place behind which the caller has read.
            place: The place up to which.

        Returns:
            Whether they are kept; not, where another process has read on meanwhile.
        """
        with self._database.writing() as connection:
            moved = connection.execute(
                "UPDATE notice_place SET place = ? WHERE name = ? AND place = ? RETURNING place",
                [place, LOG_PLACE, before],
            ).fetchone()
            if moved is None:
                return False
            for notice in notices:
                _put(connection, notice)
        return True

    def add(self, notice: NoticeRow) -> None:
        """Keeps one notice that stands in no log, such as a trial."""
        with self._database.writing() as connection:
            _put(connection, notice)

    def take(self, *, seconds: float, most: int) -> list[NoticeRow]:
        """Takes what is due, of each subscription the oldest alone, and none of one to which
        somebody is sending.

        Args:
            seconds: For how long they are the caller's.
            most: How many at most.

        Returns:
            Those that were taken.
        """
        clock = self._database.clock
        is_free = f"state = 'waiting' AND due <= {clock} AND leased_until <= {clock}"
        is_alone = (
            "NOT EXISTS (SELECT 1 FROM notice o WHERE o.subscription = notice.subscription"
            f" AND o.leased_until > {clock})"
        )
        with self._database.writing() as connection:
            rows = connection.execute(
                f"SELECT id, subscription FROM notice WHERE {is_free} AND {is_alone}"
                " ORDER BY due, at, id LIMIT 500"
            ).fetchall()
            oldest: dict[str, str] = {}
            for id, subscription in rows:
                oldest.setdefault(str(subscription), str(id))
            return [
                _row(
                    connection.execute(
                        "UPDATE notice SET lease = lease + 1,"
                        f" leased_until = {clock} + ? WHERE id = ? RETURNING {COLUMNS}",
                        [round(seconds * 1000), id],
                    ).fetchone()
                )
                for id in list(oldest.values())[:most]
            ]

    def finish(self, notice: NoticeRow, outcome: Outcome, *, at: int, is_try: bool = True) -> bool:
        """Notes what came of a try.

        Args:
            notice: As it was taken.
            outcome: What came of it.
            at: When it was begun.
            is_try: Whether anything was sent at all; if not, it counts as no try.

        Returns:
            Whether it was still the caller's; if not, nothing is noted.
        """
        clock = self._database.clock
        with self._database.writing() as connection:
            row = connection.execute(
                f"UPDATE notice SET state = ?, tries = tries + ?, due = {clock} + ?,"
                " leased_until = 0 WHERE id = ? AND lease = ? RETURNING id",
                [outcome.state, int(is_try), outcome.wait, notice.id, notice.lease],
            ).fetchone()
            if row is None:
                return False
            if not is_try:
                return True
            connection.execute(
                "INSERT INTO notice_try (notice, number, at, took, outcome)"
                " SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ? FROM notice_try WHERE notice = ?",
                [notice.id, at, outcome.took, outcome.outcome, notice.id],
            )
        return True

    def forget_leases(self) -> None:
        """Lets all be taken at once: for whoever knows that no other process is at work."""
        with self._database.writing() as connection:
            connection.execute("UPDATE notice SET leased_until = 0 WHERE leased_until > 0")

    def send_again(self, subscription: str, id: str = "") -> int:
        """Lets what was given up be tried anew, or one notice whatever came of it.

        Args:
            subscription: To whom.
            id: Which; all that were given up for none.

        Returns:
            How many.
        """
        condition = "id = ?" if id else "state = 'dead'"
        with self._database.writing() as connection:
            rows = connection.execute(
                "UPDATE notice SET state = 'waiting', tries = 0, due = 0"
                f" WHERE subscription = ? AND {condition} RETURNING id",
                [subscription, *([id] if id else [])],
            ).fetchall()
        return len(rows)

    def give_up(self, id: str) -> bool:
        """Gives up one notice, also while somebody sends it; returns whether it still waited."""
        with self._database.writing() as connection:
            row = connection.execute(
                "UPDATE notice SET state = 'dead', lease = lease + 1, leased_until = 0"
                " WHERE id = ? AND state = 'waiting' RETURNING id",
                [id],
            ).fetchone()
            if row is not None:
                record(connection, "notices.given_up", {"notice": id})
        return row is not None

    def hold(self, subscription: str) -> None:
        """Gives up what was still to be said to one; it can be sent again."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE notice SET state = 'dead' WHERE subscription = ? AND state = 'waiting'",
                [subscription],
            )

    def newest(self, subscription: str, *, limit: int) -> list[tuple[NoticeRow, list[Try]]]:
        """Returns what was said to a subscriber, with each try.

        Args:
            subscription: To whom.
            limit: How many at most.

        Returns:
            The newest first.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM notice WHERE subscription = ? ORDER BY at DESC, id LIMIT ?",
                [subscription, limit],
            ).fetchall()
            notices = [_row(row) for row in rows]
            return [(notice, _tries(connection, notice.id)) for notice in notices]

    def waiting(self) -> int:
        """Returns how many notices are still to be sent."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM notice WHERE state = 'waiting'"
            ).fetchone()
        return int(row[0])

    def sent_since(self, moment: int, *, carrier: str) -> int:
        """Returns how many tries a carrier has made.

        Args:
            moment: Since when, in milliseconds since 1970.
            carrier: Which.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM notice_try t JOIN notice n ON n.id = t.notice"
                " JOIN subscription s ON s.id = n.subscription"
                " WHERE t.at >= ? AND s.carrier = ?",
                [moment, carrier],
            ).fetchone()
        return int(row[0])

    def forget(self, *, before: int) -> None:
        """Deletes what is no longer to be sent.

        Args:
            before: Of what happened before this moment, in milliseconds since 1970.
        """
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM notice_try WHERE notice IN"
                " (SELECT id FROM notice WHERE at < ? AND state <> 'waiting')",
                [before],
            )
            connection.execute("DELETE FROM notice WHERE at < ? AND state <> 'waiting'", [before])


def _put(connection: Connection, notice: NoticeRow) -> None:
    connection.execute(
        "INSERT INTO notice (id, subscription, at, kind, body, due)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [notice.id, notice.subscription, notice.at, notice.kind, notice.body, notice.due],
    )


def _tries(connection: Connection, notice: str) -> list[Try]:
    rows = connection.execute(
        "SELECT number, at, took, outcome FROM notice_try WHERE notice = ? ORDER BY number",
        [notice],
    ).fetchall()
    return [Try(*row) for row in rows]


def _row(values: Any) -> NoticeRow:
    return NoticeRow(*values)
