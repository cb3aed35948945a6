"""The ways out of a server: to systems of teams, with what lets into them or without, and to what a
team names besides; each watched by the guard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import httpx

from sandbox.event.access import Access, places_of
from sandbox.event.agents import Agents, AgentTransport
from sandbox.event.allowances import Allowances
from sandbox.event.identity import TeamId
from sandbox.event.itself import Itself, OwnSpaces
from sandbox.event.systems import HERE, System
from sandbox.testbench.guard import Contexts, Guard, GuardedTransport


class Ways:
    """Opens ways; whoever asks for one closes it.

    Args:
        guard: Watches what is dialled.
        allowances: The addresses that a team's systems may have beyond public ones.
        agents: Those that carry into the networks of teams.
        here: How the bundled server itself is reached, without a socket.
    """

    access: Access
    """What lets into systems that are not open; whoever assembles the application sets it, who
    knows where the keys are kept.
    """

    def __init__(
        self,
        guard: Guard,
        allowances: Allowances,
        agents: Agents,
        *,
        here: httpx.AsyncBaseTransport,
    ) -> None:
        self.agents = agents
        self.itself: Itself | None = None
        self._guard = guard
        self._allowances = allowances
        self._here = here

    def outwards(
        self, team: TeamId, contexts: Contexts | None = None, *, peers: Sequence[System] = ()
    ) -> GuardedTransport:
        """Returns the way to what a team names, and to no space of this server.

        Args:
            team: Whose addresses are allowed.
            contexts: With which certificates it is dialled; the usual ones where left out.
            peers: Systems of other teams that it meets, with whose addresses.
        """
        teams = {team, *(peer.team_id for peer in peers)}
        hosts = {host for each in teams if each for host in self._allowances.of("address", each)}
        guard = replace(self._guard, grants=self._guard.grants | hosts)
        return GuardedTransport(guard, contexts=contexts)

    def guarded(
        self, team: TeamId, contexts: Contexts | None = None, *, peers: Sequence[System] = ()
    ) -> httpx.AsyncBaseTransport:
        """Returns the way to the systems of a team, and to its peers in a run."""
        guarded = self.outwards(team, contexts, peers=peers)
        return OwnSpaces(self.itself, team, guarded) if self.itself else guarded

    def to_system(self, system: System, peers: Sequence[System] = ()) -> httpx.AsyncBaseTransport:
        """Returns the way to a system, with what lets into it, and to its peers."""
        if system.name == HERE:
            return self._here
        return self.access.way_to(system, partial(self.dialled, system, peers=peers))

    def dialled(
        self,
        system: System,
        contexts: Contexts | None = None,
        *,
        peers: Sequence[System] = (),
    ) -> httpx.AsyncBaseTransport:
        """Returns the way to a system without what lets into it, by its agent where it has one."""
        guarded = self.guarded(system.team_id, contexts, peers=peers)
        if not self.agents.is_there(system.name):
            return guarded
        return AgentTransport(self.agents, system.name, places_of(system), guarded)
