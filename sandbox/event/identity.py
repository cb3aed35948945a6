"""Who is meant: people and teams have ids that never change, and names that are labels.

Rights compare ids, which are types of their own, so that a name in their place is an error of the
types.  Records older than ids name a person or a team alone; how they are read stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType, get_args

from sandbox.ids import id_of

PersonId = NewType("PersonId", str)
TeamId = NewType("TeamId", str)
Role = Literal["participant", "monitor", "facilitator"]
ROLES: tuple[Role, ...] = get_args(Role)
NO_ONE = PersonId("")
NO_TEAM = TeamId("")
NOBODY = "–"
"""Stands in logs for the name of whoever acted while no people were known."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who did something: by id; in a record older than ids, by name at a moment (milliseconds
    since 1970).
    """

    id: PersonId = NO_ONE
    name: str = ""
    at: int = 0


UNKNOWN = Author()


@dataclass(frozen=True, slots=True)
class Team:
    """A team of the event, since a moment (milliseconds since 1970)."""

    id: TeamId
    name: str
    since: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the event; monitors and facilitators may belong to no team.

    `since` is when they were added, in milliseconds since 1970.  A contact of the team makes links
    by which others join it.
    """

    name: str
    role: Role
    team: str = ""
    country: str = ""
    id: PersonId = NO_ONE
    team_id: TeamId = NO_TEAM
    since: int = 0
    is_contact: bool = False

    def is_author(self, author: Author) -> bool:
        """Tells whether this is who did something."""
        if author.id:
            return author.id == self.id
        # at that moment the name was theirs alone: a later person of that name came after it
        return author.name == (self.name or NOBODY) and self.since <= author.at


ANYONE = Person("", "facilitator")
"""Whoever asks while no people are known."""


def named_team(name: str) -> TeamId:
    """Returns the id of the team that those who run the event call so; of no name, no team's.

    It follows from the name, so that records older than ids, which have the name alone, go on
    belonging to that team.  A team that a newcomer founds has an id of chance, whatever its name.
    """
    return TeamId(id_of("team", name)) if name else NO_TEAM
