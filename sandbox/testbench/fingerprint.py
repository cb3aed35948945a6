"""What tells one state of a bench test from another: a fingerprint of the code that asks and of
what judges, so that a result says by which check it was found.

Two parts, so that a person sees which has changed: that of the bench, over the module of the test's
script and what it uses of the test bench; and that of the judge, over the rooms of KNOWLEDGE with
their data.  Wording is no part of either.  It is of bytes, and so errs on the side of a change: a
comment counts as one, and a rule that this test never meets too.
"""

from __future__ import annotations

import dis
import hashlib
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from types import CodeType

import sandbox
from sandbox.testbench.script import Test

HERE = Path(sandbox.__file__).parent
BENCH = "sandbox.testbench"
KNOWLEDGE = (
    "certificates", "credentials", "ddcc", "definitions", "fhir", "fhirpath", "ips", "submissions",
    "terminology", "trust", "validation", "limits.py",
)  # fmt: skip
LENGTH = 12  # hexadecimal digits of each part: two states in 2 ** 48 look alike


def fingerprint(test: Test) -> str:
    """Returns the fingerprint of a test, as `BENCH.JUDGE`."""
    script = test.script
    while isinstance(script, partial):
        script = script.func
    return f"{_bench(script.__module__)}.{_judge()}"


def changed_parts(before: str, after: str) -> tuple[str, ...]:
    """Returns which parts of two fingerprints differ: `bench`, `judge`."""
    pairs = zip(("bench", "judge"), before.split("."), after.split("."), strict=False)
    return tuple(name for name, old, new in pairs if old != new)


@cache
def _bench(module: str) -> str:
    modules: set[str] = set()
    to_read = [module]
    while to_read:
        name = to_read.pop()
        if name not in modules:
            modules.add(name)
            to_read += _imports(name)
    return _hash(_file(name) for name in sorted(modules))


@cache
def _judge() -> str:
    places = [HERE / name for name in KNOWLEDGE]
    files = [
        file
        for place in places
        for file in ([place] if place.is_file() else place.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]
    return _hash(sorted(files))


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Returns the modules of the test bench that a module of it names."""
    named: list[str] = []
    # the compiled form, since Python 3.11 breaks off `ast.parse` where two threads are in it
    waiting = [compile(_file(module).read_bytes(), module, "exec")]
    while waiting:
        code = waiting.pop()
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        around = ""
        for instruction in dis.get_instructions(code):
            if instruction.opname == "IMPORT_NAME":
                around = instruction.argval
                named.append(around)
            elif instruction.opname == "IMPORT_FROM":
                # what is imported may be a module itself
                named.append(f"{around}.{instruction.argval}")
    return tuple(name for name in named if name.startswith(f"{BENCH}.") and _file(name).is_file())


def _file(module: str) -> Path:
    place = HERE.parent.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        # a checkout on Windows ends its lines otherwise
        content = file.read_bytes().replace(b"\r\n", b"\n")
        name = file.relative_to(HERE.parent).as_posix()
        digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()[:LENGTH]
