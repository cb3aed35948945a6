"""From syntax tree to closures: an expression is compiled once and evaluated often (FHIRPath
2.0.0).

Every part becomes a function of scope and focus; there is no state between evaluations, so threads
may share them.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile
from typing import Any

from sandbox.fhirpath.expressions import Expression
from sandbox.fhirpath.faults import CannotEvaluate, InvalidExpression
from sandbox.fhirpath.functions import FUNCTIONS, Function
from sandbox.fhirpath.nodes import (
    Eval,
    Node,
    Nodes,
    Scope,
    TypeModel,
    member,
    number,
    text,
    truth,
)
from sandbox.fhirpath.operators import BINARY, negate
from sandbox.fhirpath.parsing import Syntax, parse_fhirpath
from sandbox.fhirpath.quantities import Quantity
from sandbox.fhirpath.reading import (
    asks_of_presence_alone,
    chain,
    is_closed,
    is_closed_link,
    members_spoken_of,
)
from sandbox.fhirpath.typing import is_exactly, is_of_type, type_name
from sandbox.limits import NUMBER_DIGITS

CONSTANTS = {
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "ucum": "http://unitsofmeasure.org",
}

Link = Callable[[Scope, Nodes, Nodes], Nodes]
"""A function of scope, focus and what stands to the left."""


@lru_cache(maxsize=4096)
def compile_fhirpath(expression: str) -> Expression:
    """Returns the compiled expression; raises InvalidExpression for a text that is none."""
    tree = parse_fhirpath(expression)
    return Expression(
        expression, _compile(tree), members_spoken_of(tree), asks_of_presence_alone(tree)
    )


def compile_tree(tree: Syntax) -> Expression:
    """Returns a compiled part of an expression, for who has taken one apart."""
    return Expression("", _compile(tree))


def _compile(tree: Syntax) -> Eval:
    head, links = chain(tree)
    first = _HEADS[head.kind](head)
    closed = len(list(takewhile(is_closed_link, links))) if is_closed(head) else 0
    if closed:
        first = _once(_linked(first, links[:closed]))
    return _linked(first, links[closed:]) if links[closed:] else first


def _linked(first: Eval, links: list[Syntax]) -> Eval:
    works = [_LINKS[link.kind](link) for link in links]

    def run(scope: Scope, focus: Nodes) -> Nodes:
        result = first(scope, focus)
        for work in works:
            result = work(scope, focus, result)
        return result

    return run


def _once(run: Eval) -> Eval:
    """Evaluates a part that is the same for every item once an evaluation."""

    def remember(scope: Scope, focus: Nodes) -> Nodes:
        if scope.variables:  # which may hide a constant
            return run(scope, focus)
        result = scope.memo.get(run)
        if result is None:
            result = scope.memo[run] = run(scope, focus)
        return result

    return remember


def _constant_nodes(nodes: Nodes) -> Eval:
    return lambda scope, focus: nodes


def _refuse_long(digits: str) -> None:
    if len(digits) > NUMBER_DIGITS:
        raise InvalidExpression("fhirpath.too_long", where=digits[:60], limit=NUMBER_DIGITS)


def _number(tree: Syntax) -> Eval:
    _refuse_long(tree.value)
    return _constant_nodes(number(Decimal(tree.value) if "." in tree.value else int(tree.value)))


def _quantity(tree: Syntax) -> Eval:
    value, unit, is_calendar = tree.value
    _refuse_long(value)
    quantity = Quantity(
        Decimal(value), unit.removesuffix("s") if is_calendar else unit, calendar=is_calendar
    )
    return _constant_nodes([Node(quantity, "System.Quantity")])


def _moment(kind: str) -> Callable[[Syntax], Eval]:
    return lambda tree: _constant_nodes([Node(tree.value.removeprefix("T"), f"System.{kind}")])


def _group(tree: Syntax) -> Eval:
    return _compile(tree.parts[0])


def _constant(tree: Syntax) -> Eval:
    name = tree.value

    def run(scope: Scope, focus: Nodes) -> Nodes:
        if name in scope.variables:
            return scope.variables[name]
        known = scope.environment.constants
        if name in known:
            value = known[name]
            return value if isinstance(value, list) else [value]
        if name in CONSTANTS:
            return text(CONSTANTS[name])
        for prefix, url in (
            ("vs-", "http://hl7.org/fhir/ValueSet/"),
            ("ext-", "http://hl7.org/fhir/StructureDefinition/"),
        ):
            if name.startswith(prefix):
                return text(url + name.removeprefix(prefix))
        raise CannotEvaluate("fhirpath.no_constant", name=name)

    return run


def _variable(tree: Syntax) -> Eval:
    if tree.value == "$this":
        return lambda scope, focus: scope.this
    if tree.value == "$index":
        return lambda scope, focus: number(scope.index)
    return lambda scope, focus: scope.total or []


def _member(tree: Syntax) -> Eval:
    name = tree.value
    may_be_type = name[:1].isupper()

    def run(scope: Scope, focus: Nodes) -> Nodes:
        environment = scope.environment
        model = environment.model
        nodes: Nodes = []
        for node in focus:
            if may_be_type and (node.type == name or model.is_a(node.type, name)):
                nodes.append(node)
            else:
                nodes += member(node, name, model)
        if (
            not nodes
            and environment.is_strict
            and focus
            and not any(_may_have(node, name, model) for node in focus)
        ):
            raise CannotEvaluate("fhirpath.no_element", type=focus[0].type, name=name)
        environment.budget.spend(len(focus) + len(nodes))
        return nodes

    return run


def _may_have(node: Node, name: str, model: TypeModel) -> bool:
    members = model.members(node.type)
    return not members or name in members


def _step(link: Syntax) -> Link:
    step = _compile(link.parts[1])
    return lambda scope, focus, left: step(scope, left)


def _index(link: Syntax) -> Link:
    place = _compile(link.parts[1])

    def run(scope: Scope, focus: Nodes, left: Nodes) -> Nodes:
        at = place(scope, scope.this)
        if len(at) != 1 or not isinstance(at[0].value, int):
            return []
        return left[at[0].value : at[0].value + 1] if at[0].value >= 0 else []

    return run


def _operator(link: Syntax) -> Link:
    right = _compile(link.parts[1])
    sign = link.value
    apply = BINARY[sign]

    def run(scope: Scope, focus: Nodes, left: Nodes) -> Nodes:
        result = apply(left, lambda: right(scope, focus))
        scope.environment.budget.spend(1 + len(result))
        return result

    return run


def _pairwise(link: Syntax) -> Link:
    """Equivalence looks for each item among all of the other side, in any order."""
    right = _compile(link.parts[1])
    apply = BINARY[link.value]

    def run(scope: Scope, focus: Nodes, left: Nodes) -> Nodes:
        right_nodes = right(scope, focus)
        scope.environment.budget.spend(1 + len(left) * len(right_nodes))
        return apply(left, lambda: right_nodes)

    return run


def _joining(link: Syntax) -> Link:
    """What makes longer texts of texts is paid by their length."""
    work = _operator(link)

    def run(scope: Scope, focus: Nodes, left: Nodes) -> Nodes:
        result = work(scope, focus, left)
        if result and isinstance(result[0].value, str):
            scope.environment.budget.spend_text(len(result[0].value))
        return result

    return run


def _binary(link: Syntax) -> Link:
    special = {"~": _pairwise, "!~": _pairwise, "&": _joining, "+": _joining}
    return special.get(link.value, _operator)(link)


def _unary(tree: Syntax) -> Eval:
    inner = _compile(tree.parts[0])
    if tree.value == "+":
        return inner
    return lambda scope, focus: negate(inner(scope, focus))


def _is(link: Syntax) -> Link:
    name = link.value

    def run(scope: Scope, focus: Nodes, left: Nodes) -> Nodes:
        if len(left) > 1:
            raise CannotEvaluate("fhirpath.not_single", name="is")
        return truth(is_of_type(left[0], name, scope.environment.model)) if left else []

    return run


def _as(link: Syntax) -> Link:
    name = link.value
    return lambda scope, focus, left: [
        node for node in left if is_exactly(node, name, scope.environment.model)
    ]


def _function(tree: Syntax) -> Eval:
    name = tree.value
    count = len(tree.parts)
    function: Function | None = FUNCTIONS.get(name)
    if function is None or not function.least <= count <= function.most:
        raise InvalidExpression("fhirpath.no_function", where=name, name=f"{name}()", count=count)
    arguments: tuple[Any, ...]
    if function.takes_type:
        arguments = tuple(type_name(part) for part in tree.parts)
    elif name == "sort":
        arguments = tuple(_sort_key(part) for part in tree.parts)
    else:
        arguments = tuple(_compile(part) for part in tree.parts)
    work = function.work

    def run(scope: Scope, focus: Nodes) -> Nodes:
        result = work(scope, focus, *arguments)
        scope.environment.budget.spend(1 + len(result))
        return result

    return run


def _sort_key(tree: Syntax) -> tuple[Eval, bool]:
    """A key that begins with a minus sorts downwards, texts too."""
    if tree.kind == "unary" and tree.value == "-":
        return _compile(tree.parts[0]), True
    return _compile(tree), False


_HEADS: dict[str, Callable[[Syntax], Eval]] = {
    "empty": lambda tree: _constant_nodes([]),
    "boolean": lambda tree: _constant_nodes(truth(tree.value)),
    "string": lambda tree: _constant_nodes(text(tree.value)),
    "number": _number,
    "quantity": _quantity,
    "date": _moment("Date"),
    "datetime": _moment("DateTime"),
    "time": _moment("Time"),
    "group": _group,
    "constant": _constant,
    "variable": _variable,
    "member": _member,
    "unary": _unary,
    "function": _function,
}
_LINKS: dict[str, Callable[[Syntax], Link]] = {
    "step": _step,
    "index": _index,
    "operator": _binary,
    "is": _is,
    "as": _as,
}
