from typing import Any

import pytest

from sandbox.course import ____
from sandbox.course.blank import has_blank


def test_a_blank_takes_any_use_and_stays_a_blank() -> None:
    for value in (
        ____["x"],
        ____.json,
        ____.client.get("Patient"),
        "Patient/" + ____["id"],
        ____ + "x",
    ):
        assert has_blank(value)
    assert {**____} == {}
    assert list(____) == []
    assert not ____


@pytest.mark.parametrize(
    "value",
    [
        ____,
        [____],
        {"a": {"b": [____]}},
        {____: 1},
        (1, ____),
        f"Patient/{____}",
        {"url": f"{____}"},
    ],
)
def test_a_blank_is_found_wherever_it_is(value: Any) -> None:
    assert has_blank(value)


@pytest.mark.parametrize("value", [None, "", "___", {"a": [1]}, 0])
def test_an_answer_without_blank_has_none(value: Any) -> None:
    assert not has_blank(value)


def test_notebook_protocols_are_not_pretended() -> None:
    assert not hasattr(____, "_repr_html_")
