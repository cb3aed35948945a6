"""Isolation: how a participant's notebook is kept away from the facilitator's machine.

`bubblewrap`: no network but its own loopback, no secrets, the system read-only.  `process`: a clean
environment and limits only; the notebook runs with the facilitator's rights, so it is for notebooks
that one trusts.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from enum import StrEnum
from functools import cache
from pathlib import Path

from sandbox.shipped import SOURCES

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


class Isolation(StrEnum):
    """The level at which a notebook was executed; it is part of the result."""

    bubblewrap = "bubblewrap"
    process = "process"


@cache
def best_isolation() -> Isolation:
    """Returns the strongest level that works on this machine, by trying it."""
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        return Isolation.process
    # bwrap is there and still refuses where the kernel gives no user namespaces to plain users
    # (hardened Debian, many containers): only a trial tells.
    command = [*_bubblewrap(Path("/tmp")), "true"]  # noqa: S108  (only bound, never written)
    trial = subprocess.run(command, capture_output=True, timeout=20, check=False)
    return Isolation.process if trial.returncode else Isolation.bubblewrap


def run_isolated(
    command: list[str], *, folder: Path, level: Isolation, environment: dict[str, str], seconds: int
) -> int | None:
    """Runs a command that may write only below a folder.

    Args:
        command: The program and its arguments.
        folder: Its working folder, where its output goes too (`log.txt`).
        level: How it is shut in; `process` trusts the command not to write elsewhere.
        environment: All the variables that it gets.
        seconds: After which it and all that it started are killed.

    Returns:
        Its exit code, or None when its time was over.
    """
    wrapped = [*_bubblewrap(folder), *command] if level is Isolation.bubblewrap else command
    log = (folder / "log.txt").open("wb")
    with (
        log,
        subprocess.Popen(
            wrapped,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # a group of its own, so that the kernel and all that it started end with it
            start_new_session=True,
        ) as process,
    ):
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None


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


def _bubblewrap(folder: Path) -> list[str]:
    binds: list[str] = []
    for place in SYSTEM_FOLDERS:
        binds += ["--ro-bind-try", place, place]
    places = {
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.executable).resolve().parent.parent,
        SOURCES,
    }
    for path in sorted(places):
        binds += ["--ro-bind", str(path), str(path)]
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--tmpfs", "/tmp"]  # noqa: S108  (inside the isolation)
    # the folder last: a later bind wins over an earlier one that it stands in, and over /tmp
    return [*words, *binds, "--bind", str(folder), str(folder)]
