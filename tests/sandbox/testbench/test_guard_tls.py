"""The guard by TLS: what is trusted at one place alone, and what is said where it comes to nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sandbox.testbench.chains import Terms, Untrusted
from sandbox.testbench.guard import Contexts, Guard, GuardedTransport, guarded_from_here
from tests.sandbox.event.closed_systems import issued, serving

AUTHORITY = issued("National authority", is_authority=True)


class Counting:
    """Answers, and counts from how many connections it was asked."""

    def __init__(self) -> None:
        self.clients: set[object] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.clients.add(scope["client"])
            await PlainTextResponse("here")(scope, receive, send)


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def secure(tmp_path: Path, counting: Counting) -> Iterator[str]:
    """The address of a server whose authority nobody knows."""
    files = issued("ours", AUTHORITY).files(tmp_path, "ours")
    with serving(counting, **files) as address:
        yield address


def terms_at(address: str) -> Contexts:
    """What trusts the authority at one address alone."""
    context = ssl.create_default_context(cadata=AUTHORITY.pem)
    # the certificates of these tests lack what Python 3.13 asks of an authority by itself
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return {("127.0.0.1", httpx.URL(address).port or 443): Terms(context)}


def asked(transport: GuardedTransport, address: str, *, times: int = 1) -> list[str]:
    """Asks by one client, and returns the answers."""

    async def ask() -> list[str]:
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return [(await client.get(address)).text for _ in range(times)]

    return asyncio.run(ask())


def test_an_authority_is_trusted_at_its_place_alone(secure: str) -> None:
    guard = Guard(allows_private=True)
    assert asked(GuardedTransport(guard, contexts=terms_at(secure)), secure) == ["here"]
    elsewhere = terms_at("https://127.0.0.1:1")
    for transport in (GuardedTransport(guard), GuardedTransport(guard, contexts=elsewhere)):
        with pytest.raises(Untrusted) as untrusted:
            asked(transport, secure)
        assert "National authority" in str(untrusted.value.params["issuer"])


def test_one_connection_serves_several_requests(secure: str, counting: Counting) -> None:
    transport = GuardedTransport(Guard(allows_private=True), contexts=terms_at(secure))
    assert asked(transport, secure, times=3) == ["here"] * 3
    assert len(counting.clients) == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_has_another_reason_than_tls_keeps_it(scheme: str) -> None:
    with serving(Counting()) as address:
        port = httpx.URL(address).port
    # nobody listens there any more
    with pytest.raises(httpx.ConnectError):
        asked(GuardedTransport(Guard(allows_private=True)), f"{scheme}://127.0.0.1:{port}")


def test_a_plain_server_that_hangs_up_is_not_said_to_distrust() -> None:
    came = []

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)
        writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        transport = GuardedTransport(Guard(allows_private=True))
        async with server, httpx.AsyncClient(transport=transport, trust_env=False) as client:
            with pytest.raises(httpx.TransportError):
                await client.get(address)

    asyncio.run(ask())
    assert len(came) == 1  # nobody has looked a second time


def test_people_may_test_what_their_own_machine_reaches(secure: str) -> None:
    assert asked(guarded_from_here(terms_at(secure)), secure) == ["here"]
