"""The guard: what may be dialled, whatever way an address is written, and whatever a name leads to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from sandbox.testbench.guard import Guard, GuardedTransport, Refused, kind_of
from sandbox.testbench.script import Request
from sandbox.testbench.sending import Sender

ADDRESSES = {
    "8.8.8.8": "public", "1.1.1.1": "public", "2606:4700:4700::1111": "public", "2001:4860:4860::8888": "public",
    "::ffff:8.8.8.8": "public", "64:ff9b::808:808": "public", "2002:808:808::1": "public",
    "127.0.0.1": "private", "127.1.2.3": "private", "127.255.255.255": "private", "::1": "private",
    "10.0.0.1": "private", "10.255.255.255": "private", "172.16.0.1": "private", "172.31.255.255": "private",
    "192.168.1.1": "private", "100.64.0.1": "private", "fc00::1": "private", "fd12:3456::1": "private",
    "fec0::1": "private", "::ffff:127.0.0.1": "private", "::ffff:10.0.0.1": "private", "::ffff:7f00:1": "private",
    "::127.0.0.1": "private", "64:ff9b::7f00:1": "private", "64:ff9b::c0a8:101": "private",
    "64:ff9b:1::7f00:1": "private", "2002:7f00:1::1": "private", "2002:c0a8:101::1": "private",
    "::ffff:0:127.0.0.1": "private", "2001:0:0:0:0:0:80ff:fffe": "private",
    "169.254.169.254": "never", "169.254.0.1": "never", "fe80::1": "never", "fe80::1%eth0": "never",
    "::ffff:169.254.169.254": "never", "64:ff9b::a9fe:a9fe": "never", "2002:a9fe:a9fe::1": "never",
    "::169.254.169.254": "never", "::ffff:0:169.254.169.254": "never", "fd00:ec2::254": "never",
    "100.100.100.200": "never", "168.63.129.16": "never", "192.0.0.192": "never", "fd20:ce::254": "never",
    "0.0.0.0": "never", "0.1.2.3": "never", "::": "never", "::ffff:0.0.0.0": "never",
    "2001:0:4136:e378:8000:63bf:5601:5601": "never", "4000::1": "never",
    "224.0.0.1": "never", "255.255.255.255": "never", "240.0.0.1": "never", "ff02::1": "never",
}  # fmt: skip
# How somebody may write the loopback address or that of the metadata in a URL.
SPELLINGS = (
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "localhost",
    "[::1]",
    "[::ffff:7f00:1]",
    "2852039166",
)


@pytest.mark.parametrize(("address", "kind"), ADDRESSES.items())
def test_an_address_is_judged_by_where_it_leads(address: str, kind: str) -> None:
    assert kind_of(address) == kind


@contextmanager
def a_listener() -> Iterator[tuple[int, list[str]]]:
    """A server on loopback that keeps what it is asked, and redirects `/to?PLACE` to the place."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(
                f"{self.headers['Host']} {self.headers.get('Authorization', '-')} {self.path}"
            )
            place = self.path.partition("?")[2] if self.path.startswith("/to?") else ""
            place = "/loop" if self.path == "/loop" else place
            self.send_response(302 if place else 200)
            if place:
                self.send_header("Location", place)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], asked
        server.shutdown()
        thread.join()


def the_failure(url: str, guard: Guard, **names: list[str]) -> str:
    """Asks once and returns why there is no response; `names` says what a host resolves to, one answer a call."""

    async def resolver(host: str, port: int) -> list[str]:
        return [names[host.replace(".", "_")].pop(0)]

    async def ask() -> str:
        transport = GuardedTransport(guard, resolve=resolver) if names else GuardedTransport(guard)
        async with Sender("http://sandbox.test", transport=transport) as send:
            return (await send(Request("GET", url))).failure

    return asyncio.run(ask())


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_loopback_reaches_it_without_a_grant(spelling: str) -> None:
    with a_listener() as (port, asked):
        assert the_failure(f"http://{spelling}:{port}/fhir", Guard())
        assert asked == []


