"""The inbox of a run: a FHIR base of its own for a system that acts as client, answered by the
bundled server.

Between peers the recipient that the run names answers.  What comes is answered first and judged
then, so that a client notices nothing of the test.
"""

from __future__ import annotations

import re
import time
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
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
from sandbox.exchange import Exchange
from sandbox.fhir.json import write_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding
from sandbox.redact import redact_body, redact_headers
from sandbox.testbench.awkward import awkwardly
from sandbox.testbench.script import Request
from sandbox.web.replies import outcome_response
from sandbox.web.requests import address_of, body_of, fhir_base_of, language_of

FHIR_HEADERS = (("content-type", "application/fhir+json; charset=utf-8"),)
SEARCH = re.compile(r"DocumentReference(/_search)?")
DOCUMENT = re.compile(r"(Binary|Bundle)/.*")  # passes as it is
# what is read there is told to the inbox
PROVING = ("mhd.consumer", "vhl.receiver", "trustlist.consumer")
CODED = (b"content-encoding", b"content-length", b"transfer-encoding")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def inbox_routes(server: ASGIApp) -> list[Route]:
    """Returns the routes of all inboxes; `server` answers below `/fhir`."""

    async def take(request: Incoming) -> Response:
        run_service: RunService = request.app.state.run_service
        secret = request.path_params["inbox"]
        try:
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
            str(request.url),
            tuple(redact_headers(request.headers.items())),
            redact_body(body),
            status,
            tuple(redact_headers(headers)),
            content,
            time.perf_counter() - begun,
            failure,
        )
        await run_service.take(run.id, exchange)
        kept = {name: value for name, value in headers if name not in ("content-length", "date")}
        return Response(content, status, headers=kept)

    return [
        Route("/inbox/{inbox}/fhir", take, methods=METHODS),
        Route("/inbox/{inbox}/fhir/{place:path}", take, methods=METHODS),
    ]


async def _answered(
    server: ASGIApp, request: Incoming, body: bytes, run: Run
) -> tuple[int, list[tuple[str, str]], bytes, str]:
    """Returns status, headers and body of the answer, and what failed: by us, by the recipient or
    by the server.
    """
    run_service = request.app.state.run_service
    inbox = _inbox_of(request)
    place = request.path_params.get("place", "")
    if place == "$proof" and run.track.id in PROVING:
        return 200, list(FHIR_HEADERS), _thanks(request), ""
    ours = await run_in_threadpool(lambda: offered(request, run, body, place=place, inbox=inbox))
    if ours is not None:
        return *ours, ""
    recipient = await run_in_threadpool(run_service.recipient, run)
    if recipient is not None:
        came = await _passed_on(request, body, recipient, run_service)
        return came.status, list(came.headers), came.body, came.failure
    status, headers, content = await _answer(server, request, body, place=place, inbox=inbox)
    is_awkward = run.given.get("awkward") and SEARCH.fullmatch(place)
    return status, headers, awkwardly(content) if is_awkward else content, ""


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
        transport=run_service.guarded(recipient.team),
        language=language,
    )


def _inbox_of(request: Incoming) -> str:
    """Returns the base of the inbox as the client sees it."""
    return f"{address_of(request)}/inbox/{request.path_params['inbox']}/fhir"


def _at_the_server(scope: Scope, place: str, *, inbox: str, base: str) -> Scope:
    """Returns the request as the bundled server would get it itself, with its body decoded."""
    path = f"/fhir/{place}".rstrip("/")
    query = scope["query_string"]
    for ours, theirs in ((base, inbox), (quote(base, safe=""), quote(inbox, safe=""))):
        query = query.replace(theirs.encode(), ours.encode())
    headers = [one for one in scope["headers"] if one[0] not in CODED]
    asked = {"path": path, "raw_path": path.encode(), "query_string": query, "headers": headers}
    return {**scope, **asked}


async def _answer(
    server: ASGIApp, request: Incoming, body: bytes, *, place: str, inbox: str
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Lets the bundled server answer as if it stood at the inbox.

    It knows of its own base alone, so that nothing is stored under an address that ends with the
    run.
    """
    base = fhir_base_of(request)
    scope = _at_the_server(request.scope, place, inbox=inbox, base=base)
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
    told = [
        (name.decode("latin-1"), value.decode("latin-1").replace(base, inbox))
        for name, value in start["headers"]
    ]
    content = b"".join(parts)
    return (
        start["status"],
        told,
        content if DOCUMENT.fullmatch(place) else content.replace(base.encode(), inbox.encode()),
    )
