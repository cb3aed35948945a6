"""Test instances in the database: a row for each, written in the transaction of its log's lines, so
that lists and counts need not read logs.

Knows no plan and no rights; what a state means is the event's to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.errors import BadRequest
from sandbox.limits import LIST_PAGE
from sandbox.store.database import Connection, Database
from sandbox.store.runs import Event, Line, RunStore

LOG = "@instance:"
"""Begins the name of each instance's log."""
COLUMNS = "id, event, test, track, state, at, changed, waiting, monitor, contested"


@dataclass(frozen=True, slots=True)
class PartRow:
    """A system in a role of an instance."""

    role: str
    system: str
    team: str
    country: str
    standing: str


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """What lists tell of an instance; moments in milliseconds since 1970, `team` and `monitor` are
    ids.
    """

    id: str
    event: str
    test: str
    track: str
    state: str
    at: int
    changed: int
    waiting: int
    monitor: str
    contested: int
    parts: tuple[PartRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which instances of an event a list asks for; what is empty does not narrow it.

    `team`, `system` and `country` are those of any part.
    """

    event: str
    states: Sequence[str] = ()
    test: str = ""
    track: str = ""
    team: str = ""
    system: str = ""
    country: str = ""
    monitor: str = ""
    not_of: str = ""
    """A team that takes part in none of them."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, the newest first; `cursor` is where the next one begins, "" at the end."""

    rows: tuple[InstanceRow, ...]
    total: int
    cursor: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding as it stands in the log of a run that is an attempt of some instance."""

    run: str
    system: str
    body: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many instances of a planned test stand in a state."""

    test: str
    track: str
    state: str
    count: int


class InstanceStore:
    """Keeps and lists over one database; the logs are those of the run store."""

    def __init__(self, database: Database, logs: RunStore) -> None:
        self._database = database
        self._logs = logs

    def append(
        self,
        log: str,
        lines: Sequence[Line],
        row: InstanceRow,
        *,
        behind: int,
        blobs: Sequence[bytes] = (),
    ) -> list[Event]:
        """Appends lines to the log of an instance, and keeps its row: all of it or nothing.

        Args:
            log: The name of the log.
            lines: Kind, moment and body of each line.
            row: The instance as it stands behind these lines.
            behind: The number of the last line that the caller has read; -1 for a new instance.
            blobs: Files that were added, which are kept by their hash.

        Returns:
            The lines with their numbers.

        Raises:
            PreconditionFailed: There is a newer line than `behind`.
        """
        with self._database.writing() as connection:
            added = self._logs.append(log, lines, blobs=blobs, behind=behind)
            _put(connection, row)
        return added

    def page(self, wanted: Wanted, *, limit: int = 50, cursor: str = "") -> Page:
        """Returns a page of the instances that are wanted, the newest first; raises BadRequest for
        a cursor that is none.
        """
        condition, values = _condition(wanted)
        behind, more = _behind(cursor)
        count = max(1, min(limit, LIST_PAGE))
        with self._database.reading() as connection:
            total = connection.execute(
                f"SELECT count(*) FROM instance WHERE {condition}", values
            ).fetchone()
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM instance WHERE {condition}{behind}"
                " ORDER BY at DESC, id DESC LIMIT ?",
                [*values, *more, count + 1],
            ).fetchall()
            instances = _with_parts(connection, rows[:count])
        last = instances[-1] if len(rows) > count else None
        return Page(instances, int(total[0]), f"{last.at}:{last.id}" if last else "")

    def waiting(self, wanted: Wanted, *, limit: int = LIST_PAGE) -> tuple[InstanceRow, ...]:
        """Returns the instances that are wanted by how long they wait, the oldest first; those of
        the state that was named first stand before the others.
        """
        condition, values = _condition(wanted)
        order = " ".join(f"WHEN ? THEN {place}" for place, _ in enumerate(wanted.states))
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM instance WHERE {condition}"
                f" ORDER BY CASE state {order} ELSE 99 END, waiting, id LIMIT ?",
                [*values, *wanted.states, limit],
            ).fetchall()
            return _with_parts(connection, rows)

    def counts(self, wanted: Wanted) -> list[Count]:
        """Returns how many of the instances that are wanted stand where, by planned test."""
        condition, values = _condition(wanted)
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT test, track, state, count(*) FROM instance WHERE {condition}"
                " GROUP BY test, track, state ORDER BY track, test, state",
                values,
            ).fetchall()
        return [Count(str(row[0]), str(row[1]), str(row[2]), int(row[3])) for row in rows]

    def everything(self, event: str) -> tuple[InstanceRow, ...]:
        """Returns all instances of an event, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM instance WHERE event = ? ORDER BY at, id", [event]
            ).fetchall()
            return _with_parts(connection, rows)

    def findings(self, event: str) -> list[FindingLine]:
        """Returns what the runs of an event's instances have found, in the order of the runs."""
        logs = "SELECT ? || id FROM instance WHERE event = ?"
        with self._database.reading() as connection:
            tries = connection.execute(
                f"SELECT body FROM event WHERE run IN ({logs}) AND kind = 'ran'",
                [LOG, event],
            ).fetchall()
            runs = sorted({str(json.loads(row[0])["run"]) for row in tries})
            lines: list[FindingLine] = []
            for begin in range(0, len(runs), LIST_PAGE):
                some = runs[begin : begin + LIST_PAGE]
                rows = connection.execute(
                    "SELECT event.run, run_row.system, event.body FROM event"
                    " JOIN run_row ON run_row.run = event.run"
                    f" WHERE event.run IN ({', '.join('?' for _ in some)})"
                    " AND event.kind = 'finding' ORDER BY event.run, event.number",
                    some,
                ).fetchall()
                lines += [FindingLine(*(str(word) for word in row)) for row in rows]
        return lines


