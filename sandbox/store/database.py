"""A database as the store sees it: borrowed connections, one writer at a time, numbered migrations.

SQLite and PostgreSQL are two engines below it.  Every statement is written once, with `?` for
values, in the SQL that both understand.  This module knows no FHIR.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from sandbox.errors import SandboxError, StoreUnavailable

HOUR = 3600.0
CLOSING_SECONDS = 5.0
"""For so long a database that is closed waits for threads that are still asking it."""
MIGRATIONS = Path(__file__).parent / "migrations"


class Rows(Protocol):
    """What a statement gives back."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """One connection of an engine, outside of any transaction unless one was begun."""

    def execute(self, sql: str, params: Sequence[object] = ..., /) -> Rows: ...
    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> object: ...
    def close(self) -> None: ...


class Engine(Protocol):
    """How connections are come by, and what differs between databases."""

    is_quick: bool
    """Whether a plain question is answered in microseconds, within this process."""

    dialect: str
    """Name of the folder that holds its migrations."""

    clock: str
    """SQL of the moment now, in milliseconds since 1970, by the clock of the database."""

    faults: tuple[type[Exception], ...]
    """What its driver raises when the database cannot be reached or a limit of time is over."""

    def take(self, *, seconds: float) -> Connection:
        """Returns a connection whose statements may take so long."""

    def give(self, connection: Connection) -> None:
        """Takes a connection back, or closes it when it is broken."""

    def begin(self, connection: Connection) -> None:
        """Begins a transaction in which no other writer can be."""

    def explain(self, fault: Exception) -> SandboxError | None:
        """Returns a fault of the driver as ours; None for what is a mistake of this program."""

    def migrated(self, connection: Connection) -> int:
        """Returns the number of the last migration."""

    def set_migrated(self, connection: Connection, number: int) -> None: ...

    def copy(self, connection: Connection, file: Path) -> None:
        """Writes all of the database to a new file while others go on."""

    def check(self, connection: Connection) -> None:
        """Raises StoreDamaged where the file is broken, as far as time allows to look."""

    def scrub(self, connection: Connection) -> None:
        """Overwrites what was deleted, as far as the database leaves copies of it in its files."""

    def is_shared(self, connection: Connection) -> bool:
        """Tells whether another process hears what is told."""

    def news(self) -> AsyncGenerator[str] | None:
        """Returns what others tell; None where none does, so that whoever waits has to ask."""

    def close(self) -> None: ...


class Database:
    """Opens a database and brings it to its newest migration; a search may take `seconds`."""

    def __init__(self, engine: Engine, *, seconds: float = 10) -> None:
        self._engine = engine
        self._seconds = seconds
        self._held = threading.local()
        self._returned = threading.Condition()
        self._borrowers = 0
        self._write_lock = threading.RLock()
        # migrating is a write like any other: two processes that start together wait for each other
        try:
            self._migrate()
        except BaseException:
            engine.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Gives a connection to read with.

        Raises:
            TooCostly: A statement took longer than the limit.
            StoreUnavailable: The database cannot be reached.
        """
        connection_at_hand: Connection | None = getattr(self._held, "connection", None)
        if connection_at_hand is not None:  # inside a transaction one reads what it wrote
            yield connection_at_hand
            return
        with self._borrowed(self._limit) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Gives the connection inside one transaction: all of it is kept, or, after any exception,
        nothing.
        """
        connection_at_hand: Connection | None = getattr(self._held, "connection", None)
        if connection_at_hand is not None:  # an interaction inside a transaction Bundle
            yield connection_at_hand
            return
        # The lock keeps the threads of this process in line, so that none waits inside the engine,
        # whose patience is short; a writer may take longer than a reader, who waits for a page.
        with self._write_lock, self._borrowed(self._limit * 6) as connection:
            self._engine.begin(connection)
            self._held.connection = connection
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise
            finally:
                self._held.connection = None

    @contextmanager
    def briefly(self, seconds: float) -> Iterator[None]:
        """Lowers the limit of time for what this thread does inside."""
        self._held.seconds = seconds
        try:
            yield
        finally:
            self._held.seconds = self._seconds

    def is_quick(self) -> bool:
        """Tells whether a plain question or change takes microseconds now: no writer of this
        process is at work.
        """
        if self._engine.is_quick and self._write_lock.acquire(blocking=False):
            self._write_lock.release()
            return True
        return False

    @property
    def clock(self) -> str:
        """SQL of the moment now, in milliseconds since 1970, by the database's own clock."""
        return self._engine.clock

    @property
    def _limit(self) -> float:
        return float(getattr(self._held, "seconds", self._seconds))

    def copy(self, file: Path) -> None:
        """Writes all of it to a new file while others read and write.

        Raises:
            NotImplementedHere: The engine leaves it to the database's own program.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._borrowed(HOUR) as connection:
            self._engine.copy(connection, file)

    async def news(self) -> AsyncGenerator[str]:
        """Yields what this process and others write, as soon as it is kept: the run and the kind
        of a line of a log, or a run and `free` where nobody plays it any more.

        First nothing, once it hears: what came before is told to nobody.  It ends at once where
        the database tells nothing (SQLite).

        Raises:
            StoreUnavailable: The connection is gone, or there is none.
        """
        news = self._engine.news()
        if news is None:
            return
        try:
            async with aclosing(news):
                async for told in news:
                    yield told
        except self._engine.faults as fault:
            raise self._engine.explain(fault) or fault from fault

    def is_shared(self) -> bool:
        """Tells whether another process hears what is told in this database (`news`), and is at
        work therefore; of SQLite, a lock on the folder says so.
        """
        with self._borrowed(self._limit) as connection:
            return self._engine.is_shared(connection)

    def check(self, seconds: float) -> None:
        """Looks whether the file is sound, for at most so long; raises StoreDamaged."""
        with self._borrowed(seconds) as connection:
            self._engine.check(connection)

    def scrub(self) -> None:
        """Overwrites what was deleted; it takes as long as a copy."""
        with self._borrowed(HOUR) as connection:
            self._engine.scrub(connection)

    def close(self) -> None:
        """Closes every connection; the database must not be used afterwards."""
        with self._returned:
            # the thread of a task that was cancelled goes on to its end, which nobody awaits
            self._returned.wait_for(lambda: not self._borrowers, CLOSING_SECONDS)
        self._engine.close()

    @contextmanager
    def _borrowed(self, seconds: float) -> Iterator[Connection]:
        try:
            with self._counted():
                connection = self._engine.take(seconds=seconds)
                try:
                    yield connection
                finally:
                    self._engine.give(connection)
        except self._engine.faults as fault:
            ours = self._engine.explain(fault)
            if ours is None:
                raise
            raise ours from fault

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._returned:
            self._borrowers += 1
        try:
            yield
        finally:
            with self._returned:
                self._borrowers -= 1
                self._returned.notify_all()

    def _roll_back(self, connection: Connection) -> None:
        try:
            connection.execute("ROLLBACK")
        except self._engine.faults:
            return  # the connection is gone, and the transaction with it

    def _migrate(self) -> None:
        with self.writing() as connection:
            done = self._engine.migrated(connection)
            scripts = sorted((MIGRATIONS / self._engine.dialect).glob("*.sql"))
            newest = int(scripts[-1].name.split("_")[0])
            # a newer program has made it: what is in it, this one can only guess
            if done > newest:
                raise StoreUnavailable("store.newer", found=done, known=newest)
            for script in scripts:
                number = int(script.name.split("_")[0])
                if number > done:
                    # one by one: a driver's way to run a whole script would commit before it
                    for statement in script.read_text(encoding="utf-8").split(";"):
                        if statement.strip():
                            connection.execute(statement)
                    self._engine.set_migrated(connection, number)
