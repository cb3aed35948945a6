"""Existence, filtering, subsetting, combining, trees and iteration (FHIRPath 2.0.0 #functions)."""

from __future__ import annotations

from collections import deque
from functools import cmp_to_key

from sandbox.fhirpath.comparing import compare
from sandbox.fhirpath.faults import CannotEvaluate
from sandbox.fhirpath.functions.registry import argument, function
from sandbox.fhirpath.grouping import Group, distinct
from sandbox.fhirpath.nodes import Eval, Node, Nodes, Scope, children, number, text, truth
from sandbox.fhirpath.operators import boolean


def _holds(scope: Scope, criterion: Eval, node: Node, index: int) -> bool:
    return boolean(criterion(scope.on(node, index), [node]), "criteria") is True


@function("empty")
def empty(scope: Scope, focus: Nodes) -> Nodes:
    return truth(not focus)


@function("exists", 0, 1)
def exists(scope: Scope, focus: Nodes, criterion: Eval | None = None) -> Nodes:
    if criterion is None:
        return truth(bool(focus))
    return truth(any(_holds(scope, criterion, node, index) for index, node in enumerate(focus)))


@function("all", 1)
def all_(scope: Scope, focus: Nodes, criterion: Eval) -> Nodes:
    return truth(all(_holds(scope, criterion, node, index) for index, node in enumerate(focus)))


def _is_true(node: Node, name: str) -> bool:
    if not isinstance(node.value, bool | None):
        raise CannotEvaluate("fhirpath.wrong_kind", name=name, kind=node.type)
    return node.value is True


def _register_boolean_summaries() -> None:
    for name, summary in {
        "allTrue": lambda values: all(values),
        "anyTrue": lambda values: any(values),
        "allFalse": lambda values: not any(values),
        "anyFalse": lambda values: not all(values),
    }.items():
        function(name)(
            lambda scope, focus, name=name, summary=summary: truth(
                summary([_is_true(node, name) for node in focus])
            )
        )


_register_boolean_summaries()


@function("count")
def count(scope: Scope, focus: Nodes) -> Nodes:
    return number(len(focus))


@function("not")
def not_(scope: Scope, focus: Nodes) -> Nodes:
    value = boolean(focus, "not")
    return [] if value is None else truth(not value)


@function("distinct")
def distinct_(scope: Scope, focus: Nodes) -> Nodes:
    return distinct(focus)


@function("isDistinct")
def is_distinct(scope: Scope, focus: Nodes) -> Nodes:
    return truth(len(distinct(focus)) == len(focus))


def _within(part: Nodes, whole: Nodes) -> bool:
    group = Group(whole)
    return all(node in group for node in part)


@function("subsetOf", 1)
def subset_of(scope: Scope, focus: Nodes, other: Eval) -> Nodes:
    return truth(_within(focus, other(scope, scope.this)))


@function("supersetOf", 1)
def superset_of(scope: Scope, focus: Nodes, other: Eval) -> Nodes:
    return truth(_within(other(scope, scope.this), focus))


@function("where", 1)
def where(scope: Scope, focus: Nodes, criterion: Eval) -> Nodes:
    return [node for index, node in enumerate(focus) if _holds(scope, criterion, node, index)]


@function("select", 1)
def select(scope: Scope, focus: Nodes, projection: Eval) -> Nodes:
    return [
        projected
        for index, node in enumerate(focus)
        for projected in projection(scope.on(node, index), [node])
    ]


@function("repeat", 1)
def repeat(scope: Scope, focus: Nodes, projection: Eval) -> Nodes:
    kept = []
    known = Group()
    waiting = deque(focus)
    while waiting:
        node = waiting.popleft()
        new = [item for item in projection(scope.on(node, 0), [node]) if known.add(item)]
        scope.environment.budget.spend(len(new))
        kept += new
        waiting += new
    return kept


@function("aggregate", 1, 2)
def aggregate(scope: Scope, focus: Nodes, step: Eval, start: Eval | None = None) -> Nodes:
    total = start(scope, scope.this) if start else []
    for index, node in enumerate(focus):
        inner = scope.on(node, index)
        inner.total = total
        total = step(inner, [node])
    return total


@function("single")
def single_(scope: Scope, focus: Nodes) -> Nodes:
    if len(focus) > 1:
        raise CannotEvaluate("fhirpath.not_single", name="single")
    return focus


