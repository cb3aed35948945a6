"""What every door reads of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from sandbox.errors import TooLarge
from sandbox.settings import Settings
from sandbox.web.requests import fhir_base, read_body

Message = dict[str, Any]


def receiving(*messages: Message) -> Callable[[], Awaitable[Message]]:
    left = iter(messages)

    async def receive() -> Message:
        return next(left)

    return receive


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def read(*messages: Message, declared: str = "", limit: int = 10) -> bytes:
    headers = {"content-length": declared} if declared else {}
    return asyncio.run(read_body(receiving(*messages), headers, limit=limit))


def test_a_body_comes_in_parts() -> None:
    assert read(part(b"12345", more=True), part(b"67890")) == b"1234567890"


def test_a_body_that_says_that_it_is_too_large_is_not_read() -> None:
    with pytest.raises(TooLarge):
        read(declared="11")
    with pytest.raises(TooLarge):
        read(declared="9" * 5000)


def test_a_body_that_grows_too_large_is_read_no_further() -> None:
    with pytest.raises(TooLarge):
        read(part(b"12345", more=True), part(b"678901", more=True))


def test_a_client_that_goes_away_is_no_request() -> None:
    with pytest.raises(ClientDisconnect):
        read(part(b"12345", more=True), {"type": "http.disconnect"})


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"host": "a.example:8400"}, "http://a.example:8400/t/chile/fhir"),
        (
            {"host": "x", "x-forwarded-host": "b.example", "x-forwarded-proto": "https"},
            "https://b.example/t/chile/fhir",
        ),
        (
            {"host": "x", "x-forwarded-prefix": "/user/proxy/8400/"},
            "http://x/user/proxy/8400/t/chile/fhir",
        ),
    ],
)
def test_the_base_is_what_the_client_sees(
    headers: dict[str, str], base: str, tmp_path: Any
) -> None:
    assert fhir_base(headers, "http", Settings(tmp_path), team="chile") == base


def test_a_configured_address_wins(tmp_path: Any) -> None:
    settings = Settings(tmp_path, base_url="https://c.example/sandbox/")
    assert fhir_base({"host": "x"}, "http", settings) == "https://c.example/sandbox/fhir"
