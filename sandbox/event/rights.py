"""Who may do what: one table, asked by the API and by the pages alike.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.errors import Forbidden
from sandbox.event.identity import NO_TEAM, UNKNOWN, Author, Person, Role, TeamId

Act = Literal[
    "see_results",
    "see_run",
    "register",
    "start",
    "ask",
    "verify",
    "manage_people",
    "invite",
    "allow_address",
    "pair_up",
    "see_audit",
    "read_space",
    "read_closed_space",
    "write_space",
    "read_shared",
    "write_shared",
    "manage_tokens",
    "take_part",
    "manage_event",
    "subscribe",
]


@dataclass(frozen=True, slots=True)
class Right:
    """The roles that may do something to what belongs to any team, to their own alone, to any but
    their own, or to the team whose contact they are.
    """

    any: frozenset[Role] = frozenset()
    own: frozenset[Role] = frozenset()
    foreign: frozenset[Role] = frozenset()
    contact: frozenset[Role] = frozenset()


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
    "invite": Right(any=FACILITATOR, contact=EVERYONE),
    "allow_address": Right(any=FACILITATOR),
    "pair_up": Right(any=FACILITATOR),
    "see_audit": Right(any=FACILITATOR),
    "read_space": Right(any=EVERYONE),
    "read_closed_space": Right(any=STAFF, own=EVERYONE),
    "write_space": Right(any=FACILITATOR, own=EVERYONE),
    "read_shared": Right(any=EVERYONE),
    "write_shared": Right(any=EVERYONE),
    "manage_tokens": Right(any=FACILITATOR, own=EVERYONE),
    "take_part": Right(any=FACILITATOR, own=EVERYONE),
    "manage_event": Right(any=FACILITATOR),
    "subscribe": Right(any=FACILITATOR, own=EVERYONE),
}


SHARED: tuple[Act, ...] = ("see_run", "take_part", "verify")
"""What the teams that take part beside a team do as if it were their own."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose something is: of a team, done by somebody, with other teams that take part; all by
    their ids.
    """

    team: TeamId = NO_TEAM
    by: Author = UNKNOWN
    others: tuple[TeamId, ...] = ()


NOBODYS = Whose()


def may(person: Person, act: Act, whose: Whose = NOBODYS) -> bool:
    """Tells whether a person may do something to what belongs to a team and was begun by somebody.

    Teams that take part beside it, `others`, see it as their own, and their monitors do not judge
    it.
    """
    right = RIGHTS[act]
    is_own = bool(person.team_id) and person.team_id == whose.team
    is_own = is_own or person.is_author(whose.by)
    # a peer's monitor is a party to the run, so that for verifying it counts as one's own
    is_own = is_own or (act in SHARED and person.team_id in whose.others)
    roles = right.any | (right.own if is_own else right.foreign)
    return person.role in (roles | right.contact if is_own and person.is_contact else roles)


def allow(person: Person, act: Act, whose: Whose = NOBODYS) -> None:
    """Raises Forbidden where `may` says no."""
    if not may(person, act, whose):
        if act == "verify" and person.role in RIGHTS[act].foreign:
            raise Forbidden("people.own_team", where="team")
        if RIGHTS[act].contact and not person.is_contact:
            raise Forbidden("people.no_contact", where=act)
        roles = RIGHTS[act].any | RIGHTS[act].own | RIGHTS[act].foreign | RIGHTS[act].contact
        # whose role never may is told so, and not to look for another team
        key = "people.other_team" if person.role in roles else "people.not_for_role"
        raise Forbidden(key, where=act, role=person.role)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether somebody may do something to what is their own, and to what is not."""

    own: bool
    foreign: bool


def reach(person: Person, act: Act) -> Reach:
    """Returns how far a right goes for a person, so that a list can be narrowed by it before it is
    cut: `may` says the same of each thing.
    """
    right = RIGHTS[act]
    own = right.own | (right.contact if person.is_contact else frozenset())
    return Reach(person.role in right.any | own, person.role in right.any | right.foreign)
