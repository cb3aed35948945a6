"""Which addresses are this server's own spaces: those alone are reached without dialling, and by a lent token."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from sandbox.event.itself import Itself, OwnSpaces
from sandbox.event.people import People, Person
from sandbox.event.tokens import Tokens
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock


async def told(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the path and the credential that came."""
    sent = {name.decode(): value.decode() for name, value in scope["headers"]}
    answer = {"path": scope["path"], "credential": sent.get("authorization", "")}
    await JSONResponse(answer)(scope, receive, send)


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    store = RunStore(Partitions(tmp_path).main)
    people = People(store, clock=TickingClock())
    people.add(Person("Inés", "facilitator", "Chile"))
    return Tokens(store, people, clock=TickingClock())


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (
            "http://127.0.0.1:8400/t/chile/fhir/Patient?name=a%20b",
            "/t/chile/fhir/Patient?name=a%20b",
        ),
        ("http://localhost:8400/t/chile/fhir", "/t/chile/fhir"),
        ("http://[::1]:8400/t/chile/fhir", "/t/chile/fhir"),
        ("https://event.example/box/t/chile/fhir", "/t/chile/fhir"),
        ("https://event.example:443/box/t/chile/fhir", "/t/chile/fhir"),
        ("http://127.0.0.1:8401/t/chile/fhir", None),
        ("http://127.0.0.1:8400/api/people", None),
        ("http://127.0.0.1:8400/fhir/Patient", None),
        ("https://event.example/t/chile/fhir", None),
        ("http://event.example/box/t/chile/fhir", None),
        ("https://event.example.evil.example/box/t/chile/fhir", None),
        ("https://event.example@evil.example/box/t/chile/fhir", None),
    ],
)
def test_only_a_space_of_this_server_is_its_own(
    tokens: Tokens, url: str, place: str | None
) -> None:
    itself = Itself(told, tokens, "https://event.example/box", 8400)
    assert itself.place_of(httpx.URL(url)) == place


def test_what_goes_to_another_server_carries_no_token(tokens: Tokens) -> None:
    itself = Itself(told, tokens, "", 8400)

    async def asked(url: str) -> dict[str, str]:
        way = OwnSpaces(itself, "Chile", httpx.ASGITransport(told))
        async with httpx.AsyncClient(transport=way) as client:
            return dict((await client.get(url)).json())

    own = asyncio.run(asked("http://127.0.0.1:8400/t/chile/fhir/Patient"))
    assert own["path"] == "/t/chile/fhir/Patient"
    secret = own["credential"].removeprefix("Bearer ")
    assert secret
    assert tokens.read(secret) is None  # it was given back
    assert asyncio.run(asked("http://127.0.0.1:9/t/chile/fhir"))["credential"] == ""
