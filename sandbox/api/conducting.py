"""Routes about what facilitators decide of an event while it runs: which checks count, results that
are confirmed, published and withdrawn, and overruled verdicts as cases for the bench.

Published results are read by everybody, without signing in; what is not published is not there.
"""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import (
    answer,
    answering,
    list_in,
    object_of,
    person_of,
    run_service_of,
)
from sandbox.api.conduct_shapes import CheckView, PublicView, StandingView
from sandbox.api.instances import instances_of
from sandbox.api.results import current_state
from sandbox.errors import NotFound
from sandbox.event.conduct import Conduct, changes
from sandbox.event.identity import Person
from sandbox.event.overruled import cases_of, zip_of
from sandbox.event.plan import words_in
from sandbox.event.published import Published, differences, published_csv
from sandbox.event.rights import allow
from sandbox.i18n import Language
from sandbox.testbench.fingerprint import changed_parts
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import language_of

ACTS = ("confirm", "publish", "withdraw")


async def checks(request: Request) -> Response:
    """GET /api/plans/{plan}/checks: the bench tests of a plan, by which check each counts, and
    whether it has changed; POST adopts those that have changed (tests; all for none).
    """
    person = await person_of(request)
    id = request.path_params["plan"]
    if request.method == "POST":
        allow(person, "manage_event")
        tests = list_in(await object_of(request), "tests")
        plan = await run_in_threadpool(instances_of(request).plans.find, id)
        adopt = partial(instances_of(request).conduct.adopt, plan, person, tests)
        await run_in_threadpool(adopt)
    allow(person, "see_results")
    return answer(await run_in_threadpool(checks_of, request, id))


async def standing(request: Request) -> Response:
    """GET /api/plans/{plan}/results/standing: who confirmed the results when, what has changed
    since, and whether they are published.
    """
    allow(await person_of(request), "see_results")
    return answer(await run_in_threadpool(standing_of, request, request.path_params["plan"]))


async def decide(request: Request) -> Response:
    """POST /api/plans/{plan}/results/{decision}: confirm, publish or withdraw."""
    person = await person_of(request)
    allow(person, "manage_event")
    id = request.path_params["plan"]
    work = partial(decided, request, id, request.path_params["decision"])
    await run_in_threadpool(work, person)
    return answer(await run_in_threadpool(standing_of, request, id))


async def overruled(request: Request) -> Response:
    """GET /api/plans/{plan}/overruled: the verdicts that monitors set aside as a zip: cases and
    evidence.
    """
    allow(await person_of(request), "manage_event")
    id = request.path_params["plan"]
    content = await run_in_threadpool(_overruled, request, id)
    headers = {"Content-Disposition": f'attachment; filename="{id}-overruled.zip"'}
    return Response(content, headers=headers, media_type="application/zip")


async def public(request: Request) -> Response:
    """GET /api/published/{plan}: published results, for everybody."""
    work = partial(public_of, request, request.path_params["plan"], language_of(request))
    return answer(await run_in_threadpool(work))


async def public_csv(request: Request) -> Response:
    """GET /api/published/{plan}/results.csv: the same as CSV."""
    conduct = await run_in_threadpool(published_of, request, request.path_params["plan"])
    text = published_csv(_shown(conduct))
    return Response(text, media_type="text/csv; charset=utf-8")


def checks_of(request: Request, plan: str) -> list[CheckView]:
    """Returns the bench tests of a plan with the checks by which they count.

    Args:
        request: Of the application that keeps the event.
        plan: The id of the event.

    Raises:
        NotFound: There is no such event.
    """
    all_instances = instances_of(request)
    event = all_instances.plans.find(plan)
    return [
        {
            "test": change.test,
            "pinned": change.pinned,
            "now": change.now,
            "is_changed": change.is_changed,
            "changed": list(changed_parts(change.pinned, change.now)) if change.pinned else [],
        }
        for change in changes(event, all_instances.conduct.read(event.id))
    ]


