"""What the suite takes of something of which a target of its own takes all: another part each day.

The day is the word that it is drawn by; CONNECTATHON_DRAW names another one, to repeat a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import TypeVar

Item = TypeVar("Item")
VARIABLE = "CONNECTATHON_DRAW"


@cache
def word() -> str:
    """Returns what is drawn by: the same to the end of the run, also past midnight."""
    return os.environ.get(VARIABLE) or f"{datetime.now(UTC):%Y-%m-%d}"


def is_drawn(name: str, *, share: float, by: str) -> bool:
    """Tells whether a thing is in the part of that word, whatever others there are."""
    return Random(f"{by} {name}").random() < share


def drawn(items: Iterable[Item], count: int, *, by: str) -> list[Item]:
    """Returns so many of some things, in their order."""
    things = list(items)
    places = Random(by).sample(range(len(things)), min(count, len(things)))
    return [things[place] for place in sorted(places)]


def repeat() -> str:
    """Returns what a failure says, so that its part can be drawn again."""
    return f"drawn by {word()}: {VARIABLE}={word()} draws it again"
