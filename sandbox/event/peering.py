"""Who is to meet whom: each Source with each Recipient of another team, and the Consumers in turn.
Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sandbox.event.run import Run
from sandbox.event.systems import System

TRACK = "mhd.peers"
ROLES = ("source", "recipient", "consumer")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A Source, a Recipient and a Consumer by their aliases; without a Consumer, only the sending
    is tested.
    """

    source: str
    recipient: str
    consumer: str = ""

    @property
    def inputs(self) -> dict[str, str]:
        """Returns the inputs of the run."""
        return {"recipient": self.recipient} | (
            {"consumer": self.consumer} if self.consumer else {}
        )


def meetings(
    systems: Sequence[System], *, without: Collection[tuple[str, str]] = ()
) -> list[Meeting]:
    """Returns the meetings of registered systems by what they take part as, those of some pairs
    left out.

    A Consumer of a third team is chosen before one of the two; whoever has met fewer comes before
    whoever has met more.
    """
    by_actor = {
        name: [one for one in systems if f"document-{name}" in one.actors] for name in ROLES
    }
    turns = {one.name: 0 for one in by_actor["consumer"]}
    found = []
    for source in by_actor["source"]:
        for recipient in by_actor["recipient"]:
            if source.team == recipient.team or (source.name, recipient.name) in without:
                continue
            teams = {source.team, recipient.team}
            order = sorted(
                by_actor["consumer"], key=lambda one: (one.team in teams, turns[one.name], one.name)
            )
            consumer = order[0].name if order else ""
            if consumer:
                turns[consumer] += 1
            found.append(Meeting(source.name, recipient.name, consumer))
    return found


def settled(runs: Iterable[Run]) -> set[tuple[str, str]]:
    """Returns the pairs of Source and Recipient that have met well already, or whose run still
    waits.
    """
    return {
        (run.system, run.given.get("recipient", ""))
        for run in runs
        if run.track.id == TRACK
        and (run.state == "waiting" or (run.state == "done" and run.verdict in ("pass", "warn")))
    }