def test_a_granted_host_is_reached_and_keeps_its_name() -> None:
    with a_listener() as (port, asked):
        guard = Guard(grants=frozenset({f"ministry.test:{port}"}))
        assert not the_failure(
            f"http://ministry.test:{port}/fhir", guard, ministry_test=["127.0.0.1"]
        )
        assert asked == [f"ministry.test:{port} - /fhir"]


def test_a_name_is_resolved_once_and_the_judged_address_is_dialled() -> None:
    """A resolver that says 8.8.8.8 at first and loopback afterwards is asked a single time."""
    answers = ["127.0.0.1", "169.254.169.254"]
    with a_listener() as (port, asked):
        guard = Guard(grants=frozenset({"rebinding.test"}))
        assert not the_failure(f"http://rebinding.test:{port}/", guard, rebinding_test=answers)
        assert (len(asked), answers) == (1, ["169.254.169.254"])


def test_one_forbidden_address_among_several_forbids_the_name() -> None:
    with pytest.raises(Refused):
        Guard().check("twofold.test", 443, ["8.8.8.8", "10.0.0.1"])


def test_a_public_address_needs_no_grant() -> None:
    assert Guard().check("a.test", 443, ["8.8.8.8"]) == "8.8.8.8"
    assert Guard(own_ports=frozenset({443})).check("a.test", 443, ["8.8.8.8"]) == "8.8.8.8"


def test_the_own_port_is_refused_on_loopback_alone() -> None:
    guard = Guard(allows_private=True, own_ports=frozenset({8400}))
    assert guard.check("other.test", 8400, ["10.0.0.1"]) == "10.0.0.1"


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("https://a.test/", 443),
        ("http://a.test/", 80),
        ("https://a.test:8443/", 8443),
        ("http://a.test:8080/", 8080),
    ],
)
def test_a_host_is_resolved_at_the_port_of_its_scheme(url: str, port: int) -> None:
    asked: list[tuple[str, int]] = []

    async def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        raise OSError("no such host")

    transport = GuardedTransport(Guard(), resolve=resolver)
    with pytest.raises(httpx.ConnectError, match="no such host"):
        asyncio.run(transport.handle_async_request(httpx.Request("GET", url)))
    assert asked == [("a.test", port)]


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://ana:secret@127.0.0.1/", "testbench.userinfo"),
        ("ftp://127.0.0.1/", "testbench.scheme_refused"),
    ],
)
def test_an_address_that_is_no_plain_web_address_is_refused(url: str, key: str) -> None:
    transport = GuardedTransport(Guard(allows_private=True))
    with pytest.raises(Refused) as error:
        asyncio.run(transport.handle_async_request(httpx.Request("GET", url)))
    assert error.value.key == key


