"""Runs as rows: what lists, matrix, report and queue tell of each, asked by key and by page, never
from the newest so many.

A row is written in the transaction of the lines of the log that change it.  Knows no tests and no
rights: what the words mean is the test bench's to say.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import partial
from typing import Any

from sandbox.store.database import Connection, Database
from sandbox.store.leases import Lease, check_lease
from sandbox.store.paging import Listed, Order, Page, read_page
from sandbox.store.runs import Line, RunStore


@dataclass(frozen=True, slots=True)
class RunRow:
    """What lists tell of a run; moments in milliseconds since 1970, `others` are the ids of teams
    with a space between, `review` is JSON text.
    """

    run: str
    at: int
    track: str
    system: str
    kind: str
    recipient: str
    keeper: str
    team_id: str
    team: str
    country: str
    by_id: str
    by_name: str
    others: str
    state: str
    verdict: str
    is_whole: bool
    is_conclusive: bool
    tests: int
    passed: int
    known: int
    standing: str
    since: int
    """When it was last asked to be verified; 0 for never."""
    monitor_id: str
    review: str
    place: int = 0
    """That of its first line among those of all runs: the store sets it."""


log = logging.getLogger("sandbox.store")
COLUMNS = tuple(field.name for field in fields(RunRow) if field.name != "place")
NAMES = ", ".join((*COLUMNS, "place"))
FLAGS = tuple(COLUMNS.index(name) for name in ("is_whole", "is_conclusive"))
TEXTS = ("system", "recipient", "team", "country", "by_name", "review")
"""What may hold words that somebody has typed."""
Read = Callable[[str], RunRow | None]
"""Reads the row of a run, which its id names, from its log; None where there can be none."""


@dataclass(frozen=True, slots=True)
class Circle:
    """What somebody calls their own: of a team, or begun by a person, in rows without ids by name
    since a moment; with `takes_part` also that in which the team takes part.
    """

    team: str = ""
    person: str = ""
    name: str = ""
    since: int = 0
    takes_part: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs are asked for; what is empty or None does not narrow it.

    `team` is an id or a name; a run is within all of `own` and within none of `foreign`.
    """

    tracks: Sequence[str] = ()
    system: str = ""
    team: str = ""
    country: str = ""
    kinds: Sequence[str] = ()
    states: Sequence[str] = ()
    verdicts: Sequence[str] = ()
    standings: Sequence[str] = ()
    keeper: str = ""
    since: int = 0
    is_whole: bool | None = None
    is_conclusive: bool | None = None
    own: Sequence[Circle] = ()
    foreign: Sequence[Circle] = ()


