"""Conversions and types (FHIRPath 2.0.0 #conversion, #types)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.fhirpath.faults import CannotEvaluate
from sandbox.fhirpath.functions.registry import function
from sandbox.fhirpath.moments import read_moment
from sandbox.fhirpath.nodes import Node, Nodes, Scope, system_type, truth
from sandbox.fhirpath.operators import single
from sandbox.fhirpath.quantities import (
    Quantity,
    as_quantity,
    in_common_unit,
    read_quantity,
    write_quantity,
)
from sandbox.fhirpath.typing import is_exactly, is_of_type, type_of
from sandbox.limits import NUMBER_DIGITS

INTEGER = re.compile(r"^[+-]?\d+$")
DECIMAL = re.compile(r"^[+-]?\d+(\.\d+)?$")
YES = {"true", "t", "yes", "y", "1", "1.0"}
NO = {"false", "f", "no", "n", "0", "0.0"}


def _to_boolean(node: Node) -> Any:
    if isinstance(node.value, bool):
        return node.value
    word = str(node.value).lower()
    return True if word in YES else False if word in NO else None


def _to_integer(node: Node) -> Any:
    if isinstance(node.value, bool):
        return int(node.value)
    if isinstance(node.value, int):
        return node.value
    return int(node.value) if _is_written(INTEGER, node.value) else None


def _to_decimal(node: Node) -> Any:
    if isinstance(node.value, bool | int | Decimal):
        return Decimal(node.value)
    return Decimal(node.value) if _is_written(DECIMAL, node.value) else None


def _is_written(form: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and len(value) <= NUMBER_DIGITS and form.match(value) is not None


def _to_string(node: Node) -> Any:
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node.value, Quantity):
        return write_quantity(node.value)
    if isinstance(node.value, dict):
        quantity = as_quantity(node) if system_type(node) == "Quantity" else None
        return write_quantity(quantity) if quantity else None
    return str(node.value) if node.value is not None else None


def _to_quantity(node: Node) -> Any:
    if isinstance(node.value, bool):
        return Quantity(Decimal(node.value), "1")
    return read_quantity(node.value) if isinstance(node.value, str) else as_quantity(node)


def _to_moment(kind: str) -> Callable[[Node], Any]:
    def run(node: Node) -> Any:
        if not isinstance(node.value, str):
            return None
        value = (
            node.value.partition("T")[0]
            if kind == "Date" and system_type(node) == "DateTime"
            else node.value
        )
        return value if read_moment(value, kind) else None

    return run


CONVERSIONS: dict[str, Callable[[Node], Any]] = {
    "Boolean": _to_boolean,
    "Integer": _to_integer,
    "Decimal": _to_decimal,
    "String": _to_string,
    "Quantity": _to_quantity,
    "Date": _to_moment("Date"),
    "DateTime": _to_moment("DateTime"),
    "Time": _to_moment("Time"),
}


def _register(kind: str, convert: Callable[[Node], Any]) -> None:
    def converted(scope: Scope, focus: Nodes) -> Nodes:
        node = single(focus, f"to{kind}")
        value = convert(node) if node else None
        return [] if value is None else [Node(value, f"System.{kind}")]

    def converts(scope: Scope, focus: Nodes) -> Nodes:
        node = single(focus, f"convertsTo{kind}")
        return [] if node is None else truth(convert(node) is not None)

    # a quantity may be asked for in a unit; only the one that it has is given
    function(f"to{kind}", 0, 1 if kind == "Quantity" else 0)(converted)
    function(f"convertsTo{kind}", 0, 1 if kind == "Quantity" else 0)(converts)


for _kind, _convert in CONVERSIONS.items():
    _register(_kind, _convert)


@function("is", 1, takes_type=True)
def is_(scope: Scope, focus: Nodes, name: str) -> Nodes:
    node = single(focus, "is")
    return [] if node is None else truth(is_of_type(node, name, scope.environment.model))


@function("as", 1, takes_type=True)
def as_(scope: Scope, focus: Nodes, name: str) -> Nodes:
    """Keeps what is of the type; R4 invariants use it on several items (FHIR R4 fhirpath.html)."""
    return of_type(scope, focus, name)


@function("ofType", 1, takes_type=True)
def of_type(scope: Scope, focus: Nodes, name: str) -> Nodes:
    return [node for node in focus if is_exactly(node, name, scope.environment.model)]


@function("type")
def type_(scope: Scope, focus: Nodes) -> Nodes:
    return [info for node in focus for info in type_of(node, scope.environment.model)]


@function("comparable", 1)
def comparable(scope: Scope, focus: Nodes, other: Any) -> Nodes:
    node = single(focus, "comparable")
    two = single(other(scope, scope.this), "comparable")
    if node is None or two is None:
        return []
    if "Quantity" not in (system_type(node), system_type(two)):
        raise CannotEvaluate("fhirpath.wrong_kind", name="comparable", kind=node.type)
    return truth(in_common_unit(as_quantity(node), as_quantity(two), loose=False) is not None)
