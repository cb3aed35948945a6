"""What `make bench` says of the test bench: how long a whole track takes, and how fast matrix, report,
queue and lists are there among very many runs.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from starlette.testclient import TestClient

from sandbox.event.run_list import RunList
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.event.played import Played, asked
from tests.sandbox.testbench.playing import played

SYSTEMS = 40
RUNS = 20_000
PLACES = ("/matrix", "/api/matrix", "/report", "/api/report", "/queue", "/api/queue", "/runs", "/team", "/api/runs")  # fmt: skip


def figures() -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    with tempfile.TemporaryDirectory() as folder, a_sandbox(Path(folder), id_seed="") as client:
        seconds = _median(lambda number: played("mhd.recipient", client, run=f"bench-{number}"))
        yield "mhd.recipient, all tests", f"{seconds:.2f} s", "under 5 s"
    with tempfile.TemporaryDirectory() as folder:
        yield _read_anew(Path(folder) / "sandbox")
        with a_sandbox(Path(folder), id_seed="") as client:
            yield from _places(client)


def _places(client: TestClient) -> Iterator[tuple[str, str, str]]:
    for place in PLACES:
        seconds = _median(lambda _, place=place: client.get(place).raise_for_status())  # type: ignore[misc]
        name = f"{place}, {SYSTEMS} systems × {len(TRACKS)} tracks, {RUNS:,} runs"
        yield name, f"{seconds * 1000:.0f} ms", "under 250 ms"


def _median(work: Callable[[int], object]) -> float:
    taken = []
    for number in range(7):
        begun = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _read_anew(folder: Path) -> tuple[str, str, str]:
    """Writes the logs of runs as before there were rows, and measures how long these take."""
    partitions = Partitions(folder)
    store = RunStore(partitions.main)
    places = list(product(range(SYSTEMS), TRACKS))
    for number in range(RUNS):
        system, track = places[number % len(places)]
        run = Played(f"system-{system}", f"Team {system}", f"team{system}", track=track)
        lines = run.lines(number)
        # one of five waits for a monitor
        store.append(f"r{number}", [*lines, asked(number)] if number % 5 == 0 else lines)
    begun = time.perf_counter()
    RunList(store)
    taken = time.perf_counter() - begun
    partitions.close()
    return f"rows of {RUNS:,} runs read from their logs", f"{taken:.0f} s", "once, under 60 s"
