"""Rows of test instances: paged without loss while new ones come, narrowed by whoever takes part, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import BadRequest, PreconditionFailed
from sandbox.store.instances import InstanceRow, InstanceStore, PartRow, Wanted
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InstanceStore]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    partitions = Partitions(tmp_path, url=url)
    yield InstanceStore(partitions.main, RunStore(partitions.main))
    partitions.close()


def put(store: InstanceStore, id: str, at: int, **said: object) -> None:
    parts = said.pop("parts", (PartRow("source", "s-cl", "chile", "CL", "accepted"),))
    row = {
        "id": id,
        "event": "rehearsal",
        "test": "1.3",
        "track": "1",
        "state": "started",
        "at": at,
        "changed": at,
        "waiting": 0,
        "monitor": "",
        "contested": 0,
        "parts": parts,
    }
    row |= said
    store.append(f"@instance:{id}", [("opened", at, "{}")], InstanceRow(**row), behind=-1)  # type: ignore[arg-type]


def test_pages_miss_nothing_while_new_ones_come(store: InstanceStore) -> None:
    for number in range(10):
        put(store, f"i{number}", at=number // 2)  # two at each moment
    seen: list[str] = []
    cursor = ""
    while True:
        page = store.page(Wanted("rehearsal"), limit=3, cursor=cursor)
        seen += [row.id for row in page.rows]
        put(store, f"new{len(seen)}", at=100 + len(seen))
        if not page.cursor:
            break
        cursor = page.cursor
    assert seen == [f"i{number}" for number in reversed(range(10))]


def test_those_are_named_whose_logs_hold_a_line_of_a_kind(store: InstanceStore) -> None:
    for id, at in (("later", 2), ("other", 3), ("first", 1)):
        put(store, id, at)
    put(store, "elsewhere", 0, event="another")
    logs = store._logs
    for id in ("later", "first", "elsewhere", "first"):
        logs.append(f"@instance:{id}", [("overruled", 9, "{}")])
    logs.append("other", [("overruled", 9, "{}")])  # of no instance
    assert store.with_line("rehearsal", "overruled") == ["first", "later"]
    assert store.with_line("rehearsal", "decided") == []


def test_a_list_is_narrowed_by_every_part(store: InstanceStore) -> None:
    both = (
        PartRow("source", "s-cl", "chile", "CL", "accepted"),
        PartRow("recipient", "r-pe", "peru", "PE", "accepted"),
    )
    refused = (both[0], PartRow("recipient", "r-pe", "peru", "PE", "declined"))
    put(store, "a", 1, parts=both, state="verified")
    put(store, "b", 2, parts=refused)
    put(store, "c", 3, test="1.4", track="2")
    put(store, "d", 4, event="other")

    def ids(**wanted: object) -> str:
        page = store.page(Wanted("rehearsal", **wanted))  # type: ignore[arg-type]
        assert page.total == len(page.rows)
        return "".join(sorted(row.id for row in page.rows))

    assert ids() == "abc"
    assert ids(team="peru") == "a"  # whoever said no is no part of it
    assert ids(system="r-pe") == "a"
    assert ids(country="CL") == "abc"
    assert ids(not_of="peru") == "bc"
    assert ids(states=("verified", "failed")) == "a"
    assert ids(test="1.4") == "c"
    assert ids(track="1", team="chile") == "ab"
    assert [
        (count.test, count.state, count.count) for count in store.counts(Wanted("rehearsal"))
    ] == [
        ("1.3", "started", 1),
        ("1.3", "verified", 1),
        ("1.4", "started", 1),
    ]
    assert [row.id for row in store.everything("rehearsal")] == ["a", "b", "c"]


def test_the_urgent_wait_before_the_old(store: InstanceStore) -> None:
    put(store, "old", 1, state="to_verify", waiting=10)
    put(store, "older", 2, state="to_verify", waiting=5)
    put(store, "urgent", 3, state="critical", waiting=20)
    put(store, "done", 4, state="verified", waiting=1)
    wanted = Wanted("rehearsal", states=("critical", "to_verify"))
    assert [row.id for row in store.waiting(wanted).rows] == ["urgent", "older", "old"]


def test_row_and_log_are_written_together_or_not_at_all(store: InstanceStore) -> None:
    put(store, "a", 1)
    with pytest.raises(PreconditionFailed):
        put(store, "a", 2, state="verified")  # behind -1: somebody has written meanwhile
    (row,) = store.page(Wanted("rehearsal")).rows
    assert (row.state, row.at) == ("started", 1)


@pytest.mark.parametrize("cursor", ["x", "1:", ":a", "-1:a", "1e3:a", f"{'9' * 19}:a", "١:a"])
def test_a_cursor_that_is_none_is_refused(store: InstanceStore, cursor: str) -> None:
    with pytest.raises(BadRequest, match="bad_cursor"):
        store.page(Wanted("rehearsal"), cursor=cursor)


def test_a_page_is_bounded(store: InstanceStore) -> None:
    for number in range(3):
        put(store, f"i{number}", at=number)
    assert len(store.page(Wanted("rehearsal"), limit=0).rows) == 1
    assert len(store.page(Wanted("rehearsal"), limit=10**6).rows) == 3