def _put(connection: Connection, row: InstanceRow) -> None:
    connection.execute(
        f"INSERT INTO instance ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, changed = excluded.changed,"
        " waiting = excluded.waiting, monitor = excluded.monitor, contested = excluded.contested",
        [
            row.id,
            row.event,
            row.test,
            row.track,
            row.state,
            row.at,
            row.changed,
            row.waiting,
            row.monitor,
            row.contested,
        ],
    )
    connection.execute("DELETE FROM instance_part WHERE instance = ?", [row.id])
    connection.executemany(
        "INSERT INTO instance_part (instance, number, role, system, team, country, standing)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (row.id, number, part.role, part.system, part.team, part.country, part.standing)
            for number, part in enumerate(row.parts)
        ],
    )


def _condition(wanted: Wanted) -> tuple[str, list[object]]:
    """Returns the SQL that narrows a list, and its values."""
    parts = ["event = ?"]
    values: list[object] = [wanted.event]
    if wanted.states:
        parts.append(f"state IN ({', '.join('?' for _ in wanted.states)})")
        values += wanted.states
    for column in ("test", "track", "monitor"):
        value = getattr(wanted, column)
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    # whoever was invited and said no is no part of it
    takes_part = (
        "EXISTS (SELECT 1 FROM instance_part WHERE instance_part.instance = instance.id"
        " AND instance_part.standing <> 'declined' AND instance_part.{column} = ?)"
    )
    for column in ("team", "system", "country"):
        value = getattr(wanted, column)
        if value:
            parts.append(takes_part.format(column=column))
            values.append(value)
    if wanted.not_of:
        parts.append(f"NOT {takes_part.format(column='team')}")
        values.append(wanted.not_of)
    return " AND ".join(parts), values


def _behind(cursor: str) -> tuple[str, list[object]]:
    """Returns the SQL that begins a page behind a cursor, and its values."""
    if not cursor:
        return "", []
    at, _, id = cursor.partition(":")
    # fifteen digits of milliseconds are the year 33658
    if not (at.isascii() and at.isdigit()) or not id or len(at) > 15:
        raise BadRequest("store.bad_cursor", where="cursor", found=cursor)
    return " AND (at < ? OR (at = ? AND id < ?))", [int(at), int(at), id]


def _with_parts(
    connection: Connection, rows: Iterable[Sequence[object]]
) -> tuple[InstanceRow, ...]:
    known = {str(row[0]): row for row in rows}
    parts: dict[str, list[PartRow]] = {id: [] for id in known}
    ids = list(known)
    # a statement takes 32,766 values in SQLite, and a plan for many takes long
    for begin in range(0, len(ids), LIST_PAGE):
        some = ids[begin : begin + LIST_PAGE]
        part_rows = connection.execute(
            "SELECT instance, role, system, team, country, standing FROM instance_part"
            f" WHERE instance IN ({', '.join('?' for _ in some)}) ORDER BY instance, number",
            some,
        ).fetchall()
        for instance, *words in part_rows:
            parts[str(instance)].append(PartRow(*(str(word) for word in words)))
    return tuple(_row(row, parts[id]) for id, row in known.items())


def _row(row: Sequence[object], parts: Sequence[PartRow]) -> InstanceRow:
    id, event, test, track, state, at, changed, waiting, monitor, contested = row
    return InstanceRow(
        id=str(id),
        event=str(event),
        test=str(test),
        track=str(track),
        state=str(state),
        at=int(str(at)),
        changed=int(str(changed)),
        waiting=int(str(waiting)),
        monitor=str(monitor),
        contested=int(str(contested)),
        parts=tuple(parts),
    )
