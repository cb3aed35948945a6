"""What `make bench` and `make overhead` say of the ways to a system: a whole track in a server against itself and by an agent, and what the bench
adds to the time that a server by others takes.

On a machine that others share the clock says little: the CPU time of the bench stands beside it.  `make overhead` fails where
a figure is not what it is held against, or HAPI is not there.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.testbench.engine import play_track
from sandbox.testbench.guard import guarded_from_here
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.conftest import HAPI_JPA, SYSTEMS
from tests.sandbox.api.test_agents import an_agent, registered, wait_for
from tests.sandbox.event.closed_systems import a_system, serving
from tests.systems.starting import java

TRACK = "mhd.recipient"
TIMES = 3
MOST_SECONDS = {"sandbox": 5, "hospital": 8}
MOST_SHARE = 0.1
Figure = tuple[str, str, str]


def figures() -> Iterator[Figure]:
    """Yields name, figure and what it is held against."""
    for figure, _ in measured():
        yield figure


def measured() -> Iterator[tuple[Figure, bool]]:
    """Yields each figure, and whether it is what it is held against."""
    yield from _of_own_servers()
    if _has_hapi():
        yield from _of_hapi(HAPI_JPA[-1])


def main() -> int:
    """Prints the figures; returns 1 where one does not hold, or HAPI is not there."""
    is_good = _has_hapi()
    for figure, holds in measured():
        is_good = is_good and holds
        print("✓" if holds else "✗", " | ".join(figure), flush=True)
    if not _has_hapi():
        print(f"✗ HAPI {HAPI_JPA[-1]} is not there: make systems")
    return 0 if is_good else 1


def _has_hapi() -> bool:
    return (SYSTEMS / f"hapi-jpa-{HAPI_JPA[-1]}" / "lib").is_dir()


def _of_own_servers() -> Iterator[tuple[Figure, bool]]:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        app = create_app(Settings(folder / "sandbox", seed="none", graders=0))
        with serving(app) as base, httpx.Client(base_url=base, timeout=60) as bench:
            yield _figure("a run in the server, against itself", bench, "sandbox")
            with serving(a_system(folder)) as hospital, _by_agent(bench, hospital):
                yield _figure("a run by an agent", bench, "hospital")


def _by_agent(bench: httpx.Client, hospital: str) -> Any:
    registered(bench, hospital)
    return an_agent(str(bench.base_url))


def _figure(name: str, bench: httpx.Client, system: str) -> tuple[Figure, bool]:
    if system != "sandbox":
        wait_for(bench)
    taken = []
    for _ in range(TIMES):
        begun, used = time.perf_counter(), time.process_time()
        _run(bench, system)
        taken.append((time.perf_counter() - begun, time.process_time() - used))
    seconds, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
    most = MOST_SECONDS[system]
    said = f"{seconds:.2f} s ({cpu:.2f} s CPU of the servers)"
    return (f"{TRACK}, {name}", said, f"under {most} s"), seconds < most


def _run(bench: httpx.Client, system: str) -> None:
    run = bench.post("/api/runs", json={"track": TRACK, "system": system}).json()
    while run["state"] in ("queued", "running"):
        time.sleep(0.02)
        run = bench.get(f"/api/runs/{run['id']}").json()
    assert run["verdict"] in ("pass", "warn"), run["verdict"]


def _of_hapi(version: str) -> Iterator[tuple[Figure, bool]]:
    """Yields how much a played track takes beyond the time that its exchanges take."""
    with java(f"hapi-jpa-{version}", "hapi-jpa-1.jar") as base:
        # the first play is that of a server that compiles and makes its indexes
        _played(base, 0)
        shares = [_played(base, number) for number in range(1, TIMES + 1)]
    own, of_server, cpu = (statistics.median(column) for column in zip(*shares, strict=True))
    said = f"{own / of_server:.1%} of HAPI's {of_server:.2f} s ({cpu / of_server:.1%} as CPU)"
    name = f"{TRACK}, the bench's own time against HAPI {version}"
    yield (name, said, f"under {MOST_SHARE:.0%}"), own / of_server < MOST_SHARE


def _played(base: str, number: int) -> tuple[float, float, float]:
    """Returns the seconds of the bench and of the server, and the CPU time of the bench."""

    async def play() -> float:
        given = {"run": f"bench-{time.time_ns():x}-{number}", "now": "2026-07-27T09:00:00.000Z"}
        async with Sender(base, transport=guarded_from_here({})) as send:
            results = await play_track(TRACKS[TRACK], given, send)
        return sum(exchange.elapsed for result in results for exchange in result.exchanges)

    begun, used = time.perf_counter(), time.process_time()
    of_server = asyncio.run(play())
    return time.perf_counter() - begun - of_server, of_server, time.process_time() - used


if __name__ == "__main__":
    sys.exit(main())