# the place decides between runs of the same moment
NEWEST = Order(("at", "place"), is_falling=True)
LONGEST_ASKED = Order(("since", "place"))


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest run of a key, and the verdicts of those before it, the newest first."""

    row: RunRow
    before: tuple[str, ...] = ()


class RunRows:
    """Keeps and lists over one database; the logs are those of the run store."""

    def __init__(self, database: Database, logs: RunStore) -> None:
        self._database = database
        self._logs = logs

    def append(
        self,
        run: str,
        lines: Sequence[Line],
        read: Read,
        *,
        blobs: Sequence[bytes] = (),
        behind: int | None = None,
        lease: Lease | None = None,
    ) -> None:
        """Appends lines to the log of a run, and keeps its row as that log tells it then: all of it
        or nothing.

        Args:
            run: The run's id.
            lines: Kind, moment and body of each line.
            read: Reads the row of a run from its log, within this transaction.
            blobs: Bodies, which are kept by their hash.
            behind: The number of the last line that the caller has read.
            lease: What the caller holds on the run; None: it needs none.

        Raises:
            PreconditionFailed: There is a newer line than `behind`.
            LeaseLost: Somebody else has taken the run.
        """
        with self._database.writing() as connection:
            if lease is not None:
                check_lease(connection, lease)
            self._logs.append(run, lines, blobs=blobs, behind=behind)
            self._read_anew(connection, run, read)

    def catch_up(self, read: Read, *, most: int = 500) -> int:
        """Reads the rows of runs that have none, such as those older than rows; returns how many
        there are now.
        """
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT e.run FROM event e LEFT JOIN run_row r ON r.run = e.run"
                " WHERE e.kind = 'queued' AND r.run IS NULL ORDER BY e.at, e.place"
            ).fetchall()
        runs = [str(row[0]) for row in found]
        count = 0
        # in parts: a writer has a limit of time, and others wait for it
        for begin in range(0, len(runs), most):
            with self._database.writing() as connection:
                for run in runs[begin : begin + most]:
                    try:
                        count += self._read_anew(connection, run, read)
                    except (LookupError, TypeError, ValueError):
                        # one damaged log must not keep the server from its start
                        log.exception("the log of a run cannot be read", extra={"run": run})
        return count

    def _read_anew(self, connection: Connection, run: str, read: Read) -> bool:
        row = read(run)
        if row is not None:
            _put(connection, row)
        return row is not None

    def page(
        self, wanted: Wanted, *, order: Order = NEWEST, limit: int = 50, cursor: str = ""
    ) -> Page[RunRow]:
        """Returns a page of the runs that are wanted; raises BadRequest for a cursor that is none.

        Runs that come meanwhile move no other into or out of the pages behind a cursor.
        """
        listed = Listed("run_row", NAMES, *_condition(wanted))
        with self._database.reading() as connection:
            page = read_page(connection, listed, order, limit=limit, cursor=cursor)
        return Page(tuple(map(_row, page.rows)), page.total, page.cursor)

    def all(self, wanted: Wanted) -> list[RunRow]:
        """Returns all the runs that are wanted, the oldest first: for what is few by its kind, such
        as those that go on.
        """
        condition, values = _condition(wanted)
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT {NAMES} FROM run_row WHERE {condition} ORDER BY at, place", values
            ).fetchall()
        return [_row(row) for row in found]

    def newest(self, wanted: Wanted, *, by: Sequence[str], before: int = 0) -> list[Newest]:
        """Returns the newest of the runs that are wanted, one for each key.

        Args:
            wanted: Which runs there are to choose from.
            by: The columns of the key.
            before: Of how many runs before it the verdicts are told.

        Returns:
            The runs in the order of their keys.
        """
        # of the keys only what indexes hold: the rest is looked at run by run, from the newest on
        keys, of_keys = _condition(
            Wanted(tracks=wanted.tracks, system=wanted.system, standings=wanted.standings)
        )
        # what the key says already need not be asked again
        tracks = () if "track" in by else wanted.tracks
        system = "" if "system" in by else wanted.system
        condition, values = _condition(replace(wanted, tracks=tracks, system=system))
        same = " AND ".join(f"{name} = k.{name}" for name in by)
        nth = partial(_nth, f"{same} AND {condition}")
        names = ", ".join(
            [f"r.{name}" for name in (*COLUMNS, "place")]
            + [nth("verdict", place) for place in range(1, before + 1)]
        )
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT {names} FROM (SELECT DISTINCT {', '.join(by)} FROM run_row WHERE {keys})"
                f" AS k JOIN run_row AS r ON r.run = {nth('run', 0)}"
                f" ORDER BY {', '.join(f'r.{name}' for name in by)}",
                [*values * before, *of_keys, *values],
            ).fetchall()
        width = len(COLUMNS) + 1
        return [
            Newest(_row(row[:width]), tuple(str(word) for word in row[width:] if word is not None))
            for row in found
        ]

    def counts(self, wanted: Wanted, *, by: Sequence[str]) -> dict[tuple[Any, ...], int]:
        """Returns how many runs are wanted, by the values of some columns."""
        condition, values = _condition(wanted)
        names = ", ".join(by)
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT count(*), {names} FROM run_row WHERE {condition} GROUP BY {names}", values
            ).fetchall()
        return {tuple(key): int(count) for count, *key in found}


def retell(connection: Connection, run: str, change: Callable[[str], str]) -> None:
    """Changes the words of a row, whose log was changed in the same transaction."""
    found = connection.execute(f"SELECT {', '.join(TEXTS)} FROM run_row WHERE run = ?", [run])
    for row in found.fetchall():
        new = ", ".join(f"{name} = ?" for name in TEXTS)
        words = [change(str(word)) for word in row]
        connection.execute(f"UPDATE run_row SET {new} WHERE run = ?", [*words, run])


def _put(connection: Connection, row: RunRow) -> None:
    marks = ", ".join("?" for _ in COLUMNS)
    new = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    values = [int(value) if isinstance(value, bool) else value for value in astuple(row)[:-1]]
    connection.execute(
        f"INSERT INTO run_row ({NAMES}) VALUES ({marks},"
        " (SELECT place FROM event WHERE run = ? AND number = 0))"
        f" ON CONFLICT (run) DO UPDATE SET {new}",
        [*values, row.run],
    )


def _nth(condition: str, column: str, place: int) -> str:
    """Returns the SQL of what a column holds in the newest run but `place` of a condition."""
    return (
        f"(SELECT {column} FROM run_row WHERE {condition}"
        f" ORDER BY at DESC, place DESC LIMIT 1 OFFSET {place})"
    )


def _row(values: Sequence[Any]) -> RunRow:
    known = list(values)
    for index in FLAGS:
        known[index] = bool(known[index])
    return RunRow(*known)


def _condition(wanted: Wanted) -> tuple[str, list[object]]:
    """Returns the SQL that narrows a list, and its values."""
    parts: list[str] = []
    values: list[object] = []
    lists = {
        "track": wanted.tracks,
        "kind": wanted.kinds,
        "state": wanted.states,
        "verdict": wanted.verdicts,
        "standing": wanted.standings,
    }
    for column, words in lists.items():
        if words:
            parts.append(f"{column} IN ({', '.join('?' for _ in words)})")
            values += words
    for column in ("system", "country", "keeper"):
        if word := getattr(wanted, column):
            parts.append(f"{column} = ?")
            values.append(word)
    for column in ("is_whole", "is_conclusive"):
        flag = getattr(wanted, column)
        if flag is not None:
            parts.append(f"{column} = ?")
            values.append(int(flag))
    if wanted.team:
        parts.append("(team_id = ? OR team = ?)")
        values += [wanted.team, wanted.team]
    if wanted.since:
        parts.append("at >= ?")
        values.append(wanted.since)
    for circles, word in ((wanted.own, ""), (wanted.foreign, "NOT ")):
        for circle in circles:
            condition, more = _within(circle)
            parts.append(f"{word}({condition})")
            values += more
    return " AND ".join(parts) or "1 = 1", values


def _within(circle: Circle) -> tuple[str, list[object]]:
    """Returns the SQL of what is within a circle, and its values."""
    parts = ["1 = 0"]
    values: list[object] = []
    if circle.team:
        parts.append("team_id = ?")
        values.append(circle.team)
    if circle.team and circle.takes_part:
        parts.append("' ' || others || ' ' LIKE ?")
        values.append(f"% {circle.team} %")
    if circle.person:
        parts.append("by_id = ?")
        values.append(circle.person)
    if circle.name:
        parts.append("(by_id = '' AND by_name = ? AND at >= ?)")
        values += [circle.name, circle.since]
    return " OR ".join(parts), values
