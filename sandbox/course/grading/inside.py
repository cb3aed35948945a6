"""The first thing that runs inside the isolation: gives up root, sets limits, then becomes the
command that it was given.  The standard library alone, so that it starts at once.

`python -I inside.py '{"user": 0, "processes": 256, …}' COMMAND …`; where `guard` is set it stays
as the parent of all that the command starts, and ends it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

REFUSED = 125  # none of Python's own codes: what was asked for cannot be had here
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main(settings: dict[str, Any], command: list[str]) -> int:
    """Runs a command within limits.

    Args:
        settings: `user` to become, 0 to stay who one is; `folder` to work in; `processes`,
            `memory`, `file_bytes` and `cpu_seconds` of each process, 0 for none; `guard`, whether
            leftovers are ended here.
        command: The program, by its path, and its arguments.

    Returns:
        The exit code of a command that was guarded; another takes this process's place.
    """
    if settings["user"]:
        _become(settings["user"])
    elif sys.platform == "linux" and os.geteuid() == 0 and not settings["guard"]:
        return REFUSED
    os.chdir(settings["folder"])
    _limit(settings)
    if settings["guard"] and sys.platform == "linux":
        return _run_guarded(command)
    os.execv(command[0], command)  # noqa: S606  (the command is the grader's own)


def _become(user: int) -> None:
    """Takes the ids of a user who owns nothing; with them all capabilities go."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _limit(settings: dict[str, Any]) -> None:
    import resource

    limits = {
        resource.RLIMIT_AS: settings["memory"],
        resource.RLIMIT_FSIZE: settings["file_bytes"],
        resource.RLIMIT_CPU: settings["cpu_seconds"],
        resource.RLIMIT_NPROC: settings["processes"],
    }
    for limit, value in limits.items():
        _, hard = resource.getrlimit(limit)
        if value:
            top = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (top, top))
    # a core dump would hold all of the notebook's memory
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _run_guarded(command: list[str]) -> int:
    """Runs a command as its child, adopts what it leaves behind, and ends that with it."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    child = os.posix_spawn(command[0], command, os.environ)
    signal.signal(signal.SIGTERM, lambda *_: _end_children(child))
    _, status = os.waitpid(child, 0)
    _end_children(child)
    return os.waitstatus_to_exitcode(status) & 255


def _end_children(own: int) -> None:
    """Ends every child, and those that come to us while their parents end; our own is left to
    whoever waits for it.
    """
    ended: set[int] = set()
    while children := _children() - ended:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        for child in children:
            how = os.WEXITED | (os.WNOWAIT if child == own else 0)
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PID, child, how)
        ended |= children


def _children() -> set[int]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
