"""Isolation: how a participant's notebook is kept away from the facilitator's machine.

`bubblewrap`: no network but its own loopback, no secrets, the system read-only, and never as root:
a grader that is root only sets up the mounts, and a user who owns nothing is taken inside before
anything of the notebook is read.  `process`: a clean environment and limits only; the notebook runs
with the facilitator's rights, so it is for notebooks that one trusts.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from sandbox.course.grading.watching import BOUNDS, Use, use_of
from sandbox.errors import SandboxError
from sandbox.limits import (
    GRADED_FILE_BYTES,
    GRADED_MEMORY_BYTES,
    GRADED_PROCESSES,
    GRADED_TEMPORARY_BYTES,
)
from sandbox.shipped import PACKAGE, SOURCES, is_checkout

INSIDE = Path(__file__).with_name("inside.py")
SYSTEM_FOLDERS = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/ld.so.cache",
)
# the range that systemd keeps for users who exist only while a service runs (DynamicUser)
TRANSIENT_USERS = range(61184, 65520)
LOOK_EVERY = 0.1  # seconds
PATIENCE = 5.0  # seconds, for leftovers to end


class NotIsolated(SandboxError):
    """The notebook would run with rights that a stranger must not have."""


class Isolation(StrEnum):
    """The level at which a notebook was executed; it is part of the result."""

    bubblewrap = "bubblewrap"
    process = "process"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Its exit code; None where it was ended.
        beyond: What it had too much of: `time`, or what a `Use` counts.
    """

    code: int | None
    beyond: str = ""


@cache
def best_isolation() -> Isolation:
    """Returns the strongest level that works on this machine, by trying it."""
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        return Isolation.process
    # bwrap is there and still refuses where the kernel gives no user namespaces to plain users
    # (hardened Debian, many containers), root may lack the right to become somebody else, and the
    # packages may stand where nobody else may read: only a trial tells.
    with tempfile.TemporaryDirectory(prefix="connectathon-trial-") as name:
        folder = Path(name).resolve()
        trial = run_isolated(
            [sys.executable, "-c", "import sandbox.clock"],
            folder=folder,
            level=Isolation.bubblewrap,
            environment=clean_environment(folder),
            seconds=20,
        )
    return Isolation.bubblewrap if trial.code == 0 else Isolation.process


def refuse_root(level: Isolation) -> None:
    """Refuses to run somebody's notebook with all the rights there are.

    Raises:
        NotIsolated: This is root, and nothing stands between.
    """
    if level is Isolation.process and hasattr(os, "geteuid") and os.geteuid() == 0:
        raise NotIsolated("grade.as_root")


def run_isolated(
    command: list[str],
    *,
    folder: Path,
    level: Isolation,
    environment: dict[str, str],
    seconds: int,
) -> Ended:
    """Runs a command that may write only below a folder.

    Args:
        command: The program, by its path, and its arguments.
        folder: Its working folder, where its output goes too (`log.txt`).
        level: How it is shut in; `process` trusts the command not to write elsewhere.
        environment: All the variables that it gets.
        seconds: After which it and all that it started are killed.

    Returns:
        How it ended. It, and all that it started, is gone by then.
    """
    return run_watched(
        isolated_command(command, folder=folder, level=level, seconds=seconds),
        folder=folder,
        environment=environment,
        seconds=seconds,
        bounds=BOUNDS,
    )


def isolated_command(
    command: list[str], *, folder: Path, level: Isolation, seconds: int
) -> list[str]:
    """Returns the command with what shuts it in; where this is root, the folder is given to the
    user inside.
    """
    if sys.platform == "win32":
        return command
    is_walled = level is Isolation.bubblewrap
    user = 0
    if is_walled and os.geteuid() == 0:
        user = secrets.choice(TRANSIENT_USERS)
        _give(folder, user)
    settings = {
        "user": user,
        # root without its capabilities may not enter it
        "folder": str(folder),
        "processes": GRADED_PROCESSES if is_walled and _counts_own_processes(user) else 0,
        "memory": GRADED_MEMORY_BYTES,
        "file_bytes": GRADED_FILE_BYTES,
        "cpu_seconds": seconds,
        # a namespace of processes ends with its first one; without it somebody must see to that
        "guard": not is_walled,
    }
    walls = bubblewrap(folder, is_root=bool(user)) if is_walled else []
    return [*walls, sys.executable, "-I", str(INSIDE), json.dumps(settings), *command]


