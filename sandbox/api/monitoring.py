"""Routes of the monitors: what waits for them, the next that they take, who is assigned to what and
has how much, and whether the event is late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import (
    answer,
    answering,
    list_in,
    number_of,
    object_of,
    person_of,
    run_service_of,
    text_in,
)
from sandbox.api.instance_views import row_view
from sandbox.api.instances import instances_of, shown_to
from sandbox.api.listing import PAGED, told
from sandbox.api.plans import events_of, shown_plan
from sandbox.errors import BadRequest
from sandbox.event.identity import Person
from sandbox.event.monitoring import Asked, Loads, assigned, loads, take_next, wanted_of
from sandbox.event.names import country_code
from sandbox.event.plan import Assignment, PlannedEvent
from sandbox.event.rights import allow
from sandbox.event.run_service import RunService
from sandbox.limits import LIST_PAGE
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import language_of

NARROWED = ("track", "test", "country", "mine", "free")
QUEUED = ("event", *NARROWED, *PAGED)
"""What may be asked of the queue."""


def asked_in(given: Mapping[str, Any]) -> Asked:
    """Returns what somebody asks of the queue, by the parameters of a query or a form."""
    return Asked(
        track=str(given.get("track") or ""),
        test=str(given.get("test") or ""),
        country=country_code(str(given.get("country") or "")),
        is_mine=bool(given.get("mine")),
        is_free=bool(given.get("free")),
    )


async def queue(request: Request) -> Response:
    """GET /api/instances/queue: what waits for a monitor, the urgent first, then the oldest; POST
    claims the first of it that nobody looks at.
    """
    person = await person_of(request)
    all_instances = instances_of(request)
    if request.method == "POST":
        body = await object_of(request)
        plan = await run_in_threadpool(all_instances.plans.find, text_in(body, "event", default=""))
        take = partial(take_next, all_instances, plan, person, asked_in(body))
        return await shown_to(request, await run_in_threadpool(take), person)
    query = request.query_params
    plan = await run_in_threadpool(all_instances.plans.find, query.get("event", ""))
    listing = partial(
        all_instances.store.waiting,
        wanted_of(plan, asked_in(query), person),
        limit=number_of(query.get("limit") or str(LIST_PAGE)),
        cursor=query.get("cursor", ""),
    )
    page = await run_in_threadpool(listing)
    rows = [row_view(row, plan, language_of(request)) for row in page.rows]
    return answer(rows, headers=told(request, page.total, page.cursor))


async def monitors(request: Request) -> Response:
    """GET /api/plans/{plan}/monitors: who is assigned to what and has how much in work; POST
    assigns somebody (name, tracks, tests, countries), to nothing where all are empty.
    """
    allow(await person_of(request), "manage_event")
    id = request.path_params["plan"]
    if request.method == "POST":
        body = await object_of(request)
        assignment = Assignment(
            text_in(body, "name"),
            tuple(list_in(body, "tracks")),
            tuple(list_in(body, "tests")),
            tuple(map(country_code, list_in(body, "countries"))),
        )
        await run_in_threadpool(assign, request, id, assignment)
    return answer(await run_in_threadpool(loads_of, request, id))


async def late(request: Request) -> Response:
    """POST /api/plans/{plan}/late: from now on only facilitators start new instances, or, with
    `is_late` false, everybody again.
    """
    allow(await person_of(request), "manage_event")
    body = await object_of(request)
    is_late = body.get("is_late")
    if not isinstance(is_late, bool):
        raise BadRequest("testbench.bad_request", where="is_late", name="is_late")
    id = request.path_params["plan"]
    work = partial(events_of(request).change, id, partial(replace, is_late=is_late))
    await run_in_threadpool(work)
    return await shown_plan(request, id)


def assign(request: Request, plan: str, assignment: Assignment) -> None:
    """Assigns a monitor.

    Raises:
        NotFound: There is no such event, or people are known and nobody of that name.
        InvalidEvent: A track or test is not of the plan.
        PreconditionFailed: Somebody else has changed the plan at the same moment.
    """
    service = run_service_of(request)
    is_known = [monitor.name for monitor in events_of(request).find(plan).monitors]
    # by a file somebody may be assigned before they are known, and is then set free here
    if not service.people.is_open and assignment.name not in is_known:
        service.people.named(assignment.name)

    def change(event: PlannedEvent) -> PlannedEvent:
        return replace(event, monitors=assigned(event, assignment))

    events_of(request).change(plan, change)


def loads_of(request: Request, plan: str) -> Loads:
    """Returns who has how much to do at an event; raises NotFound."""
    all_instances = instances_of(request)
    event = all_instances.plans.find(plan)
    return loads(event, all_instances.store, staff_of(run_service_of(request)))


def staff_of(service: RunService) -> list[Person]:
    """Returns the people who may verify something."""
    return [person for person in service.people.all() if person.role != "participant"]


def monitoring_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `events`, `instances` and
    `run_service`.
    """
    return [
        Route("/api/instances/queue", answering(queue), methods=["GET", "POST"]),
        Route("/api/plans/{plan}/monitors", answering(monitors), methods=["GET", "POST"]),
        Route("/api/plans/{plan}/late", answering(late), methods=["POST"]),
    ]
