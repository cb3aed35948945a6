"""Shapes of what the API takes and tells about what lets into systems."""

from __future__ import annotations

from typing import TypedDict


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
