"""Two hundred teams at one event for ten minutes: each follows the live stream and asks for a page now and then,
while something happens each second.  What the server holds in memory must not grow, and pages must stay quick.

A part of `make endurance`; `python -m tests.bench.polling --seconds 600` runs it alone.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sandbox.course.connection import start_server
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.bench import events

TEAMS = 200
SECONDS = 600.0
WARM_SHARE = 0.2  # the first two of ten minutes: caches fill, threads start
PAUSE = 20.0
"""Seconds between two pages of a team, as people look: a page that is open hears of changes by its stream."""
PAGES = (
    "/", "/matrix", "/report", "/instances", "/queue", "/runs", f"/event/{events.EVENT}",
    f"/event/{events.EVENT}/results",
)  # fmt: skip
P95_MILLISECONDS = 250
GROWTH_MEGABYTES = 10


@dataclass(slots=True)
class Seen:
    """What the teams saw: milliseconds of each page, faults, and what each stream has told."""

    taken: dict[str, list[float]] = field(default_factory=lambda: {page: [] for page in PAGES})
    faults: int = 0
    heard: list[int] = field(default_factory=lambda: [0] * TEAMS)


def polling(seconds: float = SECONDS) -> tuple[str, bool]:
    """Lets the teams look; returns the figures, and whether they hold."""
    with _event() as (url, pid, logs):
        seen = Seen()
        held = asyncio.run(_look(url, pid, logs, seconds, seen))
    every = [taken for page in seen.taken.values() for taken in page]
    p95 = _p95(every)
    slowest = max(seen.taken, key=lambda page: _p95(seen.taken[page]))
    warm = held[int(len(held) * WARM_SHARE)]
    growth = max(held[int(len(held) * WARM_SHARE) :]) - warm
    deaf = sum(count == 0 for count in seen.heard)
    figure = (
        f"{TEAMS} teams, {seconds:.0f} s: {len(every)} pages, p95 {p95:.0f} ms"
        f" ({slowest}: {_p95(seen.taken[slowest]):.0f}), {seen.faults} faults,"
        f" {deaf} streams that heard nothing, memory {warm:.0f} MB and {growth:+.1f} MB"
    )
    is_quick = p95 < P95_MILLISECONDS and growth < GROWTH_MEGABYTES
    return figure, is_quick and not seen.faults and not deaf


@contextmanager
def _event() -> Iterator[tuple[str, int, RunStore]]:
    """Runs a server with an event in full swing; gives its address, its process and its logs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "sandbox"
        events.lay_out(folder)
        server = start_server({"CONNECTATHON_DATA": str(folder), "CONNECTATHON_SEED": "none"})
        partitions = Partitions(folder)
        try:
            yield server.connection.url, server.pid, RunStore(partitions.main)
        finally:
            partitions.close()
            server.stop()


async def _look(url: str, pid: int, logs: RunStore, seconds: float, seen: Seen) -> list[float]:
    """Lets all look until the time is over; returns the megabytes of the server, each second."""
    until = time.monotonic() + seconds
    limits = httpx.Limits(max_connections=None)
    held = []
    async with httpx.AsyncClient(
        base_url=url, trust_env=False, timeout=60, limits=limits
    ) as client:
        streams = [asyncio.create_task(_follow(client, team, seen)) for team in range(TEAMS)]
        teams = [asyncio.create_task(_ask(client, team, until, seen)) for team in range(TEAMS)]
        while time.monotonic() < until:
            await asyncio.to_thread(events.happen, logs)
            held.append(_megabytes(pid))
            await asyncio.sleep(1)
        await asyncio.gather(*teams)
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    return held


async def _follow(client: httpx.AsyncClient, team: int, seen: Seen) -> None:
    async with client.stream("GET", "/api/events") as reply:
        async for line in reply.aiter_lines():
            seen.heard[team] += line.startswith("id:")


async def _ask(client: httpx.AsyncClient, team: int, until: float, seen: Seen) -> None:
    chance = random.Random(team)
    await asyncio.sleep(chance.uniform(0, PAUSE))
    while time.monotonic() < until:
        begun = time.perf_counter()
        page = chance.choice(PAGES)
        reply = await client.get(page)
        seen.taken[page].append((time.perf_counter() - begun) * 1000)
        seen.faults += reply.status_code != 200
        await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE)


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1] if len(taken) > 1 else 0.0


def _megabytes(pid: int) -> float:
    words = Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()
    return int(words[0]) / 1024


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=SECONDS)
    told, is_held = polling(arguments.parse_args().seconds)
    print(told)
    sys.exit(0 if is_held else 1)
