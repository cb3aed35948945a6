"""Shapes of what the API takes and tells about what lets into systems."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class AccessView(TypedDict):
    """What is held of a system that is not open: names of fields and ways, no values."""

    system: str
    fields: list[str]
    ways: list[str]


class AccessBody(TypedDict):
    """Fields that let into a system; an empty one takes its field away."""

    fields: dict[str, str]


class TrialLine(TypedDict):
    """What came of asking one base of a system."""

    key: str
    where: str
    is_good: bool
    text: str
    fix: str


class TrialView(TypedDict):
    """What came of asking a system with what lets into it."""

    is_open: bool
    said: list[TrialLine]


class AgentView(TypedDict):
    """The addresses that the agent of a system may dial."""

    system: str
    bases: list[str]


class CarriedView(TypedDict):
    """What the bench asks of a system; the body as base64."""

    id: str
    method: str
    url: str
    headers: list[list[str]]
    body: str


class AskedView(TypedDict):
    """The next request of the bench, if one came."""

    asked: CarriedView | None


class ListeningBody(TypedDict):
    """Where an agent listens to its system: an address of its own machine; and whether it waits for
    a request where there is none.
    """

    at: NotRequired[str]
    waits: NotRequired[bool]


class BroughtView(TypedDict):
    """The request that was answered."""

    id: str


class BroughtBody(TypedDict):
    """What an agent brings: an answer, its body as base64, or why there is none."""

    status: int
    headers: NotRequired[list[list[str]]]
    body: NotRequired[str]
    failure: NotRequired[str]


class SubmissionBody(TypedDict):
    """What a system sent to an inbox by its agent, whose listener is `at`; the body as base64."""

    at: str
    inbox: str
    method: str
    place: NotRequired[str]
    query: NotRequired[str]
    headers: NotRequired[list[list[str]]]
    body: NotRequired[str]


class SubmissionView(TypedDict):
    """How the inbox answered; the body as base64."""

    status: int
    headers: list[list[str]]
    body: str
