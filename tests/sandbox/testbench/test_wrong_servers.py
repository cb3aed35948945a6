"""Servers that look right and are unfaithful: one thing of what was said to them comes back otherwise.

They are written here, and know nothing of the twins: each must fail the test that would have
saved a patient.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.testbench.playing import GIVEN, verdicts

Alteration = Callable[[dict[str, Any]], None]
NO_KNOWN_ALLERGY = {
    "coding": [{"system": "http://snomed.info/sct", "code": "716186003", "display": "No known allergy"}]
}  # fmt: skip


class Unfaithful(httpx.AsyncBaseTransport):
    """Hands requests to the right server, and alters each resource of its answers in one way."""

    def __init__(self, client: TestClient, alter: Alteration) -> None:
        app: Any = client.app
        self._right = httpx.ASGITransport(app)
        self._alter = alter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._right.handle_async_request(request)
        body = await answer.aread()
        kind = answer.headers.get("content-type", "")
        if request.method == "GET" and body and "json" in kind:
            document = json.loads(body)
            for resource in resources(document):
                self._alter(resource)
            body = json.dumps(document).encode()
        headers = [
            (name, value)
            for name, value in answer.headers.items()
            if name not in ("content-length", "content-encoding")
        ]
        return httpx.Response(answer.status_code, headers=headers, stream=httpx.ByteStream(body))


def resources(document: Any) -> Iterator[dict[str, Any]]:
    """Yields the resources of an answer: itself, and the entries of a Bundle."""
    if isinstance(document, dict):
        yield document
        for entry in document.get("entry", ()):
            yield from resources(entry.get("resource"))


def forgets_the_allergy(resource: dict[str, Any]) -> None:
    if resource.get("resourceType") == "AllergyIntolerance":
        resource["code"] = NO_KNOWN_ALLERGY
        for name in ("criticality", "reaction", "category", "type"):
            resource.pop(name, None)


def tells_another_sex(resource: dict[str, Any]) -> None:
    if resource.get("resourceType") == "Patient":
        resource["gender"] = "male" if resource.get("gender") == "female" else "female"


def tells_another_birth_date(resource: dict[str, Any]) -> None:
    if resource.get("resourceType") == "Patient":
        resource["birthDate"] = "1948-07-06"


def dates_documents_1999(resource: dict[str, Any]) -> None:
    if resource.get("resourceType") == "DocumentReference":
        resource["date"] = "1999-01-01T00:00:00Z"


def nothing(resource: dict[str, Any]) -> None:
    """The right server."""


def played(track: str, alter: Alteration, folder: Path) -> list[Result]:
    async def play(client: TestClient) -> list[Result]:
        transport = Unfaithful(client, alter)
        async with Sender("http://sandbox.test/fhir", transport=transport) as send:
            return await play_track(TRACKS[track], GIVEN, send)

    with a_sandbox(folder, seed="training") as client:
        return asyncio.run(play(client))


class Closed(Unfaithful):
    """A Recipient that refuses reads, and says in its CapabilityStatement that it offers some, or none."""

    def __init__(self, client: TestClient, *, declares: bool) -> None:
        super().__init__(client, nothing if declares else declares_no_read)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if (
            re.fullmatch(r"/fhir/[A-Z][A-Za-z]+/[^/]+", request.url.path)
            and request.method == "GET"
        ):
            return httpx.Response(404, stream=httpx.ByteStream(b""))
        return await super().handle_async_request(request)


def declares_no_read(resource: dict[str, Any]) -> None:
    if resource.get("resourceType") == "CapabilityStatement":
        for type in resource["rest"][0]["resource"]:
            type["interaction"] = [each for each in type["interaction"] if each["code"] != "read"]


@pytest.mark.parametrize(("declares", "verdict"), [(True, "fail"), (False, "inconclusive")])
def test_a_recipient_owes_the_reads_alone_that_it_declares(
    declares: bool, verdict: str, trained: TestClient
) -> None:
    async def play_it() -> dict[str, Result]:
        transport = Closed(trained, declares=declares)
        async with Sender("http://sandbox.test/fhir", transport=transport) as send:
            results = await play_track(TRACKS["mhd.recipient"], GIVEN, send)
        return {result.test.number: result for result in results}

    result = asyncio.run(play_it())["RCP-05"]
    assert result.verdict == verdict
    types = {finding.where for finding in result.findings}
    assert {"List", "DocumentReference", "Binary", "Patient"} <= types


class SummariesAlone(Unfaithful):
    """A server that summarizes, and shows nothing of the record from which it does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if re.fullmatch(r"/fhir/[A-Z][A-Za-z]+(/[^/$]+)?", request.url.path):
            return httpx.Response(404, stream=httpx.ByteStream(b""))
        return await super().handle_async_request(request)


def test_a_summary_that_can_be_compared_with_nothing_is_not_called_right(
    trained: TestClient,
) -> None:
    given = {**GIVEN, "patient": "luzia-nogueira", "ruleset": "2023"}

    async def play_it() -> dict[str, str]:
        async with Sender(
            "http://sandbox.test/fhir", transport=SummariesAlone(trained, nothing)
        ) as send:
            results = await play_track(TRACKS["ips.server"], given, send)
        return {result.test.number: result.verdict for result in results}

    told = asyncio.run(play_it())
    assert (told["IPS-01"], told["IPS-03"], told["IPS-07"]) == ("pass", "skip", "skip")


def failed(results: list[Result]) -> list[str]:
    return verdicts(results).get("fail", [])


@pytest.mark.parametrize(
    ("track", "alter", "saved_by"),
    [
        ("ips.server", forgets_the_allergy, "IPS-10"),
        ("ips.server", tells_another_sex, "IPS-09"),
        ("ips.server", tells_another_birth_date, "IPS-09"),
        ("mhd.responder", dates_documents_1999, "RSP-18"),
        ("pdqm.supplier", tells_another_sex, "PDQ-04"),
        ("pdqm.supplier", tells_another_birth_date, "PDQ-04"),
    ],
)
def test_an_unfaithful_server_fails_where_the_right_one_passes(
    track: str, alter: Alteration, saved_by: str, tmp_path: Path
) -> None:
    right = played(track, nothing, tmp_path / "right")
    wrong = played(track, alter, tmp_path / "wrong")
    assert failed(right) == []
    assert saved_by in failed(wrong)
    # and says what was sent and what came back, not only that they differ
    told = [each for result in wrong if result.test.number == saved_by for each in result.findings]
    assert any(each.expected and each.found for each in told if each.severity == "error")
