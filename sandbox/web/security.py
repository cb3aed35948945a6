"""`/.well-known/security.txt` (RFC 9116): where to report a hole, if whoever runs this server says
so.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.clock import Clock
from sandbox.i18n import LANGUAGES
from sandbox.settings import Settings

PLACE = "/.well-known/security.txt"
FRESH = timedelta(days=180)  # RFC 9116 2.5.5: less than a year


def security_routes(settings: Settings, clock: Clock) -> list[Route]:
    """Returns the route; none where no contact is set."""

    async def show(_: Request) -> Response:
        lines = [
            f"Contact: {settings.security_contact}",
            f"Expires: {clock() + FRESH:%Y-%m-%dT%H:%M:%SZ}",
            f"Preferred-Languages: {', '.join(LANGUAGES)}",
        ]
        if settings.base_url:
            lines.append(f"Canonical: {settings.base_url.rstrip('/')}{PLACE}")
        return PlainTextResponse("\n".join(lines) + "\n")

    return [Route(PLACE, show)] if settings.security_contact else []
