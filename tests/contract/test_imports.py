"""What a test imports of the program is there: a type checker reads the program alone, and a test that cannot be read fails only when it is
played.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.places import PROJECT

ROOMS = ("sandbox", "bot", "tests")
FILES = sorted((PROJECT / "tests").rglob("*.py"))


@cache
def names_in(file: Path) -> frozenset[str]:
    """Returns what a module has at its top: what it defines, and what it imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return frozenset(names)


def absent(file: Path) -> Iterator[str]:
    """Yields what a file imports of the project's modules, and is not there."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
            continue
        if node.module.split(".")[0] not in ROOMS:
            continue
        place = PROJECT.joinpath(*node.module.split("."))
        alone = place.with_suffix(".py")  # beside which a folder of its data may stand
        module = alone if alone.is_file() else place / "__init__.py"
        known = names_in(module) if module.is_file() else frozenset()
        for alias in node.names:
            is_module = (place / alias.name).is_dir() or (place / f"{alias.name}.py").is_file()
            if alias.name not in known and not is_module:
                yield f"{node.module}.{alias.name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PROJECT)))
def test_what_a_test_imports_is_there(file: Path) -> None:
    assert list(absent(file)) == []
