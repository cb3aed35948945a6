"""What waits or is at work is listed in one order, whichever kind it is, and of each subscriber the next notice alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.store.database import Database
from sandbox.store.desk import DeskStore, HandInRow
from sandbox.store.jobs import Job, jobs
from sandbox.store.leases import Leases
from sandbox.store.notices import NoticeRow, NoticeStore, Outcome
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.sandbox.store.test_run_rows import Rows, add


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    partitions = Partitions(tmp_path / "jobs", url=url)
    yield partitions.main
    partitions.close()


def by_id(database: Database) -> dict[str, Job]:
    return {job.id: job for job in jobs(database)}


def test_all_kinds_stand_in_one_list_the_oldest_first(database: Database) -> None:
    desk, notices = DeskStore(database), NoticeStore(database)
    add(Rows(database, RunStore(database)), "r", at=300, system="ministry", team="Chile")
    desk.add(HandInRow("h", "lesson-01", "Peru", 100, "queued", {}, {}))
    for number, subscription in ((1, "ours"), (2, "ours"), (3, "theirs")):
        notices.add(NoticeRow(f"n{number}", subscription, 100 + number, "run.ended", "{}"))
    listed = jobs(database)
    # the second of `ours` waits for the first, whoever is free
    assert [(job.kind, job.id) for job in listed] == [
        ("grading", "h"), ("notice", "n1"), ("notice", "n3"), ("run", "r")
    ]  # fmt: skip
    assert [(job.what, job.team, job.state, job.taken) for job in listed[:2]] == [
        ("lesson-01", "Peru", "queued", 0),
        ("run.ended", "", "waiting", 0),
    ]
    assert {job.holder for job in listed} == {""}


def test_what_is_taken_in_hand_says_so_until_it_is_over(database: Database) -> None:
    desk, notices = DeskStore(database), NoticeStore(database)
    add(Rows(database, RunStore(database)), "r", at=300, system="ministry")
    desk.add(HandInRow("h", "lesson-01", "Peru", 100, "queued", {}, {}))
    notices.add(NoticeRow("n", "ours", 200, "run.ended", "{}"))
    Leases(database, keeper="server", holder="web:7", tracks=("t",)).take("r", seconds=600)
    for _ in range(2):  # the process of the first ended within it
        taken = desk.take(now=400, seconds=0, most=3, given_up={})
    (sending,) = notices.take(seconds=600, most=1)
    at_work = by_id(database)
    assert (at_work["r"].holder, at_work["r"].taken, at_work["r"].left > 0) == ("web:7", 1, True)
    assert (at_work["h"].state, at_work["h"].taken) == ("grading", 2)
    assert at_work["n"].left > 0
    assert taken
    assert desk.finish("h", "graded", {}, at=500, taken=taken.taken)
    assert notices.finish(sending, Outcome("sent", "204", 5), at=500)
    assert set(by_id(database)) == {"r"}


def test_what_is_given_up_lets_the_next_one_go(database: Database) -> None:
    notices = NoticeStore(database)
    for number in (1, 2):
        notices.add(NoticeRow(f"n{number}", "ours", number, "run.ended", "{}"))
    (sending,) = notices.take(seconds=600, most=1)
    assert notices.give_up("n1")
    assert not notices.give_up("n1")
    assert not notices.finish(sending, Outcome("sent", "204", 5), at=3)
    assert [notice.id for notice in notices.take(seconds=600, most=9)] == ["n2"]
