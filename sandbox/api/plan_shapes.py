"""What the API gives and takes about the plans of events, as types; sentences are in the language
of whoever asks.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.event.plan import LinkKind, Proof, Registration


class PlanRowView(TypedDict):
    """An event in the list: days as ISO dates; one that comes with the project may not be loaded
    yet.
    """

    id: str
    title: str
    place: str
    zone: str
    first: str
    last: str
    is_loaded: bool
    is_current: bool


class EventTrackView(TypedDict):
    """A track of an event with what its teams should know."""

    id: str
    title: str
    guidance: str
    use_cases: list[str]


class RoleView(TypedDict):
    """What a system does in a planned test; `inputs` give to an input of the bench the system of
    another role.
    """

    name: str
    actor: str
    title: str
    options: list[str]
    bench: list[str]
    inputs: dict[str, str]


class EvidenceView(TypedDict):
    """What a person adds to an instance."""

    name: str
    title: str
    is_required: bool


class PlannedTestView(TypedDict):
    """A planned test; `waits` is empty where it can be started."""

    id: str
    track: str
    title: str
    summary: str
    is_required: bool
    proof: Proof
    meetings: int
    partners: int
    roles: list[RoleView]
    checklist: list[str]
    evidence: list[EvidenceView]
    waits: str


class AgendaView(TypedDict):
    """A part of a day; both moments are ISO 8601 with the offset of the event's zone."""

    start: str
    end: str
    title: str
    track: str


class EventLinkView(TypedDict):
    """An address that the event points to."""

    url: str
    kind: LinkKind
    title: str


class PlanView(PlanRowView):
    """An event with all that is planned."""

    languages: list[str]
    preset: str
    rulesets: list[str]
    registration: Registration
    registration_until: str
    registration_rules: str
    retention_days: int
    tracks: list[EventTrackView]
    tests: list[PlannedTestView]
    agenda: list[AgendaView]
    links: list[EventLinkView]
    is_late: bool


class ToDoView(TypedDict):
    """A planned test that a system has a role in, by the actors that it declares."""

    role: str
    role_title: str
    test: PlannedTestView


class NextBody(TypedDict):
    """The event that is made, of which, and from which day on."""

    id: str
    template: str
    first: str
    days: NotRequired[int]


class MonitorBody(TypedDict):
    """Which monitor looks after which tracks, planned tests and countries."""

    name: str
    tracks: NotRequired[list[str]]
    tests: NotRequired[list[str]]
    countries: NotRequired[list[str]]


class LateBody(TypedDict):
    """Whether only facilitators start new instances from now on."""

    is_late: bool


class ChangeView(TypedDict):
    """What differs at a place of a plan; `kept` is what the new one lacks and what stays, since it
    is being played.
    """

    kind: Literal["added", "removed", "changed", "kept"]
    place: str
    before: str
    after: str


class LoadedView(TypedDict):
    """What has changed, or would change, by a plan that was sent."""

    id: str
    is_saved: bool
    changes: list[ChangeView]
