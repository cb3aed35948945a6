"""Partitions: one database for the main data and one for each tenant, so that none can see
another's.

With SQLite a partition is a file, with PostgreSQL a schema.  The list of tenants stands in the main
one.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import BadRequest
from sandbox.store.audit import Audit, record
from sandbox.store.database import Database
from sandbox.store.sqlite import SqliteEngine

# it becomes a file, a schema and a part of addresses: no dots, slashes or capitals
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}\Z")
MAIN = "sandbox"
BESIDE = ("desk", "trust", "packages")
"""Folders that belong to what stands in the databases: notebooks handed in, the keys of countries,
guides that were added.
"""
PARTIAL = ".partial"  # what a folder of a backup is called until it is whole
VALIDATIONS = ("off", "warn", "reject")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A team with a partition of its own; `created` in milliseconds since 1970."""

    name: str
    validation: str
    created: int


class Partitions:
    """Opens partitions when they are first asked for: below `folder`, or on the PostgreSQL server
    at `url`.
    """

    def __init__(self, folder: Path, *, url: str = "", seconds: float = 10) -> None:
        self._backend = _Postgres(url, seconds) if url else _Files(folder, seconds)
        self._opened: dict[Tenant, Database] = {}
        try:
            self.main = self._backend.open(MAIN)
        except BaseException:
            self._backend.close()
            raise

    def tenants(self) -> list[Tenant]:
        """Returns the tenants by name."""
        with self.main.reading() as connection:
            rows = connection.execute(
                "SELECT name, validation, created FROM tenant ORDER BY name"
            ).fetchall()
        return [Tenant(*row) for row in rows]

    def find(self, name: str) -> Tenant | None:
        """Returns the tenant of that name, or None."""
        if not NAME.match(name):
            return None
        with self.main.reading() as connection:
            row = connection.execute(
                "SELECT name, validation, created FROM tenant WHERE name = ?", [name]
            ).fetchone()
        return Tenant(*row) if row else None

    def add(self, tenant: Tenant) -> None:
        """Adds a tenant, or sets how an existing one validates.

        Raises:
            BadRequest: The name cannot be one, or there is no such way to validate.
        """
        if not NAME.match(tenant.name) or tenant.name == MAIN:
            raise BadRequest("store.bad_tenant", where=tenant.name, name=tenant.name)
        if tenant.validation not in VALIDATIONS:
            raise BadRequest(
                "store.bad_validation", name=tenant.validation, known=", ".join(VALIDATIONS)
            )
        with self.main.writing() as connection:
            connection.execute(
                "INSERT INTO tenant (name, validation, created) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET validation = excluded.validation",
                [tenant.name, tenant.validation, tenant.created],
            )
            details = {"name": tenant.name, "validation": tenant.validation}
            record(connection, "space.added", details)

    def remove(self, name: str) -> bool:
        """Removes a tenant with all its data; returns whether there was one."""
        tenant = self.find(name)
        if tenant is None:
            return False
        with self.main.writing() as connection:
            connection.execute("DELETE FROM tenant WHERE name = ?", [name])
            record(connection, "space.removed", {"name": name})
        opened = self._opened.pop(tenant, None)
        if opened is not None:
            opened.close()
        self._backend.drop(name)
        return True

    def open(self, tenant: Tenant) -> Database:
        """Returns the database of a tenant."""
        # By name alone a tenant removed and added again by another process would meet its old file.
        store = self._opened.get(tenant)
        if store is None:
            store = self._opened.setdefault(tenant, self._backend.open(tenant.name))
        return store

    def back_up(self, folder: Path, *, data: Path | None = None) -> list[Path]:
        """Writes every partition to a new folder, which can be the data folder of another sandbox.

        Args:
            folder: The new folder.
            data: The data folder, for what stands beside the databases.

        Returns:
            The files, the main partition first, then what stands beside.

        Raises:
            BadRequest: The folder has something in it already.
            NotImplementedHere: PostgreSQL's own program is not there, which does it.
            StoreUnavailable: That program has failed.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadRequest("store.backup_exists", where=str(folder), folder=folder)
        partial = folder.with_name(f".{folder.name}{PARTIAL}")
        shutil.rmtree(partial, ignore_errors=True)  # of one that was stopped by force
        wanted = {MAIN: self.main}
        wanted |= {tenant.name: self.open(tenant) for tenant in self.tenants()}
        # before the copy, which is to tell of itself
        Audit(self.main).record("backup.made", folder=str(folder))
        try:
            files = self._backend.copy(wanted, partial)
            # after the databases: what these know of is there
            beside = [partial / name for name in BESIDE if data and (data / name).is_dir()]
            for place in beside:
                shutil.copytree((data or folder) / place.name, place, copy_function=_copied)
            # whole or not there: half of a backup would be taken for one
            partial.replace(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return [folder / file.relative_to(partial) for file in (*files, *beside)]

    def check(self, seconds: float) -> None:
        """Looks whether all are sound, for at most so long in all; raises StoreDamaged."""
        deadline = time.monotonic() + seconds
        for database in (self.main, *(self.open(tenant) for tenant in self.tenants())):
            if (left := deadline - time.monotonic()) > 0:
                database.check(left)

    def close(self) -> None:
        """Closes all of them."""
        for database in (self.main, *self._opened.values()):
            database.close()
        self._backend.close()


def _copied(source: str, target: str) -> None:
    # a file that somebody removes meanwhile is one that the copy need not have
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


class _Files:
    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds

    def open(self, name: str) -> Database:
        return Database(SqliteEngine(self.file(name)), seconds=self._seconds)

    def copy(self, databases: Mapping[str, Database], folder: Path) -> list[Path]:
        copies = _Files(folder, 0)
        for name, database in databases.items():
            database.copy(copies.file(name))
        return [copies.file(name) for name in databases]

    def drop(self, name: str) -> None:
        # SQLite's journal and its index stand beside the file: left over, they would be replayed
        for ending in ("", "-wal", "-shm"):
            self.file(name).with_name(f"{name}.db{ending}").unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is shared by the files."""

    def file(self, name: str) -> Path:
        return (
            self._folder / f"{MAIN}.db" if name == MAIN else self._folder / "tenants" / f"{name}.db"
        )


class _Postgres:
    def __init__(self, url: str, seconds: float) -> None:
        # its driver takes 0.1 s to import
        from sandbox.store.postgres import PostgresEngine, PostgresServer

        self._url = url
        self._server = PostgresServer(url)
        self._seconds = seconds
        self._engine: Callable[[str], PostgresEngine] = lambda name: PostgresEngine(
            self._server, _schema(name)
        )

    def open(self, name: str) -> Database:
        return Database(self._engine(name), seconds=self._seconds)

    def copy(self, databases: Mapping[str, Database], folder: Path) -> list[Path]:
        from sandbox.store.dumping import FILE, dump

        # all at one moment, and those that were added meanwhile
        dump(self._url, folder / FILE)
        return [folder / FILE]

    def drop(self, name: str) -> None:
        self._engine(name).drop()

    def close(self) -> None:
        self._server.close()


def _schema(name: str) -> str:
    return MAIN if name == MAIN else f"tenant_{name}"
