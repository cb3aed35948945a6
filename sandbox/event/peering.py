"""Who is to meet whom in a track between peers: each system with each recipient of another team,
and the others in turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from sandbox.errors import Forbidden
from sandbox.event.run import Run
from sandbox.event.systems import HERE, System, find_system
from sandbox.store.runs import RunStore
from sandbox.testbench.script import Track
from sandbox.testbench.tracks import TRACKS


@dataclass(frozen=True, slots=True)
class Meeting:
    """A run of a system with its peers: `inputs` are their aliases by what the track calls them.

    Without a system for a peer that is not the recipient, only what needs it is not tested.
    """

    system: str
    inputs: Mapping[str, str]


def peer_tracks() -> list[Track]:
    """Returns the tracks in which systems of several teams meet."""
    return [track for track in TRACKS.values() if track.recipient]


def meetings(
    track: Track, systems: Sequence[System], *, without: Collection[tuple[str, str]] = ()
) -> list[Meeting]:
    """Returns the meetings of registered systems by what they take part as, those of some pairs
    left out.

    Args:
        track: One with a recipient; of any other there are none.
        systems: Those that take part in the event.
        without: Pairs of system and recipient, such as those that have met already.
    """
    if track.recipient is None:
        return []
    pairs = product(_with(track.actor, systems), _with(track.recipient.actor, systems))
    turns: Counter[str] = Counter()
    of_systems = []
    for system, recipient in pairs:
        if system.team_id == recipient.team_id or (system.name, recipient.name) in without:
            continue
        inputs = {track.recipient.input: recipient.name}
        for peer in track.peers:
            if peer.is_recipient:
                continue
            # A third team has nothing to win by the result; whoever has met fewer comes before
            # whoever has met more, and the name makes the choice the same each time.
            chosen = min(
                _with(peer.actor, systems),
                key=lambda candidate: (
                    candidate.team_id in (system.team_id, recipient.team_id),
                    turns[candidate.name],
                    candidate.name,
                ),
                default=None,
            )
            if chosen:
                turns[chosen.name] += 1
                inputs[peer.input] = chosen.name
        of_systems.append(Meeting(system.name, inputs))
    return of_systems


def can_meet(track: Track, systems: Sequence[System]) -> bool:
    """Tells whether there is a meeting of registered systems: two of different teams."""
    if track.recipient is None:
        return False
    pairs = product(_with(track.actor, systems), _with(track.recipient.actor, systems))
    return any(system.team_id != recipient.team_id for system, recipient in pairs)


def recipient_of(run: Run) -> str:
    """Returns the alias of the system to which what comes to the inbox goes on; empty for none."""
    recipient = run.track.recipient
    return run.given.get(recipient.input, "") if recipient else ""


def _with(actor: str, systems: Iterable[System]) -> list[System]:
    return [system for system in systems if actor in system.actors]


def peers_of(
    track: Track, inputs: Mapping[str, str], asker: System, store: RunStore
) -> list[System]:
    """Returns the systems that are to take part in a run.

    Args:
        track: Which track.
        inputs: Its inputs, with the names of peers.
        asker: The system that is tested.
        store: Where systems are registered.

    Raises:
        NotFound: One is not registered.
        Forbidden: One is another team's and does not offer to be a peer.
    """
    peers = []
    for peer in track.peers:
        name = inputs.get(peer.input, HERE)
        if name == HERE:
            continue
        system = find_system(name, store)
        if system.team_id != asker.team_id and peer.actor not in system.actors:
            raise Forbidden("testbench.no_peer", where=peer.input, name=name, actor=peer.actor)
        peers.append(system)
    return peers
