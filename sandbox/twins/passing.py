"""What stands between the socket and the server in a broken twin: it changes what comes in and what
goes out.

The server itself knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.errors import InvalidContent
from sandbox.fhir.json import parse_json
from sandbox.server.incoming import PLACE


@dataclass(frozen=True, slots=True)
class Passing:
    """What passes by: a request, or the response to it (then `status` is not 0); `kind` is the
    content type.
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
        headers = {name.lower(): value for name, value in scope["headers"]}
        kind = headers.get(b"content-type", b"").decode("latin-1")
        asked = self._twin.request(
            Passing(
                scope["method"], scope["path"], kind, await _whole(receive), scope["query_string"]
            )
        )
        changed = {
            b"content-length": str(len(asked.body)).encode(),
            b"content-type": asked.kind.encode("latin-1"),
        }
        scope = {**scope, "query_string": asked.query}
        if asked.body:
            scope = {**scope, "headers": [*_without(scope["headers"], changed), *changed.items()]}
        start: Message = {}
        parts: list[bytes] = []

        waiting = [asked.body]

        async def receive_changed() -> Message:
            if not waiting:
                return await receive()
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive_changed, keep)
        given = {name.lower(): value for name, value in start["headers"]}
        kind = given.get(b"content-type", b"").decode("latin-1")
        told = self._twin.response(
            Passing(asked.method, asked.path, kind, b"".join(parts), asked.query, start["status"])
        )
        ours = {
            b"content-length": str(len(told.body)).encode(),
            b"content-type": told.kind.encode("latin-1"),
        }
        await send(
            {
                **start,
                "status": told.status,
                "headers": [*_without(start["headers"], ours), *ours.items()],
            }
        )
        await send({"type": "http.response.body", "body": told.body})


async def _whole(receive: Receive) -> bytes:
    content = b""
    while True:
        message = await receive()
        content += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return content


def _without(headers: Any, names: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in names]
