"""Settings in, ASGI application out; nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from sandbox import __version__
from sandbox.clock import Clock, utc_now
from sandbox.ids import random_id, sequence_of_ids
from sandbox.pages.home import home_routes
from sandbox.server.call import Services
from sandbox.server.http import FhirEndpoint
from sandbox.server.seeding import plant_seed
from sandbox.settings import Settings
from sandbox.store.database import Database
from sandbox.store.resources import ResourceStore

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def create_app(settings: Settings, *, clock: Clock = utc_now) -> Starlette:
    """Returns the sandbox as an ASGI application over the database in `settings.data`.

    Plants the seed when the database is new; raises SeedError for a seed that does not exist.
    """
    database = Database(settings.data / "sandbox.db")
    store = ResourceStore(database)
    services = Services(store, clock, sequence_of_ids(settings.id_seed) if settings.id_seed else random_id)
    try:
        plant_seed(settings.seed, services)
    except BaseException:
        database.close()
        raise

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        database.close()

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"name": "connectathon-sandbox", "version": __version__, "seed": settings.seed})

    endpoint = FhirEndpoint(services, settings)
    return Starlette(
        routes=[
            Route("/health", health),
            Route("/fhir", endpoint.answer, methods=METHODS),
            Route("/fhir/{path:path}", endpoint.answer, methods=METHODS),
            Mount("/", routes=home_routes(services, settings)),
        ],
        lifespan=lifespan,
    )
