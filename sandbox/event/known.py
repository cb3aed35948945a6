"""Names that must be somebody's already, such as in a form about a team: looked up as people type
them, and refused with the names most like them.
"""

from __future__ import annotations

from sandbox.errors import NotFound
from sandbox.event.identity import Team
from sandbox.event.names import near_names, plain_name
from sandbox.event.people import People
from sandbox.event.systems import all_systems
from sandbox.store.runs import RunStore


def team_names(people: People, store: RunStore) -> list[str]:
    """Returns the names of the teams that there are: those of people, and those of systems."""
    names = {team.name for team in people.teams()}
    names |= {system.team for system in all_systems(store)}
    return sorted(names - {""}, key=str.casefold)


def known_team(name: str, people: People, store: RunStore) -> Team:
    """Returns the team of a name, whose case makes no difference.

    Args:
        name: As somebody typed it.
        people: Of the event.
        store: Where its systems are registered.

    Raises:
        BadRequest: It cannot be a name.
        NotFound: There is no such team; the error tells the names most like it.
    """
    clean = plain_name(name, "team")
    names = team_names(people, store)
    called = {known.casefold(): known for known in names}.get(clean.casefold())
    if called is None:
        near = near_names(clean, names)
        raise NotFound("people.no_team", where="team", name=clean or "–", near=near)
    return people.team(called)
