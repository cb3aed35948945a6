"""Plays tracks against a sandbox without sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.testclient import TestClient

from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS

PROVED = (
    "fhir.basics", "mhd.recipient", "mhd.simplified", "mhd.generate", "mhd.responder", "ips.server", "pdqm.supplier",
    "svcm.repository",
)  # fmt: skip
LUZIA = "urn:oid:2.16.76|99902431585"
ON_DEMAND = {
    "resourceType": "DocumentReference", "status": "current", "subject": {"reference": "Patient/luzia-nogueira"},
    "content": [{"attachment": {
        "contentType": "application/fhir+json", "url": "http://sandbox.test/fhir/Patient/luzia-nogueira/$summary",
    }}],
}  # fmt: skip
GIVEN = {"run": "a-run", "now": "2026-07-27T09:00:00.000Z"}


def sender_to(client: TestClient, base: str = "http://sandbox.test/fhir") -> Sender:
    app: Any = client.app
    return Sender(base, transport=httpx.ASGITransport(app))


def played(track: str, client: TestClient, **given: str) -> list[Result]:
    async def play() -> list[Result]:
        async with sender_to(client) as send:
            return await play_track(TRACKS[track], {**GIVEN, **given}, send)

    return asyncio.run(play())


def played_all(client: TestClient) -> list[Result]:
    """Plays the tracks that the broken twins prove."""
    own = {
        "pdqm.supplier": {"match": "yes"},
        "svcm.repository": {"translate": "yes", "ips": "yes"},
        "mhd.recipient": {"comprehensive": "yes", "uncontained": "yes", "simplified": "yes"},
        "mhd.responder": {"patient": "luzia-nogueira"},
        "ips.server": {"patient": "luzia-nogueira", "identifier": LUZIA, "ruleset": "2023"},
    }
    client.post("/fhir/DocumentReference", json=ON_DEMAND)
    return [
        result
        for track in PROVED
        for result in played(track, client, run=f"run-{track}", **own.get(track, {}))
    ]


def verdicts(results: list[Result]) -> dict[str, list[str]]:
    """Returns the numbers of the tests by verdict, those that passed left out."""
    found: dict[str, list[str]] = {}
    for one in results:
        if one.verdict != "pass":
            found.setdefault(one.verdict, []).append(one.test.number)
    return {verdict: sorted(numbers) for verdict, numbers in found.items()}
