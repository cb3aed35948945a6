"""A test that stops the process, or takes more than it may, ends as an error of ours; the run goes
on behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.exchange import Exchange
from sandbox.ids import sequence_of_ids
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.testbench import stepping
from sandbox.testbench.script import Asked
from sandbox.workers import Budget, Pool, pool_of
from tests.conftest import TickingClock
from tests.sandbox.testbench.playing import sender_to

SYSTEM = System("ministry", "http://sandbox.test/fhir")


class Killed(BaseException):
    """What ends the process at once, with no part of it going on."""


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    partitions = Partitions(tmp_path / "runs")
    found = Runs(
        RunStore(partitions.main),
        clock=TickingClock(),
        new_id=sequence_of_ids("runs"),
        keeper="server",
    )
    found.workers = pool_of(1)
    yield found
    partitions.close()


def carry_out(runs: Runs, id: str, client: TestClient, *, kills: bool = False) -> None:
    async def play() -> None:
        async with sender_to(client) as send:

            async def ask(asked: Asked) -> Exchange:
                if kills and not runs.read(id).outcomes:
                    raise Killed
                return await send(asked)

            await runs.carry_out(id, ask)

    asyncio.run(play())


def verdicts(runs: Runs, id: str) -> list[str]:
    return [one.verdict for one in runs.read(id).outcomes.values()]


def test_scripts_in_a_worker_come_to_the_same(runs: Runs, empty: TestClient) -> None:
    found = []
    for workers in (None, pool_of(1)):
        runs.workers = workers
        id = runs.start("mhd.recipient", SYSTEM).id
        carry_out(runs, id, empty)
        run = runs.read(id)
        found.append([(one.verdict, one.findings) for one in run.outcomes.values()])
    assert len(found[0]) > 5
    assert [[one for one, _ in run] for run in found] == [[one for one, _ in found[0]]] * 2


def test_a_script_is_played_anew_when_its_worker_is_gone(runs: Runs, empty: TestClient) -> None:
    async def play() -> None:
        async with sender_to(empty) as send:

            async def ask(asked: Asked) -> Exchange:
                for worker in pool_of(1)._idle:
                    worker.kill()
                return await send(asked)

            await runs.carry_out(id, ask)

    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01", "RCP-05"]).id
    asyncio.run(play())
    assert verdicts(runs, id) == ["pass", "pass"]


def test_a_test_beyond_its_budget_is_an_error_of_ours_and_the_run_ends(
    runs: Runs, empty: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "PATIENT", Budget(cpu=1, seconds=0, is_patient=True))
    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01", "RCP-05"]).id
    carry_out(runs, id, empty)
    assert verdicts(runs, id) == ["error", "error"]
    assert runs.read(id).state == "done"
    assert {one.key for out in runs.read(id).outcomes.values() for one in out.findings} == {
        "workers.not_finished"
    }


def test_a_test_that_ends_the_process_each_time_is_not_begun_a_third_time(
    runs: Runs, empty: TestClient
) -> None:
    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01", "RCP-05"]).id
    for _ in range(2):
        with pytest.raises(Killed):
            carry_out(runs, id, empty, kills=True)
    carry_out(runs, id, empty, kills=True)
    assert verdicts(runs, id) == ["error", "pass"]
    (finding,) = next(iter(runs.read(id).outcomes.values())).findings
    assert (finding.key, finding.params["count"]) == ("testbench.cut_off", 2)


def test_a_stop_in_order_does_not_count(runs: Runs, empty: TestClient) -> None:
    id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01"]).id

    async def stopped() -> None:
        async def never(_: Asked) -> Exchange:
            await asyncio.Event().wait()
            raise AssertionError

        task = asyncio.ensure_future(runs.carry_out(id, never))
        while not [one for one in runs.events(id) if one.kind == "begun"]:
            await asyncio.sleep(0)
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for _ in range(3):
        asyncio.run(stopped())
    carry_out(runs, id, empty)
    assert verdicts(runs, id) == ["pass"]


def test_a_pool_with_two_workers_finds_its_scripts(runs: Runs, empty: TestClient) -> None:
    runs.workers = Pool(2)
    try:
        id = runs.start("mhd.recipient", SYSTEM, tests=["RCP-01", "RCP-05"]).id
        carry_out(runs, id, empty)
        assert verdicts(runs, id) == ["pass", "pass"]
    finally:
        runs.workers.close()
