"""The test bench's append-only log in the database; bodies are stored once, by their hash.

Knows no tests and no verdicts: what an event means is the test bench's to say.  Here every act of
API, pages and command line passes, and leaves its line in the audit log.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from sandbox.errors import PreconditionFailed
from sandbox.store.audit import Audit, record, record_line
from sandbox.store.database import Connection, Database
from sandbox.store.sealed import take_away

GALLERY = "@gallery"
"""The log of the samples that teams share."""
ANNOUNCEMENTS = "@announcements"
TRIES = 100
"""How often an act is done anew: as many may write to one log at once, since one of them always
comes through.
"""
Given = ParamSpec("Given")
Result = TypeVar("Result")
Line = tuple[str, int, str]
"""Kind, moment (milliseconds since 1970) and body (JSON text) of a line that is to be written."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a run's log: `number` counts from 0, `at` in milliseconds since 1970, `body` is
    JSON text.
    """

    run: str
    number: int
    kind: str
    at: int
    body: str


class LogMovedOn(PreconditionFailed):
    """A log has a newer line than the last that its writer has read."""

    def __init__(self, log: str) -> None:
        super().__init__("store.log_moved_on", where=log)


def read_anew(
    act: Callable[Given, Result],
) -> Callable[Given, Result]:
    """Decorates an act that reads a log and writes behind what it read: where somebody else wrote
    in between, it is done again by what stands there now.

    Of several who write at once one always comes through, so that others wait for a few lines at
    most; whether they still may do what they ask for is decided by what they read then.

    Raises:
        LogMovedOn: Others wrote in between each of many times.
    """

    @wraps(act)
    def done(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for _ in range(TRIES):
            with suppress(LogMovedOn):
                return act(*args, **kwargs)
        return act(*args, **kwargs)

    return done


class RunStore:
    """Reads and appends; what is appended in one call is kept whole or not at all."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.audit = Audit(database)

    def append(
        self,
        run: str,
        events: Sequence[Line],
        *,
        blobs: Sequence[bytes] = (),
        dropped: Sequence[str] = (),
        behind: int | None = None,
    ) -> list[Event]:
        """Appends events to a run, and keeps and drops bodies: all of it or nothing.

        Args:
            run: The run's id.
            events: Kind, moment (milliseconds since 1970) and body (JSON text) of each.
            blobs: Bodies, which are kept by their hash.
            dropped: Hashes of bodies that no other line holds, and that are no longer kept.
            behind: The number of the last event that the caller has read.

        Returns:
            The events with their numbers.

        Raises:
            LogMovedOn: There is a newer event than `behind`.
        """
        with self.database.writing() as connection:
            row = connection.execute(
                "SELECT coalesce(max(number), -1) FROM event WHERE run = ?", [run]
            ).fetchone()
            if behind not in (None, int(row[0])):
                raise LogMovedOn(run)
            added = [Event(run, int(row[0]) + 1 + index, *one) for index, one in enumerate(events)]
            connection.executemany(
                "INSERT INTO event (run, number, kind, at, body) VALUES (?, ?, ?, ?, ?)",
                [(one.run, one.number, one.kind, one.at, one.body) for one in added],
            )
            _put_bodies(connection, blobs, dropped)
            for event in added:
                record_line(connection, run, event.kind, event.body)
        return added

    def events(self, run: str, *, after: int = -1, without: str = "") -> list[Event]:
        """Returns the events of a run behind a number, in their order, those of one kind left
        out.
        """
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT run, number, kind, at, body FROM event"
                " WHERE run = ? AND number > ? AND kind <> ? ORDER BY number",
                [run, after, without],
            ).fetchall()
        return [Event(*row) for row in rows]

    def exchanges(self, run: str) -> list[Event]:
        """Returns the events of a run that tell of an exchange, in their order."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT run, number, kind, at, body FROM event"
                " WHERE run = ? AND kind IN ('exchange', 'captured') ORDER BY number",
                [run],
            ).fetchall()
        return [Event(*row) for row in rows]

    def place(self) -> int:
        """Returns the place of the newest event among those of all runs; 0 before the first."""
        with self.database.reading() as connection:
            return int(
                connection.execute("SELECT coalesce(max(place), 0) FROM event").fetchone()[0]
            )

    def moved(self, *, after: int, limit: int = 1000) -> list[tuple[int, str, str]]:
        """Returns place, run and kind of the events behind a place, in their order."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT place, run, kind FROM event WHERE place > ? ORDER BY place LIMIT ?",
                [after, limit],
            ).fetchall()
        return [(int(row[0]), str(row[1]), str(row[2])) for row in rows]

    def blob(self, hash: str) -> bytes:
        """Returns a body; empty for one that was purged."""
        with self.database.reading() as connection:
            row = connection.execute("SELECT content FROM blob WHERE hash = ?", [hash]).fetchone()
        return bytes(row[0]) if row else b""

    def forget(self, *, before: int) -> int:
        """Deletes the runs that began before a moment (milliseconds since 1970), and the bodies
        that no other holds.

        Returns how many runs are gone.
        """
        with self.database.writing() as connection:
            rows = connection.execute(
                "SELECT run FROM event WHERE kind = 'queued' AND at < ?", [before]
            ).fetchall()
            old = {str(row[0]) for row in rows}
            held: dict[bool, set[str]] = {True: set(), False: set()}
            exchanges = connection.execute(
                "SELECT run, body FROM event WHERE kind IN ('exchange', 'captured')"
            ).fetchall()
            for run, body in exchanges:
                line = json.loads(body)
                held[str(run) in old] |= {line["request_body"], line["body"]}
            for table in ("event", "run_row"):
                connection.executemany(
                    f"DELETE FROM {table} WHERE run = ?", [(run,) for run in sorted(old)]
                )
            attached = connection.execute(
                "SELECT body FROM event WHERE kind = 'attached'"
            ).fetchall()
            files = {json.loads(row[0])["attachment"]["hash"] for row in attached}
            gone = sorted(held[True] - held[False] - files)
            connection.executemany("DELETE FROM blob WHERE hash = ?", [(hash,) for hash in gone])
            record(connection, "runs.forgotten", {"count": len(old), "before": before})
        return len(old)

    def blot(self, run: str, number: int, body: str) -> None:
        """Takes words out of a log, for which there is no reason to be kept any longer.

        Args:
            run: The log.
            number: Of the line that holds them.
            body: What stands in its place from then on, as JSON text.
        """
        with self.database.writing() as connection:
            connection.execute(
                "UPDATE event SET body = ? WHERE run = ? AND number = ?", [body, run, number]
            )

    def put_system(self, name: str, body: str) -> None:
        """Registers a system, or registers it anew."""
        with self.database.writing() as connection:
            before = connection.execute(
                "SELECT body FROM registered_system WHERE name = ?", [name]
            ).fetchone()
            # what lets into the system of one team is not for another that gets its alias
            if before is None or _team_in(str(before[0])) != _team_in(body):
                take_away(connection, name)
            connection.execute(
                "INSERT INTO registered_system (name, body) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET body = excluded.body",
                [name, body],
            )
            team = json.loads(body).get("team", "")
            record(connection, "system.registered", {"name": name, "team": team})

    def remove_system(self, name: str) -> bool:
        """Takes a system from the list; its runs stay.  Returns whether there was one."""
        with self.database.writing() as connection:
            gone = connection.execute(
                "DELETE FROM registered_system WHERE name = ? RETURNING name", [name]
            ).fetchone()
            take_away(connection, name)
            if gone is not None:
                record(connection, "system.removed", {"name": name})
        return gone is not None

    def systems(self) -> dict[str, str]:
        """Returns the registered systems by name."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT name, body FROM registered_system ORDER BY name"
            ).fetchall()
        return {str(row[0]): str(row[1]) for row in rows}


def _put_bodies(connection: Connection, blobs: Sequence[bytes], dropped: Sequence[str]) -> None:
    connection.executemany(
        "INSERT INTO blob (hash, content) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING",
        [(hash_of(content), content) for content in blobs],
    )
    connection.executemany("DELETE FROM blob WHERE hash = ?", [(hash,) for hash in dropped])


def _team_in(body: str) -> tuple[str, str]:
    words = json.loads(body)
    return str(words.get("team", "")), str(words.get("team_id", ""))


def hash_of(content: bytes) -> str:
    """Returns the name under which a body is kept: its SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
