"""The page of a team's tokens: which there are, a new one, shown once, and the end of one."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_service_of
from sandbox.event.identity import Team
from sandbox.event.people import People, Person
from sandbox.event.rights import Whose, allow, may
from sandbox.event.tokens import SCOPES, Token, Tokens
from sandbox.pages.working import form_of, go_to, shown, working_page
from sandbox.threads import run_in_threadpool


async def tokens(request: Request) -> Response:
    """GET /team/tokens: those of one's team, for a facilitator of all; POST makes one and shows its
    secret.
    """
    person = await person_of(request)
    known = run_service_of(request).tokens
    made: dict[str, Any] = {"made": None, "secret": ""}
    if request.method == "POST":
        form = await form_of(request)
        team = await run_in_threadpool(known.find_team, form.get("team", "") or person.team)
        allow(person, "manage_tokens", Whose(team.id))
        scope = form.get("scope", "")
        make = partial(known.make, team.name, form.get("name", ""), scope=scope, by=person.name)
        token, secret = await run_in_threadpool(make)
        made = {"made": token, "secret": secret}
        request.state.typed = {}
    teams = await run_in_threadpool(_teams_of, person, run_service_of(request).people)
    rows = await run_in_threadpool(_rows, teams, known)
    return await working_page(
        request, "tokens.html", me=person, teams=teams, tokens=rows, scopes=SCOPES[::-1], **made
    )


async def revoke(request: Request) -> Response:
    """POST /team/tokens/{id}/revoke: the token is over at once."""
    person = await person_of(request)
    known = run_service_of(request).tokens
    token = await run_in_threadpool(known.find, request.path_params["id"])
    allow(person, "manage_tokens", Whose(token.team_id))
    await run_in_threadpool(partial(known.revoke, token.id, by=person.name))
    return go_to(request, "team/tokens")


def token_pages() -> list[Route]:
    """Returns the routes of the page; the application's state must hold `run_service`."""
    return [
        Route("/team/tokens", shown(tokens, form=tokens), methods=["GET", "POST"]),
        Route("/team/tokens/{id}/revoke", shown(revoke), methods=["POST"]),
    ]


def _teams_of(person: Person, people: People) -> list[Team]:
    """Returns the teams whose tokens a person looks after, one's own first."""
    teams = [team for team in people.teams() if may(person, "manage_tokens", Whose(team.id))]
    return sorted(teams, key=lambda team: (team.id != person.team_id, team.name))


def _rows(teams: list[Team], known: Tokens) -> list[dict[str, Any]]:
    return [_row(token) for team in teams for token in known.of(team.id)]


def _row(token: Token) -> dict[str, Any]:
    return {"token": token, "until": token.until}
