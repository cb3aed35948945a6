"""Routes of the JSON API below `/api`; every error is an object with text and fix in the asker's
language.

The run service stands in the state of the application that the routes are mounted in.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.allowing import allowing_routes
from sandbox.api.asking import (
    answer,
    answering,
    list_in,
    number_of,
    object_of,
    person_of,
    run_of,
    run_service_of,
    text_in,
    texts_in,
)
from sandbox.api.learning import learning_routes
from sandbox.api.notebook import notebook_of
from sandbox.api.openapi import describing_routes
from sandbox.api.streams import ENDS, follow_all, follow_run, last_seen, line_of, streaming
from sandbox.api.validations import validation_routes
from sandbox.api.views import exchange_view, run_view, track_view
from sandbox.errors import BadRequest, NotFound
from sandbox.event.inputs import shown_inputs
from sandbox.event.matrix import as_csv, matrix
from sandbox.event.reports import REPORTS
from sandbox.event.rights import allow, may
from sandbox.event.run import Run
from sandbox.event.run_service import RunRequest
from sandbox.event.systems import System, all_systems
from sandbox.i18n import as_language
from sandbox.testbench.script import roll_up
from sandbox.testbench.tracks import TRACKS, choose
from sandbox.web.requests import address_of, language_of


async def tracks(request: Request) -> Response:
    """GET /api/tracks: what can be tested, with every test."""
    return answer([track_view(track, language_of(request)) for track in TRACKS.values()])


async def systems(request: Request) -> Response:
    """GET /api/systems: those registered; POST registers one (name, base, team, country, actors,
    inputs …).
    """
    run_service = run_service_of(request)
    person = await person_of(request)
    if request.method == "POST":
        system = await run_in_threadpool(
            run_service.register, _system(await object_of(request)), person
        )
        return answer(_shown(system), 201)
    known = await run_in_threadpool(all_systems, run_service.store)
    return answer([_shown(system) for system in known if may(person, "see_run", system.whose)])


async def runs(request: Request) -> Response:
    """GET /api/runs: the newest, with `mine=yes` those that the asker began; POST starts one.

    POST takes track, system, tests and inputs; sent again with the same header Idempotency-Key, it
    is the same run.
    """
    run_service = run_service_of(request)
    person = await person_of(request)
    language = language_of(request)
    if request.method == "GET":
        is_mine = request.query_params.get("mine") == "yes"
        # One's own may stand far behind those of two hundred teams.
        latest = await run_in_threadpool(
            partial(run_service.runs.latest, limit=1000 if is_mine else 50)
        )
        if is_mine:
            latest = [run for run in latest if person.is_author(run.author)]
        seen = [run for run in latest if may(person, "see_run", run.whose)][:50]
        return answer([run_view(one, language) for one in seen])
    body = await object_of(request)
    tests = list_in(body, "tests")
    inputs = texts_in(body, "inputs")
    key = request.headers.get("idempotency-key", "")
    asked = RunRequest(text_in(body, "track"), text_in(body, "system"), tests, inputs, key)
    run = await run_service.start(asked, person, language)
    return answer(run_view(run, language), 201, {"Location": f"/api/runs/{run.id}"})


async def one_run(request: Request) -> Response:
    """GET /api/runs/{run}: what the run says of each test."""
    return answer(run_view(await run_of(request), language_of(request)))


async def cancel(request: Request) -> Response:
    """POST /api/runs/{run}/cancel: ends it behind the test that is at work."""
    run = await _own_run(request)
    cancelled = await run_in_threadpool(run_service_of(request).runs.cancel, run.id)
    return answer(run_view(cancelled, language_of(request)))


async def finish(request: Request) -> Response:
    """POST /api/runs/{run}/finish: ends a run that waits for a client."""
    run = await _own_run(request)
    finished = await run_in_threadpool(run_service_of(request).runs.finish, run.id)
    return answer(run_view(finished, language_of(request)))


async def recheck(request: Request) -> Response:
    """POST /api/runs/{run}/recheck: today's checks over the stored evidence, and what comes out
    differently.
    """
    run = await run_of(request)
    judged = await run_service_of(request).runs.recheck(run.id)
    changed = [
        {"test": id, "was": old, "now": new.verdict}
        for id, (old, new) in judged.items()
        if old != new.verdict
    ]
    verdict = roll_up([new.verdict for _, new in judged.values()])
    return answer({"judged": len(judged), "verdict": verdict, "changed": changed})


async def events(request: Request) -> Response:
    """GET /api/runs/{run}/events?after=N: the log, as JSON or as server-sent events."""
    run_service = run_service_of(request)
    run = await run_of(request)
    after = number_of(request.query_params.get("after", "-1"))
    if "text/event-stream" in request.headers.get("accept", ""):
        seen = last_seen(request)
        after = after if seen is None else seen
        is_over = run.state in ENDS
        return streaming(follow_run(run_service, run.id, after=after, is_over=is_over))
    log = await run_in_threadpool(run_service.runs.events, run.id, after=after)
    return answer([line_of(event) for event in log])


async def moves(request: Request) -> Response:
    """GET /api/events: server-sent events of all runs from now on, or behind `?after=`, for pages
    that stay right.
    """
    allow(await person_of(request), "see_results")
    asked = request.query_params.get("after")
    after = number_of(asked) if asked else None
    seen = last_seen(request)
    return streaming(follow_all(run_service_of(request), after if seen is None else seen))


async def exchange(request: Request) -> Response:
    """GET /api/runs/{run}/exchanges/{number}: a request and its response."""
    number = number_of(request.path_params["number"])
    run = await run_of(request)
    return answer(
        exchange_view(
            await run_in_threadpool(run_service_of(request).runs.exchange, run.id, number)
        )
    )


async def report(request: Request) -> Response:
    """GET /api/runs/{run}/report/{report}: the run for other tools."""
    name = request.path_params["report"]
    run = await run_of(request)
    if name == "evidence":
        content = await run_in_threadpool(run_service_of(request).runs.evidence, run.id)
        return Response(content, media_type="application/zip")
    if name not in REPORTS:
        raise NotFound(
            "testbench.no_report", where=name, name=name, known=", ".join([*REPORTS, "evidence"])
        )
    kind, write = REPORTS[name]
    return Response(write(run, language_of(request)), media_type=kind)


async def results(request: Request) -> Response:
    """GET /api/matrix, /api/matrix.csv: the newest run of each system on each track."""
    allow(await person_of(request), "see_results")
    measured = matrix(await run_in_threadpool(run_service_of(request).runs.latest, limit=1000))
    if request.url.path.endswith(".csv"):
        return Response(
            as_csv(measured, language_of(request)), media_type="text/csv; charset=utf-8"
        )
    rows = [
        {"system": system, "track": track, **asdict(cell)}
        for (system, track), cell in sorted(measured.cells.items())
    ]
    return answer(rows)


async def notebook(request: Request) -> Response:
    """GET /api/runs/{run}/notebook/{test}: a test with its exchanges as a notebook, to look and to
    judge again.
    """
    run = await run_of(request)
    name = request.path_params["test"]
    language = language_of(request)
    asked = request.query_params.get("lang")
    # a page links here, and a link carries no header
    language = as_language(asked) if asked else language
    (test,) = choose(run.track.id, [name])
    root = address_of(request)
    content = notebook_of(run, test, root=root, language=language)
    place = f'attachment; filename="{run.id}-{test.number}.ipynb"'
    return Response(
        content, media_type="application/x-ipynb+json", headers={"Content-Disposition": place}
    )


def api_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`."""
    return [
        Route("/api/tracks", answering(tracks)),
        Route("/api/systems", answering(systems), methods=["GET", "POST"]),
        Route("/api/matrix", answering(results)),
        Route("/api/matrix.csv", answering(results)),
        Route("/api/events", answering(moves)),
        Route("/api/runs", answering(runs), methods=["GET", "POST"]),
        Route("/api/runs/{run}", answering(one_run)),
        Route("/api/runs/{run}/cancel", answering(cancel), methods=["POST"]),
        Route("/api/runs/{run}/finish", answering(finish), methods=["POST"]),
        Route("/api/runs/{run}/recheck", answering(recheck), methods=["POST"]),
        Route("/api/runs/{run}/events", answering(events)),
        Route("/api/runs/{run}/exchanges/{number}", answering(exchange)),
        Route("/api/runs/{run}/notebook/{test}", answering(notebook)),
        Route("/api/runs/{run}/report/{report}", answering(report)),
        *allowing_routes(),
        *learning_routes(),
        *validation_routes(),
        *describing_routes(),
    ]


async def _own_run(request: Request) -> Run:
    run = await run_of(request)
    person = await person_of(request)
    allow(person, "start", run.whose)
    return run


def _shown(system: System) -> System:
    return replace(system, inputs=shown_inputs(system.inputs))


def _system(body: dict[str, Any]) -> System:
    """Reads a system; secrets are for the command line alone, where whoever types owns the
    machine.
    """
    if "secrets" in body:
        raise BadRequest("testbench.bad_secret", where="secrets", name="secrets")
    team, country = (text_in(body, name, default="") for name in ("team", "country"))
    actors, tags = (tuple(list_in(body, name)) for name in ("actors", "tags"))
    inputs = texts_in(body, "inputs")
    bases = texts_in(body, "bases")
    return System(
        text_in(body, "name"), text_in(body, "base"), team, country, inputs, {}, actors, bases, tags
    )
