"""Runs as rows: written with their logs, listed by page and by key, whatever comes meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.errors import BadRequest, PreconditionFailed
from sandbox.store.database import Database
from sandbox.store.partitions import Partitions
from sandbox.store.run_rows import LONGEST_ASKED, Circle, RunRow, RunRows, Wanted
from sandbox.store.runs import RunStore

ROW = RunRow(
    run="", at=0, track="t", system="s", kind="registered", recipient="", keeper="server",
    team_id="", team="", country="", by_id="", by_name="", others="", state="done",
    verdict="pass", is_whole=True, is_conclusive=True, tests=1, passed=1, known=0,
    standing="none", since=0, monitor_id="", review="{}",
)  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    partitions = Partitions(tmp_path / "rows", url=url)
    yield partitions.main
    partitions.close()


@pytest.fixture
def store(database: Database) -> RunStore:
    return RunStore(database)


class Rows(RunRows):
    """Rows with a way to read them: what the first line says, and the state by the last one."""

    def __init__(self, database: Database, store: RunStore) -> None:
        super().__init__(database, store)
        self._store = store

    def read(self, id: str) -> RunRow:
        events = self._store.events(id)
        known = replace(ROW, run=id, at=events[0].at, **json.loads(events[0].body))
        return replace(known, state=events[-1].kind)


@pytest.fixture
def rows(database: Database, store: RunStore) -> Rows:
    return Rows(database, store)


def add(rows: Rows, run: str, at: int = 0, **more: object) -> None:
    rows.append(run, [("queued", at, json.dumps(more))], rows.read, behind=-1)


def names(found: Sequence[RunRow]) -> list[str]:
    return [row.run for row in found]


def test_a_row_is_written_with_the_lines_of_its_log_or_neither(rows: Rows, store: RunStore) -> None:
    add(rows, "a")
    with pytest.raises(PreconditionFailed):
        rows.append("a", [("done", 1, "{}")], rows.read, behind=7)
    assert [row.state for row in rows.page(Wanted()).rows] == ["queued"]

    def refuse(_: str) -> RunRow:
        raise KeyError

    with pytest.raises(KeyError):
        rows.append("a", [("done", 1, "{}")], refuse)
    assert [event.kind for event in store.events("a")] == ["queued"]

    rows.append("a", [("done", 1, "{}")], rows.read, behind=0)
    assert [row.state for row in rows.page(Wanted()).rows] == ["done"]


def test_paging_gives_each_run_once_while_new_ones_come(rows: Rows) -> None:
    before = [f"r{number}" for number in range(25)]
    for number, run in enumerate(before):
        add(rows, run, at=number // 5)  # five of each moment
    seen: list[str] = []
    cursor = ""
    for coming in range(100):
        page = rows.page(Wanted(), limit=3, cursor=cursor)
        seen += names(page.rows)
        assert page.total == 25 + coming
        cursor = page.cursor
        if not cursor:
            break
        add(rows, f"new{coming}", at=4)  # of the moment of the newest
    assert seen == [*reversed(before)]


def test_a_cursor_that_is_none_is_refused(rows: Rows) -> None:
    for cursor in ("x", "1", "1:x", "1:2:3", "-1:2", f"{'9' * 19}:1", "1:²"):
        with pytest.raises(BadRequest, match="bad_cursor"):
            rows.page(Wanted(), cursor=cursor)


def test_a_page_has_at_most_two_hundred(rows: Rows) -> None:
    for number in range(201):
        add(rows, f"r{number}")
    assert len(rows.page(Wanted(), limit=1000).rows) == 200
    assert len(rows.page(Wanted(), limit=0).rows) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(tracks=("x", "y")),
        Wanted(system="x"),
        Wanted(team="x"),
        Wanted(team="Team X"),
        Wanted(country="XX"),
        Wanted(kinds=("bundled",)),
        Wanted(states=("queued",), verdicts=("fail",)),
        Wanted(standings=("verified",)),
        Wanted(keeper="command"),
        Wanted(since=5),
        Wanted(is_whole=False),
        Wanted(is_conclusive=False),
        Wanted(own=(Circle(team="x"),)),
        Wanted(own=(Circle(team="z", takes_part=True),)),
        Wanted(own=(Circle(person="p"),)),
        Wanted(own=(Circle(team="x"), Circle(person="p"))),
        Wanted(foreign=(Circle(team="o"), Circle(name="Ana", since=4))),
    ],
    ids=str,
)
def test_a_list_is_narrowed(rows: Rows, wanted: Wanted) -> None:
    add(rows, "wanted", at=5, track="x", system="x", kind="bundled", keeper="command", team_id="x",
        team="Team X", country="XX", by_id="p", others="y z", verdict="fail", is_whole=False,
        is_conclusive=False, standing="verified")  # fmt: skip
    add(rows, "other", at=4, team_id="o", by_name="Ana", others="zz")

    page = rows.page(wanted)

    assert (names(page.rows), page.total) == (["wanted"], 1)
    assert rows.counts(wanted, by=("track",)) == {(page.rows[0].track,): 1}
    assert names(rows.all(wanted)) == ["wanted"]


def test_a_name_without_an_id_is_meant_only_since_a_moment(rows: Rows) -> None:
    add(rows, "old", at=4, by_name="Ana")
    add(rows, "new", at=5, by_name="Ana")
    add(rows, "of another", at=6, by_name="Ana", by_id="p")
    assert names(rows.page(Wanted(own=(Circle(name="Ana", since=5),))).rows) == ["new"]
    assert names(rows.page(Wanted(own=(Circle(),))).rows) == []
    assert rows.page(Wanted(foreign=(Circle(),))).total == 3


def test_the_newest_of_each_key_are_found_however_many_come_behind(rows: Rows) -> None:
    add(rows, "first", at=1, system="a")
    for number in range(1010):
        verdict = "fail" if number == 1007 else "pass"
        add(rows, f"loop{number}", at=2 + number, system="b", verdict=verdict)

    found = rows.newest(Wanted(tracks=("t",)), by=("system", "track"), before=3)

    assert [(newest.row.run, newest.before) for newest in found] == [
        ("first", ()),
        ("loop1009", ("pass", "fail", "pass")),
    ]
    failed = rows.newest(Wanted(verdicts=("fail",)), by=("system",))
    assert names([newest.row for newest in failed]) == ["loop1007"]


def test_the_longest_asked_comes_first(rows: Rows) -> None:
    for run, since in (("b", 20), ("c", 30), ("a", 10)):
        add(rows, run, at=1, standing="to_verify", since=since)

    page = rows.page(Wanted(standings=("to_verify",)), order=LONGEST_ASKED, limit=2)
    rest = rows.page(Wanted(), order=LONGEST_ASKED, limit=2, cursor=page.cursor)

    assert (names(page.rows), names(rest.rows), rest.cursor) == (["a", "b"], ["c"], "")


def test_logs_older_than_rows_get_theirs_and_a_damaged_one_keeps_nobody_out(
    rows: Rows, store: RunStore, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(7):
        store.append(f"r{number}", [("queued", number, "{}"), ("done", 9, "{}")])
    store.append("damaged", [("queued", 3, '{"of_another_age": 1}')])
    store.append("@people", [("added", 3, "{}")])

    assert rows.catch_up(rows.read, most=3) == 7
    assert rows.catch_up(rows.read) == 0
    assert names(rows.page(Wanted(), limit=2).rows) == ["r6", "r5"]
    assert "the log of a run cannot be read" in caplog.text


def test_what_is_forgotten_is_in_no_list(rows: Rows, store: RunStore) -> None:
    add(rows, "old", at=1)
    add(rows, "new", at=2)
    store.forget(before=2)
    assert names(rows.page(Wanted()).rows) == ["new"]
