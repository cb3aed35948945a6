"""What is PostgreSQL's own: a server that goes away and comes back."""

from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from sandbox.errors import StoreUnavailable
from sandbox.store.partitions import Partitions


@pytest.mark.needs("postgres")
def test_connections_that_died_are_an_error_once_and_then_new_ones_are_opened(
    tmp_path: Path, postgres_database: str
) -> None:
    partitions = Partitions(tmp_path, url=postgres_database)
    with ExitStack() as several:
        for _ in range(3):
            several.enter_context(partitions.main.reading())
    with psycopg.connect(postgres_database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
    with pytest.raises(StoreUnavailable):
        partitions.tenants()
    assert partitions.tenants() == []
    partitions.close()


@pytest.mark.needs("postgres")
def test_readers_and_writers_find_their_connections_as_they_left_them(
    tmp_path: Path, postgres_database: str
) -> None:
    partitions = Partitions(tmp_path, url=postgres_database)

    def of_a_reader_and_a_writer() -> list[int]:
        with partitions.main.reading() as connection:
            (reader,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        with partitions.main.writing() as connection:
            (writer,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        return [int(reader), int(writer)]

    with ExitStack() as several:  # three are idle behind it, as several threads leave them
        for _ in range(3):
            several.enter_context(partitions.main.reading())
    of_a_reader_and_a_writer()
    first = of_a_reader_and_a_writer()
    # a connection that changed between them would be set anew at each turn: a round trip more
    assert [of_a_reader_and_a_writer() for _ in range(5)] == [first] * 5
    assert len({*first}) == 2
    partitions.close()
