"""The issuers and the verifier of this sandbox as a wallet of its pages reaches them: inside the
process, since the guard lets nobody dial this server.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp

DOORS = ("/vci/", "/vp/")
"""What is open to every wallet, and asks for no session."""
WELL_KNOWN = "/.well-known/"


class OwnDoors(httpx.AsyncBaseTransport):
    """Reaches the doors for wallets below one address inside the process, all else by another
    transport.
    """

    def __init__(self, app: ASGIApp, address: str, other: httpx.AsyncBaseTransport) -> None:
        self._address = address
        self._other = other
        self._here = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; raises what the other transport raises."""
        place = own_place(str(request.url), self._address)
        if not place:
            return await self._other.handle_async_request(request)
        request.url = request.url.copy_with(raw_path=place.encode())
        return await self._here.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._other.aclose()


def own_place(url: str, address: str) -> str:
    """Returns the path, with its query, of one of the doors; empty for everything else.

    Args:
        url: Where a wallet wants to go.
        address: That of this sandbox, with the path of a proxy where it stands behind one.
    """
    base = urlsplit(address)
    origin = f"{base.scheme}://{base.netloc}"
    if not url.startswith(f"{origin}/"):
        return ""
    place = url.removeprefix(origin)
    if place.startswith(WELL_KNOWN):
        # what is well known stands before the path of the issuer (RFC 8615 3)
        name, _, rest = place.removeprefix(WELL_KNOWN).partition("/")
        inner = _below(f"/{rest}", base.path)
        return f"{WELL_KNOWN}{name}{inner}" if inner else ""
    return _below(place, base.path)


def _below(place: str, prefix: str) -> str:
    inner = place.removeprefix(prefix) if place.startswith(f"{prefix}/") else ""
    return inner if inner.startswith(DOORS) else ""
