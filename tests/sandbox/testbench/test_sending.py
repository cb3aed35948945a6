"""What a system under test answers is read within bytes and seconds, or is no answer."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from sandbox.exchange import Exchange
from sandbox.testbench import sending
from sandbox.testbench.script import Request, get, post
from sandbox.testbench.sending import Sender


class Dripping(httpx.AsyncByteStream):
    """A body that gives one byte every so often, without end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)


def answered(asked: Request) -> Exchange:
    async def ask() -> Exchange:
        transport = httpx.MockTransport(
            lambda request: httpx.Response(200, stream=httpx.ByteStream(b""))
        )
        async with Sender("http://system.test", transport=transport) as send:
            return await send(asked)

    return asyncio.run(ask())


def answer(
    content: bytes | httpx.AsyncByteStream, headers: Mapping[str, str] | None = None
) -> Exchange:
    def respond(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "gzip, deflate"
        if isinstance(content, bytes):
            return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))
        return httpx.Response(200, headers=headers, stream=content)

    async def ask() -> Exchange:
        async with Sender("http://system.test", transport=httpx.MockTransport(respond)) as send:
            return await send(get("metadata"))

    return asyncio.run(ask())


def test_searches_ask_for_an_answer_of_now() -> None:
    reads = [get("Patient"), Request("POST", "Patient/_search", body=b"family=Ensayo")]
    for request in (*reads, post("Patient", {"resourceType": "Patient"})):
        sent = answered(request).request_headers
        assert (("Cache-Control", "no-cache") in sent) is (request in reads)


def test_a_coded_answer_is_read() -> None:
    found = answer(gzip.compress(b"{}"), {"Content-Encoding": "gzip"})
    assert (found.body, found.failure) == (b"{}", "")


def test_an_answer_that_drips_without_end_has_a_time_in_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 1)
    found = answer(Dripping())
    assert (found.status, found.failure) == (0, "> 1 s")
    assert found.elapsed < 5


def test_a_bomb_is_no_answer() -> None:
    found = answer(gzip.compress(bytes(40 << 20)), {"Content-Encoding": "gzip"})
    assert (found.status, found.failure) == (0, "> 16 MB")


@pytest.mark.parametrize("coding", ["gzip, gzip, gzip", "br"])
def test_a_coding_that_nobody_asked_for_is_no_answer(coding: str) -> None:
    bomb = gzip.compress(gzip.compress(gzip.compress(bytes(1 << 20))))
    assert coding in answer(bomb, {"Content-Encoding": coding}).failure
