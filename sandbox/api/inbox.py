"""The inbox of a run: a FHIR base of its own for a system that acts as client, answered by the bundled server.

What comes is answered first and judged then, so that a client notices nothing of the test.
"""

from __future__ import annotations

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from sandbox.api.work import Workshop
from sandbox.errors import SandboxError
from sandbox.exchange import Exchange
from sandbox.fhir.outcome import operation_outcome
from sandbox.i18n import choose_language
from sandbox.redact import redact_headers

MOST_BYTES = 16 * 1024 * 1024
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def inbox_routes(server: ASGIApp) -> list[Route]:
    """Returns the routes of all inboxes; `server` answers below `/fhir`."""

    async def take(request: Request) -> Response:
        workshop: Workshop = request.app.state.workshop
        secret, place = request.path_params["inbox"], request.path_params.get("place", "")
        try:
            run = await run_in_threadpool(workshop.runs.inbox, secret)
        except SandboxError as error:
            language = choose_language(request.headers.get("accept-language"))
            outcome = operation_outcome([error.as_finding()], language)
            return JSONResponse(outcome, error.status, media_type="application/fhir+json")
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                break  # the server itself refuses it by its size
        begun = time.perf_counter()
        status, headers, content = await _answer(server, request, body, place=place, prefix=f"/inbox/{secret}")
        exchange = Exchange(
            request.method, str(request.url), tuple(redact_headers(request.headers.items())), body, status,
            tuple(redact_headers(headers)), content, time.perf_counter() - begun,
        )  # fmt: skip
        await workshop.runs.take(run.id, exchange)
        kept = {name: value for name, value in headers if name not in ("content-length", "date")}
        return Response(content, status, headers=kept)

    return [
        Route("/inbox/{inbox}/fhir", take, methods=METHODS),
        Route("/inbox/{inbox}/fhir/{place:path}", take, methods=METHODS),
    ]


async def _answer(
    server: ASGIApp, request: Request, body: bytes, *, place: str, prefix: str
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Lets the bundled server answer as if it stood at the inbox."""
    path = f"/fhir/{place}".rstrip("/")
    forwarded = request.headers.get("x-forwarded-prefix", "").rstrip("/") + prefix
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"x-forwarded-prefix"]
    headers.append((b"x-forwarded-prefix", forwarded.encode()))
    scope = {**request.scope, "path": path, "raw_path": path.encode(), "headers": headers}
    start: Message = {}
    parts: list[bytes] = []
    waiting = [body]

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
    told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return start["status"], told, b"".join(parts)
