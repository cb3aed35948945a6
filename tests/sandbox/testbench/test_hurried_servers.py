"""Servers as a hurried team builds them: each is right in all but one habit, and none is among the twins.

One finds people by their number and ignores whose number it is; one supersedes a patient's whole
record at a replacement; one reads UTF-8 as Latin-1.  Each must fail where its habit does harm.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.testbench.playing import GIVEN, LUZIA

PATIENT = {"patient": "luzia-nogueira", "identifier": LUZIA}
IDENTIFIERS = ("identifier", "patient.identifier", "subject.identifier")


class Right(httpx.AsyncBaseTransport):
    """Hands requests to the right server as they are."""

    def __init__(self, client: TestClient) -> None:
        app: Any = client.app
        self._right = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._right.handle_async_request(request)

    async def _again(self, request: httpx.Request, **changes: Any) -> httpx.Response:
        """Asks the right server with some things of a request changed."""
        headers = [
            (name, value)
            for name, value in request.headers.items()
            if name not in ("content-length", "transfer-encoding")
        ]
        asked = {"method": request.method, "url": request.url, "content": request.content}
        return await self._right.handle_async_request(
            httpx.Request(headers=headers, **{**asked, **changes})
        )


class NumberAlone(Right):
    """Finds whoever has the number, whichever country or hospital gave it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        query = request.url.query.decode()
        changes: dict[str, Any] = {"url": request.url.copy_with(query=_numbers(query).encode())}
        if request.url.path.endswith("_search"):
            changes["content"] = _numbers(request.content.decode()).encode()
        if request.url.path.endswith("/fhir") and request.method == "POST":
            changes["content"] = re.sub(rb'"identifier=[^"|]+\|', b'"identifier=', request.content)
        return await self._again(request, **changes)


def _numbers(query: str) -> str:
    pairs = [
        (name, value.rpartition("|")[2] if name in IDENTIFIERS else value)
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    return urlencode(pairs)


class WholeRecord(Right):
    """Supersedes all that a patient had when one document of hers is replaced."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        answer = await self._again(request)
        if request.method != "POST" or b'"replaces"' not in request.content:
            return answer
        taken = json.loads(await answer.aread())
        places = [entry["response"]["location"] for entry in taken.get("entry", ())]
        base = str(request.url).rstrip("/")
        # with the patient that the submission names
        (token,) = set(re.findall(r'"identifier=([^"]+)"', request.content.decode()))
        query = urlencode({"patient.identifier": token, "status": "current", "_count": 500})
        found = await self._again(
            request, method="GET", url=f"{base}/DocumentReference?{query}", content=b""
        )
        for entry in json.loads(await found.aread())["entry"]:
            document = entry["resource"]
            if not any(f"/{document['id']}" in place for place in places):
                await self._again(
                    request,
                    method="PUT",
                    url=f"{base}/DocumentReference/{document['id']}",
                    content=json.dumps({**document, "status": "superseded"}).encode(),
                )
        headers = [(n, v) for n, v in answer.headers.items() if n != "content-length"]
        body = json.dumps(taken).encode()
        return httpx.Response(answer.status_code, headers=headers, stream=httpx.ByteStream(body))


class LatinOne(Right):
    """Reads what comes as Latin-1, as a database does whose encoding nobody has set."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        misread = request.content.decode("latin-1").encode()
        return await self._again(request, content=misread)


def played(track: str, server: type[Right], folder: Path) -> list[Result]:
    async def play(client: TestClient) -> list[Result]:
        async with Sender("http://sandbox.test/fhir", transport=server(client)) as send:
            return await play_track(TRACKS[track], {**GIVEN, **PATIENT}, send)

    with a_sandbox(folder, seed="training") as client:
        return asyncio.run(play(client))


def told(results: list[Result]) -> dict[str, set[str]]:
    """Returns the keys of what is wrong by the number of each test that fails."""
    return {
        result.test.number: {each.key for each in result.findings if each.severity == "error"}
        for result in results
        if result.verdict == "fail"
    }


@pytest.mark.parametrize("track", ["mhd.recipient", "mhd.responder", "pdqm.supplier", "ips.server"])
def test_the_right_server_passes(track: str, tmp_path: Path) -> None:
    assert {result.verdict for result in played(track, Right, tmp_path)} <= {"pass", "skip"}


@pytest.mark.parametrize(
    ("track", "server", "failures"),
    [
        # whose documents, records and summaries they are
        ("mhd.recipient", NumberAlone, {"RCP-05": {"testbench.differs"}}),
        ("mhd.responder", NumberAlone, {"RSP-06": {"responder.finds_others"}}),
        ("pdqm.supplier", NumberAlone, {"PDQ-06": {"supplier.unknown_domain"}}),
        ("ips.server", NumberAlone, {"IPS-02": {"ips_server.other_patient"}}),
        # what a clinician is still shown
        ("mhd.recipient", WholeRecord, {"RCP-20": {"recipient.not_current"}}),
        # whose name it is
        ("mhd.recipient", LatinOne, {"RCP-05": {"testbench.differs"}}),
        ("mhd.responder", LatinOne, {"RSP-20": {"testbench.differs"}}),
        ("pdqm.supplier", LatinOne, {"PDQ-04": {"testbench.differs"}}),
        (
            "ips.server",
            LatinOne,
            {"IPS-09": {"testbench.differs"}, "IPS-12": {"testbench.differs"}},
        ),
    ],
)
def test_a_hurried_server_fails_where_its_habit_does_harm(
    track: str, server: type[Right], failures: dict[str, set[str]], tmp_path: Path
) -> None:
    assert told(played(track, server, tmp_path)) == failures
