"""An event of 200 teams on two servers, two workers and one PostgreSQL, while processes are killed and restarted:
`python -m tests.bench.event_load --seconds 600`.

Forty runs are under way at any time, five hundred pages are open, fifty requests a second go to spaces of teams, and
certificates, notebooks and a chat beside that (event_beside.py).  What each second came to stands in out/event-load:
figures.csv, load.svg, and what failed first.  Behind all of it the event is copied, and brought back on an empty
database (event_restored.py).  A client here does what a proxy does: what one server refuses or drops before it was read
is asked of the other.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sandbox.course.building import notebook_text
from tests import postgres
from tests.bench.cluster import TESTS, Cluster, Partners, p95, partners, until
from tests.bench.event_beside import Beside
from tests.bench.event_restored import brought_back
from tests.places import PROJECT
from tests.sandbox.pages.test_certificates import issued

TEAMS = 200
SPACES = 8
RUNS = 40
PAGES = 500
REQUESTS = 50
PATIENCE = 20.0
"""Seconds after which a client gives up."""
WEB = ("serve", "--runs", "0", "--graders", "0", "--drain", "3")
WORKER = ("worker", "--runs", "32", "--graders", "1")
WEBS = ("web-1", "web-2")
OUT = PROJECT / "out" / "event-load"
PLACES = ("Patient", "Patient?name=a", "DocumentReference", "metadata")


@dataclass
class Second:
    """What came of one second."""

    took: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    pages: int = 0
    what: str = ""


class Load:
    """All that goes on, counted by the second.

    Args:
        cluster: The processes.
        teams: Their systems.
        seconds: For how long.
        folder: In which the event and its bot keep what they keep.
    """

    def __init__(self, cluster: Cluster, teams: Partners, seconds: int, folder: Path) -> None:
        self.cluster = cluster
        self.teams = teams
        self.length = seconds
        self.seconds = [Second() for _ in range(seconds + 1)]
        self.ids: list[str] = []
        notebook = notebook_text("00_welcome", "es", solutions=True).encode()
        self.beside = Beside(self._servers, issued(folder).encode(), notebook)
        self._folder = folder
        self.first = ""
        self._pages = 0
        self._begun = time.monotonic()

    @property
    def now(self) -> Second:
        """The second that passes."""
        return self.seconds[min(int(time.monotonic() - self._begun), self.length)]

    @property
    def is_on(self) -> bool:
        """Whether it goes on."""
        return time.monotonic() - self._begun < self.length

    def _servers(self, number: int) -> list[str]:
        """Returns the addresses of the servers, that which is asked first in front."""
        return [self.cluster.addresses[WEBS[(number + offset) % 2]] for offset in (0, 1)]

    async def play(self) -> None:
        """Plays all of it beside each other."""
        self._begun = time.monotonic()
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            pages = [asyncio.create_task(self._follow(number)) for number in range(PAGES)]
            await asyncio.gather(
                self._ask(),
                self._run(client),
                self._count(),
                self.beside.go_on(lambda: self.is_on, self._folder / "bot"),
                asyncio.to_thread(self._disturb),
            )
            for page in pages:
                page.cancel()
            await asyncio.gather(*pages, return_exceptions=True)

    async def _ask(self) -> None:
        """Asks so many times a second, whether or not answers have come."""
        asking: set[asyncio.Task[None]] = set()
        number = 0
        while self.is_on:
            place = f"/t/team{number % SPACES}/fhir/{PLACES[number % len(PLACES)]}"
            task = asyncio.create_task(self._asked(number, place))
            asking.add(task)
            task.add_done_callback(asking.discard)
            number += 1
            await asyncio.sleep(max(0.0, self._begun + number / REQUESTS - time.monotonic()))
        await asyncio.gather(*asking)

    async def _asked(self, number: int, place: str) -> None:
        begin = time.monotonic()
        second = self.now
        status = await self._read(number, place)
        second.took.append(time.monotonic() - begin)
        if not status.isdecimal() or int(status) >= 500:
            self._fail(second, status)

    async def _read(self, number: int, place: str) -> str:
        """Reads at one server, and at the other where that one is not there or says that it stops;
        returns the status, or what went wrong.
        """
        last = ""
        for address in self._servers(number):
            try:
                last = await asyncio.wait_for(status_of(address, place), PATIENCE)
            except TimeoutError:
                return "TimeoutError"
            except (OSError, EOFError) as error:
                last = type(error).__name__
                continue
            if last != "503":
                return last
        return last

    async def _begin(
        self, client: httpx.AsyncClient, number: int, wanted: Mapping[str, object]
    ) -> httpx.Response | str:
        """Begins a run at one server, and at the other where that one is not there or says that it
        stops.
        """
        last: httpx.Response | str = ""
        for address in self._servers(number):
            try:
                last = await client.post(f"{address}/api/runs", json=wanted)
            except httpx.ConnectError as error:
                last = type(error).__name__
                continue
            except httpx.HTTPError as error:
                return type(error).__name__  # what may have been done is not sent twice
            if last.status_code != 503:
                return last
        return last

    def _fail(self, second: Second, why: str) -> None:
        second.failed[why] += 1
        if not self.first:
            at = time.monotonic() - self._begun
            done = [each.what for each in self.seconds[: int(at) + 1] if each.what]
            self.first = f"{why} after {at:.0f} s, behind {done[-1] if done else 'nothing'}"

    async def _run(self, client: httpx.AsyncClient) -> None:
        """Keeps so many runs under way."""
        number = 0
        while self.is_on:
            under_way = await asyncio.to_thread(self._under_way)
            for _ in range(RUNS - under_way):
                wanted = {
                    "track": "mhd.recipient",
                    "system": f"team{number % TEAMS}",
                    "tests": TESTS,
                }
                reply = await self._begin(client, number, wanted)
                number += 1
                if isinstance(reply, str) or reply.status_code != 201:
                    self._fail(
                        self.now, reply if isinstance(reply, str) else f"run {reply.status_code}"
                    )
                    break
                self.ids.append(reply.json()["id"])
            await asyncio.sleep(0.2)

    def _under_way(self) -> int:
        try:
            ((count,),) = self.cluster.asked(
                "SELECT count(*) FROM run_row WHERE state IN ('queued', 'running')"
            )
        except Exception:  # the database is restarted now
            return RUNS
        return int(str(count))

    async def _follow(self, number: int) -> None:
        """Keeps a page open, at another server where its own ends."""
        while True:
            number += 1
            host, _, port = (
                self.cluster.addresses[WEBS[number % 2]].removeprefix("http://").partition(":")
            )
            is_open = False
            try:
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(f"GET /api/events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
                async for line in reader:
                    if line.startswith(b"id:") and not is_open:
                        is_open = True
                        self._pages += 1
            except (OSError, ValueError):
                pass
            finally:
                self._pages -= is_open
            await asyncio.sleep(0.5)

    async def _count(self) -> None:
        while self.is_on:
            second = self.now
            second.pages = self._pages
            try:
                rows = await asyncio.to_thread(
                    self.cluster.asked, "SELECT count(*) FROM run_row WHERE state = 'done'"
                )
                second.runs = int(str(rows[0][0]))
            except Exception:
                second.runs = -1  # the database is restarted now
            await asyncio.sleep(1)

    def _disturb(self) -> None:
        """Kills and restarts, each after its part of the time."""
        acts: list[tuple[float, str, Callable[[], None]]] = [
            (0.15, "worker-1 killed", lambda: self._again("worker-1", WORKER, signal.SIGKILL)),
            (0.3, "web-1 killed", lambda: self._again("web-1", WEB, signal.SIGKILL)),
            (0.45, "database restarted", lambda: postgres.restart(self.cluster.url)),
            (0.6, "web-1 rolled", lambda: self._again("web-1", WEB, signal.SIGTERM)),
            (0.7, "web-2 rolled", lambda: self._again("web-2", WEB, signal.SIGTERM)),
            (0.8, "worker-2 rolled", lambda: self._again("worker-2", WORKER, signal.SIGTERM)),
        ]
        for part, what, act in acts:
            time.sleep(max(0.0, self._begun + part * self.length - time.monotonic()))
            self.now.what = what
            act()

    def _again(self, name: str, words: tuple[str, ...], how: signal.Signals) -> None:
        self.cluster.end(name, how)
        self.cluster.start(name, *words)


async def status_of(address: str, place: str) -> str:
    """Reads something by a connection of its own, to its end; returns the status.

    A client with a pool takes longer for a request than a server does: each looks through all
    connections, so that two hundred clients in one process would hold up each other.
    """
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        head = f"GET {place} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        first = await reader.readuntil(b"\r\n")
        while await reader.read(1 << 16):
            pass
        return first.split()[1].decode()
    finally:
        writer.close()


def lay_out(cluster: Cluster, teams: Partners) -> None:
    """Starts the processes, registers the teams' systems, makes their spaces."""
    cluster.start("web-1", *WEB)
    cluster.register("web-1", [f"team{number}" for number in range(TEAMS)], teams.base)
    for number in range(SPACES):
        words = ["tenants", "add", f"team{number}", "--seed", "training"]
        done = cluster.run(*words)
        assert done.returncode == 0, done.stderr
    cluster.start("web-2", *WEB)
    for name in ("worker-1", "worker-2"):
        cluster.start(name, *WORKER)


