"""Routes about the tokens of teams and the owners of spaces."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, object_of, person_of, run_service_of, text_in
from sandbox.event.rights import Whose, allow
from sandbox.threads import run_in_threadpool


async def tokens(request: Request) -> Response:
    """GET /api/teams/{team}/tokens: those that are good today; POST makes one (name, scope: read or
    write) and tells its secret, once.
    """
    person = await person_of(request)
    service = run_service_of(request)
    team = await run_in_threadpool(service.tokens.find_team, request.path_params["team"])
    allow(person, "manage_tokens", Whose(team.id))
    if request.method == "GET":
        return answer(await run_in_threadpool(service.tokens.of, team.id))
    body = await object_of(request)
    scope = text_in(body, "scope", default="write")
    make = partial(
        service.tokens.make, team.name, text_in(body, "name"), scope=scope, by=person.name
    )
    token, secret = await run_in_threadpool(make)
    # the only time that it leaves this process: what is kept of it is a hash
    return answer({**asdict(token), "secret": secret}, 201, {"Cache-Control": "no-store"})


async def revoke(request: Request) -> Response:
    """POST /api/tokens/{id}/revoke: the token is over at once."""
    person = await person_of(request)
    service = run_service_of(request)
    token = await run_in_threadpool(service.tokens.find, request.path_params["id"])
    allow(person, "manage_tokens", Whose(token.team_id))
    await run_in_threadpool(partial(service.tokens.revoke, token.id, by=person.name))
    return answer(token)


async def give(request: Request) -> Response:
    """POST /api/spaces/{space}/owner: gives a space to a team, whatever its name."""
    allow(await person_of(request), "manage_people")
    body = await object_of(request)
    space = request.path_params["space"]
    team = text_in(body, "team")
    await run_in_threadpool(run_service_of(request).tokens.give, space, team)
    return answer({"space": space, "team": team})


def token_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`."""
    return [
        Route("/api/teams/{team}/tokens", answering(tokens), methods=["GET", "POST"]),
        Route("/api/tokens/{id}/revoke", answering(revoke), methods=["POST"]),
        Route("/api/spaces/{space}/owner", answering(give), methods=["POST"]),
    ]
