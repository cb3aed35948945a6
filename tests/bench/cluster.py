"""An event over several processes, as the benches of hosting play it: servers that leave runs to workers, workers, and
the partners whose systems are asked, all on loopback and one PostgreSQL.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psycopg

PATIENCE = 120.0
TESTS = ["RCP-01", "RCP-09"]


def p95(values: list[float]) -> float:
    """Returns the value that one of twenty is above."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def until(holds: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
    """Waits; raises AssertionError when it takes too long."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def _is_readable(connection: socket.socket, *, seconds: float = 0.0) -> bool:
    """Tells whether a caller that waits for its answer has hung up, at the latest after some seconds."""
    return bool(select.select([connection], [], [], seconds)[0])


@dataclass
class Partners:
    """Systems of teams, each below a path of its own; all refuse what they are sent, after a while."""

    base: str = ""
    takes: float = 0.0
    """Seconds that an answer takes."""
    asked: dict[str, list[float]] = field(default_factory=dict)
    """When each was asked, by its name."""
    open: dict[str, list[socket.socket]] = field(default_factory=dict)
    """Connections on which each is being asked."""
    overlaps: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Takes a request of a run."""
        name = handler.path.split("/")[1]
        with self.lock:
            self.asked.setdefault(name, []).append(time.monotonic())
            others = self.open.setdefault(name, [])
            # whoever has hung up asks no longer
            self.overlaps += any(not _is_readable(other) for other in others)
            others.append(handler.connection)
        handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        _is_readable(handler.connection, seconds=self.takes)
        with self.lock:
            self.open[name].remove(handler.connection)
        try:
            handler.send_response(400)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except OSError:
            pass  # whoever asked is gone


@contextmanager
def partners() -> Iterator[Partners]:
    """Gives systems that answer until the end."""
    all_of_them = Partners()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            all_of_them.answer(self)

        def do_GET(self) -> None:
            all_of_them.answer(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """Says nothing of a caller that was killed."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        all_of_them.base = f"http://127.0.0.1:{server.server_port}"
        yield all_of_them
        server.shutdown()


class Cluster:
    """Processes on one database that share a data folder, as those of one machine do.

    Args:
        folder: The data folder.
        url: The database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self.url = url
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.addresses: dict[str, str] = {}
        self._silent: set[str] = set()
        """Processes that have not said yet that they are at work."""
        self.client = httpx.Client(timeout=PATIENCE, trust_env=False)

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            "CONNECTATHON_DATA": str(self._folder),
            "CONNECTATHON_SEED": "none",
            "CONNECTATHON_GRANTS": "127.0.0.1",
            "CONNECTATHON_LANG": "en",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Types a command beside the processes."""
        command = [sys.executable, "-m", "sandbox.cli", *words]
        return subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        """Starts `serve` or `worker` under a name, and waits until it is at work."""
        self.launch(name, *words)
        until(lambda: self.is_at_work(name))
        return self.processes[name]

    def launch(self, name: str, *words: str) -> None:
        """Starts `serve` or `worker` under a name, and does not wait."""
        # a server comes back at the port that its proxy knows
        port = self.addresses.get(name, ":0").rpartition(":")[2]
        at_port = ["--port", port] if words[0] == "serve" else []
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "sandbox.cli", *words, *at_port],
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        self._silent.add(name)

    def is_at_work(self, name: str) -> bool:
        """Tells whether a process that was started has said so, and answers where it is a server."""
        said = self.processes[name].stdout
        if name in self._silent and said is not None:
            if not select.select([said], [], [], 0)[0]:
                return False
            line = said.readline()
            assert line, f"{name} has ended"
            self._silent.discard(name)
            if "http://" in line:
                self.addresses[name] = "http://" + line.partition("http://")[2].split()[0].rstrip(
                    "/,;"
                )
        return name not in self.addresses or self.is_ready(name)

    def is_ready(self, name: str) -> bool:
        """Tells whether a server answers."""
        try:
            return self.client.get(f"{self.addresses[name]}/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def end(self, name: str, how: signal.Signals) -> None:
        """Ends a process, and waits until it is gone."""
        process = self.processes.pop(name)
        self._silent.discard(name)
        process.send_signal(how)
        process.wait(timeout=PATIENCE)
        if process.stdout:
            process.stdout.close()

    def close(self) -> None:
        """Ends all of them."""
        for name in [*self.processes]:
            self.end(name, signal.SIGKILL)
        self.client.close()

    def register(self, web: str, names: list[str], base: str) -> None:
        """Registers systems of teams."""
        for name in names:
            system = {"name": name, "base": f"{base}/{name}/fhir"}
            reply = self.client.post(f"{self.addresses[web]}/api/systems", json=system)
            assert reply.status_code in (200, 201), reply.text

    def begin(self, web: str, system: str, tests: list[str] | None = None) -> str:
        """Starts a run of a system; returns its id."""
        wanted = {"track": "mhd.recipient", "system": system, "tests": tests or TESTS}
        reply = self.client.post(f"{self.addresses[web]}/api/runs", json=wanted)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["id"])

    def asked(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Returns what the database says, past the sandbox."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET search_path TO sandbox")
            return list(connection.execute(statement.encode(), values).fetchall())

    def change(self, statement: str, *values: object) -> None:
        """Changes what stands in the database, past the sandbox."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET search_path TO sandbox")
            connection.execute(statement.encode(), values)

    def is_over(self, ids: list[str]) -> bool:
        """Tells whether all runs have ended."""
        rows = self.asked(
            "SELECT count(*) FROM run_row WHERE run = ANY(%s) AND state = 'done'", ids
        )
        return rows[0][0] == len(ids)

    def faults(self, ids: list[str]) -> dict[str, int]:
        """Returns how many runs were lost, ended more than once, have two verdicts of a test, or mix exchanges."""
        rows = self.asked(
            "SELECT run, kind, body FROM event WHERE run = ANY(%s) ORDER BY run, number", ids
        )
        logs: dict[str, list[tuple[str, str]]] = {id: [] for id in ids}
        for run, kind, body in rows:
            logs[str(run)].append((str(kind), str(body)))
        counts = {"lost": 0, "ended twice": 0, "mixed attempts": 0}
        for log in logs.values():
            kinds = [kind for kind, _ in log]
            counts["lost"] += kinds.count("done") == 0
            counts["ended twice"] += kinds.count("done") > 1
            told = [json.loads(body)["number"] for kind, body in log if kind == "exchange"]
            tests = [json.loads(body)["test"] for kind, body in log if kind == "verdict"]
            is_whole = told == list(range(len(told))) and len(tests) == len({*tests}) == len(TESTS)
            counts["mixed attempts"] += not is_whole
        return counts
