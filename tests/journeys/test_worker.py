"""Servers leave runs to workers, which may be on other machines; `tests.bench.hosting` measures the same at length."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.api.desk import NOTEBOOK
from tests.bench.cluster import PATIENCE, Cluster, Partners, partners, until
from tests.sandbox.desk.made import a_notebook

pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("postgres"),
]
FOR_EVER = 10 * PATIENCE
WEB = ("serve", "--runs", "0", "--graders", "0")


@pytest.fixture
def cluster(tmp_path: Path, postgres_database: str) -> Iterator[Cluster]:
    processes = Cluster(tmp_path, postgres_database)
    processes.start("web", *WEB)
    yield processes
    processes.close()


@pytest.fixture
def teams() -> Iterator[Partners]:
    with partners() as systems:
        yield systems


def holders(cluster: Cluster) -> set[str]:
    rows = cluster.asked("SELECT leased_by FROM run_row WHERE leased_until > 0")
    return {str(holder) for (holder,) in rows}


def test_a_run_waits_for_a_worker_and_goes_on_when_that_one_is_told_to_stop(
    cluster: Cluster, teams: Partners
) -> None:
    names = [f"s{number}" for number in range(6)]
    cluster.register("web", names, teams.base)
    teams.takes = FOR_EVER
    ids = [cluster.begin("web", name) for name in names]
    assert teams.asked == {}
    first = cluster.start("first", "worker", "--runs", "2")
    until(lambda: len(teams.asked) == 2)
    assert all(holder.endswith(f":{first.pid}") for holder in holders(cluster))
    # not more than it was told, though four wait
    assert len(teams.asked) == 2
    teams.takes = 0.05
    cluster.start("second", "worker")
    cluster.end("first", signal.SIGTERM)
    until(lambda: cluster.is_over(ids))
    assert cluster.faults(ids) == {"lost": 0, "ended twice": 0, "mixed attempts": 0}
    assert teams.overlaps == 0
    until(lambda: not holders(cluster))  # given back behind the last line of each


def test_a_run_that_is_cancelled_at_a_server_leaves_its_system_at_once(
    cluster: Cluster, teams: Partners
) -> None:
    cluster.register("web", ["silent"], teams.base)
    cluster.start("worker", "worker")
    teams.takes = FOR_EVER
    id = cluster.begin("web", "silent")
    until(lambda: bool(teams.asked))
    address = cluster.addresses["web"]
    cancelled = cluster.client.post(f"{address}/api/runs/{id}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    until(lambda: not holders(cluster))  # long before it is answered


def test_four_workers_play_beside_each_other_what_waits(cluster: Cluster, teams: Partners) -> None:
    names = [f"s{number}" for number in range(12)]
    cluster.register("web", names, teams.base)
    teams.takes = 60.0  # nobody gets an answer before all four are at work
    ids = [cluster.begin("web", name) for name in names]
    workers = [cluster.start(f"worker-{number}", "worker", "--runs", "2") for number in range(4)]
    until(lambda: len(teams.asked) == 8)
    assert {holder.rpartition(":")[2] for holder in holders(cluster)} == {
        str(worker.pid) for worker in workers
    }
    # each has as many as it may, four wait, and all of it says so to whoever asks
    rows = cluster.client.get(f"{cluster.addresses['web']}/api/jobs").json()
    assert [bool(row["holder"]) for row in rows].count(True) == 8
    assert len(rows) == len(ids)
    assert teams.overlaps == 0


@pytest.mark.needs("bubblewrap")
def test_what_is_handed_in_at_a_server_is_graded_by_a_worker(cluster: Cluster) -> None:
    cluster.start("worker", "worker", "--runs", "0", "--graders", "1")
    address = f"{cluster.addresses['web']}/api/gradings"
    reply = cluster.client.post(address, content=a_notebook(), headers={"Content-Type": NOTEBOOK})
    assert reply.status_code == 202, reply.text

    def state() -> str:
        return str(cluster.client.get(f"{address}/{reply.json()['id']}").json()["state"])

    until(lambda: state() not in ("queued", "grading"), seconds=300)
    assert state() == "graded"
