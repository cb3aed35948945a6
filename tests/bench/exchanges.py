"""50,000 recorded exchanges over four days: what they take on the disk, how fast the pages are that show them, and how
long it takes to export all of it and to judge it again.

`python -m tests.bench.exchanges`: the exchanges are those of real runs against the bundled server, one behind the
other, so that recording them takes minutes; the clock alone is told.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.testclient import TestClient

from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import a_sandbox
from tests.sandbox.testbench.playing import LUZIA, sender_to

EXCHANGES = 50_000
BEGUN = datetime(2026, 7, 27, 8, tzinfo=UTC)
DAYS = timedelta(days=4)
TEAMS = 40
ASKED = 20
MINUTES = 10
TRACKS: dict[str, dict[str, str]] = {
    "fhir.basics": {},
    "mhd.recipient": {"comprehensive": "yes", "uncontained": "yes", "simplified": "yes"},
    "mhd.responder": {"patient": "luzia-nogueira"},
    "ips.server": {"patient": "luzia-nogueira", "identifier": LUZIA, "ruleset": "2023"},
    "pdqm.supplier": {"match": "yes"},
}


@dataclass(slots=True)
class Recorder:
    """Plays and keeps runs, over a clock that is as far as the count of exchanges."""

    runs: Runs
    most: int
    count: int = 0
    ids: list[str] = field(default_factory=list)

    def record(self, client: TestClient) -> None:
        """Plays the tracks in turn until there are enough exchanges."""
        while self.count < self.most:
            tracks = list(TRACKS)
            track = tracks[len(self.ids) % len(tracks)]
            number = len(self.ids) // len(tracks) % TEAMS
            system = System(f"system-{number}", "http://sandbox.test/fhir", team=f"Team {number}")
            run = self.runs.start(track, system, given=TRACKS[track])
            self.ids.append(run.id)
            asyncio.run(self._carry_out(run.id, client))

    async def _carry_out(self, id: str, client: TestClient) -> None:
        async with sender_to(client) as send:
            run = await self.runs.carry_out(id, send)
        self.count += sum(len(outcome.exchanges) for outcome in run.outcomes.values())


def figures(most: int = EXCHANGES) -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        partitions = Partitions(folder / "event" / "sandbox")
        recorder = _recorder(partitions, most)
        with a_sandbox(folder / "target", seed="training", id_seed="") as target:
            begun = time.perf_counter()
            recorder.record(target)
        taken = time.perf_counter() - begun
        yield f"{recorder.count:,} exchanges in {len(recorder.ids):,} runs", f"{taken:.0f} s", ""
        size = _size(folder / "event")
        each = f"{size / recorder.count / 1000:.1f} kB each"
        yield "  on the disk", f"{size / 1e6:.0f} MB", each
        with a_sandbox(folder / "event", id_seed="") as client:
            yield from _pages(client, recorder.ids)
        yield from _again(recorder, folder / "export")
        partitions.close()


def _recorder(partitions: Partitions, most: int) -> Recorder:
    numbers = iter(range(10**9))

    def clock() -> datetime:
        return BEGUN + DAYS * min(recorder.count / most, 1)

    def new_id() -> str:
        return f"r{next(numbers):07}"

    recorder = Recorder(Runs(RunStore(partitions.main), clock=clock, new_id=new_id), most)
    return recorder


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _pages(client: TestClient, ids: list[str]) -> Iterator[tuple[str, str, str]]:
    largest = ids[1]  # of the track with the most exchanges
    pages = ("/runs", "/api/runs", "/matrix", "/report", f"/runs/{largest}", f"/api/runs/{largest}", f"/runs/{largest}/0")  # fmt: skip
    for page in pages:
        client.get(page).raise_for_status()
        by_clock, by_processor = [], []
        for _ in range(ASKED):
            begun, used = time.perf_counter(), time.process_time()
            client.get(page).raise_for_status()
            by_clock.append((time.perf_counter() - begun) * 1000)
            by_processor.append((time.process_time() - used) * 1000)
        # on a machine that others use the second tells what the page itself costs
        held = f"under 250 ms; of processor {_p95(by_processor):.0f} ms"
        yield f"  p95 of {page}", f"{_p95(by_clock):.0f} ms", held


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20, method="inclusive")[-1]


def _again(recorder: Recorder, folder: Path) -> Iterator[tuple[str, str, str]]:
    folder.mkdir()
    begun = time.perf_counter()
    for id in recorder.ids:
        (folder / f"{id}.zip").write_bytes(recorder.runs.evidence(id))
    exported = time.perf_counter() - begun
    yield "  exported, a zip for each run", f"{exported:.0f} s", f"{_size(folder) / 1e6:.0f} MB"
    begun = time.perf_counter()
    others = 0
    for id in recorder.ids:
        judged = asyncio.run(recorder.runs.recheck(id)).values()
        others += sum(before != result.verdict for before, result in judged)
    taken = time.perf_counter() - begun
    yield "  judged again", f"{taken:.0f} s", f"{others} other verdicts, asked for 0"
    both = (exported + taken) / 60
    yield "  exported and judged again", f"{both:.1f} min", f"under {MINUTES} min"


def main() -> None:
    """Prints one line a figure."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else EXCHANGES
    for name, figure, held in figures(most):
        print(f"{name:<64} {figure:>9}   {held}", flush=True)


if __name__ == "__main__":
    main()
