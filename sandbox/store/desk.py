"""The facilitator's desk in the database: assignments, hand-ins with their states, marks.  Knows no
lesson and no rule.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sandbox.store.audit import record
from sandbox.store.database import Connection, Database

State = Literal["queued", "grading", "graded", "refused", "failed"]
LOG = "@grading:"
"""Begins the name of each hand-in's log, by which all who follow hear that it has moved."""
LEFT_BEHIND = 20 * 60_000
"""Milliseconds after which one is taken to be left behind of which nobody says that they are at it,
as versions did that knew no such word: longer than any grading may take.
"""
COLUMNS = "id, assignment, team, at, state, body, result, taken"


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """An assignment as it is kept; `released` is in milliseconds since 1970, 0 for not yet."""

    id: str
    body: dict[str, Any]
    released: int


@dataclass(frozen=True, slots=True)
class HandInRow:
    """A hand-in as it is kept.

    Attributes:
        id: Its id.
        assignment: For which.
        team: The name of whose it is.
        at: When it came, in milliseconds since 1970.
        state: How far it is.
        body: What came with it.
        result: What it came to; empty before.
        taken: When it was last taken to be graded, in milliseconds since 1970; 0 while it waits.
    """

    id: str
    assignment: str
    team: str
    at: int
    state: State
    body: dict[str, Any]
    result: dict[str, Any]
    taken: int = 0


