"""What a line of a log tells subscribers: its type, and what it is about.  Pure.

A type is `thing.what`, as the `type` of a webhook (Standard Webhooks, "Payload structure"); the
topic is what somebody subscribes to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sandbox.store.attempts import LOG as INSTANCES
from sandbox.store.desk import LOG as GRADINGS
from sandbox.store.runs import ANNOUNCEMENTS, Event

Topic = Literal["run", "review", "instance", "graded", "announcement"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
"""The log of what facilitators announce."""
OF_RUNS: Mapping[str, tuple[Topic, str]] = {
    "queued": ("run", "run.started"),
    "done": ("run", "run.ended"),
    "cancelled": ("run", "run.cancelled"),
    "asked": ("review", "review.asked"),
    "decided": ("review", "review.decided"),
}
TRIAL = "subscription.tried"
DISABLED = "subscription.disabled"
TYPES = (
    *(type for _, type in OF_RUNS.values()),
    "instance.moved",
    "grading.released",
    "announcement.made",
    TRIAL,
    DISABLED,
)
KINDS = (*OF_RUNS, "released", "made")
"""Kinds of lines that are read at all; of the logs of instances each is."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that subscribers may be told.

    Attributes:
        topic: To what somebody subscribes who is told.
        type: What happened.
        id: Of the run, instance, hand-in or announcement.
        act: What was done with an instance; empty for the rest.
    """

    topic: Topic
    type: str
    id: str
    act: str = ""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Of which runs, reviews and instances somebody is told; what is empty does not narrow it.

    Attributes:
        track: The beginning of a track's name.
        system: An alias.
        team: The name of a team.
        verdict: That of a run that has ended.
    """

    track: str = ""
    system: str = ""
    team: str = ""
    verdict: str = ""

    def fits(self, data: Mapping[str, Any]) -> bool:
        """Tells whether what is told of a happening is asked for."""
        teams = data.get("teams", [data.get("team", "")])
        systems = data.get("systems", [data.get("system", "")])
        return (
            str(data.get("track", "")).startswith(self.track)
            and (not self.system or self.system in systems)
            and (not self.team or self.team.casefold() in [team.casefold() for team in teams])
            and self.verdict in ("", data.get("verdict"))
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a happening: fields for programs, and words for people by language."""

    happening: Happening
    at: int
    data: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)


def may_be_told(log: str, kind: str) -> bool:
    """Tells whether a line of a log may be a happening; one of which nothing is known may be."""
    return not kind or kind in KINDS or log.startswith(INSTANCES)


def happening_of(line: Event) -> Happening | None:
    """Returns what a line tells; None for nothing that anybody is told."""
    if line.run.startswith(INSTANCES):
        id = line.run.removeprefix(INSTANCES)
        return Happening("instance", "instance.moved", id, line.kind)
    if line.run.startswith(GRADINGS):
        id = line.run.removeprefix(GRADINGS)
        return Happening("graded", "grading.released", id) if line.kind == "released" else None
    if line.run == ANNOUNCEMENTS:
        id = str(line.number)
        return Happening("announcement", "announcement.made", id) if line.kind == "made" else None
    if line.run.startswith("@") or line.kind not in OF_RUNS:
        return None
    topic, type = OF_RUNS[line.kind]
    return Happening(topic, type, line.run)
