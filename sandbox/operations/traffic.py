"""Counts requests by route as they pass, and gives each an id that its lines in the log bear.

Routes are counted by their templates, never by addresses: these hold names, and codes that let in.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from bisect import bisect_left
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, MethodType

from starlette.datastructures import State
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ACCESS = "sandbox.access"
# seconds; above the last of them a person has given up, and a search has ended
BOUNDS = (0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0)
REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
SPACE = re.compile(r"/t/[^/]+/")
FHIR = re.compile(r"(?:/t/\{space\})?/(?:fhir|mediator|inbox|through)(?=/|\Z)")
UNKNOWN = "unknown"
GONE = 499
"""What is counted of a client that hung up before it was answered, as proxies do (nginx)."""
STREAM = b"text/event-stream"
BOT = b"connectathon-bot"  # as bot/api.py says

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered."""
log = logging.getLogger(ACCESS)


@dataclass(slots=True)
class Times:
    """How long the answers of one route took.

    Attributes:
        below: How many took at most as long as each of BOUNDS but longer than the one before; the
            last are those that took longer than all.
        seconds: All of them together.
    """

    below: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


class Traffic:
    """What has passed since the process started; threads may read it while it grows."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str, int]] = Counter()
        """By method, route and status."""
        self.times: dict[str, Times] = {}
        """By route, of those answers that end."""
        self.open = 0
        """The requests that are being answered, streams left out."""
        self.streams = 0
        """The streams that are open, each a page or a bot that follows."""
        self.bots = 0
        """Those of them that a bot follows, by the name that it gives itself."""
        self._lock = threading.Lock()

    def note(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Counts an answer.

        Args:
            method: The method of the request.
            route: Its template, as `template_of` returns it.
            status: The status of the answer.
            seconds: How long it took; None for a stream, which lasts as long as its page.
        """
        with self._lock:
            self.answers[method, route, status] += 1
            if seconds is not None:
                times = self.times.setdefault(route, Times())
                times.below[bisect_left(BOUNDS, seconds)] += 1
                times.seconds += seconds

    def copied(self) -> tuple[Counter[tuple[str, str, int]], dict[str, Times]]:
        """Returns the counts as they stand now."""
        with self._lock:
            times = {
                route: Times(list(each.below), each.seconds) for route, each in self.times.items()
            }
            return Counter(self.answers), times


class Watched:
    """An ASGI application that passes everything on and counts what comes back.

    Args:
        app: What answers.
        traffic: Where it is counted.
        state: What its routes work with, for a door beside it.
    """

    def __init__(self, app: ASGIApp, traffic: Traffic, state: State | None = None) -> None:
        self._app = app
        self.traffic = traffic
        self.state = state or State()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, with the id of the request in `X-Request-Id`: the one that a proxy has given it,
        or a new one.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passing = _Passing(_id_of(scope))
        token = request_id.set(passing.id)
        self.traffic.open += 1
        is_bot = _is_bot(scope)

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = passing.begun(message)
                if passing.is_stream:
                    self.traffic.open -= 1
                    self.traffic.streams += 1
                    self.traffic.bots += is_bot
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            # a last word that goes nowhere was none; of what was under way its head was said
            passing.status = GONE if passing.status == 500 else passing.status
        except BaseException:
            # where nothing was said yet the server says so in our place
            passing.status = 500 if passing.status == GONE else passing.status
            raise
        finally:
            if passing.is_stream:
                self.traffic.streams -= 1
                self.traffic.bots -= is_bot
            else:
                self.traffic.open -= 1
            self._note(scope, passing)
            request_id.reset(token)

    def _note(self, scope: Scope, passing: _Passing) -> None:
        seconds = time.perf_counter() - passing.since
        route = template_of(scope)
        self.traffic.note(
            scope["method"], route, passing.status, None if passing.is_stream else seconds
        )
        log.info(
            "%s %s %s",
            scope["method"],
            route,
            passing.status,
            extra={
                "method": scope["method"],
                "route": route,
                "status": passing.status,
                "milliseconds": round(seconds * 1000, 1),
            },
        )


@dataclass(slots=True)
class _Passing:
    """A request on its way."""

    id: str
    since: float = field(default_factory=time.perf_counter)
    status: int = GONE
    is_stream: bool = False

    def begun(self, message: Message) -> Message:
        """Returns the head of an answer with the id added."""
        self.status = message["status"]
        headers = list(message.get("headers", ()))
        kinds = [value for name, value in headers if name.lower() == b"content-type"]
        self.is_stream = any(kind.startswith(STREAM) for kind in kinds)
        return {**message, "headers": [*headers, (b"x-request-id", self.id.encode())]}


def template_of(scope: Scope) -> str:
    """Returns the template of the route that has answered a request, such as `/api/runs/{id}`.

    Args:
        scope: Of the request, as the routes have left it.

    Returns:
        Of FHIR only where its base stands, as types and ids are many; of files their folder;
        `unknown` where no route was met.
    """
    path = SPACE.sub("/t/{space}/", scope["path"], count=1)
    fhir = FHIR.match(path)
    if fhir:
        return fhir[0]
    endpoint = scope.get("endpoint")
    if not isinstance(endpoint, (FunctionType, MethodType, partial)):
        # what a mount answers by itself: a file, or nothing
        return scope.get("root_path") or UNKNOWN
    place = f"{path}/"
    for name, value in scope.get("path_params", {}).items():
        text = str(value)
        # a rest of a path that a mount has left is no name
        if text and f"/{text}/" in place:
            place = f"/{{{name}}}/".join(place.rsplit(f"/{text}/", 1))
    return place.removesuffix("/") or "/"


def _is_bot(scope: Scope) -> bool:
    return any(name == b"user-agent" and value.startswith(BOT) for name, value in scope["headers"])


def _id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.match(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return secrets.token_hex(8)
