"""From syntax tree to closures: an expression is compiled once and evaluated often (FHIRPath 2.0.0).

Every part becomes a function of scope and focus; there is no state between evaluations, so threads may share them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sandbox.fhirpath.faults import CannotEvaluate, InvalidExpression
from sandbox.fhirpath.functions import FUNCTIONS, Function
from sandbox.fhirpath.nodes import Environment, Eval, Node, Nodes, Scope, member, number, text, truth
from sandbox.fhirpath.operators import BINARY, negate
from sandbox.fhirpath.parsing import Syntax, parse_fhirpath
from sandbox.fhirpath.quantities import Quantity
from sandbox.fhirpath.typing import is_exactly, is_of_type, type_name

CONSTANTS = {
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "ucum": "http://unitsofmeasure.org",
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression."""

    text: str
    run: Eval

    def evaluate(self, node: Node, environment: Environment) -> Nodes:
        """Returns the result on one node; raises CannotEvaluate where the expression does not fit the data."""
        return self.run(Scope(environment, [node]), [node])

    def is_true(self, node: Node, environment: Environment) -> bool:
        """Tells whether an invariant holds: an empty result, such as a comparison that cannot be decided, does not."""
        result = self.evaluate(node, environment)
        return len(result) > 1 or (len(result) == 1 and result[0].value is not False)


@lru_cache(maxsize=4096)
def compile_fhirpath(expression: str) -> Expression:
    """Returns the compiled expression; raises InvalidExpression for a text that is none."""
    return compile_tree(parse_fhirpath(expression), text=expression)


def compile_tree(tree: Syntax, *, text: str = "") -> Expression:
    """Returns a compiled part of an expression, for who has taken one apart."""
    return Expression(text, _compile(tree))


def _compile(tree: Syntax) -> Eval:
    return _COMPILERS[tree.kind](tree)


def _constant_nodes(nodes: Nodes) -> Eval:
    return lambda scope, focus: nodes


def _number(tree: Syntax) -> Eval:
    return _constant_nodes(number(Decimal(tree.value) if "." in tree.value else int(tree.value)))


def _quantity(tree: Syntax) -> Eval:
    value, unit, is_calendar = tree.value
    quantity = Quantity(Decimal(value), unit.removesuffix("s") if is_calendar else unit, calendar=is_calendar)
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
        model = scope.environment.model
        found: Nodes = []
        for node in focus:
            if may_be_type and (node.type == name or model.is_a(node.type, name)):
                found.append(node)
            else:
                found.extend(member(node, name, model))
        return found

    return run


def _step(tree: Syntax) -> Eval:
    left, right = map(_compile, tree.parts)
    return lambda scope, focus: right(scope, left(scope, focus))


def _index(tree: Syntax) -> Eval:
    left, place = map(_compile, tree.parts)

    def run(scope: Scope, focus: Nodes) -> Nodes:
        found, at = left(scope, focus), place(scope, scope.this)
        if len(at) != 1 or not isinstance(at[0].value, int):
            return []
        return found[at[0].value : at[0].value + 1] if at[0].value >= 0 else []

    return run


def _operator(tree: Syntax) -> Eval:
    left, right = map(_compile, tree.parts)
    apply = BINARY[tree.value]
    return lambda scope, focus: apply(left(scope, focus), lambda: right(scope, focus))


def _unary(tree: Syntax) -> Eval:
    inner = _compile(tree.parts[0])
    if tree.value == "+":
        return inner
    return lambda scope, focus: negate(inner(scope, focus))


def _is(tree: Syntax) -> Eval:
    inner, name = _compile(tree.parts[0]), tree.value

    def run(scope: Scope, focus: Nodes) -> Nodes:
        found = inner(scope, focus)
        if len(found) > 1:
            raise CannotEvaluate("fhirpath.not_single", name="is")
        return truth(is_of_type(found[0], name, scope.environment.model)) if found else []

    return run


def _as(tree: Syntax) -> Eval:
    inner, name = _compile(tree.parts[0]), tree.value
    return lambda scope, focus: [
        node for node in inner(scope, focus) if is_exactly(node, name, scope.environment.model)
    ]


def _function(tree: Syntax) -> Eval:
    name, count = tree.value, len(tree.parts)
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
    return lambda scope, focus: work(scope, focus, *arguments)


def _sort_key(tree: Syntax) -> tuple[Eval, bool]:
    """A key that begins with a minus sorts downwards, texts too."""
    if tree.kind == "unary" and tree.value == "-":
        return _compile(tree.parts[0]), True
    return _compile(tree), False


_COMPILERS: dict[str, Callable[[Syntax], Eval]] = {
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
    "step": _step,
    "index": _index,
    "operator": _operator,
    "unary": _unary,
    "is": _is,
    "as": _as,
    "function": _function,
}
