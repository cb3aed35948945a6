"""The page of an event: its days and agenda in the event's time and the reader's, and for each
track what its teams should know and what is planned, with what proves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.instances import instances_of
from sandbox.api.plan_shapes import AgendaView, PlanView
from sandbox.api.plan_views import plan_view, row_of
from sandbox.api.plans import events_of, listed_in
from sandbox.api.results import current_state
from sandbox.calendars import zone_in
from sandbox.event.encounters import encounters
from sandbox.event.event_state import EventState
from sandbox.event.events import Events, Listed
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.event.plan_rules import is_zone
from sandbox.event.registering import door_of
from sandbox.event.rights import allow, may
from sandbox.event.systems import System
from sandbox.event.unmet import Meeting, not_met
from sandbox.fhir.dates import moment_of
from sandbox.i18n import Language, say
from sandbox.pages.cookies import keep_cookie
from sandbox.pages.country_names import zones_in
from sandbox.pages.doorway import door_said
from sandbox.pages.home import (
    FOLDER,
    WORKING,
    ZONE_COOKIE,
    no_zone,
    page_language,
    render,
    times_of,
)
from sandbox.pages.times import long_date, long_dates
from sandbox.pages.working import (
    form_of,
    go_to,
    root_of,
    shown,
    whoever,
    working_page,
)
from sandbox.store.instances import InstanceRow
from sandbox.threads import run_in_threadpool

FEW = 8  # partners that stand in a list at once; of more one chooses the test first
SHOWN = 3  # systems whose meetings a page tells at once


async def event(request: Request) -> Response:
    """GET /event: the event that runs now, else the list of events; GET /event/{plan}: one of
    them.  `?zone=` shows the agenda in a reader's time zone as well.
    """
    person = await person_of(request)
    allow(person, "see_results")
    language = page_language(request)
    events = events_of(request)
    id = request.path_params.get("plan", "")
    read = partial(_read, events, id)
    one, rows = await run_in_threadpool(read)
    view = plan_view(one, language) if one else None
    return await working_page(
        request,
        "event.html",
        me=person,
        event=view,
        days=agenda_days(view, language, now=instances_of(request).now()) if view else [],
        dates=dates_of(view, language) if view else "",
        **(_door(request, one.event, language) if one else {}),
        others=[row_of(row, language) for row in rows if row != one],
        may_manage=may(person, "manage_event"),
    )


async def unmet(request: Request) -> Response:
    """GET /event/{plan}/not-met: which teams have met, and with whom one's own systems could still
    play a planned test, each with a button that starts it and asks the partner.
    """
    person = await person_of(request)
    allow(person, "see_results")
    language = page_language(request)
    current = await run_in_threadpool(current_state, request, request.path_params["plan"])
    own = [system for system in current.systems if may(person, "start", system.whose)]
    chosen = request.query_params.get("system", "")
    # who may start for all systems chooses one: all of them would be a page that nobody reads
    shown_systems = [system for system in own if system.name == chosen]
    if not chosen and len(own) <= SHOWN:
        shown_systems = own
    find = partial(_meetings, current, shown_systems)
    own_teams = {system.team for system in shown_systems}
    met = await run_in_threadpool(encounters, current.plan, current.systems, current.rows)
    return await working_page(
        request,
        "not_met.html",
        me=person,
        event=current.plan,
        words=partial(words_in, language=language),
        systems=[system.name for system in own],
        chosen=chosen,
        picked=request.query_params.get("test", ""),
        few=FEW,
        meetings=await run_in_threadpool(find),
        met=met,
        missed=met.missed_by(own_teams),
        standing=met.with_any(own_teams).standing,
    )


def _meetings(current: EventState, systems: Iterable[System]) -> list[list[Meeting]]:
    """Returns the meetings that systems lack, those of one planned test and role together."""
    rows_of: dict[str, list[InstanceRow]] = {}
    for row in current.rows:
        for name in {part.system for part in row.parts}:
            rows_of.setdefault(name, []).append(row)
    return [
        list(meetings)
        for system in systems
        for _, meetings in groupby(
            not_met(current.plan, system, current.systems, rows_of.get(system.name, ())),
            key=lambda meeting: (meeting.test, meeting.role),
        )
    ]


async def now(request: Request) -> Response:
    """POST /event/{plan}/now: makes it the event that runs."""
    person = await person_of(request)
    allow(person, "manage_event")
    await run_in_threadpool(_let_run, events_of(request), request.path_params["plan"])
    return go_to(request, "event")


async def times(_: Request) -> Response:
    """GET /times.js: says the reader's own time on each moment."""
    return FileResponse(FOLDER / "times.js", media_type="text/javascript")


