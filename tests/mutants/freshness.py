"""`make check`: is each row of the committed table as new as the modules of its room?

A room is tried again alone, whole or a sample of it, and so a change costs minutes, not the hours
of all rooms.
"""

from __future__ import annotations

import sys

from tests.mutants.report import RESULTS, UNTRIED
from tests.mutants.rooms import Room, rooms


def stale(results: str) -> list[Room]:
    """Returns the rooms whose row names other sources than there are, or that have none; one that
    is said to be untried is not stale.
    """
    rows = results.splitlines()
    return [room for room in rooms() if not any(_is_of(row, room) for row in rows)]


def _is_of(row: str, room: Room) -> bool:
    told = row.removeprefix(f"| {room.name} | ")
    return told != row and (told.startswith(UNTRIED) or told.endswith(f"| {room.sources} |"))


if __name__ == "__main__":
    changed = stale(RESULTS.read_text(encoding="utf-8"))
    for room in changed:
        print(
            f"{room.name} has changed since its row of tests/mutants/RESULTS.md was written: "
            f'python -m tests.mutants --room "{room.name}" --sample 60 --record'
        )
    sys.exit(1 if changed else 0)
