"""Figures of source files: comments, docstrings, dense lines.  Pure: texts in, numbers out."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LONGEST_LINE = 100
# Ruff does not count these either: such a comment must stand on the line that it is about.
FOR_TOOLS = re.compile(r"\s*# (?:type: ignore|noqa).*")
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BRACKETS = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Call, ast.Subscript)
"""A table may be wrapped: `frozenset({…})`, `Literal[…]`."""
LOGIC = (ast.comprehension, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield)


@dataclass(slots=True)
class Counts:
    """What was counted in some files; lines are those that are not empty."""

    lines: int = 0
    comments: int = 0
    long_lines: int = 0
    unformatted: int = 0
    """`fmt: off`, and each `fmt: skip` that does not stand behind a table of data."""
    docstrings: int = 0
    one_line_docstrings: int = 0
    raising: int = 0
    """Docstrings that say what is raised."""
    assignments: int = 0
    tuple_assignments: int = 0
    lambdas: int = 0
    conditional_expressions: int = 0
    double_comprehensions: int = 0
    names: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, float]:
        """Returns the figures by name: shares in percent, or counts for 1,000 lines."""
        return {
            "comment lines, %": _share(self.comments, self.lines),
            "docstrings of one line, %": _share(self.one_line_docstrings, self.docstrings),
            "docstrings that say what is raised, %": _share(self.raising, self.docstrings),
            "tuple assignments of unrelated values, %": _share(
                self.tuple_assignments, self.assignments
            ),
            "lambdas, of 1,000 lines": 10 * _share(self.lambdas, self.lines),
            "conditional expressions, of 1,000 lines": 10
            * _share(self.conditional_expressions, self.lines),
            "double comprehensions, of 1,000 lines": 10
            * _share(self.double_comprehensions, self.lines),
            f"lines over {LONGEST_LINE}, %": _share(self.long_lines, self.lines),
            "fmt: skip outside tables of data": self.unformatted,
        }


def measure(sources: Iterable[str]) -> Counts:
    """Returns what is counted in the texts of some files."""
    counts = Counts()
    for source in sources:
        tree = ast.parse(source)
        _count_lines(counts, source, _ends_of_tables(tree))
        for node in ast.walk(tree):
            _count_node(counts, node)
    return counts


def _ends_of_tables(tree: ast.Module) -> set[int]:
    """Returns the last lines of the tables of data: what a module assigns at its top, in brackets
    over several lines, without a loop, a condition or a function in it.
    """
    return {
        statement.end_lineno or 0
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(statement.value, BRACKETS)
        and statement.end_lineno != statement.lineno
        and not any(isinstance(node, LOGIC) for node in ast.walk(statement.value))
    }


def _count_lines(counts: Counts, source: str, ends_of_tables: set[int]) -> None:
    lines = source.splitlines()
    counts.lines += sum(bool(line.strip()) for line in lines)
    counts.long_lines += sum(len(FOR_TOOLS.sub("", line)) > LONGEST_LINE for line in lines)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            is_for_tools = token.string.startswith(("# fmt:", "# noqa", "# type:"))
            is_skip = token.string.startswith("# fmt: skip")
            is_of_table = is_skip and token.start[0] in ends_of_tables
            is_off = token.string.startswith("# fmt: off")
            counts.unformatted += is_off or (is_skip and not is_of_table)
            counts.comments += not is_for_tools


def _count_node(counts: Counts, node: ast.AST) -> None:
    if isinstance(node, ast.Module | Documented) and (text := ast.get_docstring(node)):
        counts.docstrings += 1
        counts.one_line_docstrings += "\n" not in text
        counts.raising += "raise" in text.lower()
    elif isinstance(node, ast.Assign):
        counts.assignments += 1
        counts.tuple_assignments += any(map(_is_tuple, node.targets)) and _is_tuple(node.value)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        counts.assignments += 1
    counts.lambdas += isinstance(node, ast.Lambda)
    counts.conditional_expressions += isinstance(node, ast.IfExp)
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        counts.double_comprehensions += len(node.generators) > 1
    if isinstance(node, FUNCTIONS):
        counts.names.update(set(_locals_of(node)))


def _is_tuple(node: ast.AST) -> bool:
    return isinstance(node, ast.Tuple)


def _locals_of(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
