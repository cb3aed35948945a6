"""Attempts have rows of their own, also those that are older than the rows, on both databases."""

from __future__ import annotations

import json

import pytest

from sandbox.store.attempts import Attempted
from sandbox.store.database import Database
from sandbox.store.instances import InstanceRow, InstanceStore
from sandbox.store.runs import RunStore
from tests.sandbox.store.test_run_rows import Rows, add, database, rows, store

__all__ = ["database", "rows", "store"]

EVENT = "rehearsal"


@pytest.fixture
def instances(database: Database, store: RunStore) -> InstanceStore:
    return InstanceStore(database, store)


def ran(run: str, role: str = "source") -> tuple[str, int, str]:
    return "ran", 5, json.dumps({"run": run, "role": role, "track": "t"})


def put(
    instances: InstanceStore, id: str, *runs: str, state: str = "started", event: str = EVENT
) -> None:
    row = InstanceRow(id, event, "1.3", "1", state, 1, 1, 0, "", 0)
    instances.append(f"@instance:{id}", [("opened", 1, "{}"), *map(ran, runs)], row, behind=-1)


def test_attempts_are_told_with_how_their_runs_stand(instances: InstanceStore, rows: Rows) -> None:
    for at, run in enumerate(("first", "second", "other", "elsewhere")):
        add(rows, run, at=at, system="s-cl", verdict="fail")
    put(instances, "i", "first", "second", "never")
    put(instances, "over", "other", state="verified")
    put(instances, "another", "elsewhere", event="another")
    rows.append("second", [("done", 9, "{}")], rows.read)
    assert instances.attempts.of(EVENT, ("started", "paused")) == [
        Attempted("i", "1.3", "source", "t", "second", "s-cl", 1, "done", "fail"),
        Attempted("i", "1.3", "source", "t", "first", "s-cl", 0, "queued", "fail"),
    ]
    assert [one.run for one in instances.attempts.of(EVENT, ("verified",))] == ["other"]


def test_a_run_is_of_the_instance_that_took_it_first(instances: InstanceStore) -> None:
    put(instances, "a", "r")
    put(instances, "b", "r")
    assert instances.attempts.instance_of("r") == "a"
    assert instances.attempts.instance_of("a") == ""


def test_those_older_than_their_rows_are_read_from_the_logs(
    database: Database, store: RunStore, instances: InstanceStore
) -> None:
    put(instances, "i", "new")
    # as a program writes them that knows of no rows
    store.append("@instance:i", [ran("older"), ("said", 6, "{}"), ran("newer")])
    assert instances.attempts.instance_of("older") == ""
    assert instances.attempts.catch_up() == 2
    assert instances.attempts.catch_up() == 0
    assert InstanceStore(database, store).attempts.instance_of("newer") == "i"
