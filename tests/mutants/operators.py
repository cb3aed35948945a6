"""Mutants of a module: its syntax tree with one thing changed, as a programmer might have erred.

Pure: source in, mutants out.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change: in which line, and how."""

    line: int
    change: str
    function: str
    """The outermost function or method around the change, or nothing at the level of the module."""
    digest: str
    """Of the function without its comments and places: a mutant is known again by it."""
    _source: str
    _number: int
    """Which of the expressions and statements of the module is changed."""

    def tree(self) -> ast.Module:
        """Returns the whole changed module."""
        # when it is asked for, and read anew: a copy takes ten times as long
        changed = ast.parse(self._source)
        _apply(changed, _places(changed)[self._number], self.change)
        return ast.fix_missing_locations(changed)


def mutants_of(source: str) -> Iterator[Mutant]:
    """Yields every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    functions = list(_functions(tree))
    changes = [
        (node.lineno, number, change)
        for number, node in enumerate(_places(tree))
        for change in _changes(node)
    ]
    for line, number, change in sorted(changes):
        name, digest = _around(functions, line)
        yield Mutant(line, change, name, digest, source, number)


def _places(tree: ast.Module) -> list[ast.expr | ast.stmt]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    digest: str
    begin: int
    end: int


def _functions(tree: ast.Module) -> Iterator[_Function]:
    """Yields the functions of a module and the methods of its classes with the lines of bodies."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for each in inner:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                digest = hashlib.sha256(ast.dump(each).encode()).hexdigest()[:16]
                end = each.end_lineno or each.lineno
                yield _Function(f"{prefix}{each.name}", digest, each.body[0].lineno, end)


def _around(functions: list[_Function], line: int) -> tuple[str, str]:
    """Returns the name and the digest of the function around a line."""
    for function in functions:
        if function.begin <= line <= function.end:
            return function.name, function.digest
    return "", ""


def _changes(node: ast.expr | ast.stmt) -> Iterator[str]:  # noqa: PLR0912  # a case for each kind
    """Yields the names of what can be changed at a node."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            yield f"{place}: {type(operator).__name__} -> {SWAPPED[type(operator)].__name__}"
    elif isinstance(node, ast.BoolOp):
        yield "and -> or" if isinstance(node.op, ast.And) else "or -> and"
        for place in range(len(node.values)):
            yield f"without operand {place}"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not x -> x"
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield f"{type(node.op).__name__} -> {ARITHMETIC[type(node.op)].__name__}"
    elif isinstance(node, ast.IfExp):
        yield "the other branch"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} -> {not node.value}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value} -> {node.value + 1}"
    elif isinstance(node, ast.If | ast.While):
        yield "condition -> False"
        if isinstance(node, ast.If):
            yield "condition -> True"
    elif isinstance(node, ast.Return) and not _is_nothing(node.value):
        yield "return None"
    elif isinstance(node, ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await)
    ):
        yield "left out"


def _is_nothing(value: ast.expr | None) -> bool:
    """Tells whether a function returns None as it is: that it did would be no other program."""
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _apply(tree: ast.Module, node: ast.expr | ast.stmt, change: str) -> None:
    """Makes a change in a tree; the node is one of it."""
    if isinstance(node, ast.Compare):
        place = int(change.partition(":")[0])
        node.ops[place] = SWAPPED[type(node.ops[place])]()
    elif isinstance(node, ast.BoolOp) and change.startswith("without"):
        del node.values[int(change.rpartition(" ")[2])]
        if len(node.values) == 1:
            _replace(tree, node, node.values[0])
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp):
        _replace(tree, node, node.operand)
    elif isinstance(node, ast.BinOp):
        node.op = ARITHMETIC[type(node.op)]()
    elif isinstance(node, ast.IfExp):
        node.body, node.orelse = node.orelse, node.body
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        node.value += 1
    elif isinstance(node, ast.If | ast.While):
        node.test = ast.Constant(change.endswith("True"))
    elif isinstance(node, ast.Return):
        node.value = ast.Constant(None)
    else:
        _replace(tree, node, ast.Pass())


def _replace(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list) and any(each is old for each in value):
                value[next(place for place, each in enumerate(value) if each is old)] = new
                return
