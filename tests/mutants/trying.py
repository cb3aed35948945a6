"""Tries mutants: which tests reach which line, and does one of them fail when the line is wrong?

Each try is a fork of one pytest session that has collected the tests and run none, so that it costs
the tests that reach the line and nothing else.  The functions of the loaded module get the changed
code; what stands at the level of a module has been read by others already, and so is not changed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import select
import signal
import sys
import tempfile
import time
import types
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

from tests.mutants.operators import Mutant
from tests.mutants.rooms import Room
from tests.places import PROJECT

# the same tests on PostgreSQL would only cost time: no mutant is of one database alone
UNASKED = ("postgres",)
OPTIONS = ["-q", "--no-header"]
# of which these tests need nothing, and which take seconds to load
OPTIONS += [f"-pno:{plugin}" for plugin in ("randomly", "cacheprovider", "nbval", "schemathesis")]
# that a test fails is all that is asked: to word why takes longer than many a test
OPTIONS += ["--assert=plain", "--tb=native"]
LONGEST = 600  # seconds of a test before it is known how long it takes
NEAR = 4  # lines
FINE = "fine"
FAILED = "failed"  # what a fork tells last


Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Reach:
    """Which tests reach each line of each file, the quickest first, and their seconds."""

    tests: dict[Path, dict[int, list[str]]]
    seconds: dict[str, float]


class Trials:
    """A pytest plugin that hands its collected session to `work` instead of running the tests."""

    def __init__(self, files: list[Path], work: Callable[[Trials], None]) -> None:
        self._files = files
        self._work = work
        self._items: dict[str, pytest.Item] = {}
        self._session: pytest.Session
        self._reach: Reach
        self._killers: dict[str, list[str]] = defaultdict(list)
        """By function, the tests that noticed a change of it, the latest first."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Lets the work be done in place of running the tests."""
        self._session = session
        self._items = {item.nodeid: item for item in session.items}
        gc.freeze()  # what is collected now need not be copied into every fork
        self._work(self)
        return True

    def learn(self) -> None:
        """Learns which tests reach what; raises RuntimeError where one fails as it is."""
        self._reach = self._learn()

    def reaching(self, file: Path, line: int) -> list[str]:
        """Returns the tests that reach a line, the quickest first."""
        lines = self._reach.tests[file]
        # a condition over several lines is counted where its parts stand, not at its `if`
        return next((lines[near] for near in range(line, line + NEAR) if lines.get(near)), [])

    def killer_of(self, mutant: Mutant, file: Path) -> str:
        """Returns the test that fails with the mutant in place, "" where none does; one that never
        ends has failed.
        """
        reached = self.reaching(file, mutant.line)
        # of a line that fills a cache only the first test is known to reach it: those behind live
        # on what it made, and meet the mutant where they come first
        lines = self._reach.tests[file].values()
        others = dict.fromkeys(test for near in lines for test in near if test not in reached)
        # whoever noticed the last change of a function is the likeliest to notice the next
        lately = self._killers[mutant.function]
        for tests in (reached, list(others)):
            likely = [test for test in lately if test in tests]
            order = dict.fromkeys([*likely, *tests])
            while killer := self._noticing(mutant, file, order):
                if killer not in order:
                    return killer  # it did not end, or broke off: nothing that happens by chance
                # a test may fail for a race as well: twice is no chance
                if self._noticing(mutant, file, [killer]):
                    self._killers[mutant.function] = [killer, *filter(killer.__ne__, lately)]
                    return killer
                del order[killer]
        return ""

    def _noticing(self, mutant: Mutant, file: Path, tests: Collection[str]) -> str:
        """Returns the first of the tests that fails with the mutant in place, "" for none."""

        def work(tell: Tell) -> bool:
            _install(mutant, file)
            return self._run(tests, tell)

        if not tests:
            return ""
        return _forked(work, lambda test: 20 + 5 * self._reach.seconds.get(test, 1))

    def _learn(self) -> Reach:
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder) / "reach"

            def work(tell: Tell) -> bool:
                measured = coverage.Coverage(
                    data_file=None, include=[str(file) for file in self._files]
                )
                measured.set_option("run:core", "ctrace")
                seconds: dict[str, float] = {}

                def begun(test: str) -> None:
                    measured.switch_context(test)
                    tell(test)

                measured.start()
                is_fine = self._run(self._items, begun, seconds)
                measured.stop()
                data = measured.get_data()
                tests = {file: _by_line(data, file, seconds) for file in self._files}
                kept.write_bytes(pickle.dumps(Reach(tests, seconds)))
                return is_fine

            if failed := _forked(work, lambda _: LONGEST):
                raise RuntimeError(f"fails without any mutant: {failed}")
            reach: Reach = pickle.loads(kept.read_bytes())  # written by this very session
            return reach

    def _run(
        self, tests: Iterable[str], begun: Tell, seconds: dict[str, float] | None = None
    ) -> bool:
        """Runs tests until one fails; tells whether none has."""
        items = [self._items[test] for test in tests]
        for item, following in zip(items, [*items[1:], None], strict=True):
            begun(item.nodeid)
            since = time.monotonic()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if seconds is not None:
                seconds[item.nodeid] = time.monotonic() - since
            if self._session.testsfailed:
                return False
        return True


