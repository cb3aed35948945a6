"""PostgreSQL: a schema for each partition; the connections of one server are shared by all of
them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from sandbox.errors import NotImplementedHere, SandboxError, StoreUnavailable, TooCostly
from sandbox.store.database import Connection, Rows

TOO_MUCH = (psycopg.errors.QueryCanceled, psycopg.errors.ProgramLimitExceeded)
IDLE = 16  # connections kept open for the next request
CHANNEL = "connectathon"
"""On which the triggers of migration 17 tell what is written."""

# the schema's name as the lock: writers of other tenants do not wait
BEGIN = "BEGIN; SELECT pg_advisory_xact_lock(hashtext(current_schema()))"
Setting = tuple[str, float]
UNSET: Setting = ("", 0)


class _Open:
    """One connection; it knows which schema and limit it is set to."""

    def __init__(self, url: str) -> None:
        self.raw: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True, connect_timeout=5)
        self.setting = UNSET

    def execute(self, sql: str, params: Sequence[object] = (), /) -> Rows:
        # bodies are bytes: as text each would travel in twice its size
        return self.raw.execute(_marked(sql), params, binary=True)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> object:
        with self.raw.cursor() as cursor:
            cursor.executemany(_marked(sql), rows)
        return None

    def close(self) -> None:
        self.raw.close()


class PostgresServer:
    """The server at a URL such as `postgresql://user@host/database`, with its idle connections."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[_Open] = []
        self._is_closed = False

    def take(self, setting: Setting = UNSET) -> _Open:
        """Returns a connection, one that is set so already where one is idle.

        Args:
            setting: The schema and the limit of time that it is wanted for.

        Raises:
            psycopg.OperationalError: The server cannot be reached.
        """
        for connection in reversed([*self._idle]):
            if connection.setting == setting:
                with suppress(ValueError):  # another thread was quicker
                    self._idle.remove(connection)
                    return connection
        try:
            return self._idle.pop()
        except IndexError:
            return _Open(self._url)

    def give(self, connection: _Open) -> None:
        """Keeps a sound connection for the next one."""
        is_sound = connection.raw.info.transaction_status == TransactionStatus.IDLE
        # a thread may still be at work when the server stops, and give its connection back later
        if is_sound and len(self._idle) < IDLE and not self._is_closed:
            self._idle.append(connection)
            return
        connection.close()
        if not is_sound:  # the server went away: the idle ones are as dead
            self._drop_idle()

    async def news(self) -> AsyncGenerator[str]:
        """Yields nothing as soon as it hears, then what is told in this database."""
        connection = await psycopg.AsyncConnection.connect(
            # a machine that is gone says nothing: after half a minute it is taken for gone
            self._url,
            autocommit=True,
            connect_timeout=5,
            application_name=CHANNEL,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=4,
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            yield ""
            async for notice in connection.notifies():
                yield notice.payload

    def close(self) -> None:
        """Closes the idle connections; one that is out is closed when it comes back."""
        self._is_closed = True
        self._drop_idle()

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()


class PostgresEngine:
    """One schema of a server, made when it is absent."""

    is_quick = False
    dialect = "postgres"
    # not now(), which stands still within a transaction that waited for its turn to write
    clock = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    faults: tuple[type[Exception], ...] = (psycopg.OperationalError, *TOO_MUCH)

    def __init__(self, server: PostgresServer, schema: str) -> None:
        self._server = server
        self._schema = schema
        self._is_made = False

    def take(self, *, seconds: float) -> Connection:
        """Returns a connection that is set to the schema and to the limit of time."""
        setting = (self._schema, seconds)
        connection = self._server.take(setting)
        try:
            if not self._is_made:
                name = sql.Identifier(self._schema)
                connection.raw.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
                self._is_made = True
            # remembered, because setting them is a round trip for each request
            if connection.setting != setting:
                both = (
                    "SELECT set_config('search_path', ?, false),"
                    " set_config('statement_timeout', ?, false)"
                )
                connection.execute(both, (f'"{self._schema}"', f"{seconds}s"))
                connection.setting = setting
        except BaseException:
            connection.close()
            raise
        return connection

    def give(self, connection: Connection) -> None:
        """Gives the connection back to the server's idle ones."""
        if isinstance(connection, _Open):
            self._server.give(connection)

    def begin(self, connection: Connection) -> None:
        """Begins as the one writer of this schema, over all processes."""
        # without values both go in one message, for each waits its turn on a busy machine
        cast(_Open, connection).raw.execute(BEGIN)

    def explain(self, fault: Exception) -> SandboxError | None:
        """Returns what a learner or an operator can do something about; never the address with its
        password.
        """
        if isinstance(fault, TOO_MUCH) or "number of parameters" in str(fault):
            return TooCostly(
                "store.too_costly", clause="FHIR R4 valueset-issue-type.html#too-costly"
            )
        return StoreUnavailable("store.unavailable", reason=type(fault).__name__)

    def migrated(self, connection: Connection) -> int:
        """Returns the number kept in a table of its own."""
        connection.execute("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY)")
        return int(
            connection.execute("SELECT coalesce(max(number), 0) FROM migration").fetchone()[0]
        )

    def set_migrated(self, connection: Connection, number: int) -> None:
        """Adds the number to the table."""
        connection.execute("INSERT INTO migration VALUES (?)", (number,))

    def copy(self, connection: Connection, file: Path) -> None:
        """Leaves this to PostgreSQL's own program, which does it better."""
        raise NotImplementedHere("store.use_pg_dump")

    def check(self, connection: Connection) -> None:
        """Leaves this to PostgreSQL, which sums up its pages itself."""

    def scrub(self, connection: Connection) -> None:
        """Writes the tables of the schema anew."""
        rows = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
        connection.execute(f"VACUUM FULL {', '.join(str(row[0]) for row in rows)}")

    def is_shared(self, connection: Connection) -> bool:
        """Tells whether another process hears what is told."""
        (count,) = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = ?",
            [CHANNEL],
        ).fetchone()
        return bool(count)

    def news(self) -> AsyncGenerator[str]:
        """Yields what is told in the database of all schemas."""
        return self._server.news()

    def drop(self) -> None:
        """Removes the schema and all that is in it."""
        connection = self._server.take()
        connection.raw.execute(
            sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(self._schema))
        )
        self._server.give(connection)

    def close(self) -> None:
        """Leaves the connections to the server, which other schemas share."""


@lru_cache(maxsize=1000)
def _marked(text: str) -> bytes:
    """Writes `?` as psycopg wants it; no statement of ours has a question mark or a percent sign in
    a literal.
    """
    return text.replace("?", "%s").encode()
