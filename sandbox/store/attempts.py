"""Which runs are attempts of which test instances: a row for each, written in the transaction of
the line that says so, so that how the runs of an instance went is asked by key.

Knows no plan; what a verdict means is the event's to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.limits import LIST_PAGE
from sandbox.store.database import Connection, Database
from sandbox.store.runs import Event

LOG = "@instance:"
"""Begins the name of each instance's log."""
RAN = "ran"
"""The kind of the line by which a run becomes an attempt."""
MOST = 500
"""How many are written in one transaction at the start: others wait for it."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """A run as an attempt of the system in a role of an instance; `at` is when it began, in
    milliseconds since 1970, and its verdict is empty before there is one.
    """

    instance: str
    test: str
    role: str
    track: str
    run: str
    system: str
    at: int
    state: str
    verdict: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding as it stands in the log of a run that is an attempt of some instance."""

    run: str
    system: str
    body: str


class AttemptStore:
    """Asks over one database; `keep` is for whoever appends to the logs of instances."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def catch_up(self) -> int:
        """Reads from their logs the attempts that have no row, such as those older than rows, or of
        an older program beside this one; returns how many there were.
        """
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT run, number, kind, at, body FROM event WHERE kind = ? AND NOT EXISTS"
                " (SELECT 1 FROM attempt WHERE attempt.instance = substr(event.run, ?)"
                " AND attempt.number = event.number) ORDER BY run, number",
                [RAN, len(LOG) + 1],
            ).fetchall()
        lines = [
            Event(str(run), int(str(number)), str(kind), int(str(at)), str(body))
            for run, number, kind, at, body in found
        ]
        for begin in range(0, len(lines), MOST):
            with self._database.writing() as connection:
                keep(connection, lines[begin : begin + MOST])
        return len(lines)

    def instance_of(self, run: str) -> str:
        """Returns the id of the instance of which a run became an attempt first; "" for none."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT attempt.instance FROM attempt"
                " JOIN instance ON instance.id = attempt.instance"
                " WHERE attempt.run = ? ORDER BY instance.at, attempt.number LIMIT 1",
                [run],
            ).fetchone()
        return str(row[0]) if row else ""

    def of(self, event: str, states: Sequence[str], *, team: str = "") -> list[Attempted]:
        """Returns the attempts of the instances of an event that stand in one of some states, by
        instance, role and track, the newest first.

        Args:
            event: The event.
            states: Those of the instances.
            team: One that takes part in them; empty for all.
        """
        of_team = (
            " AND instance.id IN (SELECT instance FROM instance_part WHERE team = ?)"
            if team
            else ""
        )
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT attempt.instance, instance.test, attempt.role, attempt.track, attempt.run,"
                " run_row.system, run_row.state, run_row.verdict, run_row.at FROM instance"
                " JOIN attempt ON attempt.instance = instance.id"
                " JOIN run_row ON run_row.run = attempt.run"
                f" WHERE instance.event = ? AND instance.state IN ({_marks(states)}){of_team}"
                " ORDER BY attempt.instance, attempt.role, attempt.track, attempt.number DESC",
                [event, *states, *filter(None, [team])],
            ).fetchall()
        return [_attempted(row) for row in rows]

    def findings_in(self, event: str) -> list[FindingLine]:
        """Returns what the runs of an event's instances have found, in the order of the runs."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT attempt.run FROM attempt"
                " JOIN instance ON instance.id = attempt.instance"
                " WHERE instance.event = ? ORDER BY attempt.run",
                [event],
            ).fetchall()
        return self.findings_of([str(row[0]) for row in rows])

    def findings_of(self, runs: Sequence[str]) -> list[FindingLine]:
        """Returns what runs have found, in the order of the runs that are given."""
        lines: list[FindingLine] = []
        with self._database.reading() as connection:
            for begin in range(0, len(runs), LIST_PAGE):
                some = runs[begin : begin + LIST_PAGE]
                rows = connection.execute(
                    "SELECT event.run, run_row.system, event.body FROM event"
                    " JOIN run_row ON run_row.run = event.run"
                    f" WHERE event.run IN ({_marks(some)})"
                    " AND event.kind = 'finding' ORDER BY event.run, event.number",
                    some,
                ).fetchall()
                lines += [FindingLine(*(str(word) for word in row)) for row in rows]
        return lines


def keep(connection: Connection, lines: Iterable[Event]) -> None:
    """Keeps a row for each of these lines by which a run becomes an attempt.

    Args:
        connection: Of the transaction in which the lines are appended.
        lines: Of logs of instances.
    """
    for line in lines:
        if line.kind != RAN:
            continue
        body = json.loads(line.body)
        connection.execute(
            "INSERT INTO attempt (instance, number, run, role, track) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (instance, number) DO NOTHING",
            [line.run.removeprefix(LOG), line.number, body["run"], body["role"], body["track"]],
        )


def _attempted(row: Sequence[object]) -> Attempted:
    instance, test, role, track, run, system, state, verdict = map(str, row[:8])
    at = int(str(row[8]))
    return Attempted(instance, test, role, track, run, system, at, state, verdict)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" for _ in values)
