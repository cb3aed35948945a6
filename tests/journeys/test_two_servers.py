"""Two server processes on one PostgreSQL: each run is played once, whatever becomes of a process."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.sandbox.api.test_streams import EVENTS, a_run, events
from tests.sandbox.cli.test_draining import a_server

pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("postgres"),
]
PATIENCE = 60.0
TESTS = ["RCP-01", "RCP-09"]


@dataclass
class Partner:
    """A system that refuses all it is sent, and can be made to hold a request back."""

    base: str = ""
    is_open: threading.Event = field(default_factory=threading.Event)
    requests: int = 0
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self.lock:
            self.requests += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.is_open.wait(PATIENCE)
        with self.lock:
            self.at_once -= 1
        try:
            handler.send_response(400)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except OSError:
            pass  # whoever asked is gone


@pytest.fixture
def partner() -> Iterator[Partner]:
    partner = Partner()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            partner.answer(self)

        def do_GET(self) -> None:
            partner.answer(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        partner.base = f"http://127.0.0.1:{server.server_port}/fhir"
        yield partner
        partner.is_open.set()
        server.shutdown()


@dataclass
class Servers:
    """Starts processes on one database, each with a folder of its own, as on machines of their own."""

    folder: Path
    stack: ExitStack
    started: int = 0

    def start(self) -> tuple[subprocess.Popen[str], httpx.Client]:
        self.started += 1
        folder = self.folder / str(self.started)
        return self.stack.enter_context(a_server(folder, "--grant", "127.0.0.1"))


@pytest.fixture
def servers(
    tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Servers]:
    monkeypatch.setenv("DATABASE_URL", postgres_database)
    with ExitStack() as stack:
        yield Servers(tmp_path, stack)


def begun(client: httpx.Client, partner: Partner) -> str:
    system = {"name": "ministry", "base": partner.base}
    assert client.post("/api/systems", json=system).status_code in (200, 201)
    request = {"track": "mhd.recipient", "system": "ministry", "tests": TESTS}
    reply = client.post("/api/runs", json=request)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def log_of(client: httpx.Client, id: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = client.get(f"/api/runs/{id}/events").json()
    return lines


def check(client: httpx.Client, ids: list[str]) -> None:
    """Waits for the end of runs; each has one end, a verdict for each test, no exchange twice."""
    until(lambda: all(client.get(f"/api/runs/{id}").json()["state"] == "done" for id in ids))
    for id in ids:
        log = log_of(client, id)
        kinds = [line["kind"] for line in log]
        assert (kinds.count("queued"), kinds.count("done"), kinds[-1]) == (1, 1, "done")
        verdicts = [line["body"]["test"] for line in log if line["kind"] == "verdict"]
        assert len(verdicts) == len(set(verdicts)) == len(TESTS)
        numbers = [line["body"]["number"] for line in log if line["kind"] == "exchange"]
        assert numbers == list(range(len(numbers)))


def run_out(database: str) -> None:
    """Lets the time of all leases be over, as half a minute without a word does."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE sandbox.run_row SET leased_until = 1 WHERE leased_until > 0")


@contextmanager
def frozen(process: subprocess.Popen[str]) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_twenty_runs_of_one_system_never_overlap(servers: Servers, partner: Partner) -> None:
    _, first = servers.start()
    _, second = servers.start()
    partner.is_open.set()
    ids = [begun((first, second)[number % 2], partner) for number in range(20)]
    check(first, ids)
    assert partner.most_at_once == 1
    spans = [[line["at"] for line in log_of(second, id) if line["kind"] != "queued"] for id in ids]
    ordered = sorted((min(span), max(span)) for span in spans)
    for (_, end), (begin, _) in pairwise(ordered):
        assert end <= begin


def test_what_happens_at_one_server_is_seen_live_at_the_other(servers: Servers) -> None:
    _, first = servers.start()
    _, second = servers.start()
    with second.stream("GET", "/api/events", headers=EVENTS) as stream:
        lines = stream.iter_lines()
        events(lines, 1)
        id = a_run(first)
        (move,) = events(lines, 1)
    assert move["data"] == {"run": id, "kind": "queued"}


def test_a_server_that_starts_leaves_alone_what_another_plays(
    servers: Servers, partner: Partner
) -> None:
    _, first = servers.start()
    id = begun(first, partner)
    until(lambda: partner.at_once == 1)
    _, second = servers.start()
    # by then it has looked for what nobody plays
    until(lambda: second.get("/ready").status_code == 200)
    partner.is_open.set()
    check(second, [id])
    assert [line["kind"] for line in log_of(first, id)].count("begun") == len(TESTS)
    assert partner.most_at_once == 1


def test_what_a_killed_server_played_goes_on_in_another(
    servers: Servers, partner: Partner, postgres_database: str
) -> None:
    process, first = servers.start()
    id = begun(first, partner)
    waiting = begun(first, partner)
    until(lambda: partner.at_once == 1)
    _, second = servers.start()
    process.kill()
    process.wait()
    run_out(postgres_database)
    partner.is_open.set()
    check(second, [id, waiting])


def test_a_server_that_was_frozen_and_wakes_is_refused(
    servers: Servers, partner: Partner, postgres_database: str
) -> None:
    process, first = servers.start()
    id = begun(first, partner)
    until(lambda: partner.at_once == 1)
    _, second = servers.start()
    with frozen(process):
        run_out(postgres_database)
        until(lambda: partner.requests == 2)  # the other asks again
        partner.is_open.set()
        check(second, [id])
    # it has the answer now, which was to be the first of its log
    later = begun(first, partner)
    check(first, [id, later])


def test_a_server_that_is_told_to_stop_gives_its_run_back(
    servers: Servers, partner: Partner, postgres_database: str
) -> None:
    process, first = servers.start()
    id = begun(first, partner)
    until(lambda: partner.at_once == 1)
    _, second = servers.start()
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=PATIENCE)
    # its lease has not run out by itself: it is no longer, or another's
    with psycopg.connect(postgres_database) as connection:
        rows = connection.execute("SELECT leased_by FROM sandbox.run_row WHERE leased_until > 0")
        assert not [holder for (holder,) in rows if holder.endswith(f":{process.pid}")]
    partner.is_open.set()
    check(second, [id])
    assert [line["kind"] for line in log_of(second, id)].count("interrupted") == 1
