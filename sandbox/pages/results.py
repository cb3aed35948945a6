"""The page of what an event came to: charts, tables, what was found, and each system's results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache, partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.conducting import standing_view
from sandbox.api.instances import instances_of
from sandbox.api.results import current_state, state_for
from sandbox.event.event_charts import charts_of, states_in, tables_of
from sandbox.event.event_findings import FrequentFinding, Practice
from sandbox.event.event_sheets import named
from sandbox.event.event_state import EventState
from sandbox.event.plan import words_in
from sandbox.event.results import Cell, Progress, RoleResult, progress_of
from sandbox.event.rights import allow, may
from sandbox.i18n import Language
from sandbox.pages.home import page_language, render
from sandbox.pages.map import map_of, row_html
from sandbox.pages.working import shown, working_page
from sandbox.reports.charts import svg
from sandbox.sentences import public_fix_of, public_text_of
from sandbox.threads import run_in_threadpool

ROWS_KEPT = 512
"""Systems in memory, of all events and languages: a change concerns a few of them."""
TOLD = 15
"""Rows of each list of findings; the API has them all."""


async def results(request: Request) -> Response:
    """GET /event/{plan}/results: the report with its tables, and what each system has achieved."""
    person = await person_of(request)
    allow(person, "see_results")
    id = request.path_params["plan"]
    current = await run_in_threadpool(state_for, request, id, person)
    plan = current.plan
    conduct = await run_in_threadpool(instances_of(request).conduct.read, plan.id)
    report = current.report
    language = page_language(request)
    charts = charts_of(plan, report, language)
    return await working_page(
        request,
        "results.html",
        live="*",
        me=person,
        event=plan,
        words=partial(words_in, language=language),
        report=report,
        tables=tables_of(plan, report, language),
        charts={kind: svg(chart) for kind, chart in charts.items()},
        states=list(states_in(report, language)),
        frequent=_told(current.found.frequent, language),
        practice=_told(current.found.practice, language),
        named=partial(named, language=language),
        snapshots=await run_in_threadpool(request.app.state.snapshots.all, plan.id),
        achieved=current.achieved.results,
        system_html=system_html,
        progress=_progress(current),
        standing=standing_view(conduct, current.achieved),
        may_manage=may(person, "manage_event"),
    )


def _progress(current: EventState) -> dict[str, Progress]:
    """Returns the progress of each system, by name."""
    reached: dict[str, list[Cell]] = {}
    for cell in current.achieved.cells:
        reached.setdefault(cell.system, []).append(cell)
    return {
        system.name: progress_of(current.plan, system, reached.get(system.name, ()))
        for system in current.systems
    }


def system_html(
    system: str, rows: Iterable[RoleResult], progress: Progress, language: Language
) -> str:
    """Returns what a system has achieved as it stands on a page.

    Args:
        system: Its name.
        rows: What it has achieved, by role.
        progress: How many of its required tests are verified.
        language: Of the page.
    """
    return _system_html(system, tuple(rows), progress, language)


@lru_cache(maxsize=ROWS_KEPT)
def _system_html(
    system: str, rows: tuple[RoleResult, ...], progress: Progress, language: Language
) -> str:
    return render("results_row.html", language, system=system, rows=rows, whole=progress)


async def map_page(request: Request) -> Response:
    """GET /event/{plan}/map: systems by planned tests, of `?part=` a track, and with `?system=` the
    tests of one system as a list.
    """
    person = await person_of(request)
    allow(person, "see_results")
    current = await run_in_threadpool(current_state, request, request.path_params["plan"])
    language = page_language(request)
    part = request.query_params.get("part", "")
    return await working_page(
        request,
        "map_page.html",
        live="*",
        me=person,
        event=current.plan,
        map_row=row_html,
        map=await run_in_threadpool(partial(map_of, current, language, track=part)),
        part=part,
        chosen=request.query_params.get("system", ""),
        words=partial(words_in, language=language),
    )


def _told(
    rows: Sequence[FrequentFinding | Practice], language: Language
) -> list[tuple[FrequentFinding | Practice, str, str]]:
    """Returns each row with its sentence, and with what an example was found to be; what a system
    sent stands in its run, which not everybody sees.
    """
    return [
        (row, public_text_of(row.example, language), public_fix_of(row.example, language))
        for row in rows[:TOLD]
    ]


def result_pages() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `run_service`."""
    return [
        Route("/event/{plan}/results", shown(results)),
        Route("/event/{plan}/map", shown(map_page)),
    ]
