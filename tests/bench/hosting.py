"""What an organiser is promised of several processes, measured: how fast a run begins, what a kill costs, what open
pages cost the database.  `python -m tests.bench.hosting [--kills N]`; the tables go into deploy/README.md by hand.

Each line is held against the least that was agreed; the exit code is the number of lines that fall short.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from sandbox.course.building import notebook_text
from tests import postgres
from tests.bench.cluster import Cluster, Partners, p95, partners, until

WEB = ("serve", "--runs", "0", "--graders", "0")
WORKER = ("worker", "--runs", "4")
PAGES = 200
COLD = 6
"""Runs until each worker has played one."""
IDLE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Line:
    """A figure, in seconds or as a number, and whether it is enough."""

    what: str
    figure: str
    wanted: str
    is_enough: bool


@contextmanager
def hearing(url: str) -> Iterator[dict[str, float]]:
    """Gives when what was told, by its words, past the sandbox."""
    told: dict[str, float] = {}
    over = threading.Event()

    def hear(connection: psycopg.Connection[tuple[object, ...]]) -> None:
        while not over.is_set():
            for notice in connection.notifies(timeout=0.2):
                told[notice.payload] = time.monotonic()

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("LISTEN connectathon")
        listener = threading.Thread(target=hear, args=(connection,))
        listener.start()
        try:
            yield told
        finally:
            over.set()
            listener.join()


def begins_soon(cluster: Cluster, teams: Partners) -> list[Line]:
    """From the moment at which a run stands in the database to its first request."""
    names = [f"soon{number}" for number in range(COLD + 40)]
    cluster.register("web-1", names, teams.base)
    waits = []
    with hearing(cluster.url) as told:
        for name in names:
            # the first ones wait for what judges to be loaded, and are left out below
            id = cluster.begin("web-1", name)
            until(lambda id=id, name=name: f"{id} queued" in told and name in teams.asked)
            waits.append(teams.asked[name][0] - told[f"{id} queued"])
            until(lambda id=id: f"{id} free" in told)
    return [
        _line("a run's first request behind its start, p95", p95(waits[COLD:]), 0.05),
        _line("the same, median", statistics.median(waits[COLD:]), 0.05),
    ]


def next_of_a_system(cluster: Cluster, teams: Partners) -> list[Line]:
    """From the moment at which a system is free to the first request of its next run."""
    names = ["freed0", "freed1"]
    cluster.register("web-1", names, teams.base)
    teams.takes = 0.1
    with hearing(cluster.url) as told:
        ids = [
            cluster.begin(web, name)
            for _ in range(12)
            for web, name in zip(("web-1", "web-2"), names, strict=True)
        ]
        until(lambda: all(f"{id} free" in told for id in ids))
    teams.takes = 0.0
    waits = []
    for number, name in enumerate(names):
        for id in ids[number::2]:
            free = told[f"{id} free"]
            later = [at for at in teams.asked[name] if at > free]
            waits += [min(later) - free] if later else []
    assert teams.overlaps == 0
    return [_line("the next run of a freed system, p95", p95(waits), 0.7)]


def stops_soon(cluster: Cluster, teams: Partners) -> list[Line]:
    """From the wish to cancel to a system that is free again, while that one is silent."""
    names = [f"silent{number}" for number in range(8)]
    cluster.register("web-1", names, teams.base)
    teams.takes = 10.0
    waits = []
    with hearing(cluster.url) as told:
        for name in names:
            id = cluster.begin("web-1", name)
            until(lambda name=name: name in teams.asked)
            begin = time.monotonic()
            cluster.client.post(f"{cluster.addresses['web-1']}/api/runs/{id}/cancel")
            until(lambda id=id: f"{id} free" in told)
            waits.append(told[f"{id} free"] - begin)
    teams.takes = 0.0
    return [_line("a cancelled run's system is free again, longest", max(waits), 1.0)]


def goes_on(cluster: Cluster, teams: Partners) -> list[Line]:
    """From the kill of a worker to the next request of what it played."""
    cluster.register("web-1", ["killed"], teams.base)
    teams.takes = 3.0
    id = cluster.begin("web-1", "killed")
    until(lambda: "killed" in teams.asked)
    ((holder,),) = cluster.asked("SELECT leased_by FROM run_row WHERE run = %s", id)
    (name,) = [
        name
        for name, process in cluster.processes.items()
        if str(holder).endswith(f":{process.pid}")
    ]
    cluster.end(name, signal.SIGKILL)
    begin = time.monotonic()
    until(lambda: any(at > begin for at in teams.asked["killed"]))
    teams.takes = 0.0
    went_on = min(at for at in teams.asked["killed"] if at > begin) - begin
    cluster.start(name, *WORKER)
    until(lambda: cluster.is_over([id]))
    return [_line("what a killed worker played goes on", went_on, 60.0)]


def grading_goes_on(cluster: Cluster, _: Partners) -> list[Line]:
    """From the kill of a worker with its grader to the next grader that takes the notebook."""
    for name in ("worker-1", "worker-2"):
        cluster.end(name, signal.SIGTERM)
    cluster.start("worker-1", *WORKER, "--graders", "1")
    place = f"{cluster.addresses['web-1']}/api/gradings?team=A&name=00_welcome.ipynb"
    reply = cluster.client.post(
        place,
        content=notebook_text("00_welcome", "es", solutions=True),
        headers={"Content-Type": "application/x-ipynb+json"},
    )
    assert reply.status_code in (201, 202), reply.text
    id = reply.json()["id"]

    def begun() -> int:
        rows = cluster.asked(
            "SELECT count(*) FROM event WHERE run = %s AND kind = 'grading'", f"@grading:{id}"
        )
        return int(str(rows[0][0]))

    until(lambda: begun() == 1)
    cluster.end("worker-1", signal.SIGKILL)
    begin = time.monotonic()
    cluster.start("worker-2", *WORKER, "--graders", "1")
    until(lambda: begun() == 2)
    went_on = time.monotonic() - begin
    state = f"{cluster.addresses['web-1']}/api/gradings/{id}"
    until(lambda: cluster.client.get(state).json()["state"] == "graded")
    cluster.end("worker-2", signal.SIGTERM)
    for name in ("worker-1", "worker-2"):
        cluster.start(name, *WORKER)
    return [_line("what a killed grader was at goes on", went_on, 60.0)]


def more_workers(cluster: Cluster, teams: Partners, *, runs: int = 64) -> list[Line]:
    """How many times as much two workers do as one, of runs that wait at their systems for a while.

    Their number fills whole rounds of four and of eight at once: a last round that is half empty would be counted
    against the second worker.
    """
    teams.takes = 0.6
    seconds = []
    asked = []  # seconds for which the database was at work
    for count in (1, 2):
        names = [f"many{count}x{number}" for number in range(runs)]
        cluster.register("web-1", names, teams.base)
        for number in (1, 2):
            if f"worker-{number}" in cluster.processes:
                cluster.end(f"worker-{number}", signal.SIGTERM)
        # held back until all workers are there and have played: a start is no part of it
        ids = [cluster.begin("web-1", name) for name in names]
        cluster.change("UPDATE run_row SET keeper = 'held' WHERE run = ANY(%s)", ids)
        for number in range(1, count + 1):
            cluster.start(f"worker-{number}", *WORKER)
        first = [f"first{count}x{number}" for number in range(COLD * count)]
        cluster.register("web-1", first, teams.base)
        early = [cluster.begin("web-1", name) for name in first]
        until(lambda early=early: cluster.is_over(early))
        before = _database(cluster, "active_time")
        # heard, not asked for: fifty questions a second would take a third of a core from those that are measured
        with hearing(cluster.url) as told:
            begin = time.monotonic()
            cluster.change("UPDATE run_row SET keeper = 'server' WHERE run = ANY(%s)", ids)
            cluster.change("SELECT pg_notify('connectathon', 'all free')")
            until(lambda ids=ids, told=told: all(f"{id} free" in told for id in ids))
            seconds.append(max(told[f"{id} free"] for id in ids) - begin)
        asked.append((_database(cluster, "active_time") - before) / 1000)
    if "worker-2" not in cluster.processes:
        cluster.start("worker-2", *WORKER)
    teams.takes = 0.0
    ratio = seconds[0] / seconds[1]
    figure = f"×{ratio:.2f} ({runs / seconds[0]:.1f} and {runs / seconds[1]:.1f} runs a second)"
    return [
        Line("two workers for one, four runs at once each", figure, "×1.7", ratio >= 1.7),
        four_machines(asked[0] / seconds[0]),
    ]


def four_machines(share: float) -> Line:
    """Computes what four worker machines do for one, from the share of its time that the database of one is at work.

    Machines share nothing but the database, and its work is taken to stand in line as a whole (Amdahl's law), though
    only what writes does.
    """
    ratio = 1 / (share + (1 - share) / 4)
    what = "four worker machines for one (computed, not measured)"
    figure = f"×{ratio:.2f} (the database is at work for {share:.1%} of the time of one)"
    return Line(what, figure, "×3.2", ratio >= 3.2)


def killed(cluster: Cluster, teams: Partners, *, count: int) -> list[Line]:
    """None of the runs is lost or ends twice."""
    faults, runs = kills(cluster, teams, count=count)
    figure = ", ".join(f"{number} {what}" for what, number in faults.items())
    return [Line(f"{count} kills in {runs} runs", figure, "0", not any(faults.values()))]


def kills(cluster: Cluster, teams: Partners, *, count: int) -> tuple[dict[str, int], int]:
    """Kills servers and workers while runs are begun and played.

    Args:
        cluster: Two of each.
        teams: Whose systems are asked.
        count: How many kills.

    Returns:
        How many runs show which fault, and how many runs there were.
    """
    ids = begun_among_kills(cluster, teams, count=count)
    until(lambda: cluster.is_over(ids), seconds=600)
    teams.takes = 0.0
    return cluster.faults(ids), len(ids)


def begun_among_kills(cluster: Cluster, teams: Partners, *, count: int) -> list[str]:
    """Kills servers and workers at work while runs are begun and played; returns the runs, which may not be over yet.

    A killed one is started again beside the others, and nobody waits for it but who is to kill it again, or to begin a
    run at it: several are away at the same time, as they are where machines fail.
    """
    names = [f"killing{number}" for number in range(20)]
    cluster.register("web-1", names, teams.base)
    teams.takes = 0.1
    chance = random.Random()
    ids: list[str] = []
    for kill in range(count):
        victim = chance.choice(["web-1", "web-2", "worker-1", "worker-2"])
        alive = "web-2" if victim == "web-1" else "web-1"
        until(lambda both=(victim, alive): all(cluster.is_at_work(each) for each in both))
        ids += [cluster.begin(alive, chance.choice(names)) for _ in range(2 if kill % 2 else 1)]
        time.sleep(chance.random() * 0.3)
        cluster.end(victim, signal.SIGKILL)
        cluster.launch(victim, *(WEB if victim.startswith("web") else WORKER))
    until(lambda: all(cluster.is_at_work(each) for each in ("web-1", "web-2")))
    return ids


def open_pages(cluster: Cluster, teams: Partners) -> list[Line]:
    """What pages cost that follow a server while nothing happens, and when they hear of something."""
    cluster.register("web-1", ["followed"], teams.base)
    return asyncio.run(_followed(cluster))


async def _followed(cluster: Cluster) -> list[Line]:
    heard: list[float] = []
    begun: list[float] = [0.0]
    address = cluster.addresses["web-1"]

    async def follow(ready: asyncio.Semaphore) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        # by hand: a client that reads well would take longer than the server that is measured
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /api/events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        async for line in reader:
            if line.startswith(b"id:") and not begun[0]:
                ready.release()
            if line.startswith(b"data:") and b'"queued"' in line:
                heard.append(time.monotonic() - begun[0])

    ready = asyncio.Semaphore(0)
    pages = [asyncio.create_task(follow(ready)) for _ in range(PAGES)]
    for _ in range(PAGES):
        await ready.acquire()
    before = await asyncio.to_thread(_questions, cluster)
    begin = time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    asked = await asyncio.to_thread(_questions, cluster) - before
    # with what it takes until all that was asked is counted
    idle = asked / (time.monotonic() - begin)
    waits: list[float] = []
    for _ in range(10):
        heard.clear()
        with hearing(cluster.url) as told:
            begun[0] = time.monotonic()
            # by another server than the one that is followed
            id = await asyncio.to_thread(cluster.begin, "web-2", "followed")
            async with asyncio.timeout(60):
                while len(heard) < PAGES or f"{id} free" not in told:
                    await asyncio.sleep(0.02)
            waits += [wait - (told[f"{id} queued"] - begun[0]) for wait in heard]
    for page in pages:
        page.cancel()
    await asyncio.gather(*pages, return_exceptions=True)
    figure = f"{idle:.1f} a second over all processes"
    return [
        Line(f"{PAGES} open pages, questions to the database while idle", figure, "20", idle < 20),
        _line(f"{PAGES} open pages hear of a run begun at another server, p95", p95(waits), 0.3),
        _line("the same, median", statistics.median(waits), 0.3),
    ]


def _questions(cluster: Cluster) -> float:
    return _database(cluster, "xact_commit + xact_rollback")


def _database(cluster: Cluster, what: str) -> float:
    # what a connection has done is counted up to ten seconds later (PGSTAT_IDLE_INTERVAL)
    time.sleep(12)
    ((figure,),) = cluster.asked(
        f"SELECT {what} FROM pg_stat_database WHERE datname = current_database()"
    )
    return float(str(figure))


def _line(what: str, seconds: float, most: float) -> Line:
    return Line(what, f"{seconds * 1000:.0f} ms", f"{most * 1000:.0f} ms", seconds < most)


def lines(cluster: Cluster, teams: Partners, *, count: int, only: list[str]) -> Iterator[Line]:
    """Yields each line as soon as it is measured."""
    for name in ("web-1", "web-2"):
        cluster.start(name, *WEB)
    for name in ("worker-1", "worker-2"):
        cluster.start(name, *WORKER)
    works: dict[str, Callable[[Cluster, Partners], list[Line]]] = {
        "begins": begins_soon,
        "freed": next_of_a_system,
        "cancelled": stops_soon,
        "killed": goes_on,
        "graded": grading_goes_on,
        "pages": open_pages,
        "workers": more_workers,
        "kills": partial(killed, count=count),
    }
    for name, work in works.items():
        if not only or name in only:
            yield from work(cluster, teams)


def main() -> int:
    """Prints the table; returns how many lines fall short."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument(
        "--only",
        nargs="*",
        default=[],
        help="begins freed cancelled killed graded pages workers kills",
    )
    given = options.parse_args()
    short = 0
    with postgres.running() as url, tempfile.TemporaryDirectory() as folder, partners() as teams:
        cluster = Cluster(Path(folder), url)
        try:
            for line in lines(cluster, teams, count=given.kills, only=given.only):
                short += not line.is_enough
                sign = "" if line.is_enough else "  FALLS SHORT"
                print(f"{line.what:<68} {line.figure:<48} wanted {line.wanted}{sign}", flush=True)
        finally:
            cluster.close()
    return short


if __name__ == "__main__":
    sys.exit(main())
