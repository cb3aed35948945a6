"""What is to be said is written once and sent by one process at a time, whoever is killed meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.store.notices import NoticeRow, NoticeStore, Outcome
from sandbox.store.partitions import Partitions

RACES = 200
RACERS = 3
TAKEN = Outcome("sent", "204", 5)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def several(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[NoticeStore]]:
    """Several openings of one database, none of which shares a lock or a connection."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    opened = [Partitions(tmp_path / "notices", url=url) for _ in range(RACERS)]
    yield [NoticeStore(partitions.main) for partitions in opened]
    for partitions in opened:
        partitions.close()


def notice(number: int, subscription: str = "s") -> NoticeRow:
    return NoticeRow(f"msg_{number}", subscription, number, "run.ended", "{}")


def test_each_notice_is_taken_by_one_process(several: list[NoticeStore]) -> None:
    for number in range(RACES):
        several[0].add(notice(number, f"s{number % 20}"))
    begin = threading.Barrier(RACERS)
    taken: list[list[str]] = [[] for _ in several]

    def race(store: NoticeStore, mine: list[str]) -> None:
        begin.wait()
        while store.waiting():
            for row in store.take(seconds=60, most=5):
                mine.append(row.id)
                assert store.finish(row, TAKEN, at=1)

    racers = [threading.Thread(target=race, args=pair) for pair in zip(several, taken, strict=True)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    everything = [id for mine in taken for id in mine]
    assert sorted(everything) == sorted(f"msg_{number}" for number in range(RACES))


def test_of_a_subscriber_one_is_on_its_way_at_a_time(several: list[NoticeStore]) -> None:
    for number in range(3):
        several[0].add(notice(number))
    several[0].add(notice(9, "other"))
    first = several[0].take(seconds=60, most=10)
    assert [row.id for row in first] == ["msg_0", "msg_9"]
    assert several[1].take(seconds=60, most=10) == []
    several[0].finish(first[0], TAKEN, at=1)
    assert [row.id for row in several[1].take(seconds=60, most=10)] == ["msg_1"]


def test_who_wakes_behind_the_end_of_its_lease_notes_nothing(several: list[NoticeStore]) -> None:
    several[0].add(notice(1))
    (late,) = several[0].take(seconds=0, most=1)
    (again,) = several[1].take(seconds=60, most=1)
    assert again.id == late.id
    assert not several[0].finish(late, Outcome("dead", "timeout", 1), at=1)
    assert several[1].finish(again, TAKEN, at=2)
    ((row, tries),) = several[0].newest("s", limit=5)
    assert row.state == "sent"
    assert [attempt.outcome for attempt in tries] == ["204"]


def test_what_waits_for_its_next_try_is_not_due(several: list[NoticeStore]) -> None:
    several[0].add(notice(1))
    (row,) = several[0].take(seconds=60, most=1)
    several[0].finish(row, Outcome("waiting", "503", 1, wait=60_000), at=1)
    assert several[1].take(seconds=60, most=1) == []
    assert several[1].send_again("s", "msg_1") == 1
    (row,) = several[1].take(seconds=60, most=1)
    assert row.tries == 0


def test_of_two_that_read_the_log_at_once_one_writes(several: list[NoticeStore]) -> None:
    several[0].begin(5)
    several[1].begin(9)
    assert several[1].place() == 5
    assert several[0].write([notice(1)], before=5, place=7)
    assert not several[1].write([notice(1), notice(2)], before=5, place=8)
    assert several[1].place() == 7
    # what was written once is not written again, whoever reads that part of the log
    assert several[1].write([notice(1)], before=7, place=8)
    assert several[0].waiting() == 1


def test_what_was_said_long_ago_is_forgotten_and_what_waits_is_not(
    several: list[NoticeStore],
) -> None:
    for number in (1, 2, 3):
        several[0].add(notice(number, f"s{number}"))
    first, *_ = several[0].take(seconds=60, most=1)
    several[0].finish(first, TAKEN, at=1)
    several[0].forget(before=3)
    assert several[0].newest(first.subscription, limit=5) == []
    assert several[0].waiting() == 2


def test_a_single_process_that_comes_back_need_not_wait(several: list[NoticeStore]) -> None:
    several[0].add(notice(1))
    several[0].take(seconds=60, most=1)
    assert several[1].take(seconds=60, most=1) == []
    several[1].forget_leases()
    assert len(several[1].take(seconds=60, most=1)) == 1
