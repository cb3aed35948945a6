"""Routes for tools that run much: what a run would play, many runs by one request, two runs
compared, a system that is no more.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.access import own_system
from sandbox.api.asking import (
    answer,
    answering,
    list_in,
    object_of,
    person_of,
    run_of,
    run_service_of,
    text_in,
    texts_in,
)
from sandbox.api.views import run_view
from sandbox.errors import BadRequest
from sandbox.event.comparing import compare, plan
from sandbox.event.inputs import inputs_for, known_to, read_inputs, shown_inputs
from sandbox.event.rights import allow
from sandbox.event.run_service import RunRequest
from sandbox.event.systems import HERE
from sandbox.i18n import say
from sandbox.testbench.tracks import TRACKS, choose
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import language_of


async def remove(request: Request) -> Response:
    """DELETE /api/systems/{system}: takes a system, and what lets into it, away; its runs stay."""
    system = await own_system(request)
    service = run_service_of(request)
    await run_in_threadpool(service.store.remove_system, system.name)
    return answer(replace(system, inputs=shown_inputs(system.inputs)))


async def planned(request: Request) -> Response:
    """GET /api/tracks/{track}/plan: the tests that a run against `?system=` would play, and the
    inputs that each lacks; asks nobody.
    """
    person = await person_of(request)
    track = request.path_params["track"]
    await run_in_threadpool(choose, track)
    name = request.query_params.get("system", "")
    service = run_service_of(request)
    system = await run_in_threadpool(service.system, name)
    # the bundled one is everybody's
    if name != HERE:
        allow(person, "see_run", system.whose)
    given = inputs_for(track, system, service.with_preset({}))
    language = language_of(request)
    rows = [
        {
            "test": row.test.id,
            "number": row.test.number,
            "title": say(TRACKS[track].title_of(row.test), language),
            "lacks": list(row.lacks),
            "after": list(row.after),
        }
        for row in plan(TRACKS[track], given)
    ]
    return answer(rows)


async def batch(request: Request) -> Response:
    """POST /api/batches: starts a run of each of several tracks against one system; of none where a
    track or an input is unknown.  Sent again with the same header Idempotency-Key, they are the
    same runs.
    """
    person = await person_of(request)
    language = language_of(request)
    body = await object_of(request)
    system = text_in(body, "system")
    inputs = texts_in(body, "inputs")
    tracks = list(dict.fromkeys(list_in(body, "tracks")))
    if not tracks:
        raise BadRequest("testbench.bad_request", where="tracks", name="tracks")
    for track in tracks:
        await run_in_threadpool(choose, track)
    # a slip in a name, which no track of them knows, would else skip tests in silence
    read_inputs(inputs, known=set().union(*map(known_to, tracks)))
    key = request.headers.get("idempotency-key", "")
    views = []
    for track in tracks:
        of_track = {name: value for name, value in inputs.items() if name in known_to(track)}
        asked = RunRequest(track, system, (), of_track, f"{key} {track}" if key else "")
        run = await run_service_of(request).start(asked, person, language)
        views.append(run_view(run, language))
    return answer(views, 201)


async def again(request: Request) -> Response:
    """POST /api/runs/{run}/again: the same tests, or with `failed` those that did not pass, as a
    run of their own: the verdicts of the old one stay what they were.
    """
    person = await person_of(request)
    old = await run_of(request)
    body = await object_of(request)
    is_of_failed = body.get("failed", False)
    if not isinstance(is_of_failed, bool):
        raise BadRequest("testbench.bad_request", where="failed", name="failed")
    tests = old.not_passed if is_of_failed else tuple(test.id for test in old.tests)
    key = request.headers.get("idempotency-key", "")
    asked = RunRequest(
        old.track.id, old.system, tests, old.inputs, f"{key} {old.id}" if key else ""
    )
    run = await run_service_of(request).start(asked, person, language_of(request))
    return answer(run_view(run, language_of(request)), 201)


async def changes(request: Request) -> Response:
    """GET /api/runs/{run}/changes: what is another than in the run `?since=` of the same track, and
    whether the system or our checks made the difference.
    """
    now = await run_of(request)
    service = run_service_of(request)
    since = request.query_params.get("since", "")
    before = await run_in_threadpool(service.runs.read, since)
    allow(await person_of(request), "see_run", before.whose)
    if before.track is not now.track:
        what = {"before": before.track.id, "now": now.track.id}
        raise BadRequest("testbench.other_track", where="since", **what)
    judged = await service.runs.recheck(before.id)
    again = {id: result.verdict for id, (_, result) in judged.items()}
    rows = [
        {"test": change.test.id, "was": change.was, "now": change.now, "cause": change.cause}
        for change in compare(before, again, now)
        if change.cause != "same"
    ]
    return answer(rows)


def running_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`."""
    return [
        Route("/api/systems/{system}", answering(remove), methods=["DELETE"]),
        Route("/api/tracks/{track}/plan", answering(planned)),
        Route("/api/batches", answering(batch), methods=["POST"]),
        Route("/api/runs/{run}/again", answering(again), methods=["POST"]),
        Route("/api/runs/{run}/changes", answering(changes)),
    ]
