"""A server in a process of its own, with a watch beside it: how long `/health` takes, and how much memory all take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sandbox.course.connection import start_server

PAUSE = 0.05
WEIGHED = 0.5
QUIET = 60


@dataclass(slots=True)
class Watch:
    """What was seen: seconds of each look at `/health`, and the largest memory of server and workers, in MB."""

    url: str
    pid: int
    looks: list[float] = field(default_factory=list)
    lost: int = 0
    memory: float = 0

    quiet: float = 0
    """The same figure before anything hostile came, which tells how busy the machine is with others."""

    def p99(self) -> float:
        """Returns the time under which 99 of 100 looks were."""
        return sorted(self.looks)[int(len(self.looks) * 0.99)]

    def look_while_quiet(self) -> None:
        """Notes how long a look takes while nothing else is asked."""
        self.looks.clear()
        deadline = time.monotonic() + 60
        while len(self.looks) < QUIET and time.monotonic() < deadline:
            time.sleep(PAUSE)
        self.quiet = self.p99()
        self.looks.clear()


@contextmanager
def watched(data: Path) -> Iterator[Watch]:
    """Runs a server and watches it."""
    server = start_server({"CONNECTATHON_DATA": str(data), "CONNECTATHON_SEED": "none"})
    watch = Watch(server.connection.url, server.pid)
    is_over = threading.Event()
    threads = [threading.Thread(target=one, args=(watch, is_over)) for one in (_look, _weigh)]
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        server.stop()


def _look(watch: Watch, is_over: threading.Event) -> None:
    with httpx.Client(timeout=60, trust_env=False) as client:
        while not is_over.wait(PAUSE):
            begun = time.perf_counter()
            try:
                client.get(f"{watch.url}/health")
            except httpx.HTTPError:
                watch.lost += 1
            watch.looks.append(time.perf_counter() - begun)


def _weigh(watch: Watch, is_over: threading.Event) -> None:
    while not is_over.wait(WEIGHED):
        watch.memory = max(watch.memory, sum(map(_megabytes, [watch.pid, *_children(watch.pid)])))


def _children(pid: int) -> list[int]:
    try:
        return [
            int(child)
            for file in Path(f"/proc/{pid}/task").glob("*/children")
            for child in file.read_text().split()
        ]
    except OSError:
        return []


def _megabytes(pid: int) -> float:
    """Returns what a process holds for itself and its part of what it shares (PSS)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(
        (int(line.split()[1]) / 1024 for line in text.splitlines() if line[:4] == "Pss:"), 0
    )
