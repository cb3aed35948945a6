"""What the routes of the API share: who asks, in which language, what was sent, and how an error is
answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.acting import comes_in, is_known_as
from sandbox.api.bearers import COOKIE as COOKIE
from sandbox.api.bearers import authorization_of, bearer_of, sessions_of
from sandbox.errors import (
    BadRequest,
    Forbidden,
    SandboxError,
    Unauthorized,
    UnsupportedMediaType,
)
from sandbox.event.people import ANYONE, Person
from sandbox.event.rights import allow
from sandbox.event.run import Run
from sandbox.event.run_service import RunService
from sandbox.fhir.json import parse_json, write_json
from sandbox.limits import FORM_BYTES
from sandbox.threads import run_in_threadpool
from sandbox.web.problems import problem_response
from sandbox.web.requests import body_of, language_of

Endpoint = Callable[[Request], Awaitable[Response]]


def answering(work: Endpoint) -> Endpoint:
    """Returns an endpoint whose errors become problem details: the key, what is wrong, and what to
    do next.
    """

    async def endpoint(request: Request) -> Response:
        comes_in(request, "api")
        try:
            return await work(request)
        except SandboxError as error:
            return problem_response(error, language_of(request))

    endpoint.__doc__ = work.__doc__
    return endpoint


def answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Returns JSON; dataclasses as objects."""
    return Response(write_json(content), status, headers, "application/json")


def run_service_of(request: Request) -> RunService:
    """Returns the run service that the application holds."""
    run_service: RunService = request.app.state.run_service
    return run_service


async def person_of(request: Request) -> Person:
    """Returns who asks, by cookie or Bearer token; raises Unauthorized where people are known and
    this is none.
    """
    people = run_service_of(request).people
    # before the first person is added it is somebody's own rehearsal room
    if await run_in_threadpool(lambda: people.is_open):
        return ANYONE
    person = await run_in_threadpool(people.who, secret_of(request))
    if person is None:
        raise Unauthorized("people.unknown", where="Authorization")
    is_known_as(person)
    return person


async def writer_of(request: Request) -> Person:
    """Returns who asks, also as a team by its token, where what is sent is kept.

    Raises:
        Unauthorized: People are known, and this is none.
        Forbidden: The token is for reading.
    """
    service = run_service_of(request)
    if await run_in_threadpool(lambda: service.people.is_open):
        return ANYONE
    bearer = await run_in_threadpool(bearer_of, request, service)
    if bearer is None:
        raise Unauthorized("people.unknown", where="Authorization")
    if bearer.scope == "read":
        raise Forbidden("tokens.read_only", where="Authorization")
    return bearer.person


def secret_of(request: Request) -> str:
    """Returns the secret of the session that a request carries; empty for none."""
    # beside the token of the event, which `Authorization` may carry, a session has its own place
    return next(filter(None, sessions_of(request)), "") or authorization_of(request)


async def run_of(request: Request) -> Run:
    """Returns the run of the address; raises NotFound, Forbidden."""
    person = await person_of(request)
    # a client that has just sent something would read the verdict before it
    await run_service_of(request).settle(request.path_params["run"])
    run = await run_in_threadpool(run_service_of(request).runs.read, request.path_params["run"])
    allow(person, "see_run", run.whose)
    return run


async def object_of(request: Request) -> dict[str, Any]:
    """Returns the JSON object that was sent; raises BadRequest, TooLarge, UnsupportedMediaType."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        # a page of another origin could send any other type without being asked
        raise UnsupportedMediaType(
            "testbench.bad_request", where="Content-Type", name="Content-Type: application/json"
        )
    body = parse_json(await body_of(request, limit=FORM_BYTES))
    if not isinstance(body, dict):
        raise BadRequest("testbench.bad_request", where="body", name="body")
    return body


def text_in(body: dict[str, Any], name: str, *, default: str | None = None) -> str:
    """Returns a text of a body; raises BadRequest for one that is absent, without a default, or no
    text.
    """
    value = body.get(name, default)
    if not isinstance(value, str) or (not value and default is None):
        raise BadRequest("testbench.bad_request", where=name, name=name)
    return value


def texts_in(body: dict[str, Any], name: str) -> dict[str, str]:
    """Returns an object of texts; raises BadRequest."""
    value = body.get(name) or {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadRequest("testbench.bad_request", where=name, name=name)
    return dict(value)


def list_in(body: dict[str, Any], name: str) -> list[str]:
    """Returns a list of texts; raises BadRequest."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise BadRequest("testbench.bad_request", where=name, name=name)
    return value


def number_of(text: str) -> int:
    """Returns a number; raises BadRequest."""
    # nine digits fit the integers of every database (PostgreSQL: 32 bits)
    if not text.removeprefix("-").isdecimal() or len(text) > 9:
        raise BadRequest("testbench.bad_request", where=text, name=text)
    return int(text)
