"""A server that is told to stop says so first, and goes on answering for a while."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

SERVE = [sys.executable, "-m", "sandbox.cli", "serve", "--port", "0", "--seed", "none"]


@contextmanager
def a_server(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    command = [*SERVE, "--data", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            address = "http://" + line.partition("http://")[2].split()[0].rstrip("/,;.")
            with httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
                # before it answers, a signal would meet a process that has set up nothing yet
                assert client.get("/ready").status_code == 200
                yield process, client
        finally:
            # a test that fails would else wait for it for ever
            process.kill()


@pytest.mark.slow
def test_a_proxy_is_told_before_the_server_stops(tmp_path: Path) -> None:
    with a_server(tmp_path, "--drain", "600") as (process, client):
        process.send_signal(signal.SIGTERM)
        while client.get("/ready").status_code == 200:
            pass  # until the signal has come
        assert client.get("/ready").json()["server"] == "stopping"
        assert client.get("/fhir/metadata").status_code == 200
        # who does not want to wait says so again
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)


@pytest.mark.slow
def test_it_stops_when_the_time_is_over(tmp_path: Path) -> None:
    with a_server(tmp_path, "--drain", "0.2") as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)
