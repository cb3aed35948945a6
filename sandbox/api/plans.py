"""Routes about the plans of events: which there are, what is planned, what a system has to do, and
for facilitators the next event and each change.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, object_of, person_of, run_service_of, text_in
from sandbox.api.plan_views import plan_view, row_of, to_do_view
from sandbox.errors import BadRequest, Conflict, NotFound
from sandbox.event.event_file import event_of, write_event
from sandbox.event.events import Change, Events, Listed, next_event, tag_of
from sandbox.event.plan import PlannedEvent
from sandbox.event.rights import allow
from sandbox.event.systems import System, all_systems
from sandbox.event.unmet import Meeting, not_met
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import language_of

USUAL_DAYS = 3


async def plans(request: Request) -> Response:
    """GET /api/plans: the events, the newest first; POST makes the next one of another (id,
    template, first, days).
    """
    person = await person_of(request)
    events = events_of(request)
    if request.method == "GET":
        allow(person, "see_results")
        rows = await run_in_threadpool(events.listed)
        return answer([row_of(row, language_of(request)) for row in rows])
    allow(person, "manage_event")
    body = await object_of(request)
    id = text_in(body, "id")
    days = body.get("days", USUAL_DAYS)
    first = _day_in(text_in(body, "first"))
    # a bool is an int to Python, and none to whoever sent it
    if type(days) is not int:
        raise BadRequest("testbench.bad_request", where="days", name="days")
    if await run_in_threadpool(_is_there, events, id):
        raise Conflict("plan.there_already", where="id", id=id[:60])
    template = await run_in_threadpool(events.find, text_in(body, "template"))
    made = next_event(template, id, first=first, days=days)
    await run_in_threadpool(events.load, made)
    return await shown_plan(request, made.id, status=201)


async def plan(request: Request) -> Response:
    """GET /api/plans/{plan}: all that is planned; PUT puts a whole plan in its place, and with
    `?dry=yes` only tells what would change.

    With `If-Match` it does so only where nobody has changed the plan since (RFC 9110 13.1.1).
    """
    person = await person_of(request)
    events = events_of(request)
    id = request.path_params["plan"]
    if request.method == "GET":
        allow(person, "see_results")
        return await shown_plan(request, id)
    allow(person, "manage_event")
    proposed = event_of({"id": id, **await object_of(request)})
    if proposed.id != id:
        raise BadRequest("plan.other_id", where="id", id=proposed.id, place=id)
    is_dry = request.query_params.get("dry") == "yes"
    tag = await run_in_threadpool(_tag_of, request, events, id)
    save = partial(events.load, proposed, tag=tag)
    work = partial(_proposed, events, proposed) if is_dry else save
    changes = [asdict(change) for change in await run_in_threadpool(work)]
    return answer({"id": id, "is_saved": not is_dry, "changes": changes})


async def file(request: Request) -> Response:
    """GET /api/plans/{plan}/file: the plan in all its languages, as the TOML that is loaded."""
    allow(await person_of(request), "see_results")
    event = await run_in_threadpool(events_of(request).find, request.path_params["plan"])
    headers = {
        "Content-Disposition": f'attachment; filename="{event.id}.toml"',
        "ETag": f'"{tag_of(event)}"',
    }
    return Response(write_event(event), headers=headers, media_type="application/toml")


async def to_do(request: Request) -> Response:
    """GET /api/plans/{plan}/to-do?system=ALIAS: the planned tests of a system, by the actors that
    it declares.
    """
    allow(await person_of(request), "see_results")
    event = await run_in_threadpool(events_of(request).find, request.path_params["plan"])
    alias = request.query_params.get("system", "")
    system = await run_in_threadpool(run_service_of(request).system, alias)
    return answer(to_do_view(event, system.actors, language_of(request)))


async def unmet(request: Request) -> Response:
    """GET /api/plans/{plan}/not-met?system=ALIAS: with whom a system could still play a planned
    test that asks for partners.
    """
    allow(await person_of(request), "see_results")
    alias = request.query_params.get("system", "")
    system = await run_in_threadpool(run_service_of(request).system, alias)
    work = partial(meetings_of, request, request.path_params["plan"], system)
    return answer(await run_in_threadpool(work))


async def now(request: Request) -> Response:
    """POST /api/plans/{plan}/now: makes it the event that runs."""
    allow(await person_of(request), "manage_event")
    event = await run_in_threadpool(events_of(request).mark, request.path_params["plan"])
    return await shown_plan(request, event.id)


def events_of(request: Request) -> Events:
    """Returns the events that the application holds."""
    events: Events = request.app.state.events
    return events


def meetings_of(request: Request, plan: str, system: System) -> list[Meeting]:
    """Returns the meetings that a system lacks at an event; raises NotFound."""
    event = events_of(request).find(plan)
    rows = request.app.state.instances.store.everything(event.id, system=system.name)
    return list(not_met(event, system, all_systems(run_service_of(request).store), rows))


def listed_in(events: Events, id: str) -> Listed:
    """Returns an event with where it stands, the one that runs now for an empty id; raises
    NotFound.
    """
    event = events.find(id)
    return next(row for row in events.listed() if row.event.id == event.id)


def plan_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `events` and `run_service`."""
    return [
        Route("/api/plans", answering(plans), methods=["GET", "POST"]),
        Route("/api/plans/{plan}", answering(plan), methods=["GET", "PUT"]),
        Route("/api/plans/{plan}/file", answering(file)),
        Route("/api/plans/{plan}/to-do", answering(to_do)),
        Route("/api/plans/{plan}/not-met", answering(unmet)),
        Route("/api/plans/{plan}/now", answering(now), methods=["POST"]),
    ]


def _day_in(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest("testbench.bad_request", where="first", name="first") from None


def _is_there(events: Events, id: str) -> bool:
    try:
        events.find(id)
    except NotFound:
        return False
    return True


def _tag_of(request: Request, events: Events, id: str) -> str:
    """Returns the state of an event that a writer knows, of those that `If-Match` names; empty for
    any.
    """
    header = request.headers.get("if-match", "").strip()
    if header in ("", "*"):
        return ""
    # compared strongly (RFC 9110 8.8.3.2): a weak tag stays as it is, and matches none
    named = [word.strip().removeprefix('"').removesuffix('"') for word in header.split(",")]
    current = tag_of(events.find(id))
    return current if current in named else named[0] or "-"


def _proposed(events: Events, event: PlannedEvent) -> list[Change]:
    return events.propose(event)[1]


async def shown_plan(request: Request, id: str, *, status: int = 200) -> Response:
    """Returns an event with all that is planned; raises NotFound."""
    listed = await run_in_threadpool(listed_in, events_of(request), id)
    view = plan_view(listed, language_of(request))
    return answer(view, status, {"ETag": f'"{tag_of(listed.event)}"'})
