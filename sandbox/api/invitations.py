"""Routes about invitations to teams, and about the sessions of whoever asks."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import (
    answer,
    answering,
    object_of,
    person_of,
    run_service_of,
    secret_of,
    text_in,
)
from sandbox.errors import BadRequest
from sandbox.event.people import Code, Terms
from sandbox.event.roster import Session
from sandbox.threads import run_in_threadpool


async def invitations(request: Request) -> Response:
    """GET /api/invitations: those that are not over, of the teams to which one invites; POST makes
    one (team, country, uses, days).
    """
    person = await person_of(request)
    people = run_service_of(request).people
    if request.method == "GET":
        known = await run_in_threadpool(people.invitations, person)
        return answer([_shown(invitation) for invitation in known])
    body = await object_of(request)
    usual = Terms()
    terms = Terms(
        _number_in(body, "uses", default=usual.uses), _number_in(body, "days", default=usual.days)
    )
    team, country = (text_in(body, name, default="") for name in ("team", "country"))
    invite = partial(people.invite, team, country=country, by=person, terms=terms)
    code = await run_in_threadpool(invite)
    invitation = await run_in_threadpool(people.code, code)
    # the only time that the code leaves this process: what is kept of it is a hash
    made = {**_shown(invitation), "enter": f"/enter/{code}"}
    return answer(made, 201, {"Cache-Control": "no-store"})


async def revoke(request: Request) -> Response:
    """POST /api/invitations/{id}/revoke: the link lets nobody in any more; who came in by it
    stays.
    """
    person = await person_of(request)
    people = run_service_of(request).people
    revoked = await run_in_threadpool(people.revoke, request.path_params["id"], person)
    return answer(_shown(revoked))


async def sessions(request: Request) -> Response:
    """GET /api/sessions: one's own."""
    person = await person_of(request)
    people = run_service_of(request).people
    current = await run_in_threadpool(people.sessions.id_of, secret_of(request))
    mine = await run_in_threadpool(people.sessions.of, person)
    return answer([_row(session, current) for session in mine])


async def end(request: Request) -> Response:
    """POST /api/sessions/{id}/end: ends one of one's own at once."""
    person = await person_of(request)
    id = request.path_params["id"]
    await run_in_threadpool(run_service_of(request).people.sessions.end, id, person)
    return answer({"id": id})


def invitation_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`."""
    return [
        Route("/api/invitations", answering(invitations), methods=["GET", "POST"]),
        Route("/api/invitations/{id}/revoke", answering(revoke), methods=["POST"]),
        Route("/api/sessions", answering(sessions)),
        Route("/api/sessions/{id}/end", answering(end), methods=["POST"]),
    ]


def _shown(invitation: Code) -> dict[str, Any]:
    names = ("id", "team", "team_id", "country", "by", "at", "until", "most", "used")
    fields = asdict(invitation)
    return {name: fields[name] for name in names}


def _row(session: Session, current: str) -> dict[str, Any]:
    names = ("id", "since", "seen", "until", "browser")
    fields = asdict(session)
    return {name: fields[name] for name in names} | {"is_this": session.id == current}


def _number_in(body: dict[str, Any], name: str, *, default: int) -> int:
    value = body.get(name, default)
    # a bool is an int to Python, and none to whoever sent it
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequest("testbench.bad_request", where=name, name=name)
    return value
