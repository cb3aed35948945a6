"""`connectathon doctor`: what is installed, what is missing, and what to type."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Literal

import typer

from sandbox.cli import tell
from sandbox.settings import DEFAULT_PORT, data_folder
from sandbox.shipped import SOURCES, is_checkout, shipped

PROJECT = "connectathon-sandbox"
PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^ ;]+)(?: ; (?P<marker>.+?))?(?: \\)?$"
)
LOCKED = "--require-hashes -r requirements.lock"
SHELL = "chromium-headless-shell"
State = Literal["fine", "missing", "optional"]
SYMBOLS = {"fine": "✓", "missing": "✗", "optional": "–"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: `remedy` is what to type."""

    state: State
    what: str
    remedy: str = ""


def doctor() -> None:
    """Examines the machine; exit code 1 when something that the sandbox needs is missing."""
    findings = [finding for examine in EXAMINATIONS for finding in examine()]
    for finding in findings:
        print(f"{SYMBOLS[finding.state]} {finding.what}")
        if finding.remedy:
            print(f"    → {finding.remedy}")
    if any(finding.state == "missing" for finding in findings):
        print(tell("doctor.ill"))
        raise typer.Exit(1)
    print(tell("doctor.well"))


def examine_python() -> Iterator[Finding]:
    """Python 3.11 or newer."""
    running = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info >= (3, 11)
    remedy = "" if fine else tell("doctor.python_remedy")
    yield Finding(
        "fine" if fine else "missing",
        tell("doctor.python", version=running, place=sys.executable),
        remedy,
    )


def examine_packages() -> Iterator[Finding]:
    """The packages that apply to this platform, in a checkout by the versions that were tested."""
    lock = SOURCES / "requirements.lock"
    if is_checkout() and not lock.exists():
        yield Finding("missing", tell("doctor.no_lock", folder=SOURCES))
        return
    wanted = _pinned(lock.read_text(encoding="utf-8")) if is_checkout() else _declared()
    absent: list[str] = []
    differing: list[str] = []
    for name, tested in wanted.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            absent.append(name)
            continue
        if tested not in ("", installed):
            differing.append(f"{name} {installed} ≠ {tested}")
    remedy = f"{sys.executable} -m pip install {LOCKED if is_checkout() else PROJECT}"
    if absent:
        yield Finding("missing", tell("doctor.packages_absent", names=", ".join(absent)), remedy)
    # Other versions may work as well; only missing packages keep the sandbox from running.
    if differing:
        yield Finding("optional", tell("doctor.packages_other", names=", ".join(differing)), remedy)
    if not absent and not differing:
        yield Finding(
            "fine", tell("doctor.packages" if is_checkout() else "doctor.packages_declared")
        )


def _pinned(lock: str) -> dict[str, str]:
    """Returns the tested version of each package of a lock."""
    pins = [pin for pin in map(PIN.match, lock.splitlines()) if pin is not None]
    # A marker names another platform; what is needed here shows when it is imported.
    return {pin["name"]: pin["version"] for pin in pins if not pin["marker"]}


def _declared() -> dict[str, str]:
    """Returns the packages that an installed wheel declares; any version that pip took will do."""
    return {re.split(r"[^A-Za-z0-9._-]", line)[0]: "" for line in requires(PROJECT) or ()}


def examine_data() -> Iterator[Finding]:
    """The data folder can be written."""
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fine = os.access(folder, os.W_OK)
    except OSError:
        fine = False
    free = shutil.disk_usage(folder).free // 1024**3 if fine else 0
    if fine:
        yield Finding("fine", tell("doctor.data", folder=folder, free=free))
    else:
        yield Finding(
            "missing",
            tell("doctor.no_data", folder=folder),
            "export CONNECTATHON_DATA=~/connectathon",
        )


def examine_database() -> Iterator[Finding]:
    """The databases of the data folder are sound, and which servers work on it."""
    from sandbox.store.examining import examine
    from sandbox.store.presence import is_served

    folder = data_folder()
    examined = examine(folder)
    damaged = [str(file.file) for file in examined if file.faults]
    if damaged:
        names = ", ".join(damaged)
        yield Finding("missing", tell("doctor.damaged", files=names), "connectathon data verify")
    elif examined:
        yield Finding("fine", tell("doctor.sound", count=len(examined)))
    if is_served(folder):
        yield Finding("fine", tell("doctor.served", folder=folder))


def examine_server() -> Iterator[Finding]:
    """A server runs already, or can be started."""
    from sandbox.course.connection import NoServer, probe, start_server

    running = probe(f"http://127.0.0.1:{DEFAULT_PORT}")
    if running:
        yield Finding("fine", tell("doctor.server_running", port=DEFAULT_PORT, version=running))
        return
    begun = time.perf_counter()
    try:
        start_server().stop()
    except NoServer as error:
        yield Finding(
            "missing",
            tell("doctor.no_server", reason=error.params["reason"]),
            "connectathon serve --port 8401",
        )
        return
    yield Finding("fine", tell("doctor.server", seconds=f"{time.perf_counter() - begun:.1f}"))


def examine_lab() -> Iterator[Finding]:
    """JupyterLab, its kernel and the lessons."""
    from jupyter_client.kernelspec import KernelSpecManager

    kernels = KernelSpecManager().find_kernel_specs()
    if "python3" in kernels:
        yield Finding(
            "fine", tell("doctor.lab", version=version("jupyterlab"), kernel=kernels["python3"])
        )
    else:
        remedy = f"{sys.executable} -m ipykernel install --sys-prefix"
        yield Finding("missing", tell("doctor.no_kernel"), remedy)
    lessons = sorted(shipped("notebooks").glob("*/*.ipynb"))
    state: State = "fine" if lessons else "missing"
    yield Finding(
        state,
        tell("doctor.lessons", count=len(lessons)),
        "" if lessons else "connectathon lessons build",
    )


def examine_programs() -> Iterator[Finding]:
    """Programs that some tasks use, and that the sandbox does without."""
    for names, purpose, package in (
        (("bwrap",), "doctor.for_grading", "bubblewrap"),
        (("chromium", SHELL), "doctor.for_browser_tests", SHELL),
        (("make",), "doctor.for_make", "make"),
        (("git",), "doctor.for_git", "git"),
    ):
        place = next((path for path in map(shutil.which, names) if path), None)
        if place:
            yield Finding("fine", f"{names[0]} – {tell(purpose)} ({place})")
        else:
            yield Finding(
                "optional",
                tell("doctor.absent", name=names[0], purpose=tell(purpose)),
                f"sudo apt install {package}",
            )


EXAMINATIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    examine_python,
    examine_packages,
    examine_data,
    examine_database,
    examine_server,
    examine_lab,
    examine_programs,
)
