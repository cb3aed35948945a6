"""Which teams have met in an event's tests, and which could and have not: teams × teams.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from sandbox.event.plan import PlannedEvent
from sandbox.event.systems import System
from sandbox.event.unmet import OVER
from sandbox.store.instances import InstanceRow, PartRow

Encounter = Literal["verified", "started", "to_do"]
"""How far two teams have come: some test of theirs is verified; one is under way; they could play
one and have none.
"""
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Encounters:
    """How far each two teams have come that could meet; pairs are in the order of `teams`."""

    teams: tuple[str, ...]
    pairs: Mapping[Pair, Encounter]

    def of(self, team: str, other: str) -> Encounter | None:
        """Returns how far two teams have come, in either order; None where the plan has nothing for
        them to play together.
        """
        return self.pairs.get((team, other)) or self.pairs.get((other, team))

    def with_any(self, teams: Iterable[str]) -> Encounters:
        """Returns those in which one of some teams takes part."""
        own = set(teams)
        return Encounters(
            self.teams, {pair: how for pair, how in self.pairs.items() if own & set(pair)}
        )

    def missed_by(self, teams: Iterable[str]) -> tuple[str, ...]:
        """Returns the teams that some of these could meet and have not."""
        own = set(teams)
        left = {pair for pair, how in self.with_any(own).pairs.items() if how == "to_do"}
        return tuple(team for team in self.teams if team not in own and team in set().union(*left))

    @property
    def standing(self) -> str:
        """Returns how it stands where nobody lacks anybody: nobody could meet, some are still
        under way, or all have met.
        """
        if not self.pairs:
            return "no_pairs"
        return "under_way" if "started" in self.pairs.values() else "nobody"

    def lacking(self) -> list[tuple[str, tuple[str, ...]]]:
        """Returns each team with those that it could meet and has not, who lacks most first."""
        rows = [
            (team, tuple(other for other in self.teams if self.of(team, other) == "to_do"))
            for team in self.teams
        ]
        return sorted((row for row in rows if row[1]), key=lambda row: (-len(row[1]), row[0]))


def encounters(
    plan: PlannedEvent, systems: Iterable[System], rows: Sequence[InstanceRow]
) -> Encounters:
    """Returns which teams have met.

    Args:
        plan: The event, which says what two systems can play together.
        systems: Those that are registered.
        rows: All instances of the event.
    """
    known = [system for system in systems if system.team]
    teams = tuple(sorted({system.team for system in known}))
    actors = {
        team: {actor for system in known if system.team == team for actor in system.actors}
        for team in teams
    }
    # what a team plays, as the places that its systems' actors can take in the plan
    parts = {
        team: {(test.id, role.name) for test, role in plan.to_do(tuple(actors[team]))}
        for team in teams
    }
    roles = {test.id: {role.name for role in test.roles} for test in plan.tests if not test.waits}
    reached = _reached(rows, {system.name: system.team for system in known})
    pairs: dict[Pair, Encounter] = {}
    for pair in combinations(teams, 2):
        if pair in reached:
            pairs[pair] = reached[pair]
        elif _can_meet(parts[pair[0]], parts[pair[1]], roles):
            pairs[pair] = "to_do"
    return Encounters(teams, pairs)


def _can_meet(
    own: set[tuple[str, str]], theirs: set[tuple[str, str]], roles: Mapping[str, set[str]]
) -> bool:
    return any(
        (test, other) in theirs for test, role in own for other in roles.get(test, set()) - {role}
    )


def _reached(rows: Iterable[InstanceRow], team_of: Mapping[str, str]) -> dict[Pair, Encounter]:
    reached: dict[Pair, Encounter] = {}
    for row in rows:
        if row.state in OVER:
            continue
        teams = {team_of[part.system] for part in _accepted(row) if part.system in team_of}
        for first, second in combinations(sorted(teams), 2):
            if row.state == "verified" or (first, second) not in reached:
                is_met = row.state == "verified"
                reached[first, second] = "verified" if is_met else "started"
    return reached


def _accepted(row: InstanceRow) -> list[PartRow]:
    return [part for part in row.parts if part.standing == "accepted"]
