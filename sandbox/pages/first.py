"""The first page, for each kind of person: a visitor, a learner, a participant, a monitor, a
facilitator; and `/floor`, the event on the screen of a hall.

All is counted by `EventStates`, which reads an event anew only when something has happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_service_of
from sandbox.api.instances import instances_of
from sandbox.api.monitoring import loads_of
from sandbox.api.plan_views import plan_view
from sandbox.api.plans import events_of, listed_in
from sandbox.api.results import current_state
from sandbox.api.stuck import stuck_at
from sandbox.event.encounters import encounters
from sandbox.event.event_charts import charts_of
from sandbox.event.event_state import EventState
from sandbox.event.failing import OVERRULED
from sandbox.event.identity import Person
from sandbox.event.instance import UNDER_WAY, WAITING
from sandbox.event.looks import Blocked
from sandbox.event.monitoring import Asked, decisions, scope_of, wanted_of
from sandbox.event.own_work import own_work
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.event.registering import door_of, last_day_of
from sandbox.event.rights import allow
from sandbox.event.standing import HeldUp, held_up
from sandbox.fhir.dates import moment_of
from sandbox.i18n import Language
from sandbox.pages.doorway import why_closed
from sandbox.pages.event import agenda_days, dates_of
from sandbox.pages.home import WORKING, page_language, practice_page, render, times_of
from sandbox.pages.lesson import lesson
from sandbox.pages.lessons import lessons
from sandbox.pages.registering import registrations_of
from sandbox.pages.times import long_date
from sandbox.pages.working import shown, whoever, working_page
from sandbox.reports.charts import svg
from sandbox.store.instances import InstanceRow, Wanted
from sandbox.threads import run_in_threadpool

SHOWN = 8
"""Rows of each list on a first page; the whole list stands on a page of its own."""
RECENT = 6


async def first(request: Request) -> Response:
    """GET /: what somebody of one's kind does next."""
    person = await whoever(request)
    if person is None:
        return await _visitor(request)
    events = events_of(request)
    is_own = run_service_of(request).people.is_open
    # a rehearsal room of one's own has no event to lead through
    if is_own or not await run_in_threadpool(lambda: events.current):
        return await practice_page(request, person)
    current = await run_in_threadpool(current_state, request, "")
    page = {"participant": _participant, "monitor": _monitor, "facilitator": _facilitator}
    return await page[person.role](request, person, current)


async def practice(request: Request) -> Response:
    """GET /practice: lessons, patients and the address of the server."""
    return await practice_page(request, await whoever(request))


async def floor(request: Request) -> Response:
    """GET /floor: how the event that runs stands, for a screen that everybody in a hall sees."""
    person = await person_of(request)
    allow(person, "see_results")
    current = await run_in_threadpool(current_state, request, "")
    look = _Look.at(request, current)
    newest = sorted(_in(current, "verified"), key=lambda row: -row.changed)
    return await working_page(
        request,
        "floor.html",
        live="*",
        me=person,
        **look.values,
        chart=svg(charts_of(current.plan, current.report, look.language)["track"]),
        recent=[look.row(row) for row in newest[:RECENT]],
        agenda=_now_and_next(current.plan, told_now(request)),
    )


async def _visitor(request: Request) -> Response:
    language = page_language(request)
    plan = await run_in_threadpool(_current, request)
    view = plan_view(listed_in(events_of(request), plan.id), language) if plan else None
    conduct = instances_of(request).conduct
    page = render(
        "first_visitor.html",
        language,
        root="",
        event=view,
        days=agenda_days(view, language, now=told_now(request)) if view else [],
        dates=dates_of(view, language) if view else "",
        is_published=bool(plan and conduct.read(plan.id).published),
        why_closed=await run_in_threadpool(why_closed, request, plan, language) if plan else "",
        agenda=_now_and_next(plan, told_now(request)) if plan else [],
        words=partial(words_in, language=language),
        times=await run_in_threadpool(times_of, request),
    )
    return HTMLResponse(page, headers=WORKING)


def _current(request: Request) -> PlannedEvent | None:
    events = events_of(request)
    return events.find("") if events.current else None


async def _participant(request: Request, person: Person, current: EventState) -> Response:
    look = _Look.at(request, current)
    work = await run_in_threadpool(own_work, current, person.team_id)
    held = await run_in_threadpool(_held_up, request, person, current)
    return await working_page(
        request,
        "first_participant.html",
        live="*",
        me=person,
        **look.values,
        work=work,
        held=held,
        asked={
            (row.test, part.role, part.system): row.id
            for row in work.invited
            for part in row.parts
            if part.standing == "invited"
        },
        shown=SHOWN,
        invited=[look.row(row) for row in work.invited],
        returned=[look.row(row) for row in work.returned],
        running=[look.row(row) for row in work.running],
        failed=[look.row(row) for row in work.failed],
        agenda=_now_and_next(current.plan, told_now(request)),
    )


def _held_up(request: Request, person: Person, current: EventState) -> dict[str, HeldUp]:
    """Returns where the instances of a team are held up."""
    store = instances_of(request).store
    attempts = store.attempts.of(current.plan.id, UNDER_WAY, team=person.team_id)
    ruled = store.with_line(current.plan.id, OVERRULED) if attempts else ()
    return held_up(current.plan, current.rows, attempts, ruled)


