"""A system that the server cannot reach is tested by an agent beside it, which dials out alone."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.app import create_app
from sandbox.cli import tell
from sandbox.cli.agent import sent
from sandbox.settings import Settings
from sandbox.web.egress import VARIABLE
from tests.places import PROJECT
from tests.sandbox.event.closed_systems import (
    Gate,
    a_system,
    asking_for_certificates,
    issued,
    serving,
)
from tests.sandbox.mhd.submissions import a_submission
from tests.tunnel import Proxy, proxying

SYSTEM = "/api/systems/hospital"
NOT_YET = ("testbench.address_private", "access.silent")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[httpx.Client]:
    # without a grant: the guard of the server refuses every private address
    app = create_app(Settings(tmp_path / "sandbox", seed="none", graders=0))
    with serving(app) as base, httpx.Client(base_url=base, timeout=30) as client:
        yield client


@contextmanager
def an_agent(server: str, *words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own; it is ready once it has said for which addresses."""
    command = [sys.executable, "-m", "sandbox.cli", "agent", "--server", server]
    process = subprocess.Popen(
        [*command, "--system", "hospital", "--listen", "0", *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env=os.environ | {"CONNECTATHON_LANG": "en"} | variables,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def run_of(bench: httpx.Client) -> Any:
    asked = {"track": "mhd.recipient", "system": "hospital"}
    run = bench.post("/api/runs", json=asked).json()
    deadline = time.monotonic() + 60
    while run["state"] in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(0.05)
        run = bench.get(f"/api/runs/{run['id']}").json()
    return run


def registered(bench: httpx.Client, base: str) -> None:
    system = {"name": "hospital", "base": f"{base}/fhir"}
    assert bench.post("/api/systems", json=system).status_code == 201


def test_an_agent_that_does_not_wait_is_answered_at_once_and_is_known_from_then_on(
    bench: httpx.Client, tmp_path: Path
) -> None:
    def asked() -> Any:
        return bench.post(f"{SYSTEM}/agent/next", json={"waits": False}, timeout=5).json()["asked"]

    with serving(a_system(tmp_path)) as base, ThreadPoolExecutor() as pool:
        registered(bench, base)
        assert asked() is None
        trial = pool.submit(bench.post, f"{SYSTEM}/access/try")
        # without an agent the trial would be over, and ask nobody
        while (request := asked()) is None:
            assert not trial.done(), trial.result().text
        failure = {"status": 0, "failure": "the cable is out"}
        bench.post(f"{SYSTEM}/agent/answers/{request['id']}", json=failure).raise_for_status()
        assert "the cable is out" in trial.result().text


def test_a_system_is_reached_by_its_agent_alone(bench: httpx.Client, tmp_path: Path) -> None:
    gate = Gate(
        a_system(tmp_path),
        lambda request: request.headers.get("authorization") == "Bearer canary-bearer",
    )
    with serving(gate) as base:
        registered(bench, base)
        fields = {"fields": {"token": "canary-bearer"}}
        bench.post(f"{SYSTEM}/access", json=fields)
        refused = run_of(bench)
        assert refused["verdict"] == "inconclusive"
        assert gate.seen == []
        hint = bench.post(f"{SYSTEM}/access/try").json()["said"][-1]
        assert hint["key"] == "access.agent_absent"
        server = str(bench.base_url).rstrip("/")
        assert f"connectathon agent --server {server} --system hospital" in hint["fix"]
        with an_agent(str(bench.base_url)) as agent:
            assert agent.stdout
            assert f"{base}/fhir" in agent.stdout.readline()
            wait_for(bench)
            run = run_of(bench)
            assert run["verdict"] in ("pass", "warn")
            told = bench.get(f"/api/runs/{run['id']}/exchanges/0").json()
    headers = {name.lower(): value for name, value in told["headers"]}
    assert "1.1 connectathon-agent" in headers["via"]
    assert "canary" not in str(told)


def test_tls_with_a_system_begins_at_its_agent(bench: httpx.Client, tmp_path: Path) -> None:
    authority = issued("Ministry CA", is_authority=True)
    known = authority.files(tmp_path, "authority")["ssl_certfile"]
    shown = issued("agent", authority).files(tmp_path, "agent")
    options = issued("hospital", authority).files(tmp_path, "server")
    options |= asking_for_certificates(Path(known))
    with serving(a_system(tmp_path), **options) as base:
        registered(bench, base)
        assert "The chain of 127.0.0.1 ends at CN=Ministry CA" in said_by_agent(bench)
        trusting = ("--authorities", known)
        assert "127.0.0.1 asks for a client certificate" in said_by_agent(bench, *trusting)
        files = ("--certificate", shown["ssl_certfile"], "--private-key", shown["ssl_keyfile"])
        assert "answers: the credentials work" in said_by_agent(bench, *trusting, *files)


def said_by_agent(bench: httpx.Client, *words: str) -> str:
    """What a trial says by an agent that was started with some words."""
    with an_agent(str(bench.base_url), *words) as agent:
        listener_of(agent)
        deadline = time.monotonic() + 60
        said = {"key": "testbench.address_private", "text": ""}
        # on a busy machine what is asked may still have gone to the agent before, which has ended
        while said["key"] in NOT_YET and time.monotonic() < deadline:
            time.sleep(0.5)
            said = bench.post(f"{SYSTEM}/access/try").json()["said"][0]
    return said["text"]


def test_a_key_of_another_certificate_is_told_before_anything_is_sent(
    bench: httpx.Client, tmp_path: Path
) -> None:
    one = issued("one").files(tmp_path, "one")
    other = issued("other").files(tmp_path, "other")
    files = ("--certificate", one["ssl_certfile"], "--private-key", other["ssl_keyfile"])
    command = [sys.executable, "-m", "sandbox.cli", "agent", "--system", "hospital", *files]
    ended = subprocess.run(
        [*command, "--server", str(bench.base_url)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | {"CONNECTATHON_LANG": "en"},
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "does not belong to" in " ".join(ended.stderr.split())


def listener_of(agent: subprocess.Popen[str]) -> str:
    """The address of an agent's listener, as the agent says it behind its first line."""
    assert agent.stdout
    agent.stdout.readline()
    address = re.search(r"http://127\.0\.0\.1:\d+", agent.stdout.readline())
    assert address
    return address[0]


def test_what_a_system_posts_to_its_agent_comes_to_its_inbox(bench: httpx.Client) -> None:
    registered(bench, "http://127.0.0.1:9")
    run = bench.post("/api/runs", json={"track": "mhd.source", "system": "hospital"}).json()
    with an_agent(str(bench.base_url)) as agent:
        listener = listener_of(agent)
        sent = {"Authorization": "Bearer canary-of-the-source"}
        with httpx.Client(base_url=listener, headers=sent, trust_env=False, timeout=30) as source:
            taken = source.post(run["inbox"], json=a_submission())
            elsewhere = source.get("/api/runs")
            unknown = source.get(f"/inbox/{run['id']}.guessed/fhir/metadata")
            wait_for(bench, is_open=False)
            shown = bench.get(f"/runs/{run['id']}").text
            page = source.get(f"{run['inbox']}/Patient?family=Bustos&_count=1").json()
    assert taken.status_code == 200, taken.text
    assert (elsewhere.status_code, unknown.status_code) == (404, 404)
    assert f"{listener}{run['inbox']}" in shown
    assert page["link"][0]["url"].startswith(f"{listener}{run['inbox']}/Patient?")
    judged = bench.get(f"/api/runs/{run['id']}").json()
    assert {test["verdict"] for test in judged["tests"]} >= {"pass"}
    told = bench.get(f"/api/runs/{run['id']}/exchanges/0").json()
    assert told["url"] == f"{listener}{run['inbox']}"
    headers = {name.lower(): value for name, value in told["request_headers"]}
    assert headers["via"] == "1.1 connectathon-agent"
    assert "canary" not in str(told)


def test_an_agent_dials_out_by_the_proxy_alone(bench: httpx.Client, tmp_path: Path) -> None:
    server = str(bench.base_url).rstrip("/")
    place = server.removeprefix("http://")
    proxy = Proxy({place: int(place.rpartition(":")[2])}, credential="ana:canary-proxy")
    with serving(a_system(tmp_path)) as base, proxying(proxy):
        registered(bench, base)
        variable = {VARIABLE: proxy.address.replace("//", "//ana:canary-proxy@")}
        with an_agent(server, **variable) as agent:
            assert agent.stdout
            assert f"{base}/fhir" in agent.stdout.readline()
            wait_for(bench)
    # the system beside the agent is never asked for by the proxy
    assert set(proxy.asked) == {place}


def test_what_no_client_sends_is_refused(bench: httpx.Client) -> None:
    registered(bench, "http://127.0.0.1:9")
    right = {"at": "http://127.0.0.1:8410", "inbox": "none.none", "method": "GET"}
    for wrong, status in (
        ({}, 200),
        ({"at": "http://hospital.example:8410"}, 400),
        ({"method": "TRACE"}, 400),
        ({"body": "!"}, 400),
        ({"headers": [["a"]]}, 400),
        ({"headers": [["a", "→"]]}, 400),
    ):
        came = bench.post(f"{SYSTEM}/agent/submissions", json=right | wrong)
        assert came.status_code == status, wrong
    # nobody knows that inbox, which the client is told as at its door
    assert bench.post(f"{SYSTEM}/agent/submissions", json=right).json()["status"] == 404


def test_an_agent_sends_nowhere_else(bench: httpx.Client, tmp_path: Path) -> None:
    def told(asked: Any, bases: list[str]) -> Any:
        async def ask() -> Any:
            async with httpx.AsyncClient(trust_env=False) as inside:
                return await sent(inside, asked, bases)

        return asyncio.run(ask())

    other = Gate(a_system(tmp_path), lambda request: True)
    with serving(other) as base:
        asked = {"method": "GET", "url": f"{base}/fhir/metadata", "headers": [], "body": ""}
        assert told(asked, ["http://127.0.0.1:9/fhir"])["failure"] == tell("agent.not_registered")
        assert other.seen == []
        assert told(asked, [f"{base}/fhir"])["status"] == 200


def test_an_agent_without_its_system_ends_in_words(bench: httpx.Client) -> None:
    with an_agent(str(bench.base_url)) as agent:
        told, _ = agent.communicate(timeout=30)
    assert agent.returncode == 1
    assert "404" in told
    assert "hospital" in told


def test_what_nobody_waits_for_is_refused(bench: httpx.Client) -> None:
    registered(bench, "http://127.0.0.1:9")
    place = f"{SYSTEM}/agent/answers/none"
    for body, status in (
        ({"status": 200}, 404),
        ({"status": 99}, 400),
        ({"status": 200, "body": "!"}, 400),
        ({"status": 200, "headers": [["a"]]}, 400),
    ):
        assert bench.post(place, json=body).status_code == status


def wait_for(bench: httpx.Client, *, is_open: bool = True) -> None:
    """Waits until the agent has asked for work, for a system that answers or does not."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        tried = bench.post(f"{SYSTEM}/access/try").json()
        if tried["is_open"] or (not is_open and "agent" in tried["said"][0]["text"]):
            return
        time.sleep(0.1)
    raise AssertionError("the agent never came")
