"""The gate before the spaces of teams and the data that all share: at an event with people, whoever
comes says who they are.

While nobody is known the sandbox is a rehearsal room of one's own, and everything passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.api.acting import comes_in, is_known_as
from sandbox.api.bearers import authorization_of, bearer_of
from sandbox.errors import Forbidden, SandboxError, Unauthorized
from sandbox.event.identity import Team
from sandbox.event.people import Person
from sandbox.event.rights import NOBODYS, Act, Whose, may
from sandbox.event.run_service import RunService
from sandbox.sentences import fix_of, text_of
from sandbox.server.registry import read_by_post
from sandbox.threads import run_in_threadpool
from sandbox.web.origins import SAFE, is_safe
from sandbox.web.replies import CHALLENGE, outcome_response
from sandbox.web.requests import language_of

CLAUSE = "RFC 6750 3; FHIR R4 security.html#access"
# The patterns of the routes let a line break at the end through (`$`), so it is no way round.
SPACE = re.compile(r"/t/(?P<space>[^/]*)(?P<place>/.*)?\n?\Z", re.DOTALL)
# Not the doors that a secret of their own opens: inboxes, recording proxies, health links and their
# files.
SHARED = re.compile(
    r"/(fhir|mediator|ddcc|icvp|ips|regional|v2/vshcIssuance)(?P<place>/.*)?\n?\Z", re.DOTALL
)
# Beside the operations of the server, which say so themselves.
READ_BY_POST = frozenset({"$signValidation"})


@dataclass(frozen=True, slots=True)
class Door:
    """What a request comes to: a space, or what all share where `space` is empty."""

    space: str
    is_writing: bool

    def act(self, reading: str) -> Act:
        """Returns what is asked for, where the event has chosen who reads spaces."""
        if not self.space:
            return "write_shared" if self.is_writing else "read_shared"
        if self.is_writing:
            return "write_space"
        return "read_closed_space" if reading == "team" else "read_space"


class Gate:
    """An ASGI application: lets those pass whom the event lets in, and tells the others what to
    do next.
    """

    def __init__(self, app: ASGIApp, pages: Starlette) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers 401 or 403."""
        if scope["type"] == "http":
            comes_in(Request(scope), "api")
        door = door_of(scope) if scope["type"] == "http" else None
        if door is None:
            await self._app(scope, receive, send)
            return
        request = Request({**scope, "app": self._pages})
        try:
            # a few plain questions: where they take microseconds, another thread would take longer
            if self._pages.state.services.store.is_quick():
                person = _checked(door, request)
            else:
                person = await run_in_threadpool(_checked, door, request)
        except SandboxError as error:
            await _refusal(error, request)(scope, receive, send)
            return
        if person is not None:
            is_known_as(person)
        await self._app(scope, receive, send)

    async def knows(self, scope: Scope) -> bool:
        """Tells whether a request carries the credential of somebody."""
        service: RunService = self._pages.state.run_service
        return await run_in_threadpool(bearer_of, Request(scope), service) is not None


def door_of(scope: Scope) -> Door | None:
    """Returns what a request comes to; None for what the gate does not stand before."""
    place = SPACE.match(scope["path"])
    shared = SHARED.match(scope["path"]) if place is None else None
    door = place or shared
    # what a server can do tells nothing of anybody, and says how to come in (R4 security.html)
    if door is None or (
        scope["method"] in SAFE and door["place"] in ("/metadata", "/fhir/metadata")
    ):
        return None
    return Door(place["space"] if place else "", _is_writing(scope))


def _is_writing(scope: Scope) -> bool:
    name = scope["path"].rstrip("/\n").rpartition("/")[2]
    reads = READ_BY_POST | read_by_post()
    return not (is_safe(scope) or (scope["method"] == "POST" and name in reads))


def _checked(door: Door, request: Request) -> Person | None:
    """Returns who comes; None while nobody is known.

    Raises:
        Unauthorized: Somebody unknown comes.
        Forbidden: Whoever comes may not do what is asked.
    """
    service: RunService = request.app.state.run_service
    if service.people.is_open:
        return None
    bearer = bearer_of(request, service)
    if bearer is None:
        key = "tokens.unknown" if authorization_of(request) else "tokens.needed"
        raise Unauthorized(key, where="Authorization", clause=CLAUSE, place=request.url.path)
    if door.is_writing and bearer.scope == "read":
        raise Forbidden("tokens.read_only", where="Authorization", clause=CLAUSE)
    owner = service.tokens.owner(door.space) if door.space else None
    whose = Whose(owner.id) if owner else NOBODYS
    if not may(bearer.person, door.act(request.app.state.settings.reading), whose):
        _refuse(door, owner, bearer.person.team)
    return bearer.person


def _refuse(door: Door, owner: Team | None, team: str) -> None:
    place = f"/t/{door.space}"
    if owner is None:
        raise Forbidden("tokens.no_owner", where=place, clause=CLAUSE, space=door.space)
    raise Forbidden(
        "tokens.other_team", where=place, clause=CLAUSE, owner=owner.name, team=team or "–"
    )


def _refusal(error: SandboxError, request: Request) -> Response:
    """Returns the refusal: for a browser a sentence, else an OperationOutcome."""
    language = language_of(request)
    response = outcome_response(error, language)
    if "text/html" in request.headers.get("accept", ""):
        finding = error.as_finding()
        sentence = f"{text_of(finding, language)}\n→ {fix_of(finding, language)}"
        response = PlainTextResponse(sentence, error.status)
    if error.status == 401:
        # RFC 6750 3.1: without any credential there is no error to name
        fault = ', error="invalid_token"' if error.key == "tokens.unknown" else ""
        response.headers["WWW-Authenticate"] = f"{CHALLENGE}{fault}"
    return response
