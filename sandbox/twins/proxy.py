"""A proxy before somebody's server that alters one thing in its answers, so that people see what a
client, or a test, makes of it; without a fault everything passes as it came.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.fhir.json import write_json
from sandbox.limits import ANSWER_SECONDS
from sandbox.twins.altering import Fault, altered, other
from sandbox.twins.passing import Change, Passing

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# Of one connection and not of the message (RFC 9110 7.6.1), or counted anew for a body.
HOPS = frozenset({
    "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length",
    "content-encoding", "accept-encoding",
})  # fmt: skip


def with_fault(fault: Fault) -> Change:
    """Returns a change of answers that alters one thing; a body in which it does not stand, and
    every request, stay as they are to the byte.
    """

    def change(passing: Passing) -> Passing:
        came = passing.json if passing.status else None
        if came is None:
            return passing
        new = altered(came, fault)
        return passing if new == came else replace(passing, body=write_json(new))

    return change


def proxy_to(
    base: str, fault: Fault | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> Starlette:
    """Returns an application that hands everything on to the server of a base.

    Args:
        base: The FHIR base; the proxy answers below the same path.
        fault: What is altered in the answers; nothing, if omitted.
        transport: How the server is reached; by the network, if omitted.
    """
    client = httpx.AsyncClient(transport=transport, timeout=ANSWER_SECONDS, trust_env=False)
    address = httpx.URL(base)

    async def hand_on(request: Request) -> Response:
        # the host stays that of the proxy: addresses that the server writes lead here again
        headers = [pair for pair in request.headers.raw if not _is_of_a_hop(pair[0])]
        target = request.url.replace(scheme=address.scheme, netloc=address.netloc.decode())
        body = await request.body()
        try:
            came = await client.request(request.method, str(target), headers=headers, content=body)
        except httpx.HTTPError as error:
            return Response(str(error), 502, media_type="text/plain")
        return _answer(came, fault)

    @asynccontextmanager
    async def closing(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return Starlette(routes=[Route("/{path:path}", hand_on, methods=METHODS)], lifespan=closing)


def _answer(came: httpx.Response, fault: Fault | None) -> Response:
    """Returns what a server answered, with the fault in it."""
    body = came.content
    if fault:
        kind = came.headers.get("content-type", "")
        passing = Passing(came.request.method, came.url.path, kind, body, status=came.status_code)
        body = with_fault(fault)(passing).body
    told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in came.headers.raw]
    kept = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers_with(fault, told)
        if not _is_of_a_hop(name.encode("latin-1"))
    ]
    response = Response(body, came.status_code)
    response.raw_headers = [*kept, (b"content-length", str(len(body)).encode())]
    return response


def _is_of_a_hop(name: bytes) -> bool:
    return name.decode("latin-1").lower() in HOPS


def headers_with(fault: Fault | None, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Returns headers with a fault in the one that it names."""
    changed = []
    for name, value in headers:
        if fault is None or fault.type != "header" or name.lower() != fault.path.lower():
            changed.append((name, value))
        elif fault.action == "other":
            changed.append((name, other(value)))
    return changed
