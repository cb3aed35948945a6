"""The inbox of a run: a FHIR base of its own for a system that acts as client, answered by the
bundled server.

Between peers the recipient that the run names answers.  What comes is answered first and judged
then, so that a client notices nothing of the test.
"""

from __future__ import annotations

import re
import time
from urllib.parse import quote

from starlette.requests import Request as Incoming
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Scope

from sandbox.api.forwarding import forward
from sandbox.api.offering import offered
from sandbox.errors import SandboxError
from sandbox.event.run import Run
from sandbox.event.run_service import RunService
from sandbox.event.systems import System
from sandbox.exchange import Exchange, redacted
from sandbox.fhir.json import write_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding
from sandbox.testbench.script import Request
from sandbox.threads import run_in_threadpool
from sandbox.web.replies import outcome_response
from sandbox.web.requests import address_of, body_of, fhir_base_of, language_of

FHIR_HEADERS = (("content-type", "application/fhir+json; charset=utf-8"),)
DOCUMENT = re.compile(r"(Binary|Bundle)/.*")  # passes as it is
CODED = (b"content-encoding", b"content-length", b"transfer-encoding")
# FHIR's (R4 http.html#summary); HEAD comes with GET
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


# Key of a scope that comes by an agent: the base of the inbox as a client beside the agent sees it.
INBOX_SEEN = "connectathon.inbox"


def inbox_routes(server: ASGIApp) -> list[Route]:
    """Returns the routes of all inboxes; `server` answers below `/fhir`."""

    async def take(request: Incoming) -> Response:
        return await take_in(request, server)

    async def take_known(request: Incoming) -> Response:
        # an offer may be an issuer, whose metadata stands before its path (RFC 8615 3)
        place = "{name}/{place}".format(**request.path_params)
        request.path_params["place"] = f".well-known/{place}"
        return await take_in(request, server)

    return [
        Route("/.well-known/{name}/inbox/{inbox}/fhir/{place:path}", take_known, methods=METHODS),
        Route("/inbox/{inbox}/fhir", take, methods=METHODS),
        Route("/inbox/{inbox}/fhir/{place:path}", take, methods=METHODS),
    ]


async def take_in(request: Incoming, server: ASGIApp) -> Response:
    """Answers a request to an inbox, and keeps both.

    Args:
        request: Its path holds the inbox and the place below it.
        server: Answers below `/fhir`.
    """
    run_service: RunService = request.app.state.run_service
    secret = request.path_params["inbox"]
    try:
        # before the body is read: who does not know an inbox may send nothing to it
        run = await run_in_threadpool(run_service.runs.inbox, secret)
    except SandboxError as error:
        return outcome_response(error, language_of(request))
    begun = time.perf_counter()
    try:
        body = await body_of(request, limit=request.app.state.settings.max_body_bytes)
        status, headers, content, failure = await _answered(server, request, body, run)
    except SandboxError as error:
        return outcome_response(error, language_of(request))
    exchange = Exchange(
        request.method,
        _url_of(request),
        tuple(request.headers.items()),
        body,
        status,
        tuple(headers),
        content,
        time.perf_counter() - begun,
        failure,
    )
    # kept before the answer leaves: a client that was answered has its evidence, whatever stops
    # then
    await run_service.take(run.id, redacted(exchange))
    # both are set anew by whoever sends this answer
    kept = {name: value for name, value in headers if name not in ("content-length", "date")}
    return Response(content, status, headers=kept)


