"""The sandbox beside JupyterLab, behind its proxy."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.cli.labproxy import describe_sandbox

pytestmark = pytest.mark.daily("starting", share=1 / 3)


def test_the_proxy_attaches_to_the_server_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:8400")
    assert (describe_sandbox()["command"], describe_sandbox()["port"]) == ([], 8400)


def test_without_one_it_starts_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_URL", raising=False)
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    assert describe_sandbox()["command"][-4:] == ["--port", "{port}", "--proxy", "127.0.0.1"]


def test_on_a_hub_it_answers_to_whatever_name_the_hub_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_URL", raising=False)
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ana/")
    assert describe_sandbox()["command"][-2:] == ["--allow-host", "*"]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of the Lab that `connectathon lab` starts, let in by its token."""
    command = [sys.executable, "-m", "sandbox.cli", "lab", "--port", "0", "--root", str(tmp_path)]
    environment = {**os.environ, "HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        address = None
        while address is None and process.stdout:
            line = process.stdout.readline()
            assert line, "connectathon lab ended without an address"
            address = re.search(r"(http://[^/]+)/\S+token=(\S+)", line)
        assert address
        headers = {"Authorization": f"token {address[2]}"}
        with httpx.Client(base_url=address[1], headers=headers, timeout=60) as client:
            yield client
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@pytest.mark.slow
def test_lab_shows_the_sandbox_at_its_own_address(lab: httpx.Client) -> None:
    """Its real proxy in front: links lead through it, and what a browser sends by it is taken."""
    root = str(lab.base_url).rstrip("/") + "/sandbox"
    page = lab.get("/sandbox/")
    assert page.status_code == 200
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    (first, *_) = lab.get("/sandbox/fhir/Patient?_count=1").json()["link"]
    assert first["url"].startswith(f"{root}/fhir/Patient")
    sent = {"Origin": str(lab.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    form = {"track": "mhd.source", "system": "sandbox"}
    started = lab.post("/sandbox/team/runs", data=form, headers=sent)
    assert started.status_code == 303
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert lab.post("/sandbox/team/runs", data=form, headers=foreign).status_code == 403
