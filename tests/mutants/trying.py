"""Tries mutants: which tests reach which line, and does one of them fail when the line is wrong?

Each mutant lives in a fork of a process that has already imported the tests, so that a try costs
the tests and not the imports.  The functions of the loaded module get the changed code; what stands
at the level of a module has been read by others already, and so is not changed.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import time
import types
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

from tests.mutants.operators import Mutant
from tests.places import PROJECT

OPTIONS = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--no-header", "-x"]
FIRST = 12
"""So many of the tests that reach a line are run first: those that reach fewest others."""


class Map:
    """A pytest plugin that learns which tests reach which lines, and how long each takes."""

    def __init__(self, files: list[Path]) -> None:
        self.seconds: dict[str, float] = {}
        self._coverage = coverage.Coverage(data_file=None, include=[str(file) for file in files])
        self._coverage.set_option("run:core", "ctrace")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measures a test as a context of its own."""
        begun = time.monotonic()
        self._coverage.start()
        self._coverage.switch_context(item.nodeid)
        result = yield
        self._coverage.stop()
        self.seconds[item.nodeid] = time.monotonic() - begun
        return result

    def reached(self, file: Path) -> dict[int, list[str]]:
        """Returns the tests that reach each line of a file, the most particular ones first."""
        data = self._coverage.get_data()
        lines = data.contexts_by_lineno(str(file))
        breadth: dict[str, int] = defaultdict(int)
        for tests in lines.values():
            for test in tests:
                breadth[test] += 1
        return {
            line: sorted(filter(None, set(tests)), key=lambda test: (breadth[test], test))
            for line, tests in lines.items()
        }


def learn(tests: list[str], files: list[Path]) -> Map:
    """Runs the tests of a room once, as they are; exits where one fails."""
    learnt = Map(files)
    with _silence():
        code = pytest.main([*OPTIONS, *tests], plugins=[learnt])
    if code != 0:
        sys.exit(f"the tests fail without any mutant ({code}): {' '.join(tests)}")
    return learnt


def is_killed(mutant: Mutant, file: Path, tests: list[str], seconds: dict[str, float]) -> bool:
    """Tells whether a test fails with the mutant in place; one that never ends counts as failed."""
    batches = [tests[:FIRST], tests[FIRST:]]
    return any(_fails(mutant, file, batch, seconds) for batch in batches if batch)


def _fails(mutant: Mutant, file: Path, tests: list[str], seconds: dict[str, float]) -> bool:
    allowed = 20 + 5 * sum(seconds.get(test, 1) for test in tests)
    child = os.fork()
    if child == 0:
        os.setpgrp()
        code = 3
        try:
            with _silence():
                _install(mutant, file)
                code = int(pytest.main([*OPTIONS, *tests]))
        finally:
            os._exit(code)
    end = time.monotonic() + allowed
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _install(mutant: Mutant, file: Path) -> None:
    """Gives the functions of the loaded module the code of the mutant."""
    name = ".".join(file.relative_to(PROJECT).with_suffix("").parts)
    module = importlib.import_module(name)
    changed = types.ModuleType(name)
    changed.__file__ = str(file)
    sys.modules[name] = changed  # dataclasses look their module up
    exec(compile(mutant.tree, str(file), "exec"), changed.__dict__)
    sys.modules[name] = module
    owner, _, function = mutant.function.rpartition(".")
    old = getattr(module, owner).__dict__[function] if owner else module.__dict__[function]
    new = getattr(changed, owner).__dict__[function] if owner else changed.__dict__[function]
    _plain(old).__code__ = _plain(new).__code__


def _plain(function: object) -> types.FunctionType:
    """Returns the function below property, classmethod, cache and other wrappers."""
    while not isinstance(function, types.FunctionType) or hasattr(function, "__wrapped__"):
        if isinstance(function, property):
            function = function.fget
        else:
            function = getattr(function, "__wrapped__", None) or getattr(function, "__func__")  # noqa: B009
    return function


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with Path(os.devnull).open("w") as nowhere:
        saved = os.dup(1), os.dup(2)
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
