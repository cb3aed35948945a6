"""The pages of what facilitators decide of an event while it runs: checks that have changed,
results that are confirmed and published; and the page of published results, which everybody may
read.
"""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.conducting import checks_of, decided, public_of
from sandbox.api.instances import instances_of
from sandbox.event.plan import words_in
from sandbox.event.rights import allow
from sandbox.pages.home import WORKING, page_language, render, times_of
from sandbox.pages.purposes import roles_by_track
from sandbox.pages.working import form_of, go_to, root_of, shown, whoever, working_page
from sandbox.threads import run_in_threadpool


async def checks(request: Request) -> Response:
    """GET /event/{plan}/checks: the bench tests of a plan whose check has changed, with a button
    that adopts it, and how many have not.
    """
    person = await person_of(request)
    allow(person, "manage_event")
    id = request.path_params["plan"]
    plan = await run_in_threadpool(instances_of(request).plans.find, id)
    rows = await run_in_threadpool(checks_of, request, id)
    return await working_page(
        request,
        "checks.html",
        me=person,
        event=plan,
        words=partial(words_in, language=page_language(request)),
        changed=[row for row in rows if row["is_changed"]],
        pinned=sum(bool(row["pinned"]) for row in rows),
        total=len(rows),
    )


async def adopt(request: Request) -> Response:
    """POST /event/{plan}/checks: changed checks count from now on, one or all."""
    form = await form_of(request)
    person = await person_of(request)
    allow(person, "manage_event")
    all_instances = instances_of(request)
    id = request.path_params["plan"]
    plan = await run_in_threadpool(all_instances.plans.find, id)
    tests = form.get("test", "").split()
    await run_in_threadpool(partial(all_instances.conduct.adopt, plan, person, tests))
    return go_to(request, f"event/{id}/checks")


async def decide(request: Request) -> Response:
    """POST /event/{plan}/results/{decision}: confirm, publish or withdraw."""
    await form_of(request)
    person = await person_of(request)
    allow(person, "manage_event")
    id = request.path_params["plan"]
    work = partial(decided, request, id, request.path_params["decision"], person)
    await run_in_threadpool(work)
    # the next step stands below all that the event came to
    return go_to(request, f"event/{id}/results", part="standing")


async def public(request: Request) -> Response:
    """GET /results/{plan}: published results, for everybody; 404 where there are none."""
    language = page_language(request)
    id = request.path_params["plan"]
    view = await run_in_threadpool(public_of, request, id, language)
    plan = await run_in_threadpool(instances_of(request).plans.find, id)
    page = render(
        "published.html",
        language,
        root=root_of(request),
        event=plan,
        me=await whoever(request),
        view=view,
        tracks={track.id: words_in(track.title, language) for track in plan.tracks},
        tests={test.id: words_in(test.title, language) for test in plan.tests},
        roles=roles_by_track(plan, language),
        words=partial(words_in, language=language),
        times=await run_in_threadpool(times_of, request),
    )
    return HTMLResponse(page, headers=WORKING)


def conducting_pages() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `run_service`."""
    return [
        Route("/event/{plan}/checks", shown(checks)),
        Route("/event/{plan}/checks", shown(adopt), methods=["POST"]),
        Route("/event/{plan}/results/{decision}", shown(decide), methods=["POST"]),
        Route("/results/{plan}", shown(public)),
    ]
