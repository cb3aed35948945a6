"""What a system behind its agent sends to the inbox of a run: the agent brings it on the way that
it has dialled itself, and takes the answer back.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Scope

from sandbox.api.agents import content_in, listening_at, own_system, pairs_in
from sandbox.api.asking import answer, answering, text_in
from sandbox.api.inbox import INBOX_SEEN, METHODS, take_in
from sandbox.errors import BadRequest
from sandbox.event.agents import VIA
from sandbox.fhir.json import parse_json
from sandbox.limits import AGENT_BYTES
from sandbox.web.requests import body_of

# Of the way to the server and not of the message, or told by the agent's own request.
OF_THE_WAY = ("host", "content-length", "transfer-encoding", "connection")


@dataclass(frozen=True, slots=True)
class Submission:
    """A request of a system as its agent took it: `at` is the address of the agent's listener."""

    at: str
    inbox: str
    method: str
    place: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def carrying_routes(server: ASGIApp) -> list[Route]:
    """Returns the route by which agents bring what systems send.

    Args:
        server: Answers below `/fhir`.
    """

    async def submit(request: Request) -> Response:
        await own_system(request)
        body = parse_json(await body_of(request, limit=AGENT_BYTES))
        if not isinstance(body, dict):
            raise BadRequest("testbench.bad_request", where="body", name="body")
        # which run it is for its unguessable name says, as at the door of the inbox itself
        sent = _submission(body)
        try:
            inner = _as_sent(request, sent)
        except UnicodeError:  # no header of HTTP has such letters
            raise BadRequest("testbench.bad_request", where="headers", name="headers") from None
        came = await take_in(inner, server)
        headers = [[name, value] for name, value in came.headers.items()]
        content = base64.b64encode(bytes(came.body)).decode()
        return answer({"status": came.status_code, "headers": headers, "body": content})

    return [Route("/api/systems/{system}/agent/submissions", answering(submit), methods=["POST"])]


def _submission(body: dict[str, Any]) -> Submission:
    method = text_in(body, "method")
    if method not in METHODS and method != "HEAD":
        raise BadRequest("testbench.bad_request", where="method", name="method")
    return Submission(
        listening_at(body, "at"),
        text_in(body, "inbox"),
        method,
        text_in(body, "place", default=""),
        text_in(body, "query", default=""),
        pairs_in(body, "headers"),
        content_in(body, "body"),
    )


def _as_sent(request: Request, sent: Submission) -> Request:
    """Returns the request of the system as if it had come to the inbox itself, by the agent."""
    waiting = [sent.body]

    async def receive() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    own = [pair for pair in request.scope["headers"] if pair[0] == b"host"]
    told = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in (*sent.headers, ("via", VIA))
        if name.lower() not in OF_THE_WAY and not name.lower().startswith("x-forwarded-")
    ]
    path = f"/inbox/{sent.inbox}/fhir/{sent.place}".rstrip("/")
    scope: Scope = {
        **request.scope,
        "method": sent.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": sent.query.encode(),
        "headers": [*own, *told],
        "path_params": {"inbox": sent.inbox, "place": sent.place},
        INBOX_SEEN: f"{sent.at}/inbox/{sent.inbox}/fhir",
    }
    return Request(scope, receive)
