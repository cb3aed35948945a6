"""The limits of docs/design.md 5, measured."""

import ast
from pathlib import Path

import pytest

from tests.places import PROJECT

FILES = sorted(file for room in ("sandbox", "bot") for file in (PROJECT / room).rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "common"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PROJECT)))
def test_a_module_opens_with_its_purpose_and_stays_small(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert not text.strip() or ast.get_docstring(tree)
    assert len(text.splitlines()) <= 400
    assert file.stem not in FORBIDDEN_NAMES
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 40, f"{node.name} has {length} lines"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PROJECT)))
def test_public_functions_say_what_they_do(file: Path) -> None:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith(
            "_"
        ):
            if any(
                ast.unparse(decorator).startswith("function(") for decorator in node.decorator_list
            ):
                continue  # a function of FHIRPath is explained by its specification, under the name that it registers
            assert ast.get_docstring(node) or node.name == "main", f"{file.name}: {node.name}"