def run_watched(
    command: list[str], *, folder: Path, environment: dict[str, str], seconds: float, bounds: Use
) -> Ended:
    """Runs a command, and ends it with all that it started when together they use too much."""
    log = (folder / "log.txt").open("wb")
    with (
        log,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # a group of its own, so that what it started ends with it
            start_new_session=True,
        ) as process,
    ):
        deadline = time.monotonic() + seconds
        beyond = ""
        while not beyond:
            try:
                return Ended(process.wait(timeout=LOOK_EVERY))
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    beyond = "time"
                elif sys.platform == "linux":
                    beyond = use_of(process.pid, folder).beyond(bounds)
        _end(process)
    return Ended(None, beyond)


def clean_environment(folder: Path, **names: str) -> dict[str, str]:
    """Returns the only variables that the notebook gets: nothing of the facilitator's, homes below
    `folder`.
    """
    home = folder / "home"
    home.mkdir(exist_ok=True)
    paths = {
        "HOME": home,
        "IPYTHONDIR": home,
        "JUPYTER_CONFIG_DIR": home,
        "JUPYTER_RUNTIME_DIR": home,
    }
    system = {
        name: os.environ[name] for name in ("SYSTEMROOT", "SYSTEMDRIVE") if name in os.environ
    }
    return {
        **system,
        **{name: str(path) for name, path in paths.items()},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        # the code that grades, also where another copy is installed
        "PYTHONPATH": str(SOURCES),
        "LANG": "C.UTF-8",
        **names,
    }


def bubblewrap(folder: Path, *, is_root: bool) -> list[str]:
    """Returns the words of bubblewrap before a command.

    Args:
        folder: The only place that may be written to and kept.
        is_root: Whether root sets this up; it keeps the right to become somebody else, which the
            first thing inside uses and loses.
    """
    binds: list[str] = []
    for place in SYSTEM_FOLDERS:
        binds += ["--ro-bind-try", place, place]
    for path in _places():
        binds += [*_way_to(path), "--ro-bind-try", str(path), str(path)]
    # a namespace of users has root alone in it where root makes it: it could become nobody else
    users = (
        ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        if is_root
        else ["--unshare-user"]
    )
    temporary = ["--perms", "1777", "--size", str(GRADED_TEMPORARY_BYTES), "--tmpfs"]
    words = [str(shutil.which("bwrap")), *users]
    words += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
    words += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"]
    words += ["--dev", "/dev", *temporary, "/dev/shm"]  # noqa: S108  (inside the isolation)
    words += [*temporary, "/tmp"]  # noqa: S108  (inside the isolation)
    # the folder last: a later bind wins over an earlier one that it stands in, and over /tmp
    words += [*binds, *_way_to(folder), "--bind", str(folder), str(folder)]
    # what bubblewrap made to hang the others in would be writable memory without a bound
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/"]


def _way_to(path: Path) -> list[str]:
    """Makes the empty folders above a place such that another user gets through: bubblewrap makes
    them for its own.
    """
    parents = [str(parent) for parent in reversed(path.parents[:-1])]
    return [word for parent in parents for word in ("--perms", "0755", "--dir", parent)]


def _places() -> list[Path]:
    """Returns what Python and the sandbox need; of a checkout not what else a person keeps in
    it.
    """
    ours = [SOURCES / name for name in ("datasets", "docs", "notebooks")] if is_checkout() else []
    python = [
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.executable).resolve().parent.parent,
    ]
    return sorted({*python, PACKAGE, *ours})


def _counts_own_processes(user: int) -> bool:
    """Tells whether the limit of processes counts those inside alone: since Linux 5.14 a namespace
    of users has its own count; before, the facilitator's whole desktop would be in it.
    """
    numbers = platform.release().split(".")[:2]
    return bool(user) or tuple(int(number) for number in numbers if number.isdigit()) >= (5, 14)


def _give(folder: Path, user: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command: first asked, so that whoever guards the leftovers ends them."""
    process.terminate()
    try:
        process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
