"""What the API gives and takes about decisions of facilitators, as types."""

from __future__ import annotations

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.event.published import Difference
from sandbox.event.results import Cell, RoleResult


class CheckView(TypedDict):
    """A bench test of a plan: the fingerprint by which it counts, empty where nothing was begun,
    the one of now, and which part differs: `bench` or `judge`.
    """

    test: str
    pinned: str
    now: str
    is_changed: bool
    changed: list[str]


class AdoptBody(TypedDict, total=False):
    """The bench tests whose changed check counts from now on; all that have changed for none."""

    tests: list[str]


class StandingView(TypedDict):
    """Who has confirmed results and published them, empty for nobody, with what has changed since;
    moments in milliseconds since 1970, 0 for never.
    """

    confirmed_by: str
    confirmed_at: int
    changed: list[Difference]
    published_by: str
    published_at: int


class PublicView(TypedDict):
    """Published results: what was passed, and with whom."""

    event: str
    title: str
    confirmed_at: int
    published_at: int
    results: list[RoleResult]
    tests: list[Cell]
