"""The routes for whoever runs a server: `/ready` and `/metrics`; and the door of a process that
serves nobody, for programs of its machine alone.

`/health` says that the process answers; `/ready` whether it is to be sent requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import __version__
from sandbox.api.asking import answer, answering, person_of, run_service_of
from sandbox.clock import utc_now
from sandbox.errors import SandboxError
from sandbox.event.rights import allow
from sandbox.server.search.reindexing import CatchingUp
from sandbox.store.database import Database
from sandbox.store.figures import answers_within, figures_of
from sandbox.threads import run_in_threadpool

DATABASE_SECONDS = 1.0
FIGURES_SECONDS = 5.0
BESIDE = ("127.0.0.1", "localhost")
RETRY = {"Retry-After": "1", "Cache-Control": "no-store"}
# text format 0.0.4, which every scraper reads
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Ready:
    """Whether a server is to be sent requests; each part is `ok`, or what is wrong with it."""

    database: str
    server: str

    @property
    def is_ready(self) -> bool:
        """Whether nothing is wrong."""
        return self.database == self.server == "ok"


async def ready(request: Request) -> Response:
    """GET /ready: 200 while the database answers within a second, the search values are those of
    this program and the server is not about to stop, else 503; who answers has brought the database
    to its newest migration.
    """
    server = "stopping" if run_service_of(request).is_stopping() else "ok"
    catching_up: CatchingUp = request.app.state.catching_up
    if not catching_up.is_over:
        server = f"catching up: {catching_up.done} of {catching_up.count} resources"
    database = await run_in_threadpool(_asked, request.app.state.database)
    state = Ready(database, server)
    return answer(state, 200 if state.is_ready else 503, RETRY)


async def metrics(request: Request) -> Response:
    """GET /metrics: the figures as Prometheus reads them, for facilitators and their tokens."""
    allow(await person_of(request), "see_audit")
    return await bare_metrics(request)


async def bare_metrics(request: Request) -> Response:
    """GET /metrics at a door that only programs of this machine reach: it holds no name."""
    content = await run_in_threadpool(partial(_figures, request))
    return Response(content, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)


def _asked(database: Database) -> str:
    try:
        answers_within(database, DATABASE_SECONDS)
    except SandboxError as error:
        return error.key
    return "ok"


def _figures(request: Request) -> bytes:
    from sandbox.operations.figures import Reading, written  # its library is for this door alone

    state = request.app.state
    database: Database = state.database
    with database.briefly(FIGURES_SECONDS):
        figures = figures_of(database)
    now = int(utc_now().timestamp() * 1000)
    turns = run_service_of(request).turns
    data = state.settings.data
    return written(Reading(state.traffic, figures, state.workers, turns, data, now))


def operation_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`, `database`, `traffic`,
    `workers`, `settings` and `catching_up`.
    """
    return [Route("/ready", ready), Route("/metrics", answering(metrics))]


def door_beside(state: State) -> Starlette:
    """Returns `/health`, `/ready` and `/metrics` of a process that serves nobody.

    Args:
        state: Of its application, as `operation_routes` asks for it.
    """
    routes = [
        Route("/health", _alive),
        Route("/ready", ready),
        Route("/metrics", answering(bare_metrics)),
    ]
    # no page of a browser reaches it by a name of its own that leads to this machine
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=[*BESIDE])
    door = Starlette(routes=routes, middleware=[guard])
    door.state = state
    return door


async def _alive(_: Request) -> Response:
    return answer({"version": __version__})
