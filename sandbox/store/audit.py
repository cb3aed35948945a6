"""The audit log: who did what, when and from where, as a chain in which each line holds the hash of
the line before.

A line is written in the transaction of the act itself, so that neither is kept without the other.
It holds no patient data: of an act's own words only those fields that DETAILS names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sandbox.clock import utc_now
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.database import Connection, Database

Door = Literal["api", "page", "command", "process"]
FIRST = "0" * 64
"""What the first line holds in place of a hash."""
RUN_ACTS = frozenset({"queued", "cancelled", "asked", "claimed", "released", "decided"})
"""Lines of a run's log that are somebody's act; all others tell what the run came to."""
DETAILS = (
    "id", "person", "name", "role", "team", "country", "kind", "whose", "what", "scope", "until",
    "track", "system", "decision", "validation", "space", "event", "test", "state",
)  # fmt: skip
"""Fields of an act's own line that are kept here: no free text, no secret, no hash of one."""
QUIET = frozenset({"@people.seen"})
"""Lines of other logs that nobody wrote on purpose: a session was used."""
ABBREVIATED = 8
"""Characters of a link's secret that tell links apart; 35 others are needed to open it."""
PAGE = 500  # lines that are read at a time


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: name, role and team, through which door, and from which address."""

    who: str = ""
    role: str = ""
    team: str = ""
    door: Door = "process"
    place: str = ""


NOBODY = Actor()
ACTOR: ContextVar[Actor] = ContextVar("actor", default=NOBODY)
"""Who acts now: set where somebody comes in, read where something is written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the audit log: `number` counts from 1, `at` in milliseconds since 1970."""

    number: int
    at: int
    act: str
    who: str
    role: str
    team: str
    door: str
    place: str
    before: str
    hash: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is kept: the text that was hashed, and its hash."""

    number: int
    body: str
    hash: str

    @property
    def entry(self) -> Entry:
        """Returns what the line says."""
        return Entry(hash=self.hash, **json.loads(self.body))


@dataclass(frozen=True, slots=True)
class Broken:
    """A place at which the chain does not hold, by the key of its sentence."""

    key: str
    number: int


class Audit:
    """Writes to the log of one database, and reads it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, act: str, **details: object) -> None:
        """Writes an act that changes nothing in the database, such as an export."""
        with self._database.writing() as connection:
            record(connection, act, details)

    def lines(self, *, after: int = 0) -> Iterator[Line]:
        """Yields the lines behind a number, the oldest first."""
        while rows := self._rows("WHERE number > ? ORDER BY number", after):
            yield from rows
            after = rows[-1].number

    def newest(self, *, before: int = 0, limit: int = PAGE) -> list[Entry]:
        """Returns the newest entries first, all or those below a number."""
        condition = "WHERE number < ? ORDER BY number DESC"
        highest = before or 2**31 - 1  # the largest INTEGER of PostgreSQL
        return [line.entry for line in self._rows(condition, highest, limit=limit)]

    def verify(self) -> list[Broken]:
        """Returns where the chain does not hold; nothing where it does."""
        return broken(self.lines())

    def _rows(self, condition: str, number: int, *, limit: int = PAGE) -> list[Line]:
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT number, body, hash FROM audit {condition} LIMIT ?", [number, limit]
            ).fetchall()
        return [Line(int(row[0]), str(row[1]), str(row[2])) for row in rows]


def record(connection: Connection, act: str, details: Mapping[str, object]) -> None:
    """Writes an act of whoever acts now, inside the transaction that is open."""
    last = connection.execute(
        "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
    ).fetchone()
    number, before = (int(last[0]) + 1, str(last[1])) if last else (1, FIRST)
    # the moment is this machine's and no argument: nobody tells an audit log its time
    line = {"number": number, "at": milliseconds_of(utc_now()), "act": act, "before": before}
    line |= {**asdict(ACTOR.get()), "details": details}
    body = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    connection.execute(
        "INSERT INTO audit (number, body, hash) VALUES (?, ?, ?)", [number, body, hash_of(body)]
    )


def record_line(connection: Connection, log: str, kind: str, body: str) -> None:
    """Writes what a line of another log says, where that is somebody's act.

    A log whose name begins with `@`, such as that of people, holds acts alone; so does one that is
    added tomorrow.
    """
    words = json.loads(body)
    is_own = log.startswith("@")
    # one that the server cancels by itself, with its reason, is nobody's act
    if not is_own and (kind not in RUN_ACTS or words.get("reason")):
        return
    if f"{log}.{kind}" in QUIET:
        return
    details = {name: words[name] for name in DETAILS if words.get(name)}
    # `@people` is one log, `@instance:ID` that of one among many
    kept, _, id = log[1:].partition(":") if is_own else ("run", "", log)
    record(connection, f"{kept}.{kind}", {kept: id} | details if id else details)


def broken(lines: Iterable[Line]) -> list[Broken]:
    """Returns the places at which a chain of lines does not hold.

    A line from which words were taken fits the hash that a later line, of the redaction, tells.
    """
    faults: list[tuple[Broken, str]] = []
    redacted: dict[str, str] = {}
    expected = 1
    before = FIRST
    for line in lines:
        entry = _read(line)
        if line.number != expected:
            faults.append((Broken("audit.missing", expected), ""))
        elif entry is None or entry.number != line.number:
            faults.append((Broken("audit.changed", line.number), ""))
        elif line.hash != hash_of(line.body):
            faults.append((Broken("audit.changed", line.number), hash_of(line.body)))
        elif entry.before != before:
            faults.append((Broken("audit.unchained", line.number), ""))
        elif entry.act == "data.redacted":
            redacted |= entry.details.get("lines", {})
        before = line.hash
        expected = line.number + 1
    return [fault for fault, hash in faults if not hash or redacted.get(str(fault.number)) != hash]


def _read(line: Line) -> Entry | None:
    try:
        return line.entry
    except (ValueError, TypeError):
        return None


def hash_of(text: str) -> str:
    """Returns the SHA-256 of a line's text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
