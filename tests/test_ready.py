"""A database that tests start with is what the start of a sandbox makes itself, row by row."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sandbox.app import _opened
from sandbox.settings import Settings
from sandbox.store.partitions import Partitions, Tenant
from tests import postgres
from tests.ready import FILE, TickingClock, prepare


def told(settings: Settings, clock: TickingClock) -> tuple[list[str], Any]:
    """Starts on the folder and returns all that stands in the database, and the next moment."""
    partitions, _ = _opened(settings, clock)
    partitions.close()
    with closing(sqlite3.connect(settings.data / FILE)) as database:
        return [*database.iterdump(), *map(str, database.execute("PRAGMA user_version"))], clock()


@pytest.mark.parametrize(
    "chosen",
    [
        {"seed": "none"},
        {"seed": "training"},
        {"seed": "training:herons", "country": "CL", "audit": True, "validation": "warn"},
    ],
    ids=lambda chosen: chosen["seed"],
)
def test_a_copy_is_what_the_start_makes_itself(tmp_path: Path, chosen: dict[str, Any]) -> None:
    settings = Settings(tmp_path / "copied", id_seed="test", graders=0, **chosen)
    clock = prepare(settings)
    assert (settings.data / FILE).is_file()
    anew = Settings(tmp_path / "anew", id_seed="test", graders=0, **chosen)
    assert told(settings, clock) == told(anew, TickingClock())


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    prepare(Settings(tmp_path))
    assert not list(tmp_path.iterdir())


def rows_of(url: str) -> dict[str, list[Any]]:
    """Returns what stands in each table, and how far each sequence has come."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(
            "SELECT relname, CASE relkind WHEN 'S' THEN 'last_value, is_called' ELSE '*' END"
            " FROM pg_class WHERE relnamespace = 'sandbox'::regnamespace AND relkind IN ('r', 'S')"
        ).fetchall()
        return {
            name: connection.execute(f"SELECT {columns} FROM sandbox.{name} ORDER BY 1").fetchall()
            for name, columns in names
        }


@pytest.mark.needs("postgres")
def test_an_emptied_schema_is_one_that_was_just_made(
    tmp_path: Path, postgres_database: str
) -> None:
    Partitions(tmp_path, url=postgres_database).close()
    new = rows_of(postgres_database)
    postgres.empty(postgres_database)
    assert rows_of(postgres_database) == new
    used = Settings(tmp_path, seed="training", database_url=postgres_database, graders=0)
    partitions, _ = _opened(used, TickingClock())
    partitions.add(Tenant("a-team", "off", 0))
    partitions.open(Tenant("a-team", "off", 0))
    partitions.close()
    assert rows_of(postgres_database) != new
    postgres.empty(postgres_database)
    assert rows_of(postgres_database) == new
    with psycopg.connect(postgres_database) as connection:
        schemas = "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^tenant_'"
        assert connection.execute(schemas).fetchone() == (0,)
