"""The one navigation of all pages: which places there are, and for whom.  Data, and who sees it.

A template says where it is by `{% set here = "name" %}`, with the name of a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.event.identity import Person
from sandbox.event.rights import Act, Whose, may

Group = Literal["main", "event", "tools", "staff"]
GROUPS: tuple[Group, ...] = ("event", "tools", "staff")
"""Those behind the menu, in their order; `main` stands before it."""


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
    Place("matrix", "matrix", "main"),
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


def places_for(person: Person | None) -> dict[Group, list[Place]]:
    """Returns the places that somebody sees, by group.

    Args:
        person: Who looks; None for somebody who is not known.
    """
    seen = [place for place in PLACES if place.act is None or _may(person, place.act)]
    groups: tuple[Group, ...] = ("main", *GROUPS)
    return {group: [place for place in seen if place.group == group] for group in groups}


def _may(person: Person | None, act: Act) -> bool:
    if person is None:
        return False
    # what a contact does for their own team has its place too
    return may(person, act) or (act == "invite" and may(person, act, Whose(person.team_id)))
