"""Redaction: takes one document or identifier out of a database, and leaves what tells of it.

Versions and bodies are deleted, lines of logs lose the words alone.  Each run that lost something
has a line that says so, and so has the audit log, whose chain goes on to hold.  None of them holds
what was looked for, nor its hash, from which an identifier is soon guessed.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sandbox.clock import utc_now
from sandbox.fhir.dates import milliseconds_of
from sandbox.store.audit import hash_of, record
from sandbox.store.database import Connection
from sandbox.store.partitions import MAIN, Partitions
from sandbox.store.resources import COLUMNS
from sandbox.store.run_rows import retell
from sandbox.store.runs import ANNOUNCEMENTS, GALLERY
from sandbox.store.targets import Target

Kind = Literal["version", "body", "line", "judgement", "link", "notice", "system", "audit"]
REDACTED = "redacted"
"""Kind of the line that a run gets."""
ROWS = 500  # that are read at a time
NAMES = {"judgement": "kept_judgement", "link": "link", "notice": "notice"}
EXCHANGES = ("exchange", "captured")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that holds what is looked for: in which space (empty: the main one), what kind of
    thing, its name for people, and its key.
    """

    space: str
    kind: Kind
    name: str
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup: whether it holds what is looked for; None where that could not be found out."""

    folder: str
    holds: bool | None


def find(partitions: Partitions, target: Target) -> list[Spot]:
    """Returns all places that hold it."""
    spots = []
    for tenant in partitions.tenants():
        with partitions.open(tenant).reading() as connection:
            spots += list(_versions(connection, target, tenant.name))
    with partitions.main.reading() as connection:
        return [*_spots(connection, target), *spots]


def redact(partitions: Partitions, target: Target, *, reason: str) -> list[Spot]:
    """Takes it out everywhere; returns the places at which it was."""
    spots = []
    for tenant in partitions.tenants():
        with partitions.open(tenant).writing() as connection:
            met = list(_versions(connection, target, tenant.name))
            _drop_versions(connection, met)
            spots += met
        partitions.open(tenant).scrub()
    with partitions.main.writing() as connection:
        met = list(_spots(connection, target))
        _drop_versions(connection, met)
        changed_lines = _take_from_logs(connection, target, met, reason)
        _drop_others(connection, target, met)
        counts = Counter(spot.kind for spot in [*met, *spots])
        # without an act: what looked and found nothing changed nothing
        if counts:
            lines = {
                "reason": reason,
                "counts": dict(sorted(counts.items())),
                "lines": changed_lines,
            }
            record(connection, "data.redacted", lines)
    partitions.main.scrub()
    return [*met, *spots]


def copies(partitions: Partitions, target: Target) -> list[Copy]:
    """Returns the backups of which the audit log tells, and whether they hold it."""
    with partitions.main.reading() as connection:
        rows = connection.execute("SELECT body FROM audit ORDER BY number").fetchall()
    entries = [json.loads(row[0]) for row in rows]
    folders = [entry["details"]["folder"] for entry in entries if entry["act"] == "backup.made"]
    return [Copy(folder, _holds(Path(folder), target)) for folder in dict.fromkeys(folders)]


def _holds(folder: Path, target: Target) -> bool | None:
    files = [folder / f"{MAIN}.db", *sorted((folder / "tenants").glob("*.db"))]
    if not files[0].is_file():
        return None
    try:
        return any(_is_in_file(file, target) for file in files)
    except sqlite3.Error:
        return None


def _is_in_file(file: Path, target: Target) -> bool:
    # as it is, without migrating: a backup is only looked at
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        return next(_spots(connection, target, present=present), None) is not None


def _spots(
    connection: Connection, target: Target, *, present: set[str] | None = None
) -> Iterator[Spot]:
    """Yields the places in one database; `present` are the tables that an older one has."""
    yield from _versions(connection, target, "")

    def rows(table: str, columns: str, condition: str = "") -> Sequence[Any]:
        if present is not None and table not in present:
            return ()
        return connection.execute(f"SELECT {columns} FROM {table} {condition}").fetchall()

    for hash, content in _blobs(connection) if present is None or "blob" in present else ():
        if target.is_in(content):
            yield Spot("", "body", hash[:12], (hash,))
    # logs of people and the like name those who take part, and no patients; in those of test
    # instances people talk, samples of the gallery have titles, and announcements are words
    for run, number, kind, body in rows(
        "event",
        "run, number, kind, body",
        "WHERE substr(run, 1, 1) <> '@' OR substr(run, 1, 10) = '@instance:'"
        f" OR run IN ('{GALLERY}', '{ANNOUNCEMENTS}')",
    ):
        if target.is_in(str(body)):
            yield Spot("", "line", f"{run} {number} ({kind})", (run, number))
    kinds: tuple[Kind, ...] = ("judgement", "link", "notice")
    for name in kinds:
        for id, body in rows(NAMES[name], "id, body"):
            if target.is_in(str(body)):
                yield Spot("", name, str(id)[:8], (id,))
    for name, body in rows("registered_system", "name, body"):
        if target.is_in(str(body)):
            yield Spot("", "system", str(name), (name,))
    for number, body in rows("audit", "number, body"):
        if target.is_in(str(body)):
            yield Spot("", "audit", str(number), (number,))


def _versions(connection: Connection, target: Target, space: str) -> Iterator[Spot]:
    after = 0
    while rows := connection.execute(
        "SELECT v.written, r.type, r.id, v.version, v.body, r.pk FROM resource r"
        " JOIN version v ON v.resource = r.pk WHERE v.written > ? AND v.body IS NOT NULL"
        f" ORDER BY v.written LIMIT {ROWS}",
        (after,),
    ).fetchall():
        for _, type, id, version, body, pk in rows:
            is_it = (type, id) == target.place if target.place else target.is_in(bytes(body))
            if is_it:
                yield Spot(space, "version", f"{type}/{id}/_history/{version}", (pk, version))
        after = int(rows[-1][0])


def _blobs(connection: Connection) -> Iterator[tuple[str, bytes]]:
    after = ""
    while rows := connection.execute(
        f"SELECT hash, content FROM blob WHERE hash > ? ORDER BY hash LIMIT {ROWS}", (after,)
    ).fetchall():
        yield from ((str(hash), bytes(content)) for hash, content in rows)
        after = str(rows[-1][0])


def _drop_versions(connection: Connection, spots: Sequence[Spot]) -> None:
    """Empties versions; a resource whose current one is among them is deleted."""
    for pk, version in [spot.key for spot in spots if spot.kind == "version"]:
        connection.execute(
            "UPDATE version SET body = NULL, method = 'DELETE' WHERE resource = ? AND version = ?",
            (pk, version),
        )
        connection.execute(
            "UPDATE resource SET deleted = 1 WHERE pk = ? AND version = ?", (pk, version)
        )
        is_gone = connection.execute(
            "SELECT pk FROM resource WHERE pk = ? AND deleted = 1", (pk,)
        ).fetchone()
        for kind in COLUMNS if is_gone else ():
            connection.execute(f"DELETE FROM search_{kind} WHERE resource = ?", (pk,))


def _take_from_logs(
    connection: Connection, target: Target, spots: Sequence[Spot], reason: str
) -> dict[str, str]:
    """Takes bodies and words from the logs, each run being told; returns the hashes of the lines
    of the audit log as they read now.
    """
    bodies = {spot.key[0] for spot in spots if spot.kind == "body"}
    numbers: dict[str, list[int]] = defaultdict(list)
    for run, number in [spot.key for spot in spots if spot.kind == "line"]:
        numbers[run].append(number)
    lost = _runs_of(connection, bodies)
    _take_words(connection, target, numbers)
    connection.executemany("DELETE FROM blob WHERE hash = ?", [(hash,) for hash in sorted(bodies)])
    for run in sorted(numbers.keys() | lost.keys()):
        redaction = {
            "bodies": sorted(lost.get(run, ())),
            "lines": numbers.get(run, []),
            "reason": reason,
        }
        connection.execute(
            "INSERT INTO event (run, number, kind, at, body)"
            " SELECT ?, max(number) + 1, ?, ?, ? FROM event WHERE run = ?",
            [
                run,
                REDACTED,
                milliseconds_of(utc_now()),
                json.dumps(redaction, ensure_ascii=False),
                run,
            ],
        )
    return _take_from_audit(connection, target, spots)


def _take_words(
    connection: Connection, target: Target, numbers: Mapping[str, Sequence[int]]
) -> None:
    """Takes the words from lines of logs, and from what lists say of those runs."""
    for run, lines in numbers.items():
        for number in lines:
            key = [run, number]
            (body,) = connection.execute(
                "SELECT body FROM event WHERE run = ? AND number = ?", key
            ).fetchone()
            connection.execute(
                "UPDATE event SET body = ? WHERE run = ? AND number = ?",
                [target.taken_out(str(body)), *key],
            )
        retell(connection, run, target.taken_out)


def _runs_of(connection: Connection, bodies: set[str]) -> Mapping[str, set[str]]:
    """Returns which bodies each run loses."""
    lost: dict[str, set[str]] = defaultdict(set)
    rows = (
        connection.execute(f"SELECT run, body FROM event WHERE kind IN {EXCHANGES}").fetchall()
        if bodies
        else ()
    )
    for run, text in rows:
        line = json.loads(text)
        if gone := bodies & {line["request_body"], line["body"]}:
            lost[str(run)] |= gone
    return lost


def _take_from_audit(
    connection: Connection, target: Target, spots: Sequence[Spot]
) -> dict[str, str]:
    hashes = {}
    for (number,) in [spot.key for spot in spots if spot.kind == "audit"]:
        (body,) = connection.execute("SELECT body FROM audit WHERE number = ?", [number]).fetchone()
        text = target.taken_out(str(body))
        # its hash stays, to which the next line holds; that of the new text is told further on
        connection.execute("UPDATE audit SET body = ? WHERE number = ?", [text, number])
        hashes[str(number)] = hash_of(text)
    return hashes


def _drop_others(connection: Connection, target: Target, spots: Sequence[Spot]) -> None:
    for spot in spots:
        if spot.kind == "link":
            connection.execute("DELETE FROM link_location WHERE link = ?", spot.key)
        if spot.kind == "notice":
            connection.execute("DELETE FROM notice_try WHERE notice = ?", spot.key)
        if spot.kind in NAMES:
            connection.execute(f"DELETE FROM {NAMES[spot.kind]} WHERE id = ?", spot.key)
        if spot.kind == "system":
            (body,) = connection.execute(
                "SELECT body FROM registered_system WHERE name = ?", spot.key
            ).fetchone()
            connection.execute(
                "UPDATE registered_system SET body = ? WHERE name = ?",
                [target.taken_out(str(body)), *spot.key],
            )
