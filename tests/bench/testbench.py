"""What `make bench` says of the test bench: how long a whole track takes, and how fast the matrix is there."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.testbench.playing import GIVEN, played

SYSTEMS = 40


def figures() -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    with tempfile.TemporaryDirectory() as folder, a_sandbox(Path(folder), id_seed="") as client:
        seconds = _median(lambda number: played("mhd.recipient", client, run=f"bench-{number}"))
        yield "mhd.recipient, all tests", f"{seconds:.2f} s", "under 5 s"
    with tempfile.TemporaryDirectory() as folder:
        tests = _filled(Path(folder) / "sandbox")
        with a_sandbox(Path(folder), id_seed="") as client:
            seconds = _median(lambda _: client.get("/matrix").raise_for_status())
            yield (
                f"/matrix, {SYSTEMS} systems × {tests} tests, 2 runs",
                f"{seconds * 1000:.0f} ms",
                "under 200 ms",
            )


def _median(work: Callable[[int], object]) -> float:
    taken = []
    for number in range(7):
        begun = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _filled(folder: Path) -> int:
    """Writes two runs of each track for each system, and returns the number of tests of one system."""
    partitions = Partitions(folder)
    store = RunStore(partitions.main)
    for system in range(SYSTEMS):
        for track in TRACKS.values():
            for turn in range(2):
                store.append(
                    f"{system}-{track.id}-{turn}", _log(f"system-{system}", track.id, turn)
                )
    partitions.close()
    return sum(len(track.tests) for track in TRACKS.values())


def _log(system: str, track: str, at: int) -> list[tuple[str, int, str]]:
    tests = [test.id for test in TRACKS[track].tests]
    head = {
        "track": track, "system": system, "base": "http://a.test", "tests": tests, "engine": "0", "keeper": "bench",
        "inbox": "", "given": GIVEN,
    }  # fmt: skip
    lines = [("queued", at, json.dumps(head))]
    for number, test in enumerate(tests):
        lines.append(
            (
                "exchange",
                at,
                json.dumps({"number": number, "test": test, "url": "http://a.test/fhir"}),
            )
        )
        verdict = {"test": test, "verdict": "pass", "produced": {}, "exchanges": [number]}
        lines.append(("verdict", at, json.dumps(verdict)))
    return [*lines, ("done", at, "{}")]
