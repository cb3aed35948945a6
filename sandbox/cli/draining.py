"""A server that says it is about to stop before it does, so that a proxy sends nothing new, and
that leaves no request unanswered which has reached it by then.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

CLOSE = (b"connection", b"close")
FIRST_SECONDS = 1.0
"""So long a new connection may take to bring its request, once the server listens no more."""
LOOK_SECONDS = 0.02


class DrainingServer(uvicorn.Server):
    """Goes on answering for a while after SIGTERM, while `/ready` says 503.

    Args:
        config: As uvicorn takes it.
        seconds: How long; 0 to stop at once. A second signal stops it at once too.
    """

    def __init__(self, config: uvicorn.Config, seconds: float) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._is_draining = False

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._is_draining or self.should_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Takes a signal; streams end with the first, as pages come back to another server."""
        if sig == signal.SIGTERM and self._seconds and not self.is_stopping:
            self._is_draining = True
            self._close_behind_answers()
            timer = threading.Timer(self._seconds, super().handle_exit, (sig, frame))
            timer.daemon = True
            timer.start()
            return
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends; one that was drained answers first whatever has reached it."""
        if self._is_draining:
            await self._listen_no_more(sockets or [])
            await self._await_first_requests()
        await super().shutdown(sockets)

    def _close_behind_answers(self) -> None:
        """Has each answer from now on say that its connection ends (RFC 9112 9.6).

        A connection that the server closed while it was idle could meet a request on its way, and
        a proxy repeats none that may have been done.
        """
        # uvicorn makes the second anew from the first, each second
        self.config.encoded_headers = [*self.config.encoded_headers, CLOSE]
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSE]

    async def _listen_no_more(self, listeners: list[socket.socket]) -> None:
        """Closes the listeners; whoever is connected but was not accepted yet would be cut off."""
        # nothing is awaited in between, so that nobody comes behind the last that is accepted
        accepted = [each for listener in listeners for each in _waiting_at(listener)]
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for connection in accepted:
            await loop.connect_accepted_socket(self._protocol, connection, ssl=self.config.ssl)

    async def _await_first_requests(self) -> None:
        """Waits until each connection has brought a request, but not for one that says nothing."""
        end = time.monotonic() + FIRST_SECONDS
        # a connection that waits for nothing has no such thing as a cycle
        while any(getattr(each, "cycle", each) is None for each in self.server_state.connections):
            if time.monotonic() > end:
                break
            await asyncio.sleep(LOOK_SECONDS)

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol


def _waiting_at(listener: socket.socket) -> Iterator[socket.socket]:
    """Yields the connections that wait to be accepted."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # no more
            return
        connection.setblocking(False)
        yield connection


class BesideServer(uvicorn.Server):
    """Answers beside what a process is there for, which alone takes its signals.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        # our handler of the log stays, which redacts
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="off",
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the process."""
        yield
