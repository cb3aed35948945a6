"""Numbers, boundaries and the present moment (FHIRPath 2.0.0 #math, #boundaries,
#current-date-and-time).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.clock import fhir_instant
from sandbox.fhirpath.faults import CannotEvaluate
from sandbox.fhirpath.functions.registry import argument, function
from sandbox.fhirpath.moments import boundary, parse_moment, write_moment
from sandbox.fhirpath.nodes import (
    Eval,
    Node,
    Nodes,
    Scope,
    number,
    system_type,
    whole,
    within_range,
)
from sandbox.fhirpath.operators import single
from sandbox.fhirpath.quantities import Quantity, as_quantity
from sandbox.limits import INTEGER_BITS

MAX_DIGITS = 28
DEFAULT_DIGITS = 8
PARTS_OF_DIGITS = {"Date": {4: 1, 6: 2, 8: 3}, "Time": {2: 1, 4: 2, 6: 3, 9: 3}}
PARTS_OF_DIGITS["DateTime"] = {4: 1, 6: 2, 8: 3, 10: 4, 12: 5, 14: 6, 17: 6}
FULL_DIGITS = {"Date": 8, "DateTime": 17, "Time": 9}


def _value(focus: Nodes, name: str) -> int | Decimal | None:
    node = single(focus, name)
    if node is None:
        return None
    if isinstance(node.value, bool) or not isinstance(node.value, int | Decimal):
        raise CannotEvaluate("fhirpath.wrong_kind", name=name, kind=node.type)
    return node.value


def _register(name: str, work: Callable[[Any], Any]) -> None:
    def run(scope: Scope, focus: Nodes) -> Nodes:
        value = _value(focus, name)
        try:
            return [] if value is None else within_range(work(value))
        except (ValueError, ArithmeticError):
            return []

    function(name)(run)


def _root(value: Any) -> Decimal:
    return Decimal(value).sqrt()


_register("ceiling", lambda value: whole(Decimal(value).to_integral_value(ROUND_CEILING)))
_register("floor", lambda value: whole(Decimal(value).to_integral_value(ROUND_FLOOR)))
_register("truncate", lambda value: whole(Decimal(value)))
_register("sqrt", _root)
_register("exp", lambda value: Decimal(value).exp())
_register("ln", lambda value: Decimal(value).ln())


@function("abs")
def abs_(scope: Scope, focus: Nodes) -> Nodes:
    node = single(focus, "abs")
    if node is not None and isinstance(node.value, Quantity):
        return [
            Node(Quantity(abs(node.value.value), node.value.unit, node.value.calendar), node.type)
        ]
    value = _value(focus, "abs")
    return [] if value is None else number(-value if value < 0 else value)


@function("round", 0, 1)
def round_(scope: Scope, focus: Nodes, places: Eval | None = None) -> Nodes:
    value = _value(focus, "round")
    digits = argument(scope, places, "round") or 0
    if value is None:
        return []
    if digits < 0:
        raise CannotEvaluate("fhirpath.wrong_kind", name="round", kind=str(digits))
    return number(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


@function("log", 1)
def log(scope: Scope, focus: Nodes, base: Eval) -> Nodes:
    value = _value(focus, "log")
    of = argument(scope, base, "log")
    if value is None or of is None:
        return []
    try:
        return number(Decimal(str(round(math.log(value, of), 12))))
    except (ValueError, ArithmeticError):  # no logarithm: the result is empty (FHIRPath 2.0.0 #log)
        return []


@function("power", 1)
def power(scope: Scope, focus: Nodes, exponent: Eval) -> Nodes:
    value = _value(focus, "power")
    by = argument(scope, exponent, "power")
    if value is None or by is None:
        return []
    if isinstance(value, int) and isinstance(by, int) and by >= 0:
        # a base of n bits to the power m has about n times m bits; from 2 on that is beyond any
        # integer soon
        is_small = abs(value) < 2 or (value.bit_length() - 1) * by <= INTEGER_BITS
        return (
            within_range(int(value ** (min(by, 2 + by % 2) if abs(value) < 2 else by)))
            if is_small
            else []
        )
    try:
        return number(Decimal(value) ** Decimal(by))
    except ArithmeticError:
        return []


@function("lowBoundary", 0, 1)
def low_boundary(scope: Scope, focus: Nodes, precision_: Eval | None = None) -> Nodes:
    return _boundary(focus, argument(scope, precision_, "lowBoundary"), low=True)


@function("highBoundary", 0, 1)
def high_boundary(scope: Scope, focus: Nodes, precision_: Eval | None = None) -> Nodes:
    return _boundary(focus, argument(scope, precision_, "highBoundary"), low=False)


def _boundary(focus: Nodes, digits: int | None, *, low: bool) -> Nodes:
    node = single(focus, "boundary")
    if node is None:
        return []
    kind = system_type(node)
    if kind in FULL_DIGITS:
        moment = parse_moment(node)
        known = PARTS_OF_DIGITS[kind].get(FULL_DIGITS[kind] if digits is None else digits)
        if moment is None or known is None:
            return []
        return [Node(write_moment(boundary(moment, low=low, known=known)), node.type)]
    quantity = as_quantity(node)
    if quantity is None:
        raise CannotEvaluate("fhirpath.wrong_kind", name="boundary", kind=node.type)
    bound = _decimal_boundary(quantity.value, DEFAULT_DIGITS if digits is None else digits, low=low)
    if bound is None:
        return []
    if kind == "Quantity":
        return [Node(Quantity(bound, quantity.unit, quantity.calendar), "System.Quantity")]
    return number(bound)


def _decimal_boundary(value: Decimal, digits: int, *, low: bool) -> Decimal | None:
    """Returns the value half a unit of its last digit lower or higher, cut to `digits` places."""
    if not 0 <= digits <= MAX_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    half = Decimal(5).scaleb((exponent if isinstance(exponent, int) else 0) - 1)
    bound = value - half if low else value + half
    return bound.quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR if low else ROUND_CEILING)


@function("precision")
def precision(scope: Scope, focus: Nodes) -> Nodes:
    node = single(focus, "precision")
    if node is None:
        return []
    kind = system_type(node)
    if kind in FULL_DIGITS:
        return number(
            sum(character.isdigit() for character in str(node.value).split("+")[0].split("Z")[0])
        )
    exponent = Decimal(node.value).as_tuple().exponent
    return number(max(0, -exponent) if isinstance(exponent, int) else 0)


def _now(scope: Scope) -> str:
    if scope.environment.now is None:
        raise CannotEvaluate("fhirpath.no_constant", name="now()")
    return fhir_instant(scope.environment.now)


@function("now")
def now(scope: Scope, focus: Nodes) -> Nodes:
    return [Node(_now(scope), "System.DateTime")]


@function("today")
def today(scope: Scope, focus: Nodes) -> Nodes:
    return [Node(_now(scope)[:10], "System.Date")]


@function("timeOfDay")
def time_of_day(scope: Scope, focus: Nodes) -> Nodes:
    return [Node(_now(scope)[11:23], "System.Time")]
