"""The pages of the monitors' work: the queue with the next to take, and for facilitators who is
assigned to what and has how much.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_service_of
from sandbox.api.instance_views import row_view
from sandbox.api.instances import instances_of
from sandbox.api.listing import next_of
from sandbox.api.monitoring import asked_in, assign, loads_of, staff_of
from sandbox.api.plans import events_of
from sandbox.event.monitoring import alone, scope_of, take_next, wanted_of
from sandbox.event.names import country_code
from sandbox.event.plan import Assignment, words_in
from sandbox.event.rights import allow, may
from sandbox.event.systems import all_systems
from sandbox.pages.home import page_language
from sandbox.pages.working import form_of, go_to, shown, working_page
from sandbox.threads import run_in_threadpool

ROWS = 50


async def queue(request: Request) -> Response:
    """GET /instances/queue: what waits for a monitor, the urgent first, then the oldest."""
    person = await person_of(request)
    allow(person, "verify")
    all_instances = instances_of(request)
    query = request.query_params
    language = page_language(request)
    plan = await run_in_threadpool(all_instances.plans.find, query.get("event", ""))
    asked = asked_in(query)
    wanted = wanted_of(plan, asked, person)
    listing = partial(
        all_instances.store.waiting, wanted, limit=ROWS, cursor=query.get("cursor", "")
    )
    page = await run_in_threadpool(listing)
    systems = await run_in_threadpool(all_systems, run_service_of(request).store)
    return await working_page(
        request,
        "instance_queue.html",
        live="*",
        me=person,
        event=plan,
        words=partial(words_in, language=language),
        rows=[
            {
                **row_view(row, plan, language),
                "since": row.waiting,
                "is_taken": bool(row.monitor),
                "is_mine": bool(row.monitor) and row.monitor == person.id,
            }
            for row in page.rows
        ],
        total=page.total,
        older=next_of(request, page.cursor),
        asked=asked,
        scope=scope_of(plan, person.name),
        countries=sorted({system.country for system in systems} - {""}),
        may_manage=may(person, "manage_event"),
    )


async def take(request: Request) -> Response:
    """POST /instances/queue: claims the first of the queue that nobody looks at, and shows it."""
    form = await form_of(request)
    person = await person_of(request)
    all_instances = instances_of(request)
    plan = await run_in_threadpool(all_instances.plans.find, form.get("event", ""))
    claim = partial(take_next, all_instances, plan, person, asked_in(form))
    taken = await run_in_threadpool(claim)
    return go_to(request, f"instances/{taken.id}")


async def monitors(request: Request) -> Response:
    """GET /event/{plan}/monitors: who is assigned to what and has how much, and what waits although
    nobody is assigned to it.
    """
    person = await person_of(request)
    allow(person, "manage_event")
    language = page_language(request)
    id = request.path_params["plan"]
    plan = await run_in_threadpool(events_of(request).find, id)
    loads = await run_in_threadpool(loads_of, request, id)
    staff = await run_in_threadpool(staff_of, run_service_of(request))
    systems = await run_in_threadpool(all_systems, run_service_of(request).store)
    names = {*(monitor.name for monitor in loads.monitors), *(person.name for person in staff)}
    return await working_page(
        request,
        "monitors.html",
        live="*",
        me=person,
        event=plan,
        words=partial(words_in, language=language),
        loads=loads.monitors,
        unassigned=loads.unassigned,
        alone=await run_in_threadpool(alone, plan, instances_of(request).store),
        names=sorted(names),
        countries=sorted({system.country for system in systems} - {""}),
        titles={test.id: words_in(test.title, language) for test in plan.tests},
    )


async def assigning(request: Request) -> Response:
    """POST /event/{plan}/monitors: assigns a monitor; what is chosen stands in the place of what
    was.
    """
    form = await form_of(request)
    allow(await person_of(request), "manage_event")
    id = request.path_params["plan"]
    assignment = Assignment(
        form.get("name", "").strip(),
        tuple(form.get("tracks", "").split()),
        tuple(form.get("tests", "").split()),
        tuple(country_code(country) for country in form.get("countries", "").split()),
    )
    await run_in_threadpool(assign, request, id, assignment)
    return go_to(request, f"event/{id}/monitors", done="saved")


async def late(request: Request) -> Response:
    """POST /event/{plan}/late: from now on only facilitators start new instances, or everybody
    again.
    """
    form = await form_of(request)
    allow(await person_of(request), "manage_event")
    id = request.path_params["plan"]
    change = partial(replace, is_late=form.get("is_late") == "yes")
    await run_in_threadpool(events_of(request).change, id, change)
    return go_to(request, f"event/{id}/monitors", done="saved")


def monitoring_pages() -> list[Route]:
    """Returns the routes; they stand before those of single instances."""
    return [
        Route("/instances/queue", shown(queue)),
        Route("/instances/queue", shown(take), methods=["POST"]),
        Route("/event/{plan}/monitors", shown(monitors)),
        Route("/event/{plan}/monitors", shown(assigning), methods=["POST"]),
        Route("/event/{plan}/late", shown(late), methods=["POST"]),
    ]