def _zones(language: Language, chosen: str) -> list[tuple[str, str]]:
    """Returns the time zones that can be chosen: by places, and the one that is chosen already."""
    rows = zones_in(language)
    is_known = not chosen or chosen in dict(rows)
    return [*rows] if is_known else [(chosen, zone_in(language, chosen)), *rows]


async def time_zone(request: Request) -> Response:
    """GET /time-zone: a reader, known or not, chooses the zone in which moments stand beside the
    event's; POST keeps it in this browser.
    """
    if request.method == "POST":
        zone = (await form_of(request)).get("zone", "").strip()
        if zone and not is_zone(zone):
            raise no_zone(zone)
        reply = go_to(request, "time-zone")
        keep_cookie(reply, request, ZONE_COOKIE, zone)
        return reply
    own_times = await run_in_threadpool(times_of, request)
    page = render(
        "time_zone.html",
        page_language(request),
        me=await whoever(request),
        root=root_of(request),
        refusal=request.state.refusal,
        times=own_times,
        typed=request.state.typed,
        zones=_zones(page_language(request), own_times.own),
        now=instances_of(request).now(),
    )
    return HTMLResponse(page, headers={**WORKING, "Cache-Control": "no-store"})


def event_pages() -> list[Route]:
    """Returns the routes; the application's state must hold `events` and `run_service`."""
    return [
        Route("/times.js", times),
        Route("/time-zone", shown(time_zone)),
        Route("/time-zone", shown(time_zone, form=time_zone), methods=["POST"]),
        Route("/event", shown(event)),
        Route("/event/{plan}", shown(event)),
        Route("/event/{plan}/not-met", shown(unmet)),
        Route("/event/{plan}/now", shown(now), methods=["POST"]),
    ]


def _read(events: Events, id: str) -> tuple[Listed | None, list[Listed]]:
    """Returns the event that is asked for, if there is one, and all that there are."""
    rows = events.listed()
    if id or events.current:
        return listed_in(events, id), rows
    return None, rows


def _let_run(events: Events, id: str) -> None:
    # who lets one run that comes with the project means to keep it
    events.load(events.find(id))
    events.mark(id)


def agenda_days(view: PlanView, language: Language, *, now: int) -> list[dict[str, Any]]:
    """Returns the agenda by days of the event's zone, in a language, and which of them is today."""
    today = moment_of(now).astimezone(ZoneInfo(view["zone"])).date()
    by_day = groupby(sorted(view["agenda"], key=_start), key=_day)
    return [
        {"day": long_date(day, language), "is_today": day == today, "items": list(items)}
        for day, items in by_day
    ]


def _start(item: AgendaView) -> str:
    return item["start"]


def _day(item: AgendaView) -> date:
    return date.fromisoformat(item["start"][:10])


def dates_of(view: PlanView, language: Language) -> str:
    """Returns the days of an event, from the first to the last, as a reader says them."""
    first, last = (date.fromisoformat(view[end]) for end in ("first", "last"))
    return long_dates(first, last, language)


def _door(request: Request, plan: PlannedEvent, language: Language) -> dict[str, Any]:
    """Returns whether the event is over, and what its page says of registration."""
    moment = instances_of(request).now()
    door = door_of(plan, moment)
    until = plan.registration_until
    said = say("plan.page.until", language, day=long_date(until, language)) if until else ""
    closed = door_said(plan, moment, language)
    return {"is_over": door == "over", "until": said if door == "open" else closed}