def told(load: Load) -> dict[str, object]:
    """Returns what it came to, in a few figures."""
    took = [seconds for second in load.seconds for seconds in second.took]
    failed: Counter[str] = sum((second.failed for second in load.seconds), Counter())
    return {
        "requests": len(took),
        "failed": dict(failed),
        "p50_ms": round(sorted(took)[len(took) // 2] * 1000),
        "p95_ms": round(p95(took) * 1000),
        "runs": len(load.ids),
        "faults_of_runs": load.cluster.faults(load.ids),
        "overlaps_at_a_system": load.teams.overlaps,
        "beside": dict(load.beside.counts),
        "notebooks": dict(load.beside.graded()),
        "most_pages": max(second.pages for second in load.seconds),
        "first_failure": load.first or "none",
    }


def write(load: Load, figures: dict[str, object]) -> None:
    """Writes each second, a picture of them, and the figures."""
    OUT.mkdir(parents=True, exist_ok=True)
    with (OUT / "figures.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["second", "requests", "failed", "p95_ms", "runs_done", "pages", "what"])
        for number, second in enumerate(load.seconds):
            slow = round(p95(second.took) * 1000) if second.took else 0
            failed = sum(second.failed.values())
            writer.writerow(
                [number, len(second.took), failed, slow, second.runs, second.pages, second.what]
            )
    (OUT / "load.svg").write_text(drawn(load), encoding="utf-8")
    (OUT / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


def drawn(load: Load) -> str:
    """Returns a picture: p95, open pages and failures by the second, with what was done to the processes."""
    width, height = 1000, 300
    rows = {
        "p95 ms (of 2000)": (
            "#1b6ca8",
            [p95(each.took) / 2 if each.took else 0.0 for each in load.seconds],
        ),
        f"pages (of {PAGES})": ("#2e7d32", [each.pages / PAGES for each in load.seconds]),
        "failed (of 50)": ("#b00020", [sum(each.failed.values()) / 50 for each in load.seconds]),
    }
    step = width / max(1, load.length)
    parts = []
    for index, (name, (colour, values)) in enumerate(rows.items()):
        points = " ".join(
            f"{number * step:.1f},{height - min(value, 1.0) * height:.1f}"
            for number, value in enumerate(values)
        )
        parts.append(f'<polyline fill="none" stroke="{colour}" points="{points}"/>')
        parts.append(
            f'<text x="{10 + index * 180}" y="{height + 34}" fill="{colour}">{name}</text>'
        )
    for number, second in enumerate(load.seconds):
        if second.what:
            x = number * step
            parts.append(
                f'<line x1="{x}" y1="0" x2="{x}" y2="{height}" stroke="#999" stroke-dasharray="3"/>'
            )
            parts.append(
                f'<text x="{x + 3}" y="{12 + number % 4 * 13}" font-size="11">{second.what}</text>'
            )
    size = f'width="{width}" height="{height + 50}" viewBox="0 0 {width} {height + 50}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">{"".join(parts)}</svg>\n'


def main() -> int:
    """Prints the figures; returns 1 where a run was lost, ended twice or mixed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=600)
    length = options.parse_args().seconds
    with postgres.running() as url, tempfile.TemporaryDirectory() as folder, partners() as teams:
        cluster = Cluster(Path(folder) / "sandbox", url)
        try:
            lay_out(cluster, teams)
            teams.takes = 0.5
            load = Load(cluster, teams, length, Path(folder))
            asyncio.run(load.play())
            until(lambda: cluster.is_over(load.ids), seconds=300)
            with suppress(AssertionError):  # the figures say how many are still to be graded
                until(load.beside.is_graded, seconds=300)
            figures = told(load) | {"brought_back": brought_back(cluster, Path(folder))}
            write(load, figures)
        finally:
            cluster.close()
    print(json.dumps(figures, indent=1))
    faults = figures["faults_of_runs"]
    return int(isinstance(faults, dict) and any(faults.values()))


if __name__ == "__main__":
    sys.exit(main())