@function("first")
def first(scope: Scope, focus: Nodes) -> Nodes:
    return focus[:1]


@function("last")
def last(scope: Scope, focus: Nodes) -> Nodes:
    return focus[-1:]


@function("tail")
def tail(scope: Scope, focus: Nodes) -> Nodes:
    return focus[1:]


@function("skip", 1)
def skip(scope: Scope, focus: Nodes, how_many: Eval) -> Nodes:
    return focus[max(0, argument(scope, how_many, "skip") or 0) :]


@function("take", 1)
def take(scope: Scope, focus: Nodes, how_many: Eval) -> Nodes:
    return focus[: max(0, argument(scope, how_many, "take") or 0)]


@function("intersect", 1)
def intersect(scope: Scope, focus: Nodes, other: Eval) -> Nodes:
    others = Group(other(scope, scope.this))
    return distinct([node for node in focus if node in others])


@function("exclude", 1)
def exclude(scope: Scope, focus: Nodes, other: Eval) -> Nodes:
    others = Group(other(scope, scope.this))
    return [node for node in focus if node not in others]


@function("union", 1)
def union(scope: Scope, focus: Nodes, other: Eval) -> Nodes:
    return distinct([*focus, *other(scope, scope.this)])


@function("combine", 1)
def combine(scope: Scope, focus: Nodes, other: Eval) -> Nodes:
    return [*focus, *other(scope, scope.this)]


@function("sort", 0, 9)
def sort(scope: Scope, focus: Nodes, *keys: tuple[Eval, bool]) -> Nodes:
    """Sorts by each key in turn; a key is an expression and whether it sorts downwards."""

    def order(left_node: Node, right_node: Node) -> int:
        for key, is_descending in keys or ((lambda scope, focus: focus, False),):
            left, right = (key(scope.on(node, 0), [node]) for node in (left_node, right_node))
            if not left or not right:  # what has no key comes first in either direction
                verdict = len(left) - len(right)
            else:
                verdict = (compare(left[0], right[0]) or 0) * (-1 if is_descending else 1)
            if verdict:
                return verdict
        return 0

    return sorted(focus, key=cmp_to_key(order))


@function("iif", 2, 3)
def iif(
    scope: Scope, focus: Nodes, condition: Eval, then: Eval, otherwise: Eval | None = None
) -> Nodes:
    if len(focus) > 1:
        raise CannotEvaluate("fhirpath.not_single", name="iif")
    inner = scope.on(focus[0], scope.index) if focus else scope
    verdict = condition(inner, focus)
    if len(verdict) > 1 or (verdict and not isinstance(verdict[0].value, bool)):
        raise CannotEvaluate("fhirpath.not_single", name="iif")
    if verdict and verdict[0].value:
        return then(inner, focus)
    return otherwise(inner, focus) if otherwise else []


@function("trace", 1, 2)
def trace(scope: Scope, focus: Nodes, name: Eval, projection: Eval | None = None) -> Nodes:
    return focus


@function("defineVariable", 1, 2)
def define_variable(scope: Scope, focus: Nodes, name: Eval, value: Eval | None = None) -> Nodes:
    defined = argument(scope, name, "defineVariable")
    scope.variables = {**scope.variables, str(defined): value(scope, focus) if value else focus}
    return focus


@function("children")
def children_(scope: Scope, focus: Nodes) -> Nodes:
    return [child for node in focus for child in children(node, scope.environment.model)]


@function("descendants")
def descendants(scope: Scope, focus: Nodes) -> Nodes:
    is_object = len(focus) == 1 and isinstance(focus[0].value, dict)
    key = ("descendants", id(focus[0].value)) if is_object else None
    known = scope.memo.get(key) if key else None
    if known is not None:
        return known
    nodes: Nodes = []
    waiting = focus
    while waiting:
        waiting = [child for node in waiting for child in children(node, scope.environment.model)]
        scope.environment.budget.spend(len(waiting))
        nodes += waiting
    if key:
        scope.memo[key] = nodes
    return nodes


@function("join", 0, 1)
def join(scope: Scope, focus: Nodes, separator: Eval | None = None) -> Nodes:
    if not focus:
        return []
    between = str(argument(scope, separator, "join") or "")
    words = [str(node.value) for node in focus]
    scope.environment.budget.spend_text(sum(map(len, words)) + len(between) * len(words))
    return text(between.join(words))
