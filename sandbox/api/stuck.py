"""Who is stuck at an event, as API and pages tell it: what does not pass, was decided as failed, is
not answered, stands still, or was never begun.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, person_of
from sandbox.api.instances import instances_of
from sandbox.api.result_shapes import FailingView, StuckView
from sandbox.api.results import current_state
from sandbox.api.views import finding_view
from sandbox.event.event_state import EventState
from sandbox.event.failing import Failing, failing_at
from sandbox.event.plan import words_in
from sandbox.event.rights import allow
from sandbox.event.stuck import Stuck, stuck
from sandbox.i18n import Language
from sandbox.testbench.tracks import number_of
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import language_of


async def all_stuck(request: Request) -> Response:
    """GET /api/plans/{plan}/stuck: all that does not go on, by its cause; what does not pass comes
    first, what was tried most often in a row before the rest.
    """
    allow(await person_of(request), "manage_event")
    current = await run_in_threadpool(current_state, request, request.path_params["plan"])
    return answer(await run_in_threadpool(stuck_at, request, current, language_of(request)))


def stuck_at(request: Request, current: EventState, language: Language) -> list[StuckView]:
    """Returns what does not go on at an event, in the order in which it is told.

    Args:
        request: Of the application that keeps the event.
        current: The event as it stands.
        language: Of the reader.
    """
    known = instances_of(request)
    waits = stuck(
        current.plan,
        current.rows,
        current.systems,
        current.achieved.cells,
        failing_at(known, current.plan.id),
        now=known.now(),
    )
    titles = {test.id: words_in(test.title, language) for test in current.plan.tests}
    return [_view(one, titles.get(one.test, ""), language) for one in waits]


def _view(one: Stuck, title: str, language: Language) -> StuckView:
    return {
        "cause": one.cause,
        "systems": list(one.systems),
        "teams": [team for team in one.teams if team],
        "test": one.test,
        "title": title,
        "instance": one.instance,
        "since": one.since,
        "failing": _failing(one.failing, language) if one.failing else None,
    }


def _failing(one: Failing, language: Language) -> FailingView:
    return {
        "run": one.run,
        "role": one.role,
        "track": one.track,
        "tries": one.tries,
        "lately": one.lately,
        "last": one.last,
        "check": number_of(one.check) if one.check else "",
        "finding": finding_view(one.finding, language) if one.finding else None,
    }


def stuck_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `snapshots`."""
    return [Route("/api/plans/{plan}/stuck", answering(all_stuck))]
