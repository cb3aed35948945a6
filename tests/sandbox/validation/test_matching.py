"""A fixed value is met by nothing less and nothing more, a pattern by what holds it (FHIR R4
elementdefinition.html#fixed and #pattern).
"""

from decimal import Decimal
from typing import Any

import pytest

from sandbox.fhir.json import parse_json
from sandbox.validation.matching import as_json, decimal_of, fits_pattern, is_fixed

CODED = {"coding": [{"system": "urn:a", "code": "x"}, {"system": "urn:b", "code": "y"}]}


def with_codings(*codings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"coding": list(codings), **more}


@pytest.mark.parametrize(
    ("value", "fixed", "is_met"),
    [
        ("x", "x", True),
        ("X", "x", False),
        # an object has the same members, in whatever order
        ({"code": "x", "system": "urn:a"}, {"system": "urn:a", "code": "x"}, True),
        ({"system": "urn:a"}, {"system": "urn:a", "code": "x"}, False),
        ({"system": "urn:a", "code": "x", "display": "X"}, {"system": "urn:a", "code": "x"}, False),
        ({"system": "urn:a", "code": "y"}, {"system": "urn:a", "code": "x"}, False),
        ("urn:a", {"system": "urn:a"}, False),
        # an array has the same items in the same order
        (["a", "b"], ["a", "b"], True),
        (["b", "a"], ["a", "b"], False),
        (["a"], ["a", "b"], False),
        (["a", "b", "c"], ["a", "b"], False),
        ("ab", ["a", "b"], False),
        ({"a": 1, "b": 2}, ["a", "b"], False),
        (2, ["a", "b"], False),
        (None, [], False),
        # numbers are what they say, however their digits are written; a boolean is no number
        (Decimal("1.50"), 1.5, True),
        (Decimal("0.3"), 0.3, True),
        (2, Decimal("2.0"), True),
        (2, 3, False),
        ("2", 2, False),
        (2, "2", False),
        (2, "two", False),
        ({"value": Decimal("0.1"), "unit": "mg"}, {"value": 0.1, "unit": "mg"}, True),
        ({"value": True}, {"value": 1}, False),
        (True, True, True),
        (False, True, False),
        (True, 1, False),
        (1, True, False),
        ("true", True, False),
        ([True], [True], True),
        ([1], [True], False),
    ],
)
def test_a_fixed_value_is_met_by_its_equal_alone(value: Any, fixed: Any, is_met: bool) -> None:
    assert is_fixed(value, fixed) is is_met


@pytest.mark.parametrize(
    ("value", "pattern", "is_met"),
    [
        ("x", "x", True),
        ("y", "x", False),
        # an object may have more than the pattern, and lacks nothing of it
        ({"system": "urn:a", "code": "x", "display": "X"}, {"system": "urn:a"}, True),
        ({"code": "x"}, {"system": "urn:a", "code": "x"}, False),
        ({"system": "urn:b", "code": "x"}, {"system": "urn:a", "code": "x"}, False),
        ("urn:a", {"system": "urn:a"}, False),
        ("x", {}, False),
        # each item of the pattern is met by some item, in any order
        (CODED, with_codings({"system": "urn:b"}), True),
        (CODED, with_codings({"system": "urn:b"}, {"system": "urn:a"}), True),
        (CODED, with_codings({"system": "urn:b"}, {"system": "urn:c"}), False),
        (CODED, with_codings({"system": "urn:a", "code": "y"}), False),
        ({}, with_codings({"system": "urn:b"}), False),
        ({"coding": {"system": "urn:b"}}, with_codings({"system": "urn:b"}), False),
        ({"coding": "urn:b"}, {"coding": ["u"]}, False),
    ],
)
def test_a_pattern_is_met_by_whatever_holds_it(value: Any, pattern: Any, is_met: bool) -> None:
    assert fits_pattern(value, pattern) is is_met


def test_a_number_is_taken_as_it_was_written() -> None:
    assert decimal_of(0.1) == Decimal("0.1")
    assert decimal_of(3) == Decimal(3)
    assert decimal_of(Decimal("1.500")) == Decimal("1.5")


def test_a_value_is_shown_as_it_could_be_copied() -> None:
    shown = as_json({"value": Decimal("1.50"), "unit": "µg"})
    assert parse_json(shown.encode()) == {"value": Decimal("1.50"), "unit": "µg"}
    assert "\n" not in shown
