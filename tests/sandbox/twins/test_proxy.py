"""A proxy before a right server: unaltered nothing is found, and each wrong server fails a test."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from sandbox.twins.altering import read_fault
from sandbox.twins.proxy import proxy_to
from tests.conftest import a_sandbox
from tests.sandbox.testbench.playing import GIVEN, LUZIA, verdicts

BASE = "http://sandbox.test/fhir"
INPUTS = {
    "ips.server": {"patient": "luzia-nogueira", "identifier": LUZIA},
    "mhd.recipient": {},
    "mhd.responder": {},
}


def played(track: str, client: TestClient, fault: str = "") -> list[Result]:
    app: Any = client.app
    behind = httpx.ASGITransport(app)
    proxy = proxy_to(BASE, read_fault(fault) if fault else None, transport=behind)

    async def play() -> list[Result]:
        async with (
            proxy.router.lifespan_context(proxy),
            Sender("http://proxy.test/fhir", transport=httpx.ASGITransport(proxy)) as send,
        ):
            given = {**GIVEN, "run": f"run-{track}", **INPUTS[track]}
            return await play_track(TRACKS[track], given, send)

    return asyncio.run(play())


@pytest.mark.parametrize("track", INPUTS)
def test_without_a_fault_nothing_is_found(track: str, tmp_path: Path) -> None:
    with a_sandbox(tmp_path, seed="training") as client:
        told = verdicts(played(track, client))

    assert set(told) <= {"skip"}


@pytest.mark.parametrize(
    ("fault", "track", "number"),
    [
        ("AllergyIntolerance.code.coding.code:other", "ips.server", "IPS-10"),
        ("AllergyIntolerance.criticality:other", "ips.server", "IPS-10"),
        ("MedicationStatement.medicationCodeableConcept:remove", "ips.server", "IPS-11"),
        ("Condition.onsetDateTime:other", "ips.server", "IPS-12"),
        ("Immunization.occurrenceDateTime:other", "ips.server", "IPS-13"),
        ("Patient.gender:other", "ips.server", "IPS-09"),
        ("Patient.birthDate:other", "ips.server", "IPS-09"),
        ("AllergyIntolerance.patient.reference:somebody", "ips.server", "IPS-10"),
        ("DocumentReference.date:other", "mhd.recipient", "RCP-05"),
        ("DocumentReference.date:other", "mhd.responder", "RSP-18"),
        ("DocumentReference.content.attachment.hash:other", "mhd.responder", "RSP-18"),
        ("List.date:other", "mhd.recipient", "RCP-05"),
        ("header.ETag:remove", "mhd.recipient", ""),
    ],
)
def test_each_wrong_server_fails_a_test(
    fault: str, track: str, number: str, tmp_path: Path
) -> None:
    with a_sandbox(tmp_path, seed="training") as client:
        told = verdicts(played(track, client, fault))

    assert (number in told.get("fail", [])) is bool(number)


def test_a_server_that_is_not_there_is_a_bad_gateway(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    proxy = proxy_to(BASE, transport=httpx.MockTransport(refuse))
    with TestClient(proxy) as client:
        assert client.get("/fhir/metadata").status_code == 502


def test_addresses_that_the_server_writes_lead_to_the_proxy_again(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, seed="training") as behind:
        app: Any = behind.app
        with TestClient(
            proxy_to(BASE, transport=httpx.ASGITransport(app)), base_url="http://proxy.test"
        ) as client:
            found = client.get("/fhir/Patient?_count=1").json()

    assert found["link"][0]["url"].startswith("http://proxy.test/fhir/Patient")
