"""Workers give back what a function returns, and are killed and replaced when it takes too much."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.errors import BadRequest, Busy, NotConformant, NotFinished
from sandbox.testbench.stepping import load_scripts
from sandbox.workers import Budget, Pool
from sandbox.workers import pool as pools
from tests.jobs import (
    break_down,
    data_folder,
    grow,
    hold_the_interpreter,
    is_loaded,
    nap,
    refuse,
    wait_for,
)

pytestmark = pytest.mark.xdist_group("pool")  # what it starts is started once
BUDGET = Budget(cpu=20, seconds=30)
LONG = Budget(cpu=60, seconds=600)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool()
    yield made
    made.close()


def test_a_result_comes_back_from_another_process(pool: Pool) -> None:
    assert pool.run(BUDGET, sorted, [3, 1, 2]) == [1, 2, 3]
    assert pool.run(BUDGET, os.getpid) != os.getpid()
    assert pool.run(BUDGET, os.getpid) == pool.run(BUDGET, os.getpid)


def test_what_was_loaded_beforehand_is_at_hand() -> None:
    fresh = Pool()
    scripts = "sandbox.testbench.tracks.mhd_recipient"
    assert not fresh.run(BUDGET, is_loaded, scripts)
    fresh.run(BUDGET, load_scripts)
    assert fresh.run(BUDGET, is_loaded, scripts)
    fresh.close()


@pytest.mark.parametrize("kind", [BadRequest, NotConformant])
def test_an_error_comes_back_whole(pool: Pool, kind: type[Exception]) -> None:
    with pytest.raises(kind) as there:
        pool.run(BUDGET, refuse, kind)
    with pytest.raises(kind) as here:
        refuse(kind)
    assert there.value.as_findings() == here.value.as_findings()  # type: ignore[attr-defined]


def test_a_fault_of_ours_is_no_budget(pool: Pool) -> None:
    with pytest.raises(RuntimeError, match="ours"):
        pool.run(BUDGET, break_down)


def test_work_in_c_that_never_ends_is_killed_by_its_seconds_of_computing(pool: Pool) -> None:
    before = pool.run(BUDGET, os.getpid)
    with pytest.raises(NotFinished):
        # an hour by the clock: it is the seconds of computing that end it
        pool.run(Budget(cpu=1, seconds=3600), hold_the_interpreter)
    assert pool.run(BUDGET, os.getpid) != before


def test_work_that_only_waits_is_killed_by_the_clock(pool: Pool) -> None:
    with pytest.raises(NotFinished) as refused:
        pool.run(Budget(cpu=60, seconds=1), nap, 3600)
    assert refused.value.as_finding().severity == "fatal"
    assert pool.run(BUDGET, nap, 0) == 0


def test_work_that_takes_too_much_memory_is_not_finished(pool: Pool) -> None:
    with pytest.raises(NotFinished):
        pool.run(BUDGET, grow)
    assert pool.run(BUDGET, nap, 0) == 0


def test_short_work_overtakes_what_takes_long(pool: Pool, tmp_path: Path) -> None:
    end = tmp_path / "end"
    with ThreadPoolExecutor(1) as threads:
        long = threads.submit(pool.run, LONG, wait_for, str(end))
        try:
            assert pool.run(BUDGET, nap, 0) == 0
            assert not long.done()
        finally:
            end.touch()
        long.result()


def test_who_comes_when_all_are_at_long_work_is_sent_away(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = tmp_path / "end"
    with ThreadPoolExecutor(2) as threads:
        works = [threads.submit(pool.run, LONG, wait_for, str(end)) for _ in range(2)]
        try:
            while len(pool._busy) < 2:
                time.sleep(0.01)
            monkeypatch.setattr(pools, "QUEUE_SECONDS", 0.1)
            with pytest.raises(Busy):
                pool.run(BUDGET, nap, 0)
        finally:
            end.touch()
        for work in works:
            work.result()


def test_the_event_loop_goes_on_meanwhile(pool: Pool, tmp_path: Path) -> None:
    end = tmp_path / "end"

    async def count() -> None:
        work = asyncio.ensure_future(pool.later(LONG, wait_for, str(end)))
        for _ in range(10):
            await asyncio.sleep(0.01)
            assert not work.done()
        end.touch()
        await work

    asyncio.run(count())


def test_a_worker_reads_the_data_folder_of_today(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTATHON_DATA", "elsewhere")
    assert pool.run(BUDGET, data_folder) == "elsewhere"
