"""A worker tells its figures on loopback where it is given a port, and else listens to nobody."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.test_deploy import free_port

pytestmark = pytest.mark.slow
WANTED = (
    "connectathon_jobs",
    "connectathon_jobs_waiting",
    "connectathon_job_waits_seconds",
    "connectathon_runs",
    "connectathon_runs_playing",
    "connectathon_lease_refusals",
    "connectathon_workers_busy",
    "process_resident_memory_bytes",
)
"""Jobs by state, how many wait and how long, what other processes took over, judges, memory."""


@contextmanager
def a_worker(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox.cli", "worker", "--seed", "none", *words]
    environment = {**os.environ, "CONNECTATHON_DATA": str(folder), "CONNECTATHON_LANG": "en"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def listening(pid: int) -> list[str]:
    """Returns where a process listens, as /proc writes it."""
    own: set[str] = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            own.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == "0A" and row[9] in own]


def test_its_figures_are_what_prometheus_reads(tmp_path: Path) -> None:
    port = free_port()
    with a_worker(tmp_path, "--metrics", str(port)) as process:
        assert process.stdout
        assert "plays up to" in process.stdout.readline()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            reply = client.get("/metrics")
            assert client.get("/ready").json() == {"database": "ok", "server": "ok"}
        # on loopback, and nowhere else
        assert listening(process.pid) == [f"0100007F:{port:04X}"]
        process.terminate()
        assert process.wait(timeout=20) == 0
    families = {family.name: family for family in text_string_to_metric_families(reply.text)}
    assert {*WANTED} <= {*families}
    jobs = families["connectathon_jobs"].samples
    assert {(each.labels["kind"], each.labels["state"]) for each in jobs} >= {
        ("run", "queued"),
        ("run", "running"),
        ("grading", "grading"),
        ("notice", "waiting"),
    }


def test_it_listens_to_nobody_where_nothing_is_said(tmp_path: Path) -> None:
    with a_worker(tmp_path) as process:
        assert process.stdout
        assert "plays up to" in process.stdout.readline()
        assert listening(process.pid) == []


def test_a_port_that_somebody_has_is_said_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with a_worker(tmp_path, "--metrics", str(port)) as process:
            _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"connectathon worker --metrics {port + 1}" in said