def test_the_environment_changes_nothing_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would dial what nobody judged; other certificates would trust whom nobody named."""
    with a_listener() as (port, asked), a_listener() as (proxy, asked_of_proxy):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("SSL_CERT_FILE", "/no/such/certificates.pem")
        assert not the_failure(f"http://127.0.0.1:{port}/", Guard(allows_private=True))
        assert len(asked) == 1
        assert asked_of_proxy == []


def test_connections_end_with_the_transport() -> None:
    async def ask() -> None:
        closed = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            await reader.read()  # until the other side closes
            writer.close()
            closed.set()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        transport = GuardedTransport(Guard(allows_private=True))
        async with server, httpx.AsyncClient(transport=transport) as client:
            await client.get(f"http://127.0.0.1:{port}/")
            assert not closed.is_set()
            await client.aclose()
            await asyncio.wait_for(closed.wait(), 5)

    asyncio.run(ask())


def test_a_redirect_to_a_forbidden_place_is_not_followed() -> None:
    with a_listener() as (port, asked):
        guard = Guard(grants=frozenset({"outside.test"}))
        names = {"outside_test": ["127.0.0.1"], "inside_test": ["127.0.0.1"]}
        failure = the_failure(
            f"http://outside.test:{port}/to?http://inside.test:{port}/secret", guard, **names
        )
        assert "private address" in failure
        assert len(asked) == 1


def test_a_grant_never_opens_metadata_databases_or_the_own_port() -> None:
    guard = Guard(grants=frozenset({"x"}), own_ports=frozenset({8400}))
    for port, address in (
        (80, "169.254.169.254"),
        (5432, "10.0.0.1"),
        (6379, "8.8.8.8"),
        (8400, "127.0.0.1"),
    ):
        with pytest.raises(Refused):
            guard.check("x", port, [address])
    assert guard.check("x", 8401, ["127.0.0.1"]) == "127.0.0.1"


def test_the_command_line_may_call_its_own_machine_and_no_metadata() -> None:
    with a_listener() as (port, _):
        assert not the_failure(f"http://127.0.0.1:{port}/", Guard(allows_private=True))
    assert the_failure("http://169.254.169.254/latest", Guard(allows_private=True))


def test_secrets_go_to_the_own_origin_alone_and_are_never_kept() -> None:
    with a_listener() as (port, asked), a_listener() as (other, asked_elsewhere):

        async def ask() -> str:
            secrets = {"Authorization": "Bearer canary"}
            transport = GuardedTransport(Guard(allows_private=True))
            async with Sender(
                f"http://127.0.0.1:{port}", transport=transport, secrets=secrets
            ) as send:
                return repr(
                    (await send(Request("GET", f"to?http://127.0.0.1:{other}/x"))).request_headers
                )

        assert "canary" not in asyncio.run(ask())
        assert "Bearer canary" in asked[0]
        assert "canary" not in asked_elsewhere[0]


def test_endless_redirects_end() -> None:
    with a_listener() as (port, asked):
        assert "redirects" in the_failure(
            f"http://127.0.0.1:{port}/loop", Guard(allows_private=True)
        )
        assert len(asked) < 10


def test_httpx_keeps_what_the_guard_builds_on() -> None:
    """The name goes into the Host header when a request is built, before its address is put in its place."""
    request = httpx.Request("GET", "http://name.test:81/x")
    request.url = request.url.copy_with(host="127.0.0.1")
    assert (request.headers["Host"], str(request.url)) == ("name.test:81", "http://127.0.0.1:81/x")


@contextmanager
def a_server_that_leaves(*, carries_out: bool = False) -> Iterator[tuple[int, list[str]]]:
    """A server that answers once a connection, says that it keeps it, and closes it at the next request without a word,
    which it may have carried out.
    """
    asked: list[str] = []

    def answer(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            asked.append(lines.readline().decode().strip())
            length = sum(
                int(line.split(b":")[1])
                for line in iter(lines.readline, b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            lines.read(length)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
            )
            again = lines.readline()
            if again and carries_out:
                asked.append(again.decode().strip())

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield listening.getsockname()[1], asked


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_connection_that_a_server_gives_up_is_no_answer_of_the_system(method: str) -> None:
    """RFC 9112 9.3.1: what reads is asked again, and what writes is carried out once."""

    async def ask(base: str) -> list[int]:
        async with Sender(base, transport=GuardedTransport(Guard(allows_private=True))) as sender:
            body = b"{}" if method in ("POST", "PUT") else b""
            return [
                (await sender(Request(method, str(turn), {}, body))).status for turn in range(3)
            ]

    with a_server_that_leaves() as (port, asked):
        assert asyncio.run(ask(f"http://127.0.0.1:{port}")) == [200, 200, 200]
        assert asked == [f"{method} /{turn} HTTP/1.1" for turn in range(3)]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_writes_is_carried_out_once_whatever_becomes_of_a_kept_connection(method: str) -> None:
    """RFC 9112 9.3.1: nobody knows whether it was, where no answer comes."""

    async def ask(base: str) -> None:
        async with Sender(base, transport=GuardedTransport(Guard(allows_private=True))) as sender:
            await sender(Request("GET", "kept", {}, b""))
            for turn in range(3):
                await sender(Request(method, str(turn), {}, b"{}"))

    with a_server_that_leaves(carries_out=True) as (port, asked):
        asyncio.run(ask(f"http://127.0.0.1:{port}"))
        written = [line for line in asked if not line.startswith("GET")]
        assert written == [f"{method} /{turn} HTTP/1.1" for turn in range(3)]
