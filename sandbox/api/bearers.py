"""Whose credential a request carries, and what it may do: the one place that answers it.

`Authorization` carries a token of a team or a session (Bearer, or as password of any user name); a
session comes by cookie or `X-Connectathon-Session` as well, so that it can stand beside the token
of the event.  An authorization server (IUA, ITI-71 and ITI-72) would be asked here.
"""

from __future__ import annotations

from starlette.requests import Request

from sandbox.event.run_service import RunService
from sandbox.event.tokens import Bearer
from sandbox.fhir.base64binary import read_base64
from sandbox.web.origins import SESSION

COOKIE = SESSION
SESSION_HEADER = "x-connectathon-session"


def bearer_of(request: Request, service: RunService) -> Bearer | None:
    """Returns whose credential a request carries and how far it goes; None for none that is good
    today.  Asks the database.
    """
    secret = authorization_of(request)
    bearer = service.tokens.read(secret) if secret else None
    if bearer is not None:
        return bearer
    # beside the token of the event, or one that is over, a session counts
    for session in (*sessions_of(request), secret):
        person = service.people.who(session) if session else None
        if person is not None:
            return Bearer(person)
    return None


def bearer_of_key(request: Request, service: RunService) -> Bearer | None:
    """Returns whose token stands in `x-api-key`, where the region's app has it; None for none that
    is good today.  Asks the database.
    """
    secret = request.headers.get("x-api-key", "")
    return service.tokens.read(secret) if secret else None


def authorization_of(request: Request) -> str:
    """Returns the secret in `Authorization` (RFC 6750 2.1; RFC 7617); empty for none."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        password = (read_base64(rest) or b"").partition(b":")[2]
        return password.decode("utf-8", "replace")
    return rest.strip() if scheme.lower() == "bearer" else ""


def sessions_of(request: Request) -> tuple[str, ...]:
    """Returns the secrets of sessions outside of `Authorization`, which may be empty."""
    # the header first: a program has set it, and a browser sends the cookie by itself
    return request.headers.get(SESSION_HEADER, ""), request.cookies.get(COOKIE, "")
