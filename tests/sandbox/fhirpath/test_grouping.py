"""Looking equal items up: what has the same key is compared, what has another key is never equal."""

from decimal import Decimal
from typing import Any

import pytest

from sandbox.fhirpath import Node
from sandbox.fhirpath.comparing import equal_nodes
from sandbox.fhirpath.grouping import Group, distinct, key_of

EQUAL: list[tuple[Any, str, Any, str]] = [
    (1, "System.Integer", Decimal("1.0"), "System.Decimal"),
    ("2024-01-01T12:00:00Z", "dateTime", "2024-01-01T14:00:00+02:00", "instant"),
    ("a", "code", "a", "System.String"),
    ({"x": [1, 2]}, "Patient.contact", {"x": [1, 2]}, "Patient.contact"),
]
DIFFERENT: list[tuple[Any, str, Any, str]] = [
    (1, "System.Integer", "1", "System.String"),
    ("2024-01-01T12:00:00Z", "dateTime", "2024-01-01T12:00:00+02:00", "dateTime"),
    ("a", "code", "A", "code"),
    ({"x": [1, 2]}, "Patient.contact", {"x": [2, 1]}, "Patient.contact"),
]


@pytest.mark.parametrize(("one", "type", "other", "other_type"), EQUAL)
def test_equal_items_have_one_key(one: Any, type: str, other: Any, other_type: str) -> None:
    left, right = Node(one, type), Node(other, other_type)
    assert equal_nodes(left, right) is True
    assert key_of(left) == key_of(right)
    assert right in Group([left])


@pytest.mark.parametrize(("one", "type", "other", "other_type"), DIFFERENT)
def test_different_items_both_stay(one: Any, type: str, other: Any, other_type: str) -> None:
    left, right = Node(one, type), Node(other, other_type)
    assert equal_nodes(left, right) is False
    assert distinct([left, right]) == [left, right]


def test_the_first_of_equal_items_stays_in_its_order() -> None:
    nodes = [Node(value, "System.Integer") for value in (3, 1, 3, 2, 1)]
    assert [node.value for node in distinct(nodes)] == [3, 1, 2]


def test_what_is_no_date_equals_nothing() -> None:
    wrong = Node("2024-99", "date")
    assert wrong not in Group([wrong])
    right = Node("2024-09", "date")
    assert right in Group([right])
