"""The sandbox as a system under test: a space of its own is reached inside the process, through the
gate, by a token that is lent for the one request.

The guard lets nobody dial this server, and nobody has to: so runs and peers work on owned spaces
without anybody handing out a secret, and reach no more of them than their team does.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp

from sandbox.event.identity import TeamId
from sandbox.event.tokens import Tokens

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Itself:
    """This server as its clients know it: `base_url` as in the settings, `port` on loopback; `app`
    has the gate before it.
    """

    app: ASGIApp
    tokens: Tokens
    base_url: str
    port: int

    def place_of(self, url: httpx.URL) -> str | None:
        """Returns the path, with its query, of what stands in a space of this server; None for
        everything else.
        """
        prefix = None
        if self.base_url and _origin(url) == _origin(httpx.URL(self.base_url)):
            prefix = urlsplit(self.base_url).path.rstrip("/")
        elif self.port and url.host in LOOPBACK and url.port == self.port:
            prefix = ""
        path = url.raw_path.decode("ascii")
        if prefix is None or not path.startswith(f"{prefix}/t/"):
            return None
        return path.removeprefix(prefix)


class OwnSpaces(httpx.AsyncBaseTransport):
    """Reaches a team's systems: this server's spaces inside the process, all else by another
    transport.
    """

    def __init__(self, itself: Itself, team: TeamId, other: httpx.AsyncBaseTransport) -> None:
        self._itself = itself
        self._team = team
        self._other = other
        self._here = httpx.ASGITransport(itself.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; raises what the other transport raises."""
        place = self._itself.place_of(request.url)
        if place is None:
            return await self._other.handle_async_request(request)
        request.url = request.url.copy_with(raw_path=place.encode())
        with self._itself.tokens.lent(self._team) as secret:
            # the answer is whole when it comes, so that the token is over behind it
            request.headers["Authorization"] = f"Bearer {secret}"
            return await self._here.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._other.aclose()


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
