"""Starts a receiver by others, and gives what it has received."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from tests.conftest import RECEIVERS

HERE = Path(__file__).parent
SECONDS = 20.0


class Receiver:
    """One that runs: its port, and what it has said, in order."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._said: Queue[Any] = Queue()
        assert process.stdout is not None
        self.port = int(json.loads(process.stdout.readline())["port"])
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(json.loads(line))

    def next(self) -> Any:
        """Waits for what it receives next."""
        return self._said.get(timeout=SECONDS)

    def nothing_more(self) -> bool:
        return self._said.empty()


@contextmanager
def running(name: str) -> Iterator[Receiver]:
    """Runs `with_NAME.py` by the Python of that package's own environment."""
    python = RECEIVERS / name / "bin" / "python"
    command = [str(python), "-u", str(HERE / f"with_{name}.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Receiver(process)
        finally:
            process.kill()
