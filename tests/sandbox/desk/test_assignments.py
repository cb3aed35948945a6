from typing import Any

import pytest

from sandbox.desk.assignments import (
    DAY,
    Assignment,
    read_assignment,
    written_assignment,
)
from sandbox.errors import BadRequest, Conflict


def test_an_assignment_is_read_as_it_was_written() -> None:
    body = {
        "lesson": "01_fhir",
        "id": "week-1",
        "opens": "2026-11-02T12:00",
        "due": "2026-11-02T09:00:00-03:00",
        "late": "percent",
        "percent": "10",
        "weight": 2,
    }
    asked = read_assignment(body)
    assert asked.opens == asked.due == 1793620800000  # noon UTC, and 9 o'clock in Santiago
    assert (asked.late, asked.percent, asked.weight) == ("percent", 10, 2)
    assert read_assignment(written_assignment(asked)) == asked


def test_the_lesson_alone_is_enough() -> None:
    assert read_assignment({"lesson": "01_fhir"}) == Assignment("01_fhir", "01_fhir")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lesson", "physics"),
        ("lesson", ["01_fhir"]),
        ("id", "../x"),
        ("late", "never"),
        ("due", "tomorrow"),
        ("due", -1),
        ("due", True),
        ("due", 10**18),
        ("due", "0001-01-01"),
        ("percent", 101),
        ("weight", "1.5"),
        ("weight", True),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(BadRequest) as caught:
        read_assignment({"lesson": "01_fhir", name: value})
    assert caught.value.where == name


def test_time_decides_what_is_taken() -> None:
    asked = Assignment("a", "01_fhir", opens=10, due=20, late="refuse")
    asked.refuse_outside(10)
    asked.refuse_outside(20)
    for at, key in ((9, "desk.not_open"), (21, "desk.too_late")):
        with pytest.raises(Conflict) as caught:
            asked.refuse_outside(at)
        assert caught.value.key == key


@pytest.mark.parametrize(
    ("late", "points"), [(0, 0), (1, 1), (DAY, 1), (DAY + 1, 2), (9 * DAY, 9), (30 * DAY, 10)]
)
def test_each_day_begun_costs_and_never_more_than_there_is(late: int, points: float) -> None:
    asked = Assignment("a", "01_fhir", due=1000, late="percent", percent=10)
    assert asked.penalty(10, 1000 + late) == points


def test_without_the_rule_being_late_costs_nothing() -> None:
    assert Assignment("a", "01_fhir", due=1000, percent=10).penalty(10, 1000 + DAY) == 0
