"""Routes by which the agent of a team's system fetches what the bench asks and brings what came."""

from __future__ import annotations

import base64
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, run_service_of, text_in, writer_of
from sandbox.errors import BadRequest
from sandbox.event.agents import Brought, Carried, checked
from sandbox.event.rights import allow
from sandbox.event.systems import System
from sandbox.fhir.json import parse_json
from sandbox.limits import AGENT_BYTES, AGENT_POLL_SECONDS, FORM_BYTES
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import body_of

# Where the listener of an agent may be: on the machine of the agent, and nowhere else.
LISTENING = re.compile(r"http://(127\.0\.0\.1|localhost):\d{1,5}")


async def agent(request: Request) -> Response:
    """GET /api/systems/{system}/agent: the addresses that an agent may dial for a system."""
    system = await own_system(request)
    return answer({"system": system.name, "bases": [system.base, *system.bases.values()]})


async def fetch(request: Request) -> Response:
    """POST /api/systems/{system}/agent/next: the next request of the bench; waits for one, unless
    `waits` is false, and says null where none came.  `at` is where the agent listens to its system.
    """
    system = await own_system(request)
    service = run_service_of(request)
    content = await body_of(request, limit=FORM_BYTES)
    body = parse_json(content) if content else {}
    if not isinstance(body, dict):
        raise BadRequest("testbench.bad_request", where="body", name="body")
    at = listening_at(body, "at") if "at" in body else ""
    service.agents.listens(system.name, at)
    carried = None
    waits = body.get("waits") is not False
    for _ in range(AGENT_POLL_SECONDS if waits else 1):
        carried = await service.agents.fetch(system.name, seconds=1 if waits else 0)
        # neither a server that stops nor an agent that has gone keeps the other waiting
        if carried or service.is_stopping() or await request.is_disconnected():
            break
    return answer({"asked": None if carried is None else _told(carried)})


async def bring(request: Request) -> Response:
    """POST /api/systems/{system}/agent/answers/{id}: what came, or why nothing did."""
    system = await own_system(request)
    body = parse_json(await body_of(request, limit=AGENT_BYTES))
    if not isinstance(body, dict):
        raise BadRequest("testbench.bad_request", where="body", name="body")
    brought = checked(_brought(body))
    run_service_of(request).agents.bring(system.name, request.path_params["id"], brought)
    return answer({"id": request.path_params["id"]})


def agent_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`."""
    return [
        Route("/api/systems/{system}/agent", answering(agent)),
        Route("/api/systems/{system}/agent/next", answering(fetch), methods=["POST"]),
        Route("/api/systems/{system}/agent/answers/{id}", answering(bring), methods=["POST"]),
    ]


async def own_system(request: Request) -> System:
    """Returns the system whose agent asks; raises NotFound, Unauthorized, Forbidden."""
    person = await writer_of(request)
    system = await run_in_threadpool(run_service_of(request).system, request.path_params["system"])
    allow(person, "register", system.whose)
    return system


def listening_at(body: dict[str, Any], name: str) -> str:
    """Returns the address of an agent's listener; raises BadRequest for any other."""
    address = text_in(body, name)
    if not LISTENING.fullmatch(address):
        raise BadRequest("testbench.bad_request", where=name, name=name)
    return address


def pairs_in(body: dict[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    """Returns headers of a body as pairs; raises BadRequest."""
    try:
        return tuple((str(key), str(value)) for key, value in body.get(name) or [])
    except (ValueError, TypeError):
        raise BadRequest("testbench.bad_request", where=name, name=name) from None


def content_in(body: dict[str, Any], name: str) -> bytes:
    """Returns what base64 of a body holds; raises BadRequest."""
    try:
        return base64.b64decode(text_in(body, name, default=""), validate=True)
    except ValueError:
        raise BadRequest("testbench.bad_request", where=name, name=name) from None


def _told(carried: Carried) -> dict[str, Any]:
    return {
        "id": carried.id,
        "method": carried.method,
        "url": carried.url,
        "headers": [list(pair) for pair in carried.headers],
        "body": base64.b64encode(carried.body).decode(),
    }


def _brought(body: dict[str, Any]) -> Brought:
    status = body.get("status", 0)
    if not isinstance(status, int):
        raise BadRequest("testbench.bad_request", where="status", name="status")
    failure = text_in(body, "failure", default="")[:500]
    return Brought(status, pairs_in(body, "headers"), content_in(body, "body"), failure)
