"""A server that is told to stop says so first, and goes on answering for a while."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox.cli.draining import DrainingServer
from sandbox.cli.serve import open_listener

SERVE = [sys.executable, "-m", "sandbox.cli", "serve", "--port", "0", "--seed", "none"]


@contextmanager
def a_server(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    command = [*SERVE, "--data", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            address = "http://" + line.partition("http://")[2].split()[0].rstrip("/,;.")
            with httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
                # before it answers, a signal would meet a process that has set up nothing yet
                assert client.get("/ready").status_code == 200
                yield process, client
        finally:
            # a test that fails would else wait for it for ever
            process.kill()


@pytest.mark.slow
def test_a_proxy_is_told_before_the_server_stops(tmp_path: Path) -> None:
    with a_server(tmp_path, "--drain", "600") as (process, client):
        process.send_signal(signal.SIGTERM)
        while client.get("/ready").status_code == 200:
            pass  # until the signal has come
        assert client.get("/ready").json()["server"] == "stopping"
        assert client.get("/fhir/metadata").status_code == 200
        # who does not want to wait says so again
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)


@pytest.mark.slow
def test_it_stops_when_the_time_is_over(tmp_path: Path) -> None:
    with a_server(tmp_path, "--drain", "0.2") as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)


async def said(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.method} was done")


POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def serving(seconds: float) -> AsyncIterator[tuple[DrainingServer, socket.socket]]:
    """Gives a server of this loop, which gets its turn only while a test waits for something."""
    listener = open_listener(0)
    app = Starlette(routes=[Route("/", said, methods=["GET", "POST"])])
    config = uvicorn.Config(app, log_config=None, lifespan="on", server_header=False)
    server = DrainingServer(config, seconds)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup([listener])
    await server.on_tick(0)
    yield server, listener


def connected(place: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(place, timeout=20)
    connection.setblocking(False)
    return connection


async def answer_of(connection: socket.socket) -> bytes:
    """Returns all that comes until the server has closed the connection."""
    loop = asyncio.get_running_loop()
    parts = [b""]
    async with asyncio.timeout(20):
        while part := await loop.sock_recv(connection, 65536):
            parts.append(part)
    return b"".join(parts)


def test_who_is_connected_but_not_accepted_at_the_end_is_answered() -> None:
    asyncio.run(backlog_is_answered())


async def backlog_is_answered() -> None:
    async with serving(600) as (server, listener):
        place = listener.getsockname()
        server.handle_exit(signal.SIGTERM, None)
        with ExitStack() as stack:
            # they stand in the kernel: the loop gets no turn before the server ends
            connections = [stack.enter_context(connected(place)) for _ in range(20)]
            for connection in connections[:10]:
                connection.send(POST)
            ending = asyncio.create_task(server.shutdown([listener]))
            await asyncio.sleep(0)  # the end has begun
            with pytest.raises(ConnectionRefusedError):
                connected(place)
            for connection in connections[10:]:  # these say what they want only now
                connection.send(POST)
            answers = [await answer_of(connection) for connection in connections]
            await ending
    assert {answer.startswith(b"HTTP/1.1 200") for answer in answers} == {True}
    assert {answer.endswith(b"POST was done") for answer in answers} == {True}


def test_who_says_nothing_does_not_keep_it_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.cli.draining.FIRST_SECONDS", 0.05)
    asyncio.run(silent_are_left())


async def silent_are_left() -> None:
    async with serving(600) as (server, listener):
        server.handle_exit(signal.SIGTERM, None)
        with connected(listener.getsockname()) as connection:
            await server.shutdown([listener])
            assert await answer_of(connection) == b""


@pytest.mark.parametrize("is_told", [True, False])
def test_answers_end_their_connection_while_it_drains_and_not_before(is_told: bool) -> None:
    asyncio.run(close_is_said(is_told))


async def close_is_said(is_told: bool) -> None:
    async with serving(600) as (server, listener):
        with connected(listener.getsockname()) as connection:
            loop = asyncio.get_running_loop()
            connection.send(POST)
            assert b"connection: close" not in (await loop.sock_recv(connection, 65536)).lower()
            if is_told:
                server.handle_exit(signal.SIGTERM, None)
                await server.on_tick(0)
            connection.send(POST)
            answer = await loop.sock_recv(connection, 65536)
            assert answer.startswith(b"HTTP/1.1 200")
            assert (b"connection: close" in answer.lower()) is is_told
            if is_told:
                assert await answer_of(connection) == b""
        await server.shutdown([listener])
