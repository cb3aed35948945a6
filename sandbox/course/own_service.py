"""Moves what a learner wrote in a notebook into one file, and starts it as a service.

The file holds the functions with whatever they use, and a frame around them that answers HTTP.  It
imports nothing of the sandbox: a team takes it home.
"""

from __future__ import annotations

import atexit
import builtins
import dis
import inspect
import subprocess
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.errors import BadRequest
from sandbox.shipped import shipped

FRAMES = {"system": "frame.py", "certificates": "certificates.py"}
PLAIN = (str, int, float, dict, list, tuple)
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service that runs until the notebook ends.

    Attributes:
        file: What it was started from.
        base: Its FHIR base.
        process: What answers there.
    """

    file: Path
    base: str
    process: subprocess.Popen[str]

    @classmethod
    def started(cls, file: Path) -> OwnService:
        """Starts a file on a free port, as `python -m team_system serve`.

        Args:
            file: As it was written, beside the national record.

        Raises:
            BadRequest: It does not start; the sentence holds what it said.
        """
        command = [sys.executable, "-m", file.stem, "serve", "--records", str(file.parent)]
        process = subprocess.Popen(
            command, cwd=file.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        service = cls(file, process.stdout.readline().strip() if process.stdout else "", process)
        if service.base:
            atexit.register(service.stop)
            return service
        said = process.stderr.read() if process.stderr else ""
        service.stop()
        raise BadRequest("course.own_service", where=file.name, name=file.name, said=said[-400:])

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(timeout=SECONDS)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def call(self, verb: str, *words: Any) -> str | Blank:
        """Runs the file once from outside, as `python -m team_system publish NUMBER BASE`.

        Args:
            verb: `publish` or `read`.
            words: What it takes.

        Returns:
            What it printed, its error where it failed; a blank where one was given.
        """
        if has_blank(words):
            return BLANK
        command = [sys.executable, "-m", self.file.stem, verb, *words]
        done = subprocess.run(
            [*command, "--records", str(self.file.parent)],
            cwd=self.file.parent,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return (done.stdout or done.stderr[-400:]).strip()

    def __repr__(self) -> str:
        return f"{self.base}  ({self.file})"


def own_service(
    folder: Path, functions: Mapping[str, Any], *, frame: str = "system"
) -> OwnService | Blank:
    """Writes a team's functions into one file and starts it.

    Args:
        folder: That of the national record; the file stands beside it.
        functions: By the names that the frame calls.
        frame: What is around them: `system`, or `certificates`.

    Returns:
        The service; a blank where a function is one.

    Raises:
        BadRequest: It does not start; the sentence holds what it said.
    """
    if has_blank(functions):
        return BLANK
    return OwnService.started(write_service(folder, functions, frame=frame))


def write_service(
    folder: Path, functions: Mapping[str, types.FunctionType], *, frame: str = "system"
) -> Path:
    """Writes the file.

    Args:
        folder: Where.
        functions: By the names that the frame calls.
        frame: What is around them.
    """
    module = _Module()
    for name, function in functions.items():
        module.add(function)
        if function.__name__ != name:
            module.lines.append(f"{name} = {function.__name__}\n")
    around = shipped("notebooks") / "starters" / "python" / FRAMES[frame]
    file = folder / f"team_{frame}.py"
    file.write_text(
        around.read_text(encoding="utf-8").replace("# <functions>\n", module.text()),
        encoding="utf-8",
    )
    return file


class _Module:
    """The text of a module, grown from functions and what they use."""

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.lines: list[str] = []
        self._added: set[str] = set()

    def add(self, function: types.FunctionType) -> None:
        """Adds a function, before it whatever it uses."""
        if function.__name__ in self._added:
            return
        self._added.add(function.__name__)
        # the code knows names alone; what they mean stands in the notebook
        beside = function.__globals__
        for name in dict.fromkeys(_names_in(function.__code__)):
            if name in beside and beside[name] is not getattr(builtins, name, None):
                self._use(name, beside[name], beside)
        self.lines.append(inspect.getsource(function) + "\n")

    def _use(self, name: str, value: object, beside: Mapping[str, Any]) -> None:
        module = getattr(value, "__module__", "")
        if isinstance(value, types.ModuleType):
            self.imports.add(_as(f"import {value.__name__}", value.__name__, name))
        elif isinstance(value, types.FunctionType) and value.__globals__ is beside:
            self.add(value)
        elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
            own = str(getattr(value, "__name__", name))
            self.imports.add(_as(f"from {module} import {own}", own, name))
        elif isinstance(value, PLAIN) and name not in self._added:
            self._added.add(name)
            self.lines.append(f"{name} = {value!r}\n")

    def text(self) -> str:
        """Returns imports first, then constants and functions in the order of their use."""
        return "\n".join([*sorted(self.imports), "", *self.lines])


def _as(statement: str, own: str, name: str) -> str:
    return statement if own == name else f"{statement} as {name}"


def _names_in(code: types.CodeType) -> Iterator[str]:
    loads = (step for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    yield from (str(step.argval) for step in loads)
    for constant in code.co_consts:  # comprehensions and functions within have code of their own
        if isinstance(constant, types.CodeType):
            yield from _names_in(constant)
