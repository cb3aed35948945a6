"""The one navigation of all pages: which places there are, and for whom.  Data, and who sees it.

A template says where it is by `{% set here = "name" %}`, with the name of a place.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.event.identity import Person
from sandbox.event.rights import Act, Whose, may

Group = Literal["main", "event", "tools", "staff"]
GROUPS: tuple[Group, ...] = ("event", "tools", "staff")
"""Those behind the menu, in their order; `main` stands before it."""

OF_RESULTS = "matrix"


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the navigation leads to; its words are `floor.nav.NAME`.

    `act` is what somebody must have a right to: who has not does not see it.  Without one everybody
    sees it, and the page itself says how to come in.
    """

    name: str
    path: str
    group: Group
    act: Act | None = None


PLACES = (
    Place("home", "", "main"),
    Place("event", "event", "main"),
    Place("team", "team", "main"),
    Place("instances", "instances", "main"),
    Place(OF_RESULTS, "matrix", "main"),
    Place("practice", "practice", "main"),
    Place("floor", "floor", "event"),
    Place("gallery", "gallery", "event"),
    Place("runs", "runs", "event"),
    Place("report", "report", "event"),
    Place("allowances", "allowances", "event"),
    Place("notifications", "notifications", "event", "see_results"),
    Place("help", "help", "tools"),
    Place("guides", "guides", "tools"),
    Place("validate", "validate", "tools"),
    Place("certificates", "certificates", "tools"),
    Place("open", "open", "tools"),
    Place("links", "links", "tools"),
    Place("cards", "cards", "tools"),
    Place("wallet", "wallet", "tools"),
    Place("border", "vp", "tools"),
    Place("trust", "trust", "tools"),
    Place("committee", "lacchain", "tools"),
    Place("readiness", "readiness", "tools"),
    Place("queue", "instances/queue", "staff", "verify"),
    Place("run_queue", "queue", "staff", "verify"),
    Place("registrations", "registrations", "staff", "manage_people"),
    Place("people", "people", "staff", "manage_people"),
    Place("invitations", "invitations", "staff", "invite"),
    Place("announcements", "announcements", "staff", "manage_event"),
    Place("audit", "audit", "staff", "see_audit"),
    Place("jobs", "jobs", "staff", "see_audit"),
    Place("parts", "parts", "staff", "manage_event"),
)  # fmt: skip


RESULTS: ContextVar[Callable[[], str | None]] = ContextVar("results", default=lambda: None)
"""Tells, while a page is made, what `places_for` is told of the results."""


def places_for(person: Person | None, results: str | None = None) -> dict[Group, list[Place]]:
    """Returns the places that somebody sees, by group.

    Args:
        person: Who looks; None for somebody who is not known.
        results: For a visitor, where published results are read, and "" while there are none, so
            that no link leads to a page which does not let them in; None for everybody else.
    """
    seen = [place for place in PLACES if place.act is None or _may(person, place.act)]
    if person is None and results is not None:
        others = [place for place in seen if results or place.name != OF_RESULTS]
        seen = [_led_to(results, place) for place in others]
    groups: tuple[Group, ...] = ("main", *GROUPS)
    return {group: [place for place in seen if place.group == group] for group in groups}


def _led_to(results: str, place: Place) -> Place:
    return replace(place, path=results) if place.name == OF_RESULTS else place


def _may(person: Person | None, act: Act) -> bool:
    if person is None:
        return False
    # what a contact does for their own team has its place too
    return may(person, act) or (act == "invite" and may(person, act, Whose(person.team_id)))
