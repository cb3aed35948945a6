"""Each reason is of a kind that decides nothing, and of a mutant that there is."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator

from tests.mutants.__main__ import keyed, row_of
from tests.mutants.report import FOLDER, KINDS, Why, line_of, shortcomings, why_of
from tests.mutants.rooms import Room, rooms

ROWS = tomllib.loads((FOLDER / "reasons.toml").read_text(encoding="utf-8"))["lives"]
ROOM = Room("guard", [], [])


def all_there_are() -> Iterator[Why]:
    for room in rooms():
        for file in room.files:
            for _, mutant in keyed(file):
                yield why_of(row_of(room, file, mutant, ""))


def test_each_reason_is_that_of_a_mutant_and_stands_once() -> None:
    named = Counter(map(why_of, ROWS))
    assert [why for why, times in named.items() if times > 1] == []
    there = set(all_there_are())
    assert [why for why in named if why not in there] == []


def test_each_reason_is_of_a_known_kind_and_says_why() -> None:
    assert [row for row in ROWS if row["kind"] not in KINDS or not row["why"].endswith(".")] == []


def of_room(*, killed: int, living: int) -> list[dict[str, object]]:
    """Rows of a room in which the mutants that live have a reason."""
    known = next(row for row in ROWS if row["file"].endswith("/guard.py"))
    row = {**known, "room": "guard", "line": 1}
    return [{**row, "killed": True}] * killed + [{**row, "killed": False}] * living


def test_a_mutant_that_lives_without_a_reason_is_not_recorded() -> None:
    rows = of_room(killed=99, living=1)
    assert shortcomings(rows) == []
    other = [*rows, {**rows[-1], "change": "another"}]
    assert [fault.partition(":")[0] for fault in shortcomings(other)] == ["lives"]
    assert "| 101 | 99 | 98.0 % | 1 | 0 | 1 |" in line_of(ROOM, other, of=101)


def test_less_than_nine_in_ten_killed_is_not_recorded_whatever_the_reasons() -> None:
    assert shortcomings(of_room(killed=9, living=1)) == []
    assert shortcomings(of_room(killed=6, living=2)) == []  # a sample of eight
    assert shortcomings(of_room(killed=89, living=11)) == ["guard: 89 of 100 killed, less than 90%"]
