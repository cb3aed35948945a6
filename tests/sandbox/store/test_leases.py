"""One process plays a run, and one run of a system is played at a time, over all processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import LeaseLost
from sandbox.store.database import Database
from sandbox.store.jobs import jobs
from sandbox.store.leases import Lease, Leases
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.sandbox.store.test_run_rows import Rows, add

RACES = 1000
RACERS = 4
TRACKS = ("t",)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Database]]:
    """Several openings of one database, none of which shares a lock or a connection."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    opened = [Partitions(tmp_path / "leases", url=url) for _ in range(RACERS)]
    yield [partitions.main for partitions in opened]
    for partitions in opened:
        partitions.close()


@pytest.fixture
def rows(processes: list[Database]) -> Rows:
    return Rows(processes[0], RunStore(processes[0]))


@pytest.fixture
def several(processes: list[Database]) -> list[Leases]:
    return [
        Leases(database, keeper="server", holder=f"process {number}", tracks=TRACKS)
        for number, database in enumerate(processes)
    ]


def test_a_thousand_races_for_runs_have_one_winner_each(rows: Rows, several: list[Leases]) -> None:
    for number in range(RACES):
        add(rows, f"r{number}", system=f"s{number}")
    won: list[list[Lease]] = [[] for _ in several]
    begin = threading.Barrier(RACERS)

    def race(leases: Leases, mine: list[Lease]) -> None:
        begin.wait()
        for number in range(RACES):
            lease = leases.take(f"r{number}", seconds=60)
            if lease:
                mine.append(lease)

    racers = [
        threading.Thread(target=race, args=(leases, mine))
        for leases, mine in zip(several, won, strict=True)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    runs = [lease.run for mine in won for lease in mine]
    assert sorted(runs) == sorted(f"r{number}" for number in range(RACES))
    assert {lease.number for mine in won for lease in mine} == {1}


def test_only_the_oldest_run_of_each_system_is_free(rows: Rows, several: list[Leases]) -> None:
    add(rows, "second", at=2, system="a")
    add(rows, "first", at=1, system="a")
    add(rows, "other", at=3, system="b")
    add(rows, "of a command", at=0, system="c", keeper="command")
    add(rows, "of tomorrow", at=0, system="d", track="not known yet")
    assert several[0].free() == ["first", "other"]


def test_a_system_is_asked_by_one_process_at_a_time(rows: Rows, several: list[Leases]) -> None:
    add(rows, "first", system="a")
    add(rows, "second", system="a")
    one, other, *_ = several
    lease = one.take("first", seconds=60)
    assert lease is not None
    assert other.free() == []
    assert other.take("second", seconds=60) is None
    one.release(lease)
    # its log says that it goes on, so that it comes before whatever was begun later
    assert other.free() == ["first"]
    assert other.take("second", seconds=60) is not None


def test_what_ran_out_is_taken_over_and_its_holder_refused(
    rows: Rows, several: list[Leases]
) -> None:
    add(rows, "r", system="a")
    one, other, *_ = several
    lost = one.take("r", seconds=0)
    taken = other.take("r", seconds=60)
    assert lost is not None
    assert taken == Lease("r", lost.number + 1)
    before = len(rows._store.events("r"))
    with pytest.raises(LeaseLost):
        rows.append("r", [("done", 0, "{}")], rows.read, lease=lost)
    assert len(rows._store.events("r")) == before
    assert one.renew([lost], seconds=60) == [lost]
    # who comes late gives nothing back that is another's
    one.release(lost)
    assert one.take("r", seconds=60) is None
    rows.append("r", [("running", 0, "{}")], rows.read, lease=taken)
    assert other.renew([taken], seconds=60) == []


def test_a_lease_that_ran_out_holds_until_somebody_takes_it(
    rows: Rows, several: list[Leases]
) -> None:
    add(rows, "r", system="a")
    lease = several[0].take("r", seconds=0)
    assert lease is not None
    rows.append("r", [("running", 0, "{}")], rows.read, lease=lease)
    assert several[0].renew([lease], seconds=60) == []
    assert several[1].take("r", seconds=60) is None


def test_who_is_alone_forgets_the_holders_of_the_past(rows: Rows, several: list[Leases]) -> None:
    add(rows, "r", system="a")
    several[0].take("r", seconds=60)
    assert several[1].free() == []
    several[1].forget_holders()
    assert several[1].free() == ["r"]


def test_what_is_over_is_not_taken(rows: Rows, several: list[Leases]) -> None:
    add(rows, "r", system="a")
    rows.append("r", [("done", 0, "{}")], rows.read)
    assert several[0].free() == []
    assert several[0].take("r", seconds=60) is None


def test_a_list_tells_who_plays_what(
    rows: Rows, several: list[Leases], processes: list[Database]
) -> None:
    add(rows, "held", at=1, system="a", team="Chile")
    add(rows, "waits", at=2, system="a")
    add(rows, "left", at=3, system="b")
    several[2].take("held", seconds=60)
    several[3].take("left", seconds=0)
    listed = jobs(processes[1])
    assert [(job.id, job.holder, job.taken) for job in listed] == [
        ("held", "process 2", 1),
        ("waits", "", 0),
        ("left", "", 1),
    ]
    assert 0 < listed[0].left <= 60_000
    assert listed[0].team == "Chile"
