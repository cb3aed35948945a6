"""Who may call: with a token set, every request must carry it, as Bearer token or as password of
any user name, or the credential of somebody whom the event knows.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.errors import Unauthorized
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.outcome import operation_outcome
from sandbox.i18n import choose_language
from sandbox.server.formats import FHIR_JSON

OPEN = (
    "/health",  # whether it runs is no secret, and whoever watches it has no token
    "/ready",
    "/.well-known/connectathon-evidence-key.json",  # evidence is verified by whoever has a copy
    "/.well-known/jwks.json",  # health cards are verified by whoever is shown one
    "/.well-known/security.txt",  # RFC 9116: for whoever has found a hole
)
PUBLISHED = ("/results/", "/api/published/", "/.well-known/crl/")
"""What is there for all; of what nobody has published there is nothing behind them."""


class RequireToken:
    """Answers 401 to a request without the token (RFC 6750; Basic, RFC 7617, lets a browser ask for
    it); `is_known` tells of one whether it carries the credential of a person or a team.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, is_known: Callable[[Scope], Awaitable[bool]]
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._is_known = is_known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is not HTTP, and what carries the token."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # In constant time: the time a refusal takes must not reveal how much of a guess was right.
        credential = _credential(headers.get("authorization", ""))
        if hmac.compare_digest(credential, self._token) or await self._is_known(scope):
            await self._app(scope, receive, send)
            return
        error = Unauthorized("server.no_token", where="Authorization", clause="RFC 6750 3")
        outcome = operation_outcome(
            error.as_findings(), choose_language(headers.get("accept-language"))
        )
        reply = Response(orjson.dumps(outcome), 401, media_type=f"{FHIR_JSON}; charset=utf-8")
        reply.headers.append("WWW-Authenticate", "Bearer")
        reply.headers.append(
            "WWW-Authenticate", 'Basic realm="connectathon sandbox", charset="UTF-8"'
        )
        await reply(scope, receive, send)


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(PUBLISHED)


def _credential(header: str) -> bytes:
    scheme, _, rest = header.partition(" ")
    # Scheme names are case-insensitive (RFC 9110 11.1).
    if scheme.lower() == "bearer":
        return rest.strip().encode()
    if scheme.lower() == "basic":
        return (read_base64(rest) or b"").partition(b":")[2]
    return b""
