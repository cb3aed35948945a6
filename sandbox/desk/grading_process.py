"""The process that grades beside a server: started when something waits, gone when nothing does.

It ends with the server: its input is a pipe of ours, which the system closes when we end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

from sandbox.clock import utc_now
from sandbox.errors import SandboxError
from sandbox.fhir.dates import milliseconds_of
from sandbox.settings import Settings
from sandbox.store.desk import LOG, DeskStore
from sandbox.threads import run_in_threadpool

LOOK_SECONDS = 20.0
log = logging.getLogger("sandbox.desk")
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

    async def watch(self, store: DeskStore) -> None:
        """Looks from time to time whether something waits of which nobody is told: what was left
        behind by a process that was killed.  Goes on until it is cancelled, and ends what grades
        then.
        """
        before: frozenset[str] = frozenset()
        try:
            while self._settings.graders:
                await asyncio.sleep(LOOK_SECONDS)
                before = await self._look(store, before)
        finally:
            self._end()

    async def _look(self, store: DeskStore, before: frozenset[str]) -> frozenset[str]:
        """Lets the queue be graded where it is another than before; returns what waits."""
        try:
            waits = await run_in_threadpool(partial(store.free, now=milliseconds_of(utc_now())))
        except SandboxError:  # such as a database that is away: it may come back
            log.warning("it is not known what waits to be graded", exc_info=True)
            return before
        # what nobody here can grade stays in the queue, and is not tried three times a minute
        if not waits or waits == before:
            return waits
        return waits if await run_in_threadpool(self.wake) else before

    def wake(self) -> bool:
        """Lets the queue be graded; returns whether that was begun, and is not so already or not
        wished.
        """
        with self._lock:
            is_there = self._process is not None and self._process.poll() is None
            if is_there or not self._settings.graders:
                return False
            self._process = _started(self._settings)
            return True

    def _end(self) -> None:
        with self._lock:
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()
                self._process.wait()
                self._process = None


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
