"""Finding the sandbox server, or starting one: the same in Binder, on a laptop, under papermill and
in tests.

Order: the address in SANDBOX_URL; a server on the default port; a new one on a free port that ends
with this process. SANDBOX_URL=start skips the search.
"""

from __future__ import annotations

import atexit
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from sandbox.errors import SandboxError
from sandbox.settings import DEFAULT_PORT
from sandbox.web.egress import authorities, way_out

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
# seconds: a first start reads the core and seeds a database, on a slow machine too
PATIENCE = 20.0


ALWAYS_START = "start"


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the server is; `started` tells whether this process started it."""

    url: str
    version: str
    started: bool


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that this process started; `stop` ends it."""

    connection: Connection
    pid: int
    stop: Callable[[], None]


class NoServer(SandboxError):
    """The server could not be found or started."""


def find_or_start() -> Connection:
    """Returns a server that answers: the one that is named, one on the default port, or a new one.

    Raises:
        NoServer: None answers and none starts; the message holds what it said.
    """
    named = os.environ.get("SANDBOX_URL", "").rstrip("/")
    if named != ALWAYS_START:
        for url in (named, f"http://127.0.0.1:{DEFAULT_PORT}"):
            # asked who it is: on the default port there may be something else
            version = probe(url) if url else ""
            if version:
                return Connection(url, version, started=False)
    server = start_server()
    atexit.register(server.stop)
    return server.connection


def fhir_place() -> str:
    """Returns where the lesson's FHIR base is on its server: the data that all share, or the space
    that CONNECTATHON_SPACE names.
    """
    space = os.environ.get("CONNECTATHON_SPACE", "")
    return f"/t/{space}/fhir" if space else "/fhir"


def team_token() -> str:
    """Returns the token by which an event with people knows whose notebook this is; empty for
    none.
    """
    return os.environ.get("CONNECTATHON_TEAM_TOKEN", "")


def probe(url: str) -> str:
    """Returns the version of the sandbox at `url`, or an empty string when none answers there."""
    try:
        health = httpx.get(
            f"{url}/health",
            timeout=2,
            trust_env=False,
            proxy=way_out(url),
            verify=authorities(),
        ).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return ""
    known = isinstance(health, dict) and health.get("name") == "connectathon-sandbox"
    return str(health["version"]) if known else ""


def start_server(
    environment: Mapping[str, str] | None = None, *, port: int = 0, log: Path | None = None
) -> RunningServer:
    """Starts a server that ends with this process, however that ends.

    Args:
        environment: Variables for it beside those of this process.
        port: 0 for a free one.
        log: Takes what the server says of its own faults, as long as it runs.

    Raises:
        NoServer: It did not start; the message holds what it said.
    """
    # its stdin is a pipe of ours, which the system closes when this process dies
    command = [sys.executable, "-m", "sandbox.cli", "serve"]
    command += ["--port", str(port), "--until-stdin-closes"]
    # a file, not a pipe: nobody reads it while the server runs, and a full pipe would stop it
    with tempfile.TemporaryFile() if log is None else log.open("w+b") as errors:
        server = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # interrupting a notebook must not interrupt its server
        )
        # its first line tells the port, which the system chose; before it there is nothing to ask
        line = server.stdout.readline().decode("utf-8", "replace") if server.stdout else ""
        address = ADDRESS.search(line)
        deadline = time.monotonic() + PATIENCE
        while address and server.poll() is None and time.monotonic() < deadline:
            version = probe(address[0])
            if version:
                connection = Connection(address[0], version, started=True)
                return RunningServer(connection, server.pid, partial(_stop, server))
            time.sleep(0.02)
        _stop(server)
        errors.seek(0)
        reason = errors.read().decode("utf-8", "replace").strip()[-400:]
    raise NoServer("course.no_server", reason=reason or line.strip())


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    for pipe in (server.stdin, server.stdout):
        if pipe:
            pipe.close()
