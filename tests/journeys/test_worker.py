"""Servers leave runs to workers, which may be on other machines; `tests.bench.hosting` measures the same at length."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.cluster import PATIENCE, Cluster, Partners, partners, until

pytestmark = [pytest.mark.slow, pytest.mark.needs("postgres")]
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
