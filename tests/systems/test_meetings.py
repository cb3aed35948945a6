"""A Consumer and a Responder that no one here wrote meet through a recording proxy: fhir-kit-client and HAPI's servers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.testbench.submissions import patient_token
from sandbox.testbench.tracks.mhd_responder_checks import PUBLISHED, described
from tests.conftest import CLIENTS, HAPI_JPA
from tests.sandbox.event.closed_systems import serving
from tests.systems.starting import java

pytestmark = [
    pytest.mark.daily("systems", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("clients"),
    pytest.mark.needs("hapi-jpa"),
]
HERE = Path(__file__).parent
MODULE = CLIENTS / "node_modules" / "fhir-kit-client" / "dist" / "index.js"
GIVEN = {"run": "meeting", "now": "2026-07-27T09:00:00.000Z"}
OF_CONSUMER = ("CON-01", "CON-02", "CON-03", "CON-04", "CON-05")
OF_RESPONDER = {*("RSP-01", "RSP-02", "RSP-04", "RSP-05", "RSP-10", "RSP-11b", "RSP-19", "RSP-23")}
FHIR = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}


@pytest.fixture(scope="module")
def hapi() -> Iterator[str]:
    with java(f"hapi-jpa-{HAPI_JPA[-1]}", "hapi-jpa-1.jar") as base:
        for word, metadata in PUBLISHED.items():
            sent = described(GIVEN, word, metadata)
            httpx.post(
                base, json=sent, headers=FHIR, timeout=60, trust_env=False
            ).raise_for_status()
        yield base


def verdicts(instance: Any, bench: httpx.Client, track: str) -> dict[str, str]:
    shown = bench.get(f"/api/instances/{instance['id']}").json()["throughs"][-1]
    run = next(row["run"] for row in shown["runs"] if row["track"] == track)
    tests = bench.get(f"/api/runs/{run}").json()["tests"]
    return {test["number"]: test["verdict"] for test in tests if test["verdict"]}


def settled(ask: Callable[[], dict[str, str]], numbers: Collection[str]) -> None:
    """Asks until all of some tests have their verdict: what was seen last is judged behind the reply."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if set(numbers) <= {number for number, verdict in ask().items() if verdict != "skip"}:
            return
        time.sleep(0.5)


def test_fhir_kit_client_gets_from_hapi_and_both_are_judged(tmp_path: Path, hapi: str) -> None:
    app = create_app(Settings(tmp_path / "bench", seed="none", graders=0, grants=("127.0.0.1",)))
    with (
        serving(app) as address,
        httpx.Client(base_url=address, timeout=60, trust_env=False) as bench,
    ):
        for alias, base, country, actor in (
            ("viewer", "http://127.0.0.1:9/fhir", "CL", "document-consumer"),
            ("archive", hapi, "PE", "document-responder"),
        ):
            system = {"name": alias, "base": base, "team": f"Team {country}", "actors": [actor]}
            bench.post("/api/systems", json=system).raise_for_status()
        begin = {"event": "lacpass-2023", "test": "1.10", "system": "viewer", "partner": "archive"}
        instance = bench.post("/api/instances", json=begin).json()
        roles = {"asking": "consumer", "answering": "responder"}
        opened = bench.post(f"/api/instances/{instance['id']}/through", json=roles).json()
        base = f"{address}{opened['throughs'][-1]['address']}"
        script = HERE / "consumer_with_fhir_kit_client.mjs"
        command = ["node", str(script), base, str(MODULE), patient_token(GIVEN)]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert said.returncode == 0, said.stderr
        seen = json.loads(said.stdout)
        settled(lambda: verdicts(instance, bench, "mhd.consumer"), OF_CONSUMER)
        settled(lambda: verdicts(instance, bench, "mhd.responder"), {*OF_RESPONDER, "RSP-18"})
        bench.post(f"/api/instances/{instance['id']}/abort", json={}).raise_for_status()
        of_consumer = verdicts(instance, bench, "mhd.consumer")
        of_responder = verdicts(instance, bench, "mhd.responder")
    assert seen == {
        "version": "4.0.1", "lists": 2, "documents": 2, "byForm": 2, "narrowed": 1, "fetched": [200, 200],
    }  # fmt: skip
    judged = {number: verdict for number, verdict in of_consumer.items() if verdict != "skip"}
    assert judged == dict.fromkeys(OF_CONSUMER, "pass")
    judged = {number for number, verdict in of_responder.items() if verdict == "pass"}
    assert judged == OF_RESPONDER
    # relative addresses, as argued in hapi-jpa/expected.toml
    told = {number for number, verdict in of_responder.items() if verdict not in ("pass", "skip")}
    assert told == {"RSP-18"}