async def _answered(
    server: ASGIApp, request: Incoming, body: bytes, run: Run
) -> tuple[int, list[tuple[str, str]], bytes, str]:
    """Returns status, headers and body of the answer, and what failed: by us, by the recipient or
    by the server.
    """
    run_service = request.app.state.run_service
    inbox = _inbox_of(request)
    place = request.path_params.get("place", "")
    if any(proof.place == place for proof in run.track.proofs):
        return 200, list(FHIR_HEADERS), _thanks(request), ""
    ours = await run_in_threadpool(lambda: offered(request, run, body, place=place, base=inbox))
    if ours is not None:
        return ours.status, [("content-type", ours.content_type)], ours.body, ""
    recipient = await run_in_threadpool(run_service.recipient, run)
    if recipient is not None:
        came = await _passed_on(request, body, recipient, run_service)
        return came.status, list(came.headers), came.body, came.failure
    status, headers, content = await _answer(server, request, body, place=place, inbox=inbox)
    for alteration in run.track.alterations:
        if run.given.get(alteration.input) and alteration.has_place(place):
            content = alteration.change(content)
    return status, headers, content, ""


def _thanks(request: Incoming) -> bytes:
    """Returns what a proof of reading is answered with; the verdict stands in the run."""
    kept = Finding(
        "testbench.proof_kept", "information", "testbench.proof_kept", issue="informational"
    )
    return write_json(operation_outcome([kept], language_of(request)))


async def _passed_on(
    request: Incoming, body: bytes, recipient: System, run_service: RunService
) -> Exchange:
    """Lets the recipient of a run answer."""
    place = request.path_params.get("place", "")
    query = f"?{request.url.query}" if request.url.query else ""
    asked = Request(request.method, place + query, dict(request.headers), body)
    language = language_of(request)
    inbox = _inbox_of(request)
    return await forward(
        asked,
        recipient,
        inbox=inbox,
        transport=run_service.ways.guarded(recipient.team_id),
        language=language,
    )


def _inbox_of(request: Incoming) -> str:
    """Returns the base of the inbox as the client sees it."""
    if INBOX_SEEN in request.scope:
        return str(request.scope[INBOX_SEEN])
    return f"{address_of(request)}/inbox/{request.path_params['inbox']}/fhir"


def _url_of(request: Incoming) -> str:
    """Returns what the client asked for, as it wrote it."""
    if INBOX_SEEN not in request.scope:
        return str(request.url)
    place = request.path_params.get("place", "")
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{_inbox_of(request)}/{place}".rstrip("/") + query


async def _answer(
    server: ASGIApp, request: Incoming, body: bytes, *, place: str, inbox: str
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Lets the bundled server answer as if it stood at the inbox.

    It knows of its own base alone, so that nothing is stored under an address that ends with the
    run.
    """
    base = fhir_base_of(request)
    scope = _scope_of(request, f"/fhir/{place}".rstrip("/"), inbox=inbox, base=base)
    start: Message = {}
    parts: list[bytes] = []
    waiting = [body.replace(inbox.encode(), base.encode())]

    async def receive() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            parts.append(message.get("body", b""))

    await server(scope, receive, send)
    answer_headers = [
        (name.decode("latin-1"), value.decode("latin-1").replace(base, inbox))
        for name, value in start["headers"]
    ]
    content = b"".join(parts)
    return (
        start["status"],
        answer_headers,
        content if DOCUMENT.fullmatch(place) else content.replace(base.encode(), inbox.encode()),
    )


def _scope_of(request: Incoming, path: str, *, inbox: str, base: str) -> Scope:
    """Returns the request as the server sees it: at its own path, and with the body decoded."""
    return {
        **request.scope,
        "path": path,
        "raw_path": path.encode(),
        "query_string": _with_address(request.scope["query_string"], inbox, base),
        "headers": [header for header in request.scope["headers"] if header[0] not in CODED],
    }


def _with_address(query: bytes, inbox: str, base: str) -> bytes:
    """Returns a query with the server's base in place of the inbox, as `related=` may hold it."""
    # a client that follows a link sends the address encoded, one that writes it by hand may not
    for theirs, ours in ((inbox, base), (quote(inbox, safe=""), quote(base, safe=""))):
        query = query.replace(theirs.encode(), ours.encode())
    return query
