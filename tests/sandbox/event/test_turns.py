"""A process plays what is its own, holds it while it plays, and gives it back or loses it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.errors import StoreUnavailable
from sandbox.event import turns
from sandbox.event.turns import OURSELVES, Turns
from sandbox.store.jobs import LOGGER, jobs
from sandbox.store.leases import Lease, Leases
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.sandbox.store.test_run_rows import Rows, add


class Bench:
    """A database with runs, and what a process has played of them."""

    def __init__(self, folder: Path) -> None:
        self.partitions = Partitions(folder)
        self.rows = Rows(self.partitions.main, RunStore(self.partitions.main))
        self.played: list[str] = []
        self.cut: list[str] = []
        self.goes_on = asyncio.Event()
        self.fault: Exception | None = None
        self.is_stopping = False
        self.most = 8

    def leases(self, holder: str) -> Leases:
        return Leases(self.partitions.main, keeper="server", holder=holder, tracks=("t",))

    def turns(self) -> Turns:
        turns = Turns(self.leases("us"), self.play, is_stopping=lambda: self.is_stopping)
        turns.most = self.most
        return turns

    def leased_until(self) -> int:
        with self.partitions.main.reading() as connection:
            (until,) = connection.execute("SELECT max(leased_until) FROM run_row").fetchone()
        return int(until)

    def run_out(self) -> None:
        """Lets the time of all leases be over."""
        with self.partitions.main.writing() as connection:
            connection.execute("UPDATE run_row SET leased_until = 1 WHERE leased_until > 0")

    def holder(self, run: str) -> str:
        (job,) = [job for job in jobs(self.partitions.main) if job.id == run]
        return job.holder

    async def play(self, lease: Lease) -> None:
        self.played.append(lease.run)
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.cut.append(lease.run)
            raise
        if self.fault:
            raise self.fault
        self.rows.append(lease.run, [("done", 0, "{}")], self.rows.read, lease=lease)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    # long enough for any machine: a test that needs the end of one brings it about
    monkeypatch.setattr(turns, "LEASE_SECONDS", 600.0)
    monkeypatch.setattr(turns, "SWEEP_SECONDS", 0.05)
    bench = Bench(tmp_path / "turns")
    yield bench
    bench.partitions.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


def test_runs_of_a_system_are_played_in_turn_and_those_of_others_at_once(bench: Bench) -> None:
    for number, system in enumerate("aab"):
        add(bench.rows, f"r{number}", at=number, system=system)

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        await until(lambda: bench.played == ["r0", "r2"])
        bench.goes_on.set()
        await until(lambda: not jobs(bench.partitions.main))
        await playing.close()

    asyncio.run(play())
    assert bench.played == ["r0", "r2", "r1"]


def test_the_log_says_of_each_run_who_has_taken_it_and_what_came_of_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    add(bench.rows, "whole", at=1, system="a")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        await until(lambda: bench.played == ["whole"])
        bench.goes_on.set()
        await until(lambda: not jobs(bench.partitions.main))
        bench.goes_on.clear()
        add(bench.rows, "cut", at=2, system="a")
        playing.look()
        await until(lambda: bench.played == ["whole", "cut"])
        await playing.close()

    with caplog.at_level(logging.INFO, LOGGER):
        asyncio.run(play())
    told = [
        (record.getMessage(), *(getattr(record, name) for name in ("run", "attempt", "worker")))
        for record in caplog.records
        if record.name == LOGGER
    ]
    assert told == [
        ("a run was taken", "whole", 1, OURSELVES),
        ("a run was played", "whole", 1, OURSELVES),
        ("a run was taken", "cut", 1, OURSELVES),
        ("a run was given back or cancelled", "cut", 1, OURSELVES),
    ]


def test_what_takes_longer_than_a_lease_stays_its_player_s(bench: Bench) -> None:
    add(bench.rows, "r", system="a")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        other = bench.leases("others")
        await until(lambda: bench.played == ["r"])
        for _ in range(2):
            end = bench.leased_until()
            assert other.free() == []
            await until(lambda end=end: bench.leased_until() > end)
        await playing.close()

    asyncio.run(play())
    assert bench.played == bench.cut == ["r"]


def test_what_others_took_over_is_stopped_here(bench: Bench) -> None:
    add(bench.rows, "r", system="a")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        await until(lambda: bench.played == ["r"])
        other = bench.leases("others")
        other.forget_holders()
        assert other.take("r", seconds=60)
        await until(lambda: bench.cut == ["r"])
        await playing.close()
        assert (playing.taken, playing.refused, playing.playing) == (1, 1, 0)

    asyncio.run(play())
    assert bench.holder("r") == "others"


def test_what_is_written_behind_a_takeover_is_counted_as_refused(bench: Bench) -> None:
    add(bench.rows, "r", system="a")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        await until(lambda: bench.played == ["r"])
        assert (playing.taken, playing.refused, playing.playing) == (1, 0, 1)
        other = bench.leases("others")
        with bench.partitions.main.writing() as connection:
            connection.execute("UPDATE run_row SET lease = lease + 1")
        bench.goes_on.set()
        await until(lambda: not playing.playing)
        assert playing.refused == 1
        await playing.close()
        assert other.free() == []

    asyncio.run(play())


def test_a_process_that_closes_gives_back_what_it_played(bench: Bench) -> None:
    add(bench.rows, "r", system="a")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        await until(lambda: bench.holder("r") == "us")
        await playing.close()

    asyncio.run(play())
    assert bench.leases("others").free() == ["r"]


def test_a_process_that_is_about_to_stop_takes_nothing_more(bench: Bench) -> None:
    add(bench.rows, "first", at=1, system="a")
    add(bench.rows, "second", at=2, system="a")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        await until(lambda: bench.played == ["first"])
        bench.is_stopping = True
        bench.goes_on.set()
        await until(lambda: len(jobs(bench.partitions.main)) == 1)
        await asyncio.sleep(4 * turns.SWEEP_SECONDS)
        await playing.close()

    asyncio.run(play())
    assert bench.played == ["first"]


def test_a_run_whose_database_went_away_is_tried_again_when_its_lease_ran_out(bench: Bench) -> None:
    add(bench.rows, "r", system="a")
    bench.fault = StoreUnavailable("store.unavailable", reason="a test")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        await until(lambda: bench.played == ["r"])
        bench.goes_on.set()
        await asyncio.sleep(4 * turns.SWEEP_SECONDS)
        assert bench.played == ["r"]  # not at once
        bench.fault = None
        bench.run_out()
        await until(lambda: not jobs(bench.partitions.main))
        await playing.close()

    asyncio.run(play())
    assert bench.played == ["r", "r"]


def test_no_more_are_played_at_once_than_were_said(bench: Bench) -> None:
    bench.most = 2
    for number in range(4):
        add(bench.rows, f"r{number}", at=number, system=f"s{number}")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        await until(lambda: bench.played == ["r0", "r1"])
        await asyncio.sleep(4 * turns.SWEEP_SECONDS)
        assert bench.leases("others").free() == ["r2", "r3"]
        bench.goes_on.set()
        await until(lambda: not jobs(bench.partitions.main))
        await playing.close()

    asyncio.run(play())
    assert bench.played == ["r0", "r1", "r2", "r3"]


def test_who_leaves_runs_to_others_takes_none(bench: Bench) -> None:
    bench.most = 0
    add(bench.rows, "r", system="a")

    async def play() -> None:
        playing = bench.turns()
        playing.look()
        playing.told("r", "queued")
        await asyncio.sleep(4 * turns.SWEEP_SECONDS)
        await playing.close()

    asyncio.run(play())
    assert bench.leases("others").free() == ["r"]


def test_a_run_that_is_told_to_be_cancelled_is_stopped_in_its_test(bench: Bench) -> None:
    add(bench.rows, "r", system="a")

    async def play() -> None:
        playing = bench.turns()
        playing.told("r", "queued")
        await until(lambda: bench.played == ["r"])
        bench.rows.append("r", [("cancelled", 0, "{}")], bench.rows.read)
        playing.told("r", "cancelled")
        await until(lambda: bench.cut == ["r"])
        await playing.close()

    asyncio.run(play())
