"""Equality, equivalence and order of nodes (FHIRPath 2.0.0 #equality, #comparison).

Each function gives True, False, or None for an empty result: precisions that cannot decide, units
that do not compare.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.fhirpath.faults import CannotEvaluate
from sandbox.fhirpath.moments import compare_moments, parse_moment
from sandbox.fhirpath.nodes import Node, Nodes, system_type
from sandbox.fhirpath.quantities import as_quantity, in_common_unit

MOMENTS = frozenset({"Date", "DateTime", "Time"})
NUMBERS = frozenset({"Integer", "Decimal"})


def equal(left: Nodes, right: Nodes) -> bool | None:
    """Tells whether two collections are equal, item by item and in order; None when either is
    empty.
    """
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    return _all_of(
        [
            equal_nodes(left_node, right_node)
            for left_node, right_node in zip(left, right, strict=True)
        ]
    )


def equal_nodes(left: Node, right: Node) -> bool | None:
    """Tells whether two items are equal."""
    left_type = system_type(left)
    right_type = system_type(right)
    if left_type in MOMENTS and right_type in MOMENTS:
        if (left_type == "Time") != (right_type == "Time"):
            return False
        order = compare_moments(parse_moment(left), parse_moment(right))
        return None if order is None else order == 0
    if "Quantity" in (left_type, right_type):
        return _equal_quantities(left, right)
    if left_type in NUMBERS and right_type in NUMBERS:
        return bool(_decimal(left) == _decimal(right))
    if left_type or right_type:
        return bool(left_type == right_type and left.value == right.value)
    return bool(left.value == right.value)


def equivalent(left: Nodes, right: Nodes) -> bool:
    """Tells whether two collections are equivalent: order does not matter, case and precision count
    little.
    """
    if len(left) != len(right):
        return False
    rest = list(right)
    for node in left:
        match = next((other for other in rest if equivalent_nodes(node, other)), None)
        if match is None:
            return False
        rest.remove(match)
    return True


def equivalent_nodes(left: Node, right: Node) -> bool:
    """Tells whether two items are equivalent (FHIRPath 2.0.0 #equivalent)."""
    left_type = system_type(left)
    right_type = system_type(right)
    if left_type == "String" and right_type == "String":
        return " ".join(str(left.value).lower().split()) == " ".join(
            str(right.value).lower().split()
        )
    if left_type in MOMENTS and right_type in MOMENTS:
        first = parse_moment(left)
        second = parse_moment(right)
        return first is not None and second is not None and compare_moments(first, second) == 0
    if left_type in NUMBERS and right_type in NUMBERS:
        return _equivalent_numbers(_decimal(left), _decimal(right))
    if "Quantity" in (left_type, right_type):
        pair = in_common_unit(as_quantity(left), as_quantity(right), loose=True)
        return pair is not None and _equivalent_numbers(*pair)
    if isinstance(left.value, dict) and isinstance(right.value, dict):
        return bool(_loose(left.value) == _loose(right.value))
    return bool(left_type == right_type and left.value == right.value)


def compare(left: Node, right: Node) -> int | None:
    """Returns -1, 0 or 1 for two items that have an order; raises CannotEvaluate for kinds that
    have none.
    """
    left_type = system_type(left)
    right_type = system_type(right)
    if (
        left_type in MOMENTS
        and right_type in MOMENTS
        and (left_type == "Time") == (right_type == "Time")
    ):
        return compare_moments(parse_moment(left), parse_moment(right))
    if left_type in NUMBERS and right_type in NUMBERS:
        return _order(_decimal(left), _decimal(right))
    if "Quantity" in (left_type, right_type) and {left_type, right_type} <= NUMBERS | {"Quantity"}:
        pair = in_common_unit(as_quantity(left), as_quantity(right), loose=False)
        return None if pair is None else _order(*pair)
    if left_type == "String" and right_type == "String":
        return _order(left.value, right.value)
    raise CannotEvaluate(
        "fhirpath.not_comparable", left=left_type or left.type, right=right_type or right.type
    )


def _equal_quantities(left: Node, right: Node) -> bool | None:
    pair = in_common_unit(as_quantity(left), as_quantity(right), loose=False)
    return None if pair is None else pair[0] == pair[1]


def _equivalent_numbers(left: Decimal, right: Decimal) -> bool:
    """Compares at the lower of the two precisions."""
    places = min(_places(left), _places(right))
    unit = Decimal(1).scaleb(-places)
    return left.quantize(unit) == right.quantize(unit)


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _decimal(node: Node) -> Decimal:
    return node.value if isinstance(node.value, Decimal) else Decimal(str(node.value))


def _order(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def _all_of(verdicts: list[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _loose(value: Any) -> Any:
    """A complex value without ids and in lower case, lists without order."""
    if isinstance(value, dict):
        return {name: _loose(child) for name, child in value.items() if name != "id"}
    if isinstance(value, list):
        return sorted((_loose(child) for child in value), key=repr)
    return value.lower() if isinstance(value, str) else value


Comparison = Callable[[int], bool]
ORDERS: dict[str, Comparison] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
