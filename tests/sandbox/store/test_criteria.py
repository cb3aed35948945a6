"""What a criterion finds among rows of a real database: of the type that is asked for, and not deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.store.criteria import AnyOf, Criterion, HasId, IsMissing, Not, among, among_types
from sandbox.store.database import Database
from sandbox.store.sqlite import SqliteEngine

INSERT = "INSERT INTO resource (type, id, version, updated, deleted) VALUES (?, ?, 1, 0, ?)"
ROWS = [("Patient", "a", 0), ("Patient", "b", 0), ("Patient", "gone", 1), ("Group", "a", 0)]
A_OR_GONE = AnyOf((HasId(("a",)), HasId(("gone",))))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(SqliteEngine(tmp_path / "x.db"))
    with database.writing() as connection:
        connection.executemany(INSERT, ROWS)
    yield database
    database.close()


def found(database: Database, condition: tuple[str, list[object]]) -> list[str]:
    where, params = condition
    with database.reading() as connection:
        rows = connection.execute(
            f"SELECT r.type, r.id FROM resource r WHERE {where} ORDER BY r.type, r.id", params
        )
        return [f"{type}/{id}" for type, id in rows.fetchall()]


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (HasId(("a", "gone")), ["Patient/a"]),
        (A_OR_GONE, ["Patient/a"]),
        (Not(HasId(("a",))), ["Patient/b"]),
        (Not(A_OR_GONE), ["Patient/b"]),
        (IsMissing("Patient.name", "string", missing=True), ["Patient/a", "Patient/b"]),
        (IsMissing("Patient.name", "string", missing=False), []),
    ],
)
def test_a_criterion_finds_what_is_there_of_its_type(
    database: Database, criterion: Criterion, expected: list[str]
) -> None:
    assert found(database, among("Patient", [criterion])) == expected


def test_all_of_several_types_are_found_whether_they_are_asked_for_more_or_not(
    database: Database,
) -> None:
    everything = ["Group/a", "Patient/a", "Patient/b"]
    assert found(database, among_types({"Patient": [], "Group": []})) == everything
    some = among_types({"Patient": [Not(HasId(("a",)))], "Group": []})
    assert found(database, some) == ["Group/a", "Patient/b"]
