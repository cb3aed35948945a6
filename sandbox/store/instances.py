"""Test instances in the database: a row for each, written in the transaction of its log's lines, so
that lists and counts need not read logs.

Knows no plan and no rights; what a state means is the event's to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass

from sandbox.limits import LIST_PAGE
from sandbox.store.attempts import LOG, AttemptStore, keep
from sandbox.store.database import Connection, Database
from sandbox.store.paging import Listed, Order, Page, read_page
from sandbox.store.runs import Event, Line, RunStore

COLUMNS = "id, event, test, track, state, at, changed, waiting, monitor, contested"
PART_COLUMNS = "instance, role, system, team, country, standing, version"


@dataclass(frozen=True, slots=True)
class PartRow:
    """A system in a role of an instance."""

    role: str
    system: str
    team: str
    country: str
    standing: str
    version: str = ""


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
class Scope:
    """What somebody looks after: instances of these tracks or tests, or with a system of one of
    these countries.
    """

    tracks: Sequence[str] = ()
    tests: Sequence[str] = ()
    countries: Sequence[str] = ()


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
    is_free: bool = False
    """Whether no monitor has one of them in work."""
    within: Scope | None = None
    outside: Scope | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many instances of a planned test stand in a state, and since when the oldest of them
    waits; 0 where it never did.
    """

    test: str
    track: str
    state: str
    count: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many instances in a state a monitor has, and since when the oldest of them waits."""

    monitor: str
    state: str
    count: int
    oldest: int


# the id decides between instances of the same millisecond
NEWEST = Order(("at", "id"), is_falling=True, ends_in_text=True)


class InstanceStore:
    """Keeps and lists over one database; the logs are those of the run store."""

    def __init__(self, database: Database, logs: RunStore) -> None:
        self._database = database
        self._logs = logs
        self.attempts = AttemptStore(database)
        self.attempts.catch_up()

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
            keep(connection, added)
        return added

    def page(self, wanted: Wanted, *, limit: int = 50, cursor: str = "") -> Page[InstanceRow]:
        """Returns a page of the instances that are wanted, the newest first; raises BadRequest for
        a cursor that is none.
        """
        return self._page(wanted, NEWEST, limit=limit, cursor=cursor)

    def waiting(
        self, wanted: Wanted, *, limit: int = LIST_PAGE, cursor: str = ""
    ) -> Page[InstanceRow]:
        """Returns a page of the instances that are wanted by how long they wait, the oldest first;
        those of the state that was named first stand before the others.  Raises BadRequest for a
        cursor that is none.
        """
        ranks = " ".join(f"WHEN ? THEN {place}" for place, _ in enumerate(wanted.states))
        order = Order(
            (f"CASE state {ranks} ELSE 99 END", "waiting", "id"),
            ends_in_text=True,
            values=tuple(wanted.states),
        )
        return self._page(wanted, order, limit=limit, cursor=cursor)

    def _page(self, wanted: Wanted, order: Order, *, limit: int, cursor: str) -> Page[InstanceRow]:
        listed = Listed("instance", COLUMNS, *_condition(wanted))
        with self._database.reading() as connection:
            page = read_page(connection, listed, order, limit=limit, cursor=cursor)
            return Page(_with_parts(connection, page.rows), page.total, page.cursor)

    def counts(self, wanted: Wanted) -> list[Count]:
        """Returns how many of the instances that are wanted stand where, by planned test."""
        condition, values = _condition(wanted)
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT test, track, state, count(*), min(waiting) FROM instance WHERE {condition}"
                " GROUP BY test, track, state ORDER BY track, test, state",
                values,
            ).fetchall()
        return [
            Count(str(test), str(track), str(state), int(count), int(oldest))
            for test, track, state, count, oldest in rows
        ]

    def shares(self, wanted: Wanted) -> list[Share]:
        """Returns how many of the instances that are wanted each monitor has, by state."""
        condition, values = _condition(wanted)
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT monitor, state, count(*), min(waiting) FROM instance"
                f" WHERE {condition} AND monitor <> '' GROUP BY monitor, state"
                " ORDER BY monitor, state",
                values,
            ).fetchall()
        return [
            Share(str(monitor), str(state), int(count), int(oldest))
            for monitor, state, count, oldest in rows
        ]

    def lines(self, event: str, kind: str) -> list[str]:
        """Returns the bodies of the lines of a kind in the logs of the instances of an event."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT body FROM event WHERE kind = ? AND run IN"
                " (SELECT ? || id FROM instance WHERE event = ?) ORDER BY run, number",
                [kind, LOG, event],
            ).fetchall()
        return [str(row[0]) for row in rows]

    def everything(self, event: str, *, system: str = "") -> tuple[InstanceRow, ...]:
        """Returns all instances of an event, or those in which a system takes part, the oldest
        first.
        """
        condition, values = _condition(Wanted(event, system=system))
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM instance WHERE {condition} ORDER BY at, id", values
            ).fetchall()
            # in one question: thousands of instances have thousands of parts
            parts = connection.execute(
                f"SELECT {PART_COLUMNS} FROM instance_part WHERE instance IN"
                f" (SELECT id FROM instance WHERE {condition}) ORDER BY instance, number",
                values,
            ).fetchall()
        return _joined(rows, parts)

    def some(self, event: str, ids: Collection[str]) -> tuple[InstanceRow, ...]:
        """Returns those of at most LIST_PAGE instances that there are in an event."""
        condition, values = _condition(Wanted(event))
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM instance WHERE {condition} AND {_among('id', [*ids])}",
                [*values, *ids],
            ).fetchall()
            return _with_parts(connection, rows)

    def with_line(self, event: str, kind: str) -> list[str]:
        """Returns the ids of the instances of an event whose logs hold a line of a kind, the oldest
        first.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id FROM instance WHERE event = ? AND ? || id IN"
                " (SELECT run FROM event WHERE kind = ?) ORDER BY at, id",
                [event, LOG, kind],
            ).fetchall()
        return [str(row[0]) for row in rows]


def _put(connection: Connection, row: InstanceRow) -> None:
    connection.execute(
        f"INSERT INTO instance ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, changed = excluded.changed,"
        " waiting = excluded.waiting, monitor = excluded.monitor, contested = excluded.contested",
        astuple(row)[:-1],  # its columns are in this order
    )
    connection.execute("DELETE FROM instance_part WHERE instance = ?", [row.id])
    connection.executemany(
        "INSERT INTO instance_part"
        " (instance, number, role, system, team, country, standing, version)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(row.id, number, *astuple(part)) for number, part in enumerate(row.parts)],
    )


# whoever was invited and said no is no part of it
TAKES_PART = (
    "EXISTS (SELECT 1 FROM instance_part WHERE instance_part.instance = instance.id"
    " AND instance_part.standing <> 'declined' AND {condition})"
)


def _condition(wanted: Wanted) -> tuple[str, list[object]]:
    """Returns the SQL that narrows a list, and its values."""
    parts = ["event = ?"]
    values: list[object] = [wanted.event]
    if wanted.states:
        parts.append(_among("state", wanted.states))
        values += wanted.states
    for column in ("test", "track", "monitor"):
        if value := getattr(wanted, column):
            parts.append(f"{column} = ?")
            values.append(value)
    for column in ("team", "system", "country"):
        if value := getattr(wanted, column):
            parts.append(TAKES_PART.format(condition=f"instance_part.{column} = ?"))
            values.append(value)
    if wanted.not_of:
        parts.append(f"NOT {TAKES_PART.format(condition='instance_part.team = ?')}")
        values.append(wanted.not_of)
    if wanted.is_free:
        parts.append("monitor = ''")
    for scope, word in ((wanted.within, ""), (wanted.outside, "NOT ")):
        if scope is not None:
            condition, more = _looked_after(scope)
            parts.append(f"{word}({condition})")
            values += more
    return " AND ".join(parts), values


def _looked_after(scope: Scope) -> tuple[str, list[object]]:
    """Returns the SQL of what is within a scope, and its values; an empty one holds nothing."""
    parts = ["1 = 0"]
    if scope.tracks:
        parts.append(_among("track", scope.tracks))
    if scope.tests:
        parts.append(_among("test", scope.tests))
    if scope.countries:
        countries = _among("instance_part.country", scope.countries)
        parts.append(TAKES_PART.format(condition=countries))
    return " OR ".join(parts), [*scope.tracks, *scope.tests, *scope.countries]


def _among(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join('?' for _ in values)})"


def _with_parts(
    connection: Connection, rows: Sequence[Sequence[object]]
) -> tuple[InstanceRow, ...]:
    """Returns the instances of a page, which has at most LIST_PAGE rows, with their parts."""
    ids = [str(row[0]) for row in rows]
    parts = connection.execute(
        f"SELECT {PART_COLUMNS} FROM instance_part WHERE {_among('instance', ids)}"
        " ORDER BY instance, number",
        ids,
    ).fetchall()
    return _joined(rows, parts)


def _joined(
    rows: Iterable[Sequence[object]], parts: Iterable[Sequence[object]]
) -> tuple[InstanceRow, ...]:
    parts_of: dict[str, list[PartRow]] = {}
    for instance, *words in parts:
        parts_of.setdefault(str(instance), []).append(PartRow(*map(str, words)))
    return tuple(_row(row, parts_of.get(str(row[0]), ())) for row in rows)


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
