"""The worker: does one job after the other until nobody writes to it any more.

Its limits are those of the operating system, so that no code within a job can go beyond them, and
they hold when the server that started it is gone.  Where there are none, as on Windows, the server
watches the clock alone.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import IO

from sandbox.collecting import not_collecting
from sandbox.errors import SandboxError
from sandbox.workers.frames import Done, Job, read_frame, write_frame

try:
    import resource
except ImportError:  # Windows
    HAS_LIMITS = False
else:
    HAS_LIMITS = True

STATM = Path("/proc/self/statm")


def main() -> None:
    """Serves standard input; what a job prints goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which then ends us
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            job: Job = read_frame(sys.stdin.buffer)
            with not_collecting():  # it looks around when the answer is on its way
                _answer(results, job)
        except (EOFError, OSError):  # the server is gone
            return


def _answer(results: IO[bytes], job: Job) -> None:
    os.environ["CONNECTATHON_DATA"] = job.data
    _set_limits(job)
    try:
        done = Done(job.function(*job.arguments), resting=_resting())
    except MemoryError:
        raise SystemExit(1) from None  # the server says that it was not finished
    except (SandboxError, ValueError) as error:
        done = Done(error=error, resting=_resting())
    except Exception:
        done = Done(error=RuntimeError(traceback.format_exc()), resting=_resting())
    write_frame(results, done)


def _set_limits(job: Job) -> None:
    if not HAS_LIMITS:
        return
    spent = int(time.process_time()) + 1
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, spent + job.cpu_seconds),
        (resource.RLIMIT_DATA, job.memory),
    ):
        _, hard = resource.getrlimit(kind)
        is_lower = hard == resource.RLIM_INFINITY or most <= hard
        resource.setrlimit(kind, (most if is_lower else hard, hard))


def _resting() -> int:
    """Returns the memory of this process in bytes, 0 where that cannot be read."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


if __name__ == "__main__":
    main()
