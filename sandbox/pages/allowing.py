"""The page of what holds for a time, known failures and private addresses, and the start of all
meetings of peers.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_of, run_service_of
from sandbox.event.allowances import Allowance
from sandbox.event.rights import may
from sandbox.pages.home import page_language
from sandbox.pages.runs import one_run
from sandbox.pages.working import form_of, go_to, shown, teams_known_to, working_page
from sandbox.testbench.tracks import TRACKS
from sandbox.threads import run_in_threadpool

FIELD_MOST = 300


async def allowances(request: Request) -> Response:
    """GET /allowances: what is allowed today to those whom one may see; POST allows an address to a
    team.
    """
    person = await person_of(request)
    run_service = run_service_of(request)
    if request.method == "POST":
        form = await form_of(request)
        team, host, reason, until = (
            form.get(name, "").strip() for name in ("team", "host", "reason", "until")
        )
        await run_in_threadpool(
            run_service.allow, Allowance("address", team, host, reason, until), person
        )
        return go_to(request, "allowances")
    current = await run_in_threadpool(run_service.allowances_of, person)
    asked = request.state.typed or request.query_params
    # people speak of tests by number; what is kept is the id, which never changes
    numbers = {test.id: test.number for track in TRACKS.values() for test in track.tests}
    return await working_page(
        request,
        "allowances.html",
        me=person,
        allowances=current,
        numbers=numbers,
        may_grant=may(person, "allow_address"),
        team_names=await run_in_threadpool(teams_known_to, request),
        # whoever comes from an address that is blocked need not type it again
        proposed={name: asked.get(name, "")[:FIELD_MOST] for name in ("team", "host")},
    )


async def end(request: Request) -> Response:
    """POST /allowances/end: ends one before its day."""
    form = await form_of(request)
    person = await person_of(request)
    kind, whose, what = (form.get(name, "") for name in ("kind", "whose", "what"))
    await run_in_threadpool(run_service_of(request).end_allowance, kind, whose, what, person)
    return go_to(request, "allowances")


async def know(request: Request) -> Response:
    """POST /runs/{run}/known: marks a test that failed as a known failure of the system."""
    form = await form_of(request)
    person = await person_of(request)
    run = await run_of(request)
    test, reason, until = (form.get(name, "") for name in ("test", "reason", "until"))
    await run_in_threadpool(
        run_service_of(request).allow, Allowance("known", run.system, test, reason, until), person
    )
    return go_to(request, "allowances")


async def pair_up(request: Request) -> Response:
    """POST /matrix/peers: starts a run for each Source and Recipient that have not met."""
    person = await person_of(request)
    await run_service_of(request).pair_up(person, page_language(request))
    return go_to(request, "runs")


def allowing_pages() -> list[Route]:
    """Returns the routes of the pages; the application's state must hold `run_service` and
    `settings`.
    """
    return [
        Route("/allowances", shown(allowances, form=allowances), methods=["GET", "POST"]),
        Route("/allowances/end", shown(end), methods=["POST"]),
        Route("/runs/{run}/known", shown(know, form=one_run), methods=["POST"]),
        Route("/matrix/peers", shown(pair_up), methods=["POST"]),
    ]
