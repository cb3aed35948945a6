"""Routes about what an event came to: its report, the results of each system, and the list behind
every figure.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, person_of, run_service_of
from sandbox.api.instances import instances_of
from sandbox.event.event_report import EventReport, as_csv, event_report
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.event.published import Published
from sandbox.event.results import Cells, cells, role_results
from sandbox.event.rights import allow
from sandbox.event.systems import System, all_systems, versions_of
from sandbox.i18n import Language
from sandbox.store.instances import InstanceRow
from sandbox.web.requests import language_of


async def report(request: Request) -> Response:
    """GET /api/plans/{plan}/report: teams, and instances by state, track, test and country."""
    allow(await person_of(request), "see_results")
    played = await run_in_threadpool(played_at, request, request.path_params["plan"])
    return answer(played.report)


async def results(request: Request) -> Response:
    """GET /api/plans/{plan}/results: what each system has achieved as each actor, by track."""
    allow(await person_of(request), "see_results")
    played = await run_in_threadpool(played_at, request, request.path_params["plan"])
    return answer(played.results.results)


async def matrix(request: Request) -> Response:
    """GET /api/plans/{plan}/matrix: systems × planned tests, with whom each met."""
    allow(await person_of(request), "see_results")
    played = await run_in_threadpool(played_at, request, request.path_params["plan"])
    return answer(played.results.cells)


async def table(request: Request) -> Response:
    """GET /api/plans/{plan}/instances.csv: every instance, a line each."""
    allow(await person_of(request), "see_results")
    played = await run_in_threadpool(played_at, request, request.path_params["plan"])
    text = csv_of(played, language_of(request))
    return Response(text, media_type="text/csv; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Played:
    """What was played at an event, read once: its instances, and what they came to."""

    event: PlannedEvent
    rows: tuple[InstanceRow, ...]
    systems: tuple[System, ...]
    cells: Cells

    @property
    def report(self) -> EventReport:
        """The report of the event."""
        return event_report(self.event, self.rows, self.systems)

    @property
    def results(self) -> Published:
        """What each system has achieved, and its planned tests."""
        roles = role_results(self.event, self.rows, self.systems, self.cells)
        return Published(tuple(roles), tuple(self.cells.values()))


def played_at(request: Request, plan: str) -> Played:
    """Returns what was played at an event; raises NotFound."""
    all_instances = instances_of(request)
    event = all_instances.plans.find(plan)
    rows = all_instances.store.everything(event.id)
    systems = tuple(all_systems(run_service_of(request).store))
    return Played(event, rows, systems, cells(rows, versions_of(systems)))


def csv_of(played: Played, language: Language) -> str:
    """Returns the instances of an event as CSV."""
    titles = {test.id: words_in(test.title, language) for test in played.event.tests}
    return as_csv(played.rows, titles)


def result_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `run_service`."""
    place = "/api/plans/{plan}"
    return [
        Route(f"{place}/report", answering(report)),
        Route(f"{place}/results", answering(results)),
        Route(f"{place}/matrix", answering(matrix)),
        Route(f"{place}/instances.csv", answering(table)),
    ]
