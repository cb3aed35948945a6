"""Routes about what an event came to: its report, the results of each system, and the list behind
every figure.
"""

from __future__ import annotations

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, person_of, run_service_of
from sandbox.api.instances import instances_of
from sandbox.event.event_report import EventReport, as_csv, event_report
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.event.results import Cell, RoleResult, cells, role_results
from sandbox.event.rights import allow
from sandbox.event.systems import all_systems, versions_of
from sandbox.i18n import Language
from sandbox.store.instances import InstanceRow
from sandbox.web.requests import language_of


async def report(request: Request) -> Response:
    """GET /api/plans/{plan}/report: teams, and instances by state, track, test and country."""
    allow(await person_of(request), "see_results")
    return answer(await run_in_threadpool(report_of, request, request.path_params["plan"]))


async def results(request: Request) -> Response:
    """GET /api/plans/{plan}/results: what each system has achieved as each actor, by track."""
    allow(await person_of(request), "see_results")
    return answer(await run_in_threadpool(results_of, request, request.path_params["plan"]))


async def matrix(request: Request) -> Response:
    """GET /api/plans/{plan}/matrix: systems × planned tests, with whom each met."""
    allow(await person_of(request), "see_results")
    return answer(await run_in_threadpool(cells_of, request, request.path_params["plan"]))


async def table(request: Request) -> Response:
    """GET /api/plans/{plan}/instances.csv: every instance, a line each."""
    allow(await person_of(request), "see_results")
    plan = request.path_params["plan"]
    work = partial(csv_of, request, plan, language_of(request))
    return Response(await run_in_threadpool(work), media_type="text/csv; charset=utf-8")


def report_of(request: Request, plan: str) -> EventReport:
    """Returns the report of an event; raises NotFound."""
    event, rows = _read(request, plan)
    return event_report(event, rows, all_systems(run_service_of(request).store))


def results_of(request: Request, plan: str) -> list[RoleResult]:
    """Returns what each system has achieved at an event; raises NotFound."""
    event, rows = _read(request, plan)
    return list(role_results(event, rows, all_systems(run_service_of(request).store)))


def cells_of(request: Request, plan: str) -> list[Cell]:
    """Returns what became of each planned test with each system; raises NotFound."""
    _, rows = _read(request, plan)
    versions = versions_of(all_systems(run_service_of(request).store))
    return list(cells(rows, versions).values())


def csv_of(request: Request, plan: str, language: Language) -> str:
    """Returns the instances of an event as CSV; raises NotFound."""
    event, rows = _read(request, plan)
    return as_csv(rows, {test.id: words_in(test.title, language) for test in event.tests})


def _read(request: Request, plan: str) -> tuple[PlannedEvent, tuple[InstanceRow, ...]]:
    all_instances = instances_of(request)
    event = all_instances.plans.find(plan)
    return event, all_instances.store.everything(event.id)


def result_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `run_service`."""
    place = "/api/plans/{plan}"
    return [
        Route(f"{place}/report", answering(report)),
        Route(f"{place}/results", answering(results)),
        Route(f"{place}/matrix", answering(matrix)),
        Route(f"{place}/instances.csv", answering(table)),
    ]
