"""Many runs at once: each finishes once with its own evidence, also when the server is killed in the middle."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.course.connection import RunningServer, start_server
from sandbox.store.partitions import Partitions
from tests.conftest import a_sandbox

pytestmark = [pytest.mark.daily("long", share=0.25, each="module"), pytest.mark.slow]

TESTS = ["RCP-01", "RCP-09"]
PATIENCE = 60


def queued(client: httpx.Client | TestClient, system: str = "sandbox") -> str:
    reply = client.post(
        "/api/runs", json={"track": "mhd.recipient", "system": system, "tests": TESTS}
    )
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def until_done(client: httpx.Client | TestClient, ids: list[str]) -> list[dict[str, Any]]:
    """Waits for the end of runs by their streams, and returns their logs."""
    deadline = time.monotonic() + PATIENCE
    for id in ids:
        client.get(f"/api/runs/{id}/events", headers={"Accept": "text/event-stream"})
        assert time.monotonic() < deadline, "the runs take too long"
    return [{"id": id, "log": client.get(f"/api/runs/{id}/events").json()} for id in ids]


def check(run: dict[str, Any]) -> None:
    """Every run has each event once, and every exchange is its own."""
    kinds = [one["kind"] for one in run["log"]]
    assert kinds.count("queued") == kinds.count("done") == 1, kinds
    verdicts = [one["body"]["test"] for one in run["log"] if one["kind"] == "verdict"]
    assert sorted(verdicts) == ["mhd.recipient.minimal_json", "mhd.recipient.no_submission_set"]
    # of the wrong submission two, with its fault and without it, each looked for
    numbers = [one["body"]["number"] for one in run["log"] if one["kind"] == "exchange"]
    assert numbers == list(range(5))


def test_two_hundred_runs_of_forty_systems_finish_once_each(tmp_path: Path) -> None:
    server = start_server(
        {"CONNECTATHON_DATA": str(tmp_path / "peer"), "CONNECTATHON_SEED": "none"}
    )
    port = server.connection.url.rpartition(":")[2]
    try:
        with a_sandbox(tmp_path, id_seed="", grants=(f"127.0.0.1:{port}",)) as client:
            names = [f"team-{number}" for number in range(40)]
            for name in names:
                system = {"name": name, "base": f"{server.connection.url}/fhir"}
                assert client.post("/api/systems", json=system).status_code == 201
            ids = [queued(client, name) for name in names for _ in range(5)]
            runs = until_done(client, ids)
            for run in runs:
                check(run)
            assert len(client.get("/api/matrix").json()) == 40
    finally:
        server.stop()


def test_a_killed_server_goes_on_with_its_runs_none_lost_none_twice(tmp_path: Path) -> None:
    environment = {"CONNECTATHON_DATA": str(tmp_path), "CONNECTATHON_SEED": "none"}
    server = start_server(environment)
    with httpx.Client(base_url=server.connection.url, trust_env=False, timeout=PATIENCE) as client:
        ids = [queued(client) for _ in range(50)]
    _kill(server)
    done = _verdicts(tmp_path)
    assert done < 100  # the kill came in the middle
    server = start_server(environment)
    try:
        with httpx.Client(
            base_url=server.connection.url, trust_env=False, timeout=PATIENCE
        ) as client:
            for run in until_done(client, ids):
                check(run)
    finally:
        server.stop()


def _kill(server: RunningServer) -> None:
    os.kill(server.pid, signal.SIGKILL)
    server.stop()


def _verdicts(folder: Path) -> int:
    partitions = Partitions(folder)
    with partitions.main.reading() as connection:
        count = connection.execute("SELECT count(*) FROM event WHERE kind = 'verdict'").fetchone()[
            0
        ]
    partitions.close()
    return int(count)
