"""A PostgreSQL event is copied while it goes on, and comes back on a machine where nothing is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.store.partitions import Partitions, Tenant
from sandbox.store.runs import RunStore

pytestmark = pytest.mark.needs("postgres")
ELSEWHERE = "elsewhere"


@pytest.fixture
def elsewhere(postgres_database: str) -> Iterator[str]:
    """The address of a database in which nothing is."""
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(ELSEWHERE)))
        yield postgres_database.replace("/postgres?", f"/{ELSEWHERE}?")
        connection.execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(ELSEWHERE))
        )


def typed(url: str, *words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["data", *map(str, words)], env={"DATABASE_URL": url})
    return done.exit_code, done.output + str(done.exception or "")


@pytest.fixture
def event(postgres_database: str, tmp_path: Path) -> Path:
    """A data folder with a key of a country, beside a database with a run, a body and a space."""
    folder = tmp_path / "event"
    key = folder / "trust" / "CL" / "keys" / "DSC.key"
    key.parent.mkdir(parents=True)
    key.write_text("synthetic")
    key.chmod(0o600)
    partitions = Partitions(folder, url=postgres_database)
    partitions.add(Tenant("chile", "off", 1))
    partitions.open(Tenant("chile", "off", 1))
    RunStore(partitions.main).append("r", [("queued", 1, "{}")], blobs=[b"a body"])
    partitions.close()
    return folder


def test_an_event_comes_back_where_nothing_is(
    event: Path, tmp_path: Path, postgres_database: str, elsewhere: str
) -> None:
    copy, there = tmp_path / "copy", tmp_path / "there"
    code, said = typed(postgres_database, "backup", copy, "--data", event)
    assert (code, said.split()) == (0, [str(copy / "sandbox.dump"), str(copy / "trust")])
    assert typed(elsewhere, "restore", copy, "--data", there)[0] == 0
    restored = Partitions(there, url=elsewhere)
    assert [tenant.name for tenant in restored.tenants()] == ["chile"]
    assert [line.kind for line in RunStore(restored.main).events("r")] == ["queued"]
    # what is told by the database comes back too
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute("LISTEN connectathon")
        RunStore(restored.main).append("r", [("done", 2, "{}")])
        assert [notice.payload for notice in connection.notifies(timeout=60, stop_after=1)] == [
            "r done"
        ]
    restored.close()
    key = there / "trust" / "CL" / "keys" / "DSC.key"
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("synthetic", 0o600)


def test_nothing_is_put_over_what_is_there(
    event: Path, tmp_path: Path, postgres_database: str
) -> None:
    assert typed(postgres_database, "backup", tmp_path / "copy", "--data", event)[0] == 0
    code, said = typed(postgres_database, "restore", tmp_path / "copy", "--data", event)
    assert (code, "store.database_taken" in said) == (1, True)
    assert (event / "trust" / "CL" / "keys" / "DSC.key").exists()


def test_half_a_copy_is_refused_and_leaves_nothing(
    event: Path, tmp_path: Path, postgres_database: str, elsewhere: str
) -> None:
    copy = tmp_path / "copy"
    typed(postgres_database, "backup", copy, "--data", event)
    whole = (copy / "sandbox.dump").read_bytes()
    for content, key in (
        (whole[: len(whole) // 2], "store.program_failed"),
        (b"", "store.no_backup"),
    ):
        (copy / "sandbox.dump").write_bytes(content)
        code, said = typed(elsewhere, "restore", copy, "--data", tmp_path / "there")
        assert (code, key in said) == (1, True)
    (copy / "sandbox.dump").write_bytes(whole)
    assert typed(elsewhere, "restore", copy, "--data", tmp_path / "there")[0] == 0


def test_a_body_that_was_altered_is_told(
    event: Path, tmp_path: Path, postgres_database: str, elsewhere: str
) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("UPDATE sandbox.blob SET content = 'another'::bytea")
    typed(postgres_database, "backup", tmp_path / "copy", "--data", event)
    code, _ = typed(elsewhere, "restore", tmp_path / "copy", "--data", tmp_path / "there")
    assert code == 1


def test_the_program_that_is_not_there_is_named(
    event: Path, tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "PATH" in os.environ
    code, said = typed(postgres_database, "backup", tmp_path / "copy", "--data", event)
    assert (code, "store.no_program" in said) == (1, True)
    assert not (tmp_path / "copy").exists()
