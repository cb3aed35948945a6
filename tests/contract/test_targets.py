"""What only a make target runs can at least be imported: a moved module is noticed by the suite."""

from __future__ import annotations

import importlib

import pytest

from tests.places import PROJECT

SCRIPTS = {"floor.py"}  # a server of its own that starts when it is read
OF_TARGETS = ("tests/bench", "tests/metrics", "tests/mutants", "tests/oracle")
MODULES = sorted(
    ".".join(file.relative_to(PROJECT).with_suffix("").parts)
    for room in OF_TARGETS
    for file in (PROJECT / room).rglob("*.py")
    if not file.name.startswith("test_") and file.name not in SCRIPTS
)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_a_target_runs_is_imported(module: str) -> None:
    importlib.import_module(module.removesuffix(".__init__"))