def results_now(request: Request, plan: str) -> Published:
    """Returns the results of an event as they are now; raises NotFound."""
    return current_state(request, plan).achieved


def decided(request: Request, plan: str, act: str, person: Person) -> None:
    """Confirms, publishes or withdraws results.

    Raises:
        NotFound: There is no such event or act.
        PreconditionFailed: Nothing is confirmed that could be published.
    """
    all_instances = instances_of(request)
    event = all_instances.plans.find(plan)
    if act == "confirm":
        all_instances.conduct.confirm(event.id, results_now(request, event.id), person)
    elif act == "publish":
        all_instances.conduct.publish(event.id, person)
    elif act == "withdraw":
        all_instances.conduct.withdraw(event.id, person)
    else:
        raise NotFound("instances.no_act", where=act, found=act, known=", ".join(ACTS))


def standing_of(request: Request, plan: str) -> StandingView:
    """Returns where the results of an event stand.

    Args:
        request: Of the application that keeps the event.
        plan: The id of the event.

    Raises:
        NotFound: There is no such event.
    """
    current = current_state(request, plan)
    return standing_view(instances_of(request).conduct.read(current.plan.id), current.achieved)


def standing_view(conduct: Conduct, now: Published) -> StandingView:
    """Returns where the results of an event stand.

    Args:
        conduct: What was decided of them.
        now: As they are by now.
    """
    confirmed = conduct.confirmed
    published = conduct.published
    changed = list(differences(confirmed.results, now)) if confirmed else []
    return {
        "confirmed_by": confirmed.by if confirmed else "",
        "confirmed_at": confirmed.at if confirmed else 0,
        "changed": changed,
        "published_by": published.by if published else "",
        "published_at": published.at if published else 0,
    }


def published_of(request: Request, plan: str) -> Conduct:
    """Returns what was decided of an event whose results are published; raises NotFound for one
    whose are not, as for one that is not there.
    """
    conduct = instances_of(request).conduct.read(plan)
    if conduct.published is None or conduct.confirmed is None:
        raise NotFound("results.not_published", where=plan, id=plan[:60])
    return conduct


def public_of(request: Request, plan: str, language: Language) -> PublicView:
    """Returns published results as everybody may read them.

    Args:
        request: Of the application that keeps the event.
        plan: The id of the event.
        language: In which the event is named.

    Raises:
        NotFound: There is no such event, or its results are not published.
    """
    conduct = published_of(request, plan)
    event = instances_of(request).plans.find(plan)
    shown = _shown(conduct)
    return {
        "event": event.id,
        "title": words_in(event.title, language),
        "confirmed_at": conduct.confirmed.at if conduct.confirmed else 0,
        "published_at": conduct.published.at if conduct.published else 0,
        "results": list(shown.results),
        "tests": list(shown.cells),
    }


def _shown(conduct: Conduct) -> Published:
    none = Published((), ())
    return conduct.confirmed.results.for_everybody if conduct.confirmed else none


def _overruled(request: Request, plan: str) -> bytes:
    all_instances = instances_of(request)
    event = all_instances.plans.find(plan)
    runs = run_service_of(request).runs
    # of thousands of instances a few hold one, and to read a log costs more than to ask for it
    ruled = all_instances.store.with_line(event.id, "overruled")
    return zip_of(cases_of(map(all_instances.read, ruled), runs), event.id, runs)


def conducting_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `run_service`."""
    return [
        Route("/api/plans/{plan}/checks", answering(checks), methods=["GET", "POST"]),
        Route("/api/plans/{plan}/results/standing", answering(standing)),
        Route("/api/plans/{plan}/results/{decision}", answering(decide), methods=["POST"]),
        Route("/api/plans/{plan}/overruled", answering(overruled)),
        Route("/api/published/{plan}", answering(public)),
        Route("/api/published/{plan}/results.csv", answering(public_csv)),
    ]
