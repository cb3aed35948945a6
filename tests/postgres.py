"""A PostgreSQL server of the tests' own: made in a folder, reached by a socket in it, run by an unprivileged user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from sandbox.store.partitions import Partitions

# Nothing of it outlives the tests, so nothing need reach the disk.
OPTIONS = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=150"

MADE = "made by tests.postgres.empty"
TRUNCATE = """DO $$ DECLARE names text; BEGIN
    SELECT string_agg(format('sandbox.%I', relname), ', ') INTO names FROM pg_class
    WHERE relnamespace = 'sandbox'::regnamespace AND relkind = 'r' AND relname <> 'migration'
    AND pg_relation_size(oid) > 0;
    IF names IS NOT NULL THEN EXECUTE 'TRUNCATE ' || names || ' RESTART IDENTITY CASCADE'; END IF;
END $$"""


def programs() -> Path | None:
    """Returns the folder of the newest `initdb` of this machine, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3])
    )
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def is_there() -> bool:
    """Tells whether a server could be started here: root needs another user to run it."""
    return programs() is not None and (os.getuid() != 0 or _unprivileged() is not None)


@contextmanager
def running() -> Iterator[str]:
    """Starts a server and gives its URL."""
    folder, user = (
        Path(tempfile.mkdtemp(prefix="pg-")),
        _unprivileged() if os.getuid() == 0 else None,
    )
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    _run(
        "initdb",
        "-D",
        data,
        "-U",
        "tests",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        user=user,
    )
    _run(
        "pg_ctl",
        "-D",
        data,
        "-o",
        f"{OPTIONS} -k {folder}",
        "-l",
        folder / "log",
        "-w",
        "start",
        user=user,
    )
    try:
        yield f"postgresql://tests@/postgres?host={folder}"
    finally:
        _run("pg_ctl", "-D", data, "-m", "immediate", "stop", user=user)
        shutil.rmtree(folder, ignore_errors=True)


def forget(url: str) -> None:
    """Drops every schema of ours."""
    with psycopg.connect(url, autocommit=True) as connection:
        _drop(connection, "^(sandbox|tenant_)")


def empty(url: str) -> None:
    """Leaves the main schema alone, migrated and without rows, its numbers begun anew.

    One that it has made itself, which its comment tells, loses its rows: to drop and to make it
    anew takes ten times as long, and a test of the server needs no more.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        _drop(connection, "^tenant_")
        made = connection.execute(
            "SELECT obj_description(to_regnamespace('sandbox'), 'pg_namespace') = %s", [MADE]
        ).fetchone()
        if made == (True,):
            # not by DELETE: rows would then come in the order in which room was found for them
            connection.execute(TRUNCATE)
            return
        _drop(connection, "^sandbox")
        Partitions(Path(), url=url).close()
        connection.execute(f"COMMENT ON SCHEMA sandbox IS '{MADE}'")


@contextmanager
def beside(url: str) -> Iterator[str]:
    """Gives the address of one more database of a server, which the emptying of the first leaves alone."""
    name = f"beside_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield url.replace("/postgres?", f"/{name}?")
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _drop(connection: psycopg.Connection[Any], names: str) -> None:
    rows = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname ~ %s", [names]
    ).fetchall()
    for (name,) in rows:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def restart(url: str) -> None:
    """Stops a server that `running` has started, as an update of it would, and starts it again."""
    folder = Path(url.partition("host=")[2])
    user = _unprivileged() if os.getuid() == 0 else None
    _run("pg_ctl", "-D", folder / "data", "-m", "fast", "-w", "restart", user=user)


def _run(program: str, *words: object, user: str | None) -> None:
    folder = programs()
    assert folder is not None
    subprocess.run(
        [folder / program, *map(str, words)],
        check=True,
        user=user,
        stdout=subprocess.DEVNULL,
        cwd="/",
    )


def _unprivileged() -> str | None:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)