def try_all(room: Room, work: Callable[[Trials], None]) -> None:
    """Collects the tests of a room and lets `work` try mutants against them.

    Raises:
        SystemExit: The tests cannot be collected, or fail without any mutant.
    """
    failed: list[BaseException] = []

    def guarded(trials: Trials) -> None:
        try:
            trials.learn()
            work(trials)
        except Exception as error:  # pytest would print it where nobody looks
            failed.append(error)

    with tempfile.TemporaryDirectory() as folder, _silence():
        options = [*OPTIONS, f"--basetemp={folder}/tests"]
        names = " and ".join(f"not {name}" for name in (*UNASKED, *room.without))
        code = pytest.main(
            [*options, "-k", names, *room.tests], plugins=[Trials(room.files, guarded)]
        )
    if failed:
        raise failed[0]
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        sys.exit(f"the tests fail without any mutant ({code}): {' '.join(room.tests)}")


def _by_line(
    data: coverage.CoverageData, file: Path, seconds: dict[str, float]
) -> dict[int, list[str]]:
    return {
        line: sorted(filter(None, set(tests)), key=lambda test: (seconds[test], test))
        for line, tests in data.contexts_by_lineno(str(file)).items()
    }


def _forked(work: Callable[[Tell], bool], patience: Callable[[str], float]) -> str:
    """Does some work in a process of its own.

    Args:
        work: Tells of each test that it begins; returns whether all went well.
        patience: How many seconds a test may take.

    Returns:
        The test that failed, did not end or broke the process; "" where all went well.

    Raises:
        RuntimeError: The process broke before any test had begun.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgrp()
        try:

            def tell(text: str) -> None:
                os.write(writer, f"{text}\n".encode())

            tell(FINE if work(tell) else FAILED)
        finally:
            os._exit(0)
    os.close(writer)
    told = _told_by(reader, patience)
    os.close(reader)
    # whatever the tests started goes with them
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    test, end = told
    if not test and end not in (FINE, FAILED):
        raise RuntimeError(f"no test began: {end}")
    return {FINE: "", FAILED: test}.get(end, f"{test} ({end})")


def _told_by(reader: int, patience: Callable[[str], float]) -> tuple[str, str]:
    """Returns the last test that a process began, and how that ended."""
    test = ""
    text = b""
    while True:
        is_ready = select.select([reader], [], [], patience(test))[0]
        part = os.read(reader, 65536) if is_ready else b""
        if not part:
            return test, "broke off" if is_ready else "did not end"
        *lines, text = (text + part).split(b"\n")
        for line in lines:
            if line.decode() in (FINE, FAILED):
                return test, line.decode()
            test = line.decode()


def _install(mutant: Mutant, file: Path) -> None:
    """Gives the functions of the loaded module the code of the mutant."""
    name = ".".join(file.relative_to(PROJECT).with_suffix("").parts)
    module = importlib.import_module(name)
    changed = types.ModuleType(name)
    changed.__file__ = str(file)
    sys.modules[name] = changed  # dataclasses look their module up
    exec(compile(mutant.tree(), str(file), "exec"), changed.__dict__)
    sys.modules[name] = module
    owner, _, function = mutant.function.rpartition(".")
    old = getattr(module, owner).__dict__[function] if owner else module.__dict__[function]
    new = getattr(changed, owner).__dict__[function] if owner else changed.__dict__[function]
    before = _plain(old)
    code = _plain(new).__code__
    if code.co_freevars == before.__code__.co_freevars:
        before.__code__ = code
        return
    # what calls super() holds the cell of its class, and without the call has no place for it
    without = types.FunctionType(code, before.__globals__, function, before.__defaults__)
    without.__kwdefaults__ = before.__kwdefaults__
    setattr(getattr(module, owner), function, without)


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
