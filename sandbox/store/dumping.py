"""A PostgreSQL database of a sandbox as one file, and back into an empty one, by PostgreSQL's own
programs: one consistent state of all schemas, while servers go on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.pq import Conninfo

from sandbox.errors import BadRequest, NotImplementedHere, StoreUnavailable
from sandbox.store.audit import Line, broken
from sandbox.store.database import Database

FILE = "sandbox.dump"
SCHEMAS = ("sandbox", "tenant_*")
SIGNATURE = b"PGDMP"  # with which each archive in the custom format of pg_dump begins


def dump(url: str, file: Path) -> None:
    """Writes all schemas of a sandbox to a new file.

    Args:
        url: The database.
        file: Where to; its folder is made.

    Raises:
        NotImplementedHere: PostgreSQL's program is not there.
        StoreUnavailable: It has failed, for example because it is older than the server.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    schemas = [f"--schema={schema}" for schema in SCHEMAS]
    _run(url, "pg_dump", "--format=custom", f"--file={file}", *schemas)


def load(url: str, file: Path) -> None:
    """Puts what was dumped into a database that has no sandbox yet: all of it or nothing.

    Args:
        url: The database.
        file: What `dump` has written.

    Raises:
        BadRequest: The file is no dump, or there is a sandbox in the database.
        NotImplementedHere: PostgreSQL's program is not there.
        StoreUnavailable: The database cannot be reached, or the program has failed.
    """
    if not is_dump(file):
        raise BadRequest("store.no_backup", where=str(file.parent), folder=file.parent)
    if _has_sandbox(url):
        raise BadRequest("store.database_taken", where="DATABASE_URL")
    # who owned it there need not be known here
    ways = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    _run(url, "pg_restore", *ways, f"--dbname={_values(url)['PGDATABASE']}", str(file))


def is_dump(file: Path) -> bool:
    """Tells whether a file begins as an archive of pg_dump."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(SIGNATURE)) == SIGNATURE


def faults_of(database: Database) -> Iterator[tuple[str, str]]:
    """Yields what is wrong with the content of a database: a sentence's key, with its place.

    PostgreSQL itself sums up its pages; this looks at the chain of the audit log, and at the bodies
    by their hash.
    """
    with database.reading() as connection:
        lines = connection.execute("SELECT number, body, hash FROM audit ORDER BY number")
        for fault in broken(Line(*row) for row in lines.fetchall()):
            yield fault.key, str(fault.number)
        hashes = connection.execute("SELECT hash FROM blob ORDER BY hash").fetchall()
        # one by one: a body may have some megabytes
        for (hash,) in hashes:
            (content,) = connection.execute(
                "SELECT content FROM blob WHERE hash = ?", [hash]
            ).fetchone()
            if hashlib.sha256(bytes(content)).hexdigest() != hash:
                yield "examining.body", str(hash)


def _has_sandbox(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_namespace WHERE nspname = %s", [SCHEMAS[0]]
            ).fetchone()
    except psycopg.OperationalError as fault:
        raise StoreUnavailable("store.unavailable", reason=type(fault).__name__) from fault
    return bool(row and row[0])


def _values(url: str) -> dict[str, str]:
    """Returns what an address says, as PostgreSQL's programs read it from their environment: among
    their words everybody on the machine would see the password.
    """
    options = Conninfo.parse(url.encode())
    given = {
        option.envvar.decode(): option.val.decode()
        for option in options
        if option.envvar and option.val is not None
    }
    return {"PGDATABASE": given.get("PGUSER", "postgres"), **given}


def _run(url: str, program: str, *words: str) -> None:
    place = shutil.which(program)
    if place is None:
        raise NotImplementedHere("store.no_program", where=program, program=program)
    done = subprocess.run(
        [place, "--no-password", *words],
        env={**os.environ, **_values(url)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [str(done.returncode)]
        raise StoreUnavailable("store.program_failed", program=program, reason=lines[0][:300])
