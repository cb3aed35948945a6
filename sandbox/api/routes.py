"""Routes of the JSON API below `/api`; every error is an object with text and fix in the asker's
language.

The run service stands in the state of the application that the routes are mounted in.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.access import access_routes
from sandbox.api.agents import agent_routes
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
from sandbox.api.cards import card_routes
from sandbox.api.certificates import certificate_routes
from sandbox.api.learning import learning_routes
from sandbox.api.listing import cells_of, listing_of, runs_of, told
from sandbox.api.notebook import notebook_of
from sandbox.api.openapi import describing_routes
from sandbox.api.running import running_routes
from sandbox.api.streams import ENDS, follow_all, follow_run, last_seen, line_of, staying, streaming
from sandbox.api.validations import validation_routes
from sandbox.api.views import exchange_view, run_view, track_view
from sandbox.errors import BadRequest, NotFound
from sandbox.event.inputs import shown_inputs
from sandbox.event.matrix import Cell, as_csv, matrix
from sandbox.event.people import Person
from sandbox.event.reports import REPORTS
from sandbox.event.requests import REQUESTS
from sandbox.event.rights import allow, may
from sandbox.event.run import Run
from sandbox.event.run_list import begun_by, seen_by
from sandbox.event.run_service import RunRequest
from sandbox.event.systems import System, all_systems
from sandbox.event.totals import totals
from sandbox.i18n import Language, as_language
from sandbox.testbench.script import roll_up
from sandbox.testbench.tracks import TRACKS, choose
from sandbox.threads import run_in_threadpool
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
    """GET /api/runs: the newest, by page and narrowed by track, system, team and more, with
    `mine=yes` to those that the asker began; POST starts one.

    POST takes track, system, tests and inputs; sent again with the same header Idempotency-Key, it
    is the same run.
    """
    run_service = run_service_of(request)
    person = await person_of(request)
    language = language_of(request)
    if request.method == "GET":
        return await run_in_threadpool(_listed, request, person, language)
    body = await object_of(request)
    tests = list_in(body, "tests")
    inputs = texts_in(body, "inputs")
    key = request.headers.get("idempotency-key", "")
    asked = RunRequest(text_in(body, "track"), text_in(body, "system"), tests, inputs, key)
    run = await run_service.start(asked, person, language)
    return answer(run_view(run, language), 201, {"Location": f"/api/runs/{run.id}"})


def _listed(request: Request, person: Person, language: Language) -> Response:
    """Returns a page of the runs that a person may see."""
    runs = run_service_of(request).runs
    listing = listing_of(request)
    wanted = seen_by(person, "see_run", listing.wanted)
    if request.query_params.get("mine") == "yes":
        wanted = begun_by(person, wanted)
    page = runs.list.page(wanted, limit=listing.limit, cursor=listing.cursor)
    views = [run_view(run, language) for run in runs_of(page, runs)]
    return answer(views, headers=told(request, page.total, page.cursor))


async def one_run(request: Request) -> Response:
    """GET /api/runs/{run}: what the run says of each test."""
    return answer(run_view(await run_of(request), language_of(request)))


async def cancel(request: Request) -> Response:
    """POST /api/runs/{run}/cancel: ends it, and the test that is at work."""
    run = await _own_run(request)
    cancelled = await run_service_of(request).cancel(run.id)
    return answer(run_view(cancelled, language_of(request)))


async def finish(request: Request) -> Response:
    """POST /api/runs/{run}/finish: ends a run that waits for a client."""
    run = await _own_run(request)
    finished = await run_service_of(request).judging.finish(run.id)
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
        stays = staying(request, "see_run", run.whose)
        return streaming(follow_run(run_service, run.id, stays, after=after, is_over=is_over))
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
    stays = staying(request, "see_results")
    return streaming(follow_all(run_service_of(request), after if seen is None else seen, stays))


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
    if name in REQUESTS:
        exchanges = await run_in_threadpool(run_service_of(request).runs.exchanges, run)
        text = REQUESTS[name](exchanges[number] for number in sorted(exchanges))
        return Response(text, media_type="text/plain; charset=utf-8")
    if name not in REPORTS:
        known = ", ".join([*REPORTS, *REQUESTS, "evidence"])
        raise NotFound("testbench.no_report", where=name, name=name, known=known)
    kind, write = REPORTS[name]
    return Response(write(run, language_of(request)), media_type=kind)


async def results(request: Request) -> Response:
    """GET /api/matrix, /api/matrix.csv: the newest run of each system on each track, narrowed as
    `/api/runs`, and by page where `limit` is given.
    """
    allow(await person_of(request), "see_results")
    runs = run_service_of(request).runs
    listing = listing_of(request)
    measured = matrix(*await run_in_threadpool(runs.list.shown, listing.wanted))
    is_cut = "limit" in request.query_params
    cells, total, cursor = cells_of(measured.cells, listing, is_cut=is_cut)
    headers = told(request, total, cursor)
    if request.url.path.endswith(".csv"):
        text = as_csv(cells, language_of(request))
        return Response(text, headers=headers, media_type="text/csv; charset=utf-8")
    # one by one: `asdict` would copy each of thousands of cells to its depth
    names = [field.name for field in fields(Cell)]
    rows = [
        {"system": system, "track": track, **{name: getattr(cell, name) for name in names}}
        for (system, track), cell in cells
    ]
    return answer(rows, headers=headers)


async def report_of_all(request: Request) -> Response:
    """GET /api/report: how many results have which verdict, and how many runs are none; narrowed by
    track, system, team, country or a day.
    """
    allow(await person_of(request), "see_results")
    runs = run_service_of(request).runs
    wanted = listing_of(request).wanted
    counted = totals(*await run_in_threadpool(runs.list.counted, wanted))
    apart = await run_in_threadpool(runs.list.apart, wanted)
    return answer({**asdict(counted), "apart": asdict(apart)})


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
        Route("/api/report", answering(report_of_all)),
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
        *access_routes(),
        *agent_routes(),
        *allowing_routes(),
        *learning_routes(),
        *running_routes(),
        *validation_routes(),
        *certificate_routes(),
        *card_routes(),
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
    name, base = text_in(body, "name"), text_in(body, "base")
    system = System(name, base, team, country, inputs, {}, actors, bases, tags)
    return replace(system, version=text_in(body, "version", default="").strip())
