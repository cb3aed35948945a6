"""Settings in, ASGI application out; nothing else."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, cast

import httpx
from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from sandbox import __version__
from sandbox.api.gate import Gate
from sandbox.api.kept import KeptJudgements
from sandbox.clock import Clock, utc_now
from sandbox.ddcc.forms import questionnaires
from sandbox.ddcc.judging import refuse_if_lacking
from sandbox.desk.grading_process import GradingProcess
from sandbox.event.access import Access
from sandbox.event.event_state import EventStates
from sandbox.event.events import Events, used_in
from sandbox.event.instances import Instances
from sandbox.event.itself import Itself
from sandbox.event.run_service import RunService
from sandbox.event.signing import PLACE, EvidenceKey
from sandbox.event.snapshots import Snapshots
from sandbox.fhir.json import write_json
from sandbox.findings import Finding
from sandbox.ids import random_id, sequence_of_ids
from sandbox.lacpass import lacpass_routes
from sandbox.mhd import AUDIT, compare_with_known
from sandbox.notices.assembling import Notices, notices_of
from sandbox.operations.routes import operation_routes
from sandbox.operations.traffic import Traffic, Watched
from sandbox.sealing import Keys
from sandbox.server.access import RequireToken
from sandbox.server.call import Services, SubmissionRules
from sandbox.server.http import FhirEndpoint
from sandbox.server.openapi import openapi_description
from sandbox.server.partitions import Tenants
from sandbox.server.search.reindexing import CatchingUp, once_caught_up
from sandbox.server.seeding import plant_seed
from sandbox.settings import Settings
from sandbox.store.audit import Audit
from sandbox.store.desk import DeskStore
from sandbox.store.instances import InstanceStore
from sandbox.store.judgements import JudgementStore
from sandbox.store.links import LinkStore
from sandbox.store.partitions import Partitions
from sandbox.store.planned_events import PlannedEventStore
from sandbox.store.presence import taking_part
from sandbox.store.resources import ResourceStore
from sandbox.store.runs import RunStore
from sandbox.store.sealed import SealedStore
from sandbox.store.wallet_items import WalletItems
from sandbox.submissions import Version
from sandbox.submissions.metadata import check_content
from sandbox.submissions.submission import read_submission
from sandbox.testbench.guard import Guard
from sandbox.threads import run_in_threadpool
from sandbox.twins import TWINS, BrokenTwin
from sandbox.web.door import Door
from sandbox.web.egress import egress_of
from sandbox.web.on_demand import OnDemand
from sandbox.web.security import security_routes
from sandbox.workers import JUDGING, Pool, pool_of

if TYPE_CHECKING:
    from sandbox.sharing import Links
    from sandbox.trust.folder import TrustFolder

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
THREADS = 16
# a whole look at 100 MB takes about as long; `connectathon data verify` takes its time
CHECK_SECONDS = 0.15
# whoever starts waits no longer for what another version wrote: the rest is done behind `/ready`
CATCHING_UP_SECONDS = 1.0
# Scripts of other origins may read only the headers named here (Fetch standard, CORS).
CORS_HEADERS = (
    "ETag",
    "Location",
    "Content-Location",
    "Last-Modified",
    "Link",
    "X-Exchange-Id",
    "X-Total-Count",
    "X-Validation-Errors",
)


def create_app(
    settings: Settings, *, clock: Clock = utc_now, is_stopping: Callable[[], bool] = lambda: False
) -> Watched:
    """Returns the sandbox as an ASGI application over the database that the settings name, with its
    seed where that is new.

    Args:
        settings: What the process serves, and to whom.
        is_stopping: Ends streams, which a page holds open without end, as soon as it says so.

    Raises:
        NotFound: The settings name a seed that does not exist.
    """
    partitions, tenants = _opened(settings, clock)
    run_service = _run_service(partitions, tenants, settings, clock, is_stopping)
    judgements = KeptJudgements(JudgementStore(partitions.main), clock, days=settings.kept_days)
    events = _events(partitions, run_service, clock)
    instances = _instances(partitions, run_service, events, clock)
    snapshots = _snapshots(run_service, instances, events, clock)
    notices = notices_of(run_service, instances, settings, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # Set here because the limiter exists only inside a running event loop.
        current_default_thread_limiter().total_tokens = THREADS
        with _taking_part(settings) as is_alone:
            work = _at_work(pages.state, is_alone=is_alone)
            async with once_caught_up(tenants.catching_up, work):
                yield
            partitions.close()

    pages = Starlette(routes=_routes(tenants, settings, clock), lifespan=lifespan)
    pages.state.run_service = run_service
    pages.state.events = events
    pages.state.instances = instances
    pages.state.snapshots = snapshots
    pages.state.judgements = judgements
    _let_pages_know(pages, partitions, tenants, settings, notices)
    gate = Gate(_twin_of(FhirEndpoint(tenants, settings, pages), settings), pages)
    return Watched(_guarded(gate, run_service, settings, tenants), pages.state.traffic, pages.state)


def _twin_of(endpoint: FhirEndpoint, settings: Settings) -> ASGIApp:
    return BrokenTwin(endpoint, TWINS[settings.twin]) if settings.twin else endpoint


@contextmanager
def _taking_part(settings: Settings) -> Iterator[bool]:
    """Gives whether no other process can be at work on the same data."""
    with taking_part(settings.data, __version__) as is_alone:
        # of other machines on one PostgreSQL a folder says nothing
        yield is_alone and not settings.database_url


@asynccontextmanager
async def _at_work(state: State, *, is_alone: bool) -> AsyncIterator[None]:
    """Does what goes on beside the requests."""
    run_service: RunService = state.run_service
    judgements: KeptJudgements = state.judgements
    snapshots: Snapshots = state.snapshots
    notices: Notices = state.notices
    grading: GradingProcess = state.grading_process
    run_service.resume(is_alone=is_alone)
    if is_alone:
        notices.store.forget_leases()
    judgements.sweep()
    beside = [
        asyncio.create_task(judgements.sweep_daily()),
        asyncio.create_task(snapshots.take_daily()),
        asyncio.create_task(notices.sweep_daily()),
        asyncio.create_task(notices.courier.work(run_service.news)),
        asyncio.create_task(grading.watch(DeskStore(state.database))),
    ]
    yield
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    await run_service.close()


def _let_pages_know(
    pages: Starlette,
    partitions: Partitions,
    tenants: Tenants,
    settings: Settings,
    notices: Notices,
) -> None:
    pages.router.default = OnDemand(partial(_routes_on_demand, tenants, settings))
    pages.state.notices = notices
    pages.state.grading_process = _grading(pages.state.run_service, settings)
    pages.state.traffic = Traffic()
    pages.state.wallets = WalletItems(partitions.main)
    pages.state.settings = settings
    pages.state.database = partitions.main
    pages.state.services = tenants.main
    pages.state.catching_up = tenants.catching_up
    pages.state.workers = tenants.main.workers


def _routes(tenants: Tenants, settings: Settings, clock: Clock) -> list[BaseRoute]:
    """Returns what is not below `/fhir` and is asked for as soon as the process listens."""

    async def health(_: Request) -> JSONResponse:
        return JSONResponse(
            {"name": "connectathon-sandbox", "version": __version__, "seed": settings.seed}
        )

    async def description(_: Request) -> JSONResponse:
        return JSONResponse(openapi_description())

    return [
        Route("/health", health),
        *operation_routes(),
        Route(PLACE, partial(_evidence_key, settings)),
        Route("/openapi.json", description),
        *security_routes(settings, clock),
        # with the certificates' operations below `/fhir`, which are registered by their import
        *lacpass_routes(tenants, settings),
    ]


def _routes_on_demand(tenants: Tenants, settings: Settings) -> list[BaseRoute]:
    from sandbox.pages.routes import all_routes  # which a server for FHIR alone never loads

    return all_routes(tenants, settings)


async def _evidence_key(settings: Settings, _: Request) -> JSONResponse:
    return JSONResponse(await run_in_threadpool(EvidenceKey(settings.data).public))


def _opened(settings: Settings, clock: Clock) -> tuple[Partitions, Tenants]:
    partitions = Partitions(
        settings.data, url=settings.database_url, seconds=settings.search_seconds
    )
    try:
        partitions.check(CHECK_SECONDS)
        _access(partitions, settings).refuse_other_secret()
        tenants = _tenants(partitions, settings, clock)
        tenants.catching_up = _catching_up(partitions, tenants, settings)
        plant_seed(settings.seed, tenants.main, also=[questionnaires()])
        return partitions, tenants
    except BaseException:
        # An open database keeps its lock: without this, the next try would find it taken.
        partitions.close()
        raise


def _tenants(partitions: Partitions, settings: Settings, clock: Clock) -> Tenants:
    """Returns the tenants over the partitions."""
    new_id = sequence_of_ids(settings.id_seed) if settings.id_seed else random_id
    workers = pool_of(settings.judges)
    rules = SubmissionRules(
        partial(_check_submission, workers, cast(Version, settings.mhd)), compare_with_known
    )
    main = Services(
        store=ResourceStore(partitions.main),
        clock=clock,
        new_id=new_id,
        validation=settings.validation,
        submissions=rules,
        bundle_refusals=(refuse_if_lacking,),
        audit=AUDIT if settings.audit else None,
        trust=partial(_trust, settings, Audit(partitions.main)),
        country=settings.country,
        links=partial(_links, partitions, clock),
        workers=workers,
    )
    return Tenants(partitions, main)


def _catching_up(partitions: Partitions, tenants: Tenants, settings: Settings) -> CatchingUp:
    """Brings the data of all tenants up to date: as far as that is done at once, or all of them
    where another server answers meanwhile, to which a proxy goes as long as nobody listens here.
    """
    teams = ("", *(tenant.name for tenant in partitions.tenants()))
    catching_up = CatchingUp([tenants.of(team).store for team in teams])
    end = math.inf if settings.database_url else time.monotonic() + CATCHING_UP_SECONDS
    catching_up.go_on(is_enough=partial(_is_past, end))
    return catching_up


def _is_past(moment: float) -> bool:
    return time.monotonic() > moment


def _check_submission(workers: Pool, version: Version, bundle: object) -> list[Finding] | None:
    if read_submission(bundle) is None:
        return None
    return workers.run(JUDGING, check_content, write_json(bundle), version)


def _trust(settings: Settings, audit: Audit) -> TrustFolder:
    # cryptography is loaded with the first certificate
    from sandbox.trust.folder import TrustFolder

    return TrustFolder(settings.data / "trust", record=audit.record)


def _links(partitions: Partitions, clock: Clock) -> Links:
    from sandbox.sharing import Links  # loaded with the first link, as certificates are

    return Links(LinkStore(partitions.main), clock)


def _run_service(
    partitions: Partitions,
    tenants: Tenants,
    settings: Settings,
    clock: Clock,
    is_stopping: Callable[[], bool],
) -> RunService:
    # Runs against ourselves stay in the process, because the guard blocks our own port.
    here = httpx.ASGITransport(FhirEndpoint(tenants, settings, PlainTextResponse("", 404)))
    guard = Guard(
        grants=frozenset(settings.grants),
        own_ports=frozenset({settings.port}),
        egress=egress_of(),
    )
    store = RunStore(partitions.main)
    service = RunService(
        store,
        clock=clock,
        new_id=random_id,
        guard=guard,
        here=here,
        preset=settings.preset,
    )
    service.turns.most = settings.runs
    service.is_stopping = is_stopping
    service.runs.workers = tenants.main.workers
    service.ways.access = _access(partitions, settings)
    service.runs.key = EvidenceKey(settings.data)
    return service


def _grading(service: RunService, settings: Settings) -> GradingProcess:
    grading = GradingProcess(settings)
    # a server grades what is handed in to it, and tells its process itself
    if settings.graders and not settings.serves:
        service.news.tell(grading.told)
    return grading


def _access(partitions: Partitions, settings: Settings) -> Access:
    return Access(SealedStore(partitions.main), Keys(settings.data))


def _events(partitions: Partitions, run_service: RunService, clock: Clock) -> Events:
    instances = InstanceStore(partitions.main, run_service.store)
    return Events(PlannedEventStore(partitions.main), is_used=used_in(instances), clock=clock)


def _instances(
    partitions: Partitions, run_service: RunService, plans: Events, clock: Clock
) -> Instances:
    store = InstanceStore(partitions.main, run_service.store)
    return Instances(store, run_service, plans=plans, clock=clock, new_id=random_id)


def _snapshots(
    run_service: RunService, instances: Instances, events: Events, clock: Clock
) -> Snapshots:
    """Returns the snapshots of events, with what tells how they stand."""
    states = EventStates(run_service.store, instances.store, events, clock=clock)
    return Snapshots(run_service.store, states, clock=clock)


def _guarded(gate: Gate, run_service: RunService, settings: Settings, tenants: Tenants) -> ASGIApp:
    # within the wall of the event's token, which no run knows
    run_service.ways.itself = Itself(gate, run_service.tokens, settings.base_url, settings.port)
    app: ASGIApp = gate
    if settings.token:
        app = RequireToken(app, token=settings.token, is_known=gate.knows)
    # Wraps the token check: browsers send preflight requests without credentials.
    if settings.origins:
        app = CORSMiddleware(
            app,
            allow_origins=list(settings.origins),
            allow_methods=METHODS,
            allow_headers=["*"],
            expose_headers=CORS_HEADERS,
        )
    return Door(app, settings, is_known=gate.knows, check=tenants.catching_up.check)
