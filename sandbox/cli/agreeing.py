"""The way back from an issuer's page to the command line: a listener on loopback that hears one
answer (RFC 8252 7.3).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from sandbox.errors import BadRequest

PATIENCE = 300
"""Seconds for which an issuer keeps a request that was pushed, and this waits for its holder."""


class Listening(HTTPServer):
    """Listens on a port of this machine until a browser brings the answer.

    Args:
        said: What the browser shows then.
    """

    def __init__(self, said: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.said = said
        self.answer = ""

    @property
    def address(self) -> str:
        """Returns where an issuer's page is to send the browser."""
        return f"http://127.0.0.1:{self.server_port}/back"

    def heard(self, *, patience: float = PATIENCE) -> str:
        """Returns the query with which the browser came.

        Args:
            patience: For how many seconds is waited.

        Raises:
            BadRequest: Nobody came.
        """
        until = time.monotonic() + patience
        while not self.answer and (left := until - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()
        if not self.answer:
            raise BadRequest("wallet.nobody_came", where="redirect_uri", clause="RFC 8252 7.3")
        return self.answer


class _Answering(BaseHTTPRequestHandler):
    server: Listening
    timeout = 5  # whoever opens a connection and says nothing holds nobody up

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        # browsers ask for pictures of a site, too
        is_answer = parts.path == "/back" and "state" in parse_qs(parts.query)
        if is_answer:
            self.server.answer = parts.query
        self.send_response(200 if is_answer else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.said.encode() if is_answer else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the query has a code."""


@contextmanager
def listening(said: str) -> Iterator[Listening]:
    """Yields a listener, which is gone behind it.

    Args:
        said: What the browser shows when it has come.
    """
    with Listening(said) as server:
        yield server
