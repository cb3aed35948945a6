"""One worker process, as the server holds it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from sandbox.errors import NotFinished
from sandbox.settings import data_folder
from sandbox.workers.frames import Done, Job, read_frame, write_frame

ROOT = Path(__file__).parents[2]  # where the package stands


class Worker:
    """A process that does one job at a time; it begins to load what it needs at once."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._lock = threading.Lock()
        self._is_over = False
        self.resting = 0

    @property
    def is_usable(self) -> bool:
        """Whether it can do a further job."""
        return not self._is_over and self._process.poll() is None

    def work(
        self, function: Any, arguments: tuple[Any, ...], *, cpu: int, seconds: int, memory: int
    ) -> Any:
        """Does one job.

        Args:
            function: A function of a module, by whose name the worker finds it.
            arguments: Its arguments.
            cpu: Seconds of one core that it may take.
            seconds: Seconds after which the process is killed.
            memory: Bytes that the process may use.

        Returns:
            What the function returns; what it raises is raised here.

        Raises:
            NotFinished: The job took more than it may, and the process was killed or died of it.
        """
        assert self._process.stdin is not None  # noqa: S101  # both are pipes
        assert self._process.stdout is not None  # noqa: S101
        clock = threading.Timer(seconds, self.kill)
        clock.daemon = True
        clock.start()
        try:
            job = Job(function, arguments, cpu, memory, str(data_folder()))
            write_frame(self._process.stdin, job)
            done: Done = read_frame(self._process.stdout)
        except (EOFError, OSError):
            self.kill()
            raise NotFinished("workers.not_finished", seconds=cpu) from None
        finally:
            clock.cancel()
        self.resting = done.resting
        try:
            if done.error is not None:
                raise done.error
            return done.value
        finally:
            del done  # its error holds this frame, and the frame all that was to be judged

    def kill(self) -> None:
        """Ends the process, whatever it does."""
        with self._lock:
            if not self._is_over:
                self._is_over = True
                self._process.kill()

    def close(self) -> None:
        """Ends the process and gives back its pipes."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not written yet has no reader any more
                    continue