async def _monitor(request: Request, person: Person, current: EventState) -> Response:
    look = _Look.at(request, current)
    store = instances_of(request).store
    asked = Asked(is_mine=True, is_free=True)
    free = partial(store.waiting, wanted_of(current.plan, asked, person), limit=SHOWN)
    waiting = await run_in_threadpool(free)
    own = Wanted(current.plan.id, states=WAITING, monitor=person.id)
    in_work = await run_in_threadpool(partial(store.waiting, own, limit=SHOWN))
    return await working_page(
        request,
        "first_monitor.html",
        live="*",
        me=person,
        **look.values,
        waiting=[look.row(row, since=row.waiting) for row in waiting.rows],
        waiting_total=waiting.total,
        in_work=[look.row(row, since=row.waiting) for row in in_work.rows],
        in_work_total=in_work.total,
        decided=(await run_in_threadpool(decisions, current.plan, store))[person.id],
        scope=scope_of(current.plan, person.name),
        agenda=_now_and_next(current.plan, told_now(request)),
    )


async def all_stuck(request: Request) -> Response:
    """GET /event/{plan}/stuck: all that does not go on, by its cause."""
    person = await person_of(request)
    allow(person, "manage_event")
    current = await run_in_threadpool(current_state, request, request.path_params["plan"])
    look = _Look.at(request, current)
    waits = await run_in_threadpool(stuck_at, request, current, look.language)
    return await working_page(
        request,
        "stuck.html",
        live="*",
        me=person,
        **look.values,
        causes={cause: list(rows) for cause, rows in groupby(waits, key=lambda row: row["cause"])},
    )


async def _facilitator(request: Request, person: Person, current: EventState) -> Response:
    look = _Look.at(request, current)
    waits = await run_in_threadpool(stuck_at, request, current, look.language)
    met = await run_in_threadpool(encounters, current.plan, current.systems, current.rows)
    loads = await run_in_threadpool(loads_of, request, current.plan.id)
    registrations = await run_in_threadpool(registrations_of(request).waiting, current.plan.id)
    return await working_page(
        request,
        "first_facilitator.html",
        live="*",
        me=person,
        **look.values,
        chart=svg(charts_of(current.plan, current.report, look.language)["track"]),
        stuck=waits,
        shown=SHOWN,
        lacking=met.lacking(),
        met_standing=met.standing,
        loads=loads.monitors,
        unassigned=sum(count.count for count in loads.unassigned),
        registrations=len(registrations),
        door=door_of(current.plan, look.now),
        door_day=long_date(_door_day(current.plan, look.now), look.language),
        blocked=await run_in_threadpool(_blocked, request, current),
        agenda=_now_and_next(current.plan, told_now(request)),
    )


def _door_day(plan: PlannedEvent, now: int) -> date:
    return plan.last if door_of(plan, now) == "over" else last_day_of(plan)


def _blocked(request: Request, current: EventState) -> list[Blocked]:
    """Returns the systems whose addresses this server may not ask, and nobody has allowed since."""
    service = run_service_of(request)
    return [
        one
        for one in service.looks.blocked(current.systems)
        if not one.is_in(service.allowances.of("address", one.system.team_id))
    ]


@dataclass(frozen=True, slots=True)
class _Look:
    """An event as a reader sees it: in their language, moments as how long ago they were."""

    current: EventState
    language: Language
    now: int

    @classmethod
    def at(cls, request: Request, current: EventState) -> _Look:
        return cls(current, page_language(request), told_now(request))

    @property
    def values(self) -> dict[str, Any]:
        """What all of these pages show of an event."""
        return {
            "event": self.current.plan,
            "report": self.current.report,
            "words": partial(words_in, language=self.language),
            "count": self.current.report.by_state,
        }

    def row(self, row: InstanceRow, *, since: int = 0) -> dict[str, Any]:
        parts = [part for part in row.parts if part.standing != "declined"]
        return {
            "id": row.id,
            "title": self.title(row.test),
            "state": row.state,
            "contested": bool(row.contested),
            "systems": " ↔ ".join(part.system for part in parts),
            "countries": ", ".join(dict.fromkeys(part.country for part in parts if part.country)),
            "since": since or row.changed,
        }

    def title(self, test: str) -> str:
        titles = {
            planned.id: words_in(planned.title, self.language)
            for planned in self.current.plan.tests
        }
        # an instance may be older than the plan, which has dropped its test
        return f"{titles.get(test, '')} ({test})".strip()


def _in(current: EventState, state: str) -> list[InstanceRow]:
    return [row for row in current.rows if row.state == state]


def told_now(request: Request) -> int:
    """Returns the moment by the application's clock, in milliseconds since 1970."""
    return instances_of(request).now()


def _now_and_next(plan: PlannedEvent, now: int) -> list[Mapping[str, Any]]:
    """Returns what of the agenda is on, and what comes next, with its hours in the event's zone."""
    zone = ZoneInfo(plan.zone)
    here = moment_of(now).astimezone(zone).replace(tzinfo=None)
    rows = []
    for item in sorted(plan.agenda, key=lambda item: item.start):
        minutes = (here - item.start).total_seconds() / 60
        if minutes < item.minutes:
            start = item.start.replace(tzinfo=zone)
            is_today = item.start.date() == here.date()
            row = {"is_on": minutes >= 0, "is_today": is_today, "start": start, "item": item}
            rows.append(row)
    coming = [row for row in rows if not row["is_on"]]
    return [*(row for row in rows if row["is_on"]), *coming[:1]]


def first_pages() -> list[Route]:
    """Returns the routes; the application's state must hold what pages of an event ask."""
    return [
        Route("/", shown(first)),
        Route("/practice", shown(practice)),
        Route("/lessons", shown(lessons)),
        Route("/lessons/{number}", shown(lesson)),
        Route("/floor", shown(floor)),
        Route("/event/{plan}/stuck", shown(all_stuck)),
    ]
