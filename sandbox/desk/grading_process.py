"""The process that grades beside a server: started when something waits, gone when nothing does.

It ends with the server: its input is a pipe of ours, which the system closes when we end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from sandbox.settings import Settings
from sandbox.store.desk import LOG

WAITS = ("handed_in", "again")
"""What the log of a hand-in says when it waits to be graded."""


class GradingProcess:
    """Starts `connectathon course grade` for the data of a server, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def told(self, log: str, kind: str) -> None:
        """Takes what is told of a log: what was handed in elsewhere is graded, and what may have
        been while nothing was heard.
        """
        if not kind or (log.startswith(LOG) and kind in WAITS):
            self.wake()

    def wake(self) -> None:
        """Lets the queue be graded; nothing happens where that is so already, or not wished."""
        with self._lock:
            is_there = self._process is not None and self._process.poll() is None
            if is_there or not self._settings.graders:
                return
            self._process = _started(self._settings)


def _started(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sandbox.cli", "course", "grade"]
    command += ["--workers", str(settings.graders), "--until-stdin-closes"]
    environment = {
        **os.environ,
        "CONNECTATHON_DATA": str(Path(settings.data).resolve()),
        "DATABASE_URL": settings.database_url,
    }
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        # interrupting the server must not interrupt a grading halfway
        start_new_session=True,
    )
