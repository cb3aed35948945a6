"""Whether whoever comes may register at the event that runs, and what pages say where not: on the
first page, on that of the event, and wherever somebody is not let in; and for what a team has.
"""

from __future__ import annotations

from starlette.requests import Request

from sandbox.api.asking import run_service_of
from sandbox.api.instances import instances_of
from sandbox.event.events import Events
from sandbox.event.identity import Person
from sandbox.event.plan import PlannedEvent
from sandbox.event.registering import Registrations, door_of, last_day_of
from sandbox.i18n import Language, say
from sandbox.pages.times import long_date


def takes_registrations(request: Request, plan: PlannedEvent) -> bool:
    """Tells whether whoever comes may register now; at an event without people nobody could let
    them in.
    """
    is_open = run_service_of(request).people.is_open
    return not is_open and door_of(plan, instances_of(request).now()) == "open"


def current_takes_registrations(request: Request) -> bool:
    """Tells the same of the event that runs; there is none where none does."""
    events: Events = request.app.state.events
    return bool(events.current) and takes_registrations(request, events.find(""))


def why_closed(request: Request, plan: PlannedEvent, language: Language) -> str:
    """Returns why whoever comes cannot register now, and what they do instead; "" where they can.

    Args:
        request: Of the application that knows people and the moment.
        plan: The event.
        language: Of the reader.
    """
    if run_service_of(request).people.is_open:
        return say("floor.door.nobody", language)
    return door_said(plan, instances_of(request).now(), language)


def door_said(plan: PlannedEvent, moment: int, language: Language) -> str:
    """Returns why an event takes no registrations of whoever comes; "" where it takes them.

    Args:
        plan: The event.
        moment: When, in milliseconds since 1970.
        language: Of the reader.
    """
    door = door_of(plan, moment)
    if door == "open":
        return ""
    days = {"over": plan.last, "closed": last_day_of(plan)}
    day = long_date(days[door], language) if door in days else ""
    return say(f"floor.door.{door}", language, day=day)


def registered_for(request: Request, plan: PlannedEvent | None, person: Person) -> frozenset[str]:
    """Returns the tracks of an event for which the team of a person has registered; none without
    an event.
    """
    if plan is None:
        return frozenset()
    service = run_service_of(request)
    known = Registrations(service.store, service.people, now=instances_of(request).now)
    return known.tracks_of(plan.id, person.team)