class DeskStore:
    """Reads and writes what the desk keeps; what is an act leaves its line in the audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_free = (
            "(state = 'queued' OR (state = 'grading'"
            f" AND ((held > 0 AND held <= {database.clock}) OR (held = 0 AND taken <= ?))))"
        )

    def assignments(self) -> list[AssignmentRow]:
        """Returns all assignments, by id."""
        rows = self._read("SELECT id, body, released FROM assignment ORDER BY id")
        return [AssignmentRow(str(row[0]), json.loads(row[1]), int(row[2])) for row in rows]

    def assign(self, id: str, body: dict[str, Any]) -> None:
        """Keeps an assignment, in the place of one with its id."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO assignment (id, body) VALUES (?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                [id, _text(body)],
            )
            record(connection, "desk.assigned", {"assignment": id})

    def release(self, id: str, *, is_released: bool, at: int) -> None:
        """Notes that from a moment on the teams see what their hand-ins of an assignment came to,
        or no more.
        """
        released = at if is_released else 0
        with self._database.writing() as connection:
            connection.execute("UPDATE assignment SET released = ? WHERE id = ?", [released, id])
            hand_ins = connection.execute(
                "SELECT id FROM hand_in WHERE assignment = ? ORDER BY at, id", [id]
            ).fetchall()
            kind = "released" if released else "held"
            for row in hand_ins:
                _log(connection, str(row[0]), kind, at=at)
            record(connection, f"desk.{kind}", {"assignment": id})

    def add(self, row: HandInRow) -> None:
        """Keeps a hand-in."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO hand_in (id, assignment, team, at, state, body)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [row.id, row.assignment, row.team, row.at, row.state, _text(row.body)],
            )
            _log(connection, row.id, "handed_in", at=row.at)
            record(connection, "desk.handed_in", {"assignment": row.assignment, "name": row.team})

    def hand_ins(self, assignment: str = "") -> list[HandInRow]:
        """Returns the hand-ins of an assignment, of all for an empty id, the oldest first."""
        where = " WHERE assignment = ?" if assignment else ""
        values = [assignment] if assignment else []
        rows = self._read(f"SELECT {COLUMNS} FROM hand_in{where} ORDER BY at, id", values)
        return [_hand_in(row) for row in rows]

    def hand_in(self, id: str) -> HandInRow | None:
        """Returns a hand-in; None where there is none of that id."""
        rows = self._read(f"SELECT {COLUMNS} FROM hand_in WHERE id = ?", [id])
        return _hand_in(rows[0]) if rows else None

    def queue(self, ids: Sequence[str], *, at: int) -> None:
        """Puts hand-ins into the queue again."""
        with self._database.writing() as connection:
            for id in ids:
                _move(connection, id, "queued", taken=0)
                _log(connection, id, "again", at=at)

    def take(
        self, *, now: int, seconds: float, most: int, given_up: Mapping[str, Any]
    ) -> HandInRow | None:
        """Takes the hand-in that waits longest for whoever asks, and nobody else.

        Args:
            now: The present moment, in milliseconds since 1970.
            seconds: For how long it is theirs, unless they say again that they are at it.
            most: How often one is begun; what ended whoever graded it would end the next too.
            given_up: What one came to that was begun so often.

        Returns:
            What is to be graded; None where nothing waits.
        """
        with self._database.writing() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM hand_in WHERE {self._is_free} ORDER BY at, id",
                [now - LEFT_BEHIND],
            ).fetchall()
            for hand_in in map(_hand_in, rows):
                if _begun(connection, hand_in.id) < most:
                    _move(connection, hand_in.id, "grading", taken=now)
                    self._hold(connection, hand_in.id, taken=now, seconds=seconds)
                    _log(connection, hand_in.id, "grading", at=now)
                    return replace(hand_in, state="grading", taken=now)
                _end(connection, hand_in.id, "failed", given_up, at=now)
        return None

    def free(self, *, now: int) -> frozenset[str]:
        """Returns the ids of what waits to be graded, or was left behind; `now` as in `take`."""
        statement = f"SELECT id FROM hand_in WHERE {self._is_free}"
        return frozenset(str(row[0]) for row in self._read(statement, [now - LEFT_BEHIND]))

    def hold(self, taken: Mapping[str, int], *, seconds: float) -> None:
        """Says that whoever took hand-ins is at them, for so long from now on.

        Args:
            taken: When each was taken, by its id; one that is another's by now stays that.
            seconds: For how long.
        """
        with self._database.writing() as connection:
            for id, moment in taken.items():
                self._hold(connection, id, taken=moment, seconds=seconds)

    def finish(
        self, id: str, state: State, result: Mapping[str, Any], *, at: int, taken: int | None = None
    ) -> bool:
        """Notes what a hand-in came to.

        Args:
            id: Of the hand-in.
            state: How far it is now.
            result: What it came to.
            at: The present moment, in milliseconds since 1970.
            taken: When whoever says so has taken it; None for who has not.

        Returns:
            Whether it was noted: not where it was taken again meanwhile, or is over.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT state, taken FROM hand_in WHERE id = ?", [id]
            ).fetchone()
            if taken is not None and tuple(row) != ("grading", taken):
                return False
            _end(connection, id, state, result, at=at)
        return True

    def cancel(self, id: str, result: Mapping[str, Any], *, at: int) -> bool:
        """Ends a grading that waits or is at work; whoever is at it is not heard any more.

        Args:
            id: Of the hand-in.
            result: What it came to.
            at: The present moment, in milliseconds since 1970.

        Returns:
            Whether there was one.
        """
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT assignment, team FROM hand_in WHERE id = ?"
                " AND state IN ('queued', 'grading')",
                [id],
            ).fetchone()
            if row is None:
                return False
            _end(connection, id, "failed", result, at=at)
            record(connection, "desk.cancelled", {"assignment": str(row[0]), "name": str(row[1])})
        return True

    def mark(self, hand_in: str, exercise: str, body: dict[str, Any]) -> None:
        """Keeps what a person wrote beside an exercise, in the place of what stood there."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO mark (hand_in, exercise, body) VALUES (?, ?, ?)"
                " ON CONFLICT (hand_in, exercise) DO UPDATE SET body = excluded.body",
                [hand_in, exercise, _text(body)],
            )
            record(connection, "desk.marked", {"name": exercise})

    def marks(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Returns all marks by hand-in and exercise."""
        marks: dict[str, dict[str, dict[str, Any]]] = {}
        for row in self._read("SELECT hand_in, exercise, body FROM mark"):
            marks.setdefault(str(row[0]), {})[str(row[1])] = json.loads(row[2])
        return marks

    def _hold(self, connection: Connection, id: str, *, taken: int, seconds: float) -> None:
        connection.execute(
            f"UPDATE hand_in SET held = {self._database.clock} + ?"
            " WHERE id = ? AND state = 'grading' AND taken = ?",
            [round(seconds * 1000), id, taken],
        )

    def _read(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with self._database.reading() as connection:
            return connection.execute(statement, list(values)).fetchall()


def begun_of(log: str) -> str:
    """Returns the SQL of how often a grading was begun since somebody last wished for it.

    Args:
        log: The SQL of the name of its log, which stands there twice.
    """
    return (
        f"(SELECT count(*) FROM event WHERE run = {log} AND kind = 'grading' AND number > coalesce("
        f"(SELECT max(number) FROM event WHERE run = {log}"
        " AND kind IN ('handed_in', 'again')), -1))"
    )


def _move(connection: Connection, id: str, state: State, *, taken: int) -> None:
    connection.execute(
        "UPDATE hand_in SET state = ?, taken = ?, held = 0 WHERE id = ?", [state, taken, id]
    )


def _end(
    connection: Connection, id: str, state: State, result: Mapping[str, Any], *, at: int
) -> None:
    connection.execute(
        "UPDATE hand_in SET state = ?, result = ? WHERE id = ?", [state, _text(result), id]
    )
    _log(connection, id, state, at=at)


def _begun(connection: Connection, id: str) -> int:
    (count,) = connection.execute(f"SELECT {begun_of('?')}", [LOG + id, LOG + id]).fetchone()
    return int(count)


def _log(connection: Connection, id: str, kind: str, *, at: int) -> None:
    """Writes the line of a log of which followers are told; the act itself stands in the audit log
    already.
    """
    connection.execute(
        "INSERT INTO event (run, number, kind, at, body)"
        " SELECT ?, coalesce(max(number), -1) + 1, ?, ?, '{}' FROM event WHERE run = ?",
        [LOG + id, kind, at, LOG + id],
    )


def _hand_in(row: Any) -> HandInRow:
    id, assignment, team, at, state, body, result, taken = row
    return HandInRow(
        str(id),
        str(assignment),
        str(team),
        int(at),
        state,
        json.loads(body),
        json.loads(result) if result else {},
        int(taken),
    )


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)
