"""Workers give back what a function returns, and are killed and replaced when it takes too much."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.errors import BadRequest, Busy, NotConformant, NotFinished
from sandbox.testbench.stepping import load_scripts
from sandbox.workers import Budget, Pool
from sandbox.workers import pool as pools
from tests.jobs import break_down, data_folder, grow, hold_the_interpreter, is_loaded, nap, refuse

BUDGET = Budget(cpu=20, seconds=30)


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
    begun = time.monotonic()
    with pytest.raises(NotFinished):
        pool.run(Budget(cpu=1, seconds=60), hold_the_interpreter)
    assert time.monotonic() - begun < 30
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


def test_short_work_overtakes_what_takes_long(pool: Pool) -> None:
    with ThreadPoolExecutor(1) as threads:
        long = threads.submit(pool.run, Budget(cpu=60, seconds=5), nap, 3600)
        begun = time.monotonic()
        assert pool.run(BUDGET, nap, 0) == 0
        assert time.monotonic() - begun < 4
        with pytest.raises(NotFinished):
            long.result()


def test_who_comes_when_all_are_at_long_work_is_sent_away(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "QUEUE_SECONDS", 2)
    with ThreadPoolExecutor(2) as threads:
        held = [threads.submit(pool.run, Budget(cpu=60, seconds=6), nap, 3600) for _ in range(2)]
        deadline = time.monotonic() + 5
        while len(pool._busy) < 2 and time.monotonic() < deadline:
            pass
        with pytest.raises(Busy):
            pool.run(BUDGET, nap, 0)
        for one in held:
            with pytest.raises(NotFinished):
                one.result()


def test_the_event_loop_goes_on_meanwhile(pool: Pool) -> None:
    async def count() -> int:
        work = asyncio.ensure_future(pool.later(BUDGET, nap, 0.5))
        turns = 0
        while not work.done():
            await asyncio.sleep(0.01)
            turns += 1
        return turns

    assert asyncio.run(count()) > 10


def test_a_worker_reads_the_data_folder_of_today(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTATHON_DATA", "elsewhere")
    assert pool.run(BUDGET, data_folder) == "elsewhere"
