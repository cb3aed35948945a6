"""The page of what an event came to: teams, instances by state, and each system's results."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.conducting import standing_view
from sandbox.api.instances import instances_of
from sandbox.api.results import played_at
from sandbox.event.instance import STATES
from sandbox.event.plan import words_in
from sandbox.event.results import Cell
from sandbox.event.rights import allow, may
from sandbox.pages.home import page_language
from sandbox.pages.working import shown, when_of, working_page


async def results(request: Request) -> Response:
    """GET /event/{plan}/results: the report with its tables, and what each system has achieved."""
    person = await person_of(request)
    allow(person, "see_results")
    id = request.path_params["plan"]
    played = await run_in_threadpool(played_at, request, id)
    conduct = await run_in_threadpool(instances_of(request).conduct.read, played.event.id)
    plan = played.event
    report = played.report
    achieved = played.results
    begun = {cell.test for cell in achieved.cells}
    words = partial(words_in, language=page_language(request))
    # what nobody has begun is left out of the tables, and stands in the plan
    tests = {f"{test.id} · {words(test.title)}": report.by_test[test.id] for test in plan.tests}
    tracks = {
        f"{track.id} · {words(track.title)}": report.by_track[track.id] for track in plan.tracks
    }
    return await working_page(
        request,
        "results.html",
        live="*",
        me=person,
        event=plan,
        words=words,
        report=report,
        tables={
            "track": tracks,
            "test": {name: row for name, row in tests.items() if row},
            "country": report.by_country,
        },
        states=[state for state in STATES if report.by_state.get(state)],
        achieved=achieved.results,
        standing=standing_view(conduct, achieved),
        when=when_of,
        may_manage=may(person, "manage_event"),
        matrix=_by_system(achieved.cells),
        # what nobody has begun has no column
        columns=[test for test in plan.tests if test.id in begun],
    )


def _by_system(cells: Iterable[Cell]) -> dict[str, dict[str, list[Cell]]]:
    """Returns the cells of the matrix by system and planned test, of which one may play several
    roles.
    """
    matrix: dict[str, dict[str, list[Cell]]] = {}
    for cell in cells:
        matrix.setdefault(cell.system, {}).setdefault(cell.test, []).append(cell)
    return matrix


def result_pages() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `run_service`."""
    return [Route("/event/{plan}/results", shown(results))]
