"""Two teams that meet without the bench in between: a recording proxy stands before the system that
answers, and every exchange is evidence of their test instance.

It is judged by the tests of both sides, in a run for each track: a client's tests look at its
requests as at an inbox, a server's tests are decided by what was asked just as they ask it.  Such a
run is never whole and no attempt: what nobody asked in the meeting is not checked.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox import __version__
from sandbox.clock import Clock, fhir_instant
from sandbox.errors import NotFound, PreconditionFailed
from sandbox.event.identity import Person
from sandbox.event.inputs import inputs_for
from sandbox.event.instance import UNDER_WAY, Instance, Through
from sandbox.event.run import labels_of
from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.fhir.dates import milliseconds_of
from sandbox.fhir.json import write_json
from sandbox.ids import NewId
from sandbox.limits import THROUGH_EXCHANGES
from sandbox.testbench.script import OBSERVED, Track
from sandbox.testbench.tracks import TRACKS

NONE = "instances.no_through"


@dataclass(frozen=True, slots=True)
class Side:
    """A system in the role that it has in the instance, as the actor of that role."""

    role: str
    actor: str
    system: System


def watch(
    runs: Runs,
    instance: Instance,
    sides: tuple[Side, Side],
    person: Person,
    *,
    clock: Clock,
    new_id: NewId,
) -> Through:
    """Opens a recording proxy: begins a run for each track of which the meeting may show something.

    Args:
        runs: Where they are kept.
        instance: Whose systems meet.
        sides: Who asks, and who answers.
        person: Who opens it.
        clock: What time it is.
        new_id: Makes the id of a run.
    """
    token = f"{instance.id}.{secrets.token_urlsafe(16)}"
    begun = []
    for track, system, given in _tracks(*sides):
        id = new_id()
        moment = clock()
        head = {
            **_head_of(track, system, keeper=runs.keeper),
            **labels_of(system, person, [side.system for side in sides]),
            "inbox": token,
            "through": instance.id,
            "given": {
                **inputs_for(track.id, system, given),
                "run": id,
                OBSERVED: instance.id,
                "now": fhir_instant(moment),
            },
        }
        body = write_json(head).decode()
        runs.list.append(id, [("queued", milliseconds_of(moment), body)], behind=-1)
        begun.append(id)
    return Through(token, sides[0].role, sides[1].role, tuple(begun))


def _head_of(track: Track, system: System, *, keeper: str) -> dict[str, Any]:
    """Returns what the first line of such a run says of track and system."""
    return {
        "track": track.id,
        "system": system.name,
        "base": system.base_of(track),
        "tests": [test.id for test in track.tests],
        "keeper": keeper,
        "engine": __version__,
        # none of these runs is whole, and no failure was known before
        "known": [],
        "whole": False,
    }


def end_watching(runs: Runs, instance: Instance) -> None:
    """Ends the runs of the proxies of an instance; what came last is judged first.

    Args:
        runs: Where they are kept.
        instance: Whose proxies are over.
    """
    for through in instance.throughs:
        for id in through.runs:
            if runs.read(id).state == "waiting":
                for number in runs.not_judged(id):
                    runs.judge_captured(id, number)
                runs.finish(id)


def open_through(instance: Instance, token: str, runs: Runs) -> Through:
    """Returns the proxy of a token.

    Raises:
        NotFound: There is none by that token, or it is over, as its instance is.
        PreconditionFailed: It has carried as much as it may.
    """
    # in constant time: the token is the only thing that keeps others out
    through = instance.throughs[-1] if instance.throughs else None
    if through is None or not hmac.compare_digest(through.token.encode(), token.encode()):
        raise NotFound(NONE, where="through")
    if instance.state not in UNDER_WAY:
        raise NotFound("instances.through_over", where="through")
    carried = len(runs.read(through.runs[0]).captured) if through.runs else 0
    if carried >= THROUGH_EXCHANGES:
        raise PreconditionFailed("instances.through_full", where="through", most=THROUGH_EXCHANGES)
    return through


def _tracks(asking: Side, answering: Side) -> Iterator[tuple[Track, System, dict[str, Any]]]:
    """Yields the tracks that look at what two systems say to each other, each with the system that
    it is of and its inputs.
    """
    for track in TRACKS.values():
        peer = track.recipient
        if track.is_of_client and track.actor == asking.actor:
            if peer is None:
                yield track, asking.system, {}
            elif peer.actor == answering.actor:
                yield track, asking.system, {peer.input: answering.system.name}
        elif not track.is_of_client and track.actor == answering.actor:
            yield track, answering.system, {}
