"""`connectathon worker`: a process that serves nobody and plays runs, on any number of machines
that share a database.  Its figures are told on loopback where it is given a port for them.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import tell
from sandbox.cli.options import leave_by, takes
from sandbox.cli.playing import (
    PlayOptions,
    begin_log,
    make_ready,
    settings_of,
    stop_when_stdin_closes,
)
from sandbox.cli.serve import open_listener
from sandbox.collecting import loading

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

    from sandbox.operations.traffic import Watched
    from sandbox.settings import Settings

RUNS = 16
"""At once: a run waits for its system most of the time, and one that is silent must not hold up all
others.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions(PlayOptions):
    """The options of `worker`: those of `serve` that tell how runs are played."""

    runs: Annotated[
        int, typer.Option(help=tell("serve.runs"), envvar="CONNECTATHON_RUNS", min=0, max=1000)
    ] = RUNS
    graders: Annotated[
        int,
        typer.Option(help=tell("worker.graders"), envvar="CONNECTATHON_GRADERS", min=0, max=64),
    ] = 0
    metrics: Annotated[
        int,
        typer.Option(help=tell("worker.metrics"), envvar="CONNECTATHON_METRICS", min=0, max=65535),
    ] = 0


@takes(WorkerOptions)
def worker(options: WorkerOptions) -> None:
    """Plays what waits until it is told to stop (SIGTERM), and gives back what it is at."""
    from sandbox.testbench.stepping import load_scripts

    leave_by(options.egress_proxy)
    settings = replace(settings_of(options), serves=False)
    if options.until_stdin_closes:
        stop_when_stdin_closes()
    # a port that somebody has is refused before anything is loaded
    with ExitStack() as stack:
        listener = None
        if options.metrics:
            opened = open_listener(options.metrics, words="worker --metrics")
            listener = stack.enter_context(opened)
        begin_log(options.log)
        make_ready(settings, load_scripts)
        asyncio.run(_work(settings, listener))


async def _work(settings: Settings, listener: socket.socket | None) -> None:
    with loading():
        from sandbox.app import create_app
        from sandbox.event.turns import OURSELVES
        from sandbox.web.egress import authorities

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    authorities()  # now, so that no run waits for it
    with loading():
        app = create_app(settings, is_stopping=stop.is_set)
    life = _Life(app)
    await life.begin()
    async with _door(app, listener):
        print(tell("worker.running", name=OURSELVES, runs=settings.runs), flush=True)
        await stop.wait()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(sign)  # whoever says so again does not want to wait
    await life.end()


@asynccontextmanager
async def _door(app: Watched, listener: socket.socket | None) -> AsyncIterator[None]:
    """Answers meanwhile what a watcher of this machine asks, where there is a port for it."""
    if listener is None:
        yield
        return
    from sandbox.cli.draining import BesideServer
    from sandbox.operations.routes import door_beside

    server = BesideServer(door_beside(app.state))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Life:
    """An application from its start to its end, which is asked nothing (ASGI, Lifespan Protocol).

    Args:
        app: What takes part in the event for as long.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Starts it; raises what kept it from its start."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        living = self._app(scope, self._told.get, self._said.put)
        self._task = asyncio.ensure_future(living)
        await self._tell("lifespan.startup")

    async def end(self) -> None:
        """Ends it in order."""
        await self._tell("lifespan.shutdown")
        if self._task is not None:
            await self._task

    async def _tell(self, word: str) -> None:
        await self._told.put({"type": word})
        said = await self._said.get()
        # what the application raised tells more than its message
        if said["type"] != f"{word}.complete" and self._task is not None:
            await self._task
