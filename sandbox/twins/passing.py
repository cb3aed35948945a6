"""The ASGI layer that makes a twin broken: it changes requests on their way in and responses on
their way out.

The server itself knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.errors import InvalidContent
from sandbox.fhir.json import parse_json
from sandbox.server.incoming import PLACE


@dataclass(frozen=True, slots=True)
class Passing:
    """A request on its way in, or the response to it on its way out.

    Attributes:
        method: Of the request.
        path: Of the request.
        kind: The content type.
        body: The whole of it.
        query: Of the request, as it was sent.
        status: Of the response; 0 in a request.
    """

    method: str
    path: str
    kind: str
    body: bytes
    query: bytes = b""
    status: int = 0

    @property
    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return parse_json(self.body) if self.body else None
        except InvalidContent:
            return None

    @property
    def is_submission(self) -> bool:
        """Whether it is about a transaction (ITI-65)."""
        return self.method == "POST" and self.path.rstrip("/").endswith("/fhir")


Change = Callable[[Passing], Passing]
Headers = Iterable[tuple[bytes, bytes]]  # names and values as ASGI has them: bytes


@dataclass(frozen=True, slots=True)
class Twin:
    """What a twin does with requests, and with responses."""

    request: Change = lambda passing: passing
    response: Change = lambda passing: passing


class BrokenTwin:
    """An ASGI application that lets everything pass through a twin."""

    def __init__(self, app: ASGIApp, twin: Twin) -> None:
        self._app = app
        self._twin = twin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads the request whole, changes it, and changes the response before it goes."""
        if scope["type"] != "http" or PLACE.match(scope["path"]) is None:
            await self._app(scope, receive, send)
            return
        request = self._twin.request(
            Passing(
                method=scope["method"],
                path=scope["path"],
                kind=_content_type(scope["headers"]),
                body=await _whole(receive),
                query=scope["query_string"],
            )
        )
        # the response is kept until it is whole: a change may need all of its JSON
        status, headers, body = await self._answer(request, scope, receive)
        response = self._twin.response(
            replace(request, kind=_content_type(headers), body=body, status=status)
        )
        start = {"type": "http.response.start", "status": response.status}
        await send({**start, "headers": _headers_of(response, headers)})
        await send({"type": "http.response.body", "body": response.body})

    async def _answer(
        self, request: Passing, scope: Scope, receive: Receive
    ) -> tuple[int, Headers, bytes]:
        """Returns what the server answers to a changed request: status, headers, body."""
        scope = {**scope, "query_string": request.query}
        if request.body:
            scope["headers"] = _headers_of(request, scope["headers"])
        start: Message = {}
        parts: list[bytes] = []
        waiting = [request.body]

        async def receive_changed() -> Message:
            # behind the body the server may still wait to hear that the client went away
            if not waiting:
                return await receive()
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive_changed, keep)
        return start["status"], start["headers"], b"".join(parts)


def _content_type(headers: Headers) -> str:
    values = {name.lower(): value for name, value in headers}
    return values.get(b"content-type", b"").decode("latin-1")


def _headers_of(passing: Passing, headers: Headers) -> Headers:
    """Returns headers with the length and the type of a body that may have changed."""
    changed = {
        b"content-length": str(len(passing.body)).encode(),
        b"content-type": passing.kind.encode("latin-1"),
    }
    kept = [(name, value) for name, value in headers if name.lower() not in changed]
    return [*kept, *changed.items()]


async def _whole(receive: Receive) -> bytes:
    content = b""
    while True:
        message = await receive()
        content += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return content
