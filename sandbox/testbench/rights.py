"""Who may do what: one table, asked by the API and by the pages alike.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.errors import Forbidden
from sandbox.testbench.people import Person, Role

Act = Literal["see_results", "see_run", "register", "start", "ask", "verify", "manage_people"]


@dataclass(frozen=True, slots=True)
class Right:
    """The roles that may do something to what belongs to any team, to their own alone, or to any but their own."""

    any: frozenset[Role] = frozenset()
    own: frozenset[Role] = frozenset()
    foreign: frozenset[Role] = frozenset()


EVERYONE = frozenset[Role]({"participant", "monitor", "facilitator"})
STAFF = frozenset[Role]({"monitor", "facilitator"})
FACILITATOR = frozenset[Role]({"facilitator"})
RIGHTS: dict[Act, Right] = {
    "see_results": Right(any=EVERYONE),
    "see_run": Right(any=STAFF, own=EVERYONE),
    "register": Right(any=FACILITATOR, own=EVERYONE),
    "start": Right(any=FACILITATOR, own=EVERYONE),
    "ask": Right(any=FACILITATOR, own=EVERYONE),
    "verify": Right(foreign=STAFF),
    "manage_people": Right(any=FACILITATOR),
}


def may(person: Person, act: Act, *, team: str = "", by: str = "") -> bool:
    """Tells whether a person may do something to what belongs to a team and was begun by somebody of that name."""
    right = RIGHTS[act]
    is_own = bool(person.team and person.team == team) or bool(person.name and person.name == by)
    return person.role in right.any | (right.own if is_own else right.foreign)


def allow(person: Person, act: Act, *, team: str = "", by: str = "") -> None:
    """Raises Forbidden where `may` says no."""
    if not may(person, act, team=team, by=by):
        if act == "verify" and person.role in RIGHTS[act].foreign:
            raise Forbidden("people.own_team", where=team or by)
        roles = RIGHTS[act].any | RIGHTS[act].own | RIGHTS[act].foreign
        key = "people.other_team" if person.role in roles else "people.not_for_role"
        raise Forbidden(key, where=act, team=team or "–", role=person.role)
