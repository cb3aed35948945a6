"""The binary operators: logic, equality, order, arithmetic, union and membership (FHIRPath 2.0.0
#operations).

The right side comes as a function, so that `and` and `or` need not ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation, Overflow
from typing import Any

from sandbox.fhirpath.comparing import ORDERS, compare, equal, equal_nodes, equivalent
from sandbox.fhirpath.faults import CannotEvaluate
from sandbox.fhirpath.grouping import distinct
from sandbox.fhirpath.moments import UNITS, move, parse_moment, write_moment
from sandbox.fhirpath.nodes import (
    Node,
    Nodes,
    number,
    system_type,
    text,
    truth,
    whole,
    within_range,
)
from sandbox.fhirpath.quantities import Quantity, as_quantity, in_common_unit, ratio_of

Later = Callable[[], Nodes]
Operator = Callable[[Nodes, Later], Nodes]
MOMENTS = frozenset({"Date", "DateTime", "Time"})
# UCUM
DEFINITE = {
    "wk": "week",
    "d": "day",
    "h": "hour",
    "min": "minute",
    "s": "second",
    "ms": "millisecond",
}


def single(nodes: Nodes, name: str) -> Node | None:
    """Returns the only item, None for an empty collection; raises CannotEvaluate for several."""
    if len(nodes) > 1:
        raise CannotEvaluate("fhirpath.not_single", name=name)
    return nodes[0] if nodes else None


def boolean(nodes: Nodes, name: str) -> bool | None:
    """Returns a collection as a boolean: one item that is no boolean counts as true (singleton
    evaluation).
    """
    node = single(nodes, name)
    if node is None:
        return None
    return node.value if isinstance(node.value, bool) else True


def negate(nodes: Nodes) -> Nodes:
    """Returns the negative of a number or quantity."""
    node = single(nodes, "-")
    if node is None:
        return []
    if isinstance(node.value, Quantity):
        return [Node(Quantity(-node.value.value, node.value.unit, node.value.calendar), node.type)]
    if isinstance(node.value, int | Decimal) and not isinstance(node.value, bool):
        return number(-node.value)
    raise CannotEvaluate("fhirpath.wrong_kind", name="-", kind=node.type)


def _and(left: Nodes, right: Later) -> Nodes:
    left_truth = boolean(left, "and")
    if left_truth is False:
        return truth(False)
    right_truth = boolean(right(), "and")
    return (
        truth(False) if right_truth is False else truth(True) if left_truth and right_truth else []
    )


def _or(left: Nodes, right: Later) -> Nodes:
    left_truth = boolean(left, "or")
    if left_truth:
        return truth(True)
    right_truth = boolean(right(), "or")
    return (
        truth(True)
        if right_truth
        else truth(False)
        if left_truth is False and right_truth is False
        else []
    )


def _xor(left: Nodes, right: Later) -> Nodes:
    left_truth = boolean(left, "xor")
    right_truth = boolean(right(), "xor")
    return [] if left_truth is None or right_truth is None else truth(left_truth != right_truth)


def _implies(left: Nodes, right: Later) -> Nodes:
    left_truth = boolean(left, "implies")
    if left_truth is False:
        return truth(True)
    right_truth = boolean(right(), "implies")
    return (
        truth(True) if right_truth else truth(False) if left_truth and right_truth is False else []
    )


def _equal(left: Nodes, right: Later) -> Nodes:
    verdict = equal(left, right())
    return [] if verdict is None else truth(verdict)


def _not_equal(left: Nodes, right: Later) -> Nodes:
    verdict = equal(left, right())
    return [] if verdict is None else truth(not verdict)


def _ordering(sign: str) -> Operator:
    holds = ORDERS[sign]

    def run(left: Nodes, right: Later) -> Nodes:
        left_node = single(left, sign)
        right_node = single(right(), sign)
        order = None if left_node is None or right_node is None else compare(left_node, right_node)
        return [] if order is None else truth(holds(order))

    return run


def _in(left: Nodes, right: Later) -> Nodes:
    node = single(left, "in")
    return [] if node is None else truth(any(equal_nodes(node, other) for other in right()))


def _contains(left: Nodes, right: Later) -> Nodes:
    node = single(right(), "contains")
    return [] if node is None else truth(any(equal_nodes(node, other) for other in left))


def _concatenate(left: Nodes, right: Later) -> Nodes:
    words = []
    for nodes in (left, right()):
        node = single(nodes, "&")
        if node is not None and system_type(node) != "String":
            raise CannotEvaluate("fhirpath.wrong_kind", name="&", kind=node.type)
        words.append("" if node is None else str(node.value))
    return text("".join(words))


def _arithmetic(sign: str, work: Callable[[Any, Any], Any]) -> Operator:
    def run(left: Nodes, right: Later) -> Nodes:
        left_node = single(left, sign)
        right_node = single(right(), sign)
        if left_node is None or right_node is None:
            return []
        kinds = (system_type(left_node), system_type(right_node))
        if kinds[0] in MOMENTS and sign in "+-":
            return _moved(left_node, right_node, sign)
        if kinds == ("String", "String") and sign == "+":
            return text(left_node.value + right_node.value)
        if "Quantity" in kinds:
            return _computed_quantity(left_node, right_node, sign, work)
        for node, kind in zip((left_node, right_node), kinds, strict=True):
            if kind not in ("Integer", "Decimal"):
                raise CannotEvaluate("fhirpath.wrong_kind", name=sign, kind=node.type)
        try:
            return within_range(work(left_node.value, right_node.value))
        except (ZeroDivisionError, InvalidOperation, Overflow):
            return []

    return run


def _moved(moment: Node, amount: Node, sign: str) -> Nodes:
    quantity = as_quantity(amount)
    start = parse_moment(moment)
    if not isinstance(amount.value, Quantity | dict) or quantity is None or start is None:
        raise CannotEvaluate("fhirpath.wrong_kind", name=sign, kind=amount.type)
    unit = DEFINITE.get(quantity.unit, quantity.unit.removesuffix("s"))
    if unit not in UNITS:
        raise CannotEvaluate("fhirpath.wrong_kind", name=sign, kind=quantity.unit)
    moved = move(start, quantity.value if sign == "+" else -quantity.value, unit)
    return [] if moved is None else [Node(write_moment(moved), moment.type)]


def _computed_quantity(
    left_node: Node, right_node: Node, sign: str, work: Callable[[Any, Any], Any]
) -> Nodes:
    left = as_quantity(left_node)
    right = as_quantity(right_node)
    if left is None or right is None:
        raise CannotEvaluate(
            "fhirpath.wrong_kind", name=sign, kind=f"{left_node.type}, {right_node.type}"
        )
    try:
        if sign in "+-":
            pair = in_common_unit(left, right, loose=False)
            if pair is None:
                return []
            scale = left.value / pair[0] if pair[0] else Decimal(1)
            return [
                Node(Quantity(work(*pair) * scale, left.unit, left.calendar), "System.Quantity")
            ]
        ratio = ratio_of(left.unit, right.unit) if sign == "*" else None
        if ratio is not None:  # 2 cm * 3 m are 0.06 m2
            return [
                Node(
                    Quantity(work(left.value * ratio, right.value), f"{right.unit}2"),
                    "System.Quantity",
                )
            ]
        unit = _unit_of(left.unit, right.unit, sign)
        return [Node(Quantity(work(left.value, right.value), unit), "System.Quantity")]
    except (ZeroDivisionError, InvalidOperation):
        return []


def _unit_of(left: str, right: str, sign: str) -> str:
    """Returns the unit of a product or quotient; 1 is UCUM's unit of what has none."""
    if right == "1":
        return left
    if sign == "*":
        return right if left == "1" else f"{left}.{right}"
    return "1" if left == right else f"{left}/{right}"


def _divide(left: Any, right: Any) -> Decimal:
    return Decimal(left) / Decimal(right)


def _whole(left: Any, right: Any) -> int:
    return whole(Decimal(left) / Decimal(right))


def _rest(left: Any, right: Any) -> Any:
    rest = Decimal(left) % Decimal(right)
    return whole(rest) if isinstance(left, int) and isinstance(right, int) else rest


BINARY: dict[str, Operator] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
    "=": _equal,
    "!=": _not_equal,
    "~": lambda left, right: truth(equivalent(left, right())),
    "!~": lambda left, right: truth(not equivalent(left, right())),
    **{sign: _ordering(sign) for sign in ORDERS},
    "in": _in,
    "contains": _contains,
    "|": lambda left, right: distinct([*left, *right()]),
    "&": _concatenate,
    "+": _arithmetic("+", lambda left, right: left + right),
    "-": _arithmetic("-", lambda left, right: left - right),
    "*": _arithmetic("*", lambda left, right: left * right),
    "/": _arithmetic("/", _divide),
    "div": _arithmetic("div", _whole),
    "mod": _arithmetic("mod", _rest),
}
