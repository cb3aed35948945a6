"""Routes of the JSON API below `/api`; every error is an object with text and fix in the asker's language.

The workshop stands in the state of the application that the routes are mounted in.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.api.notebook import notebook_of
from sandbox.api.views import exchange_view, run_view, track_view
from sandbox.api.work import Workshop
from sandbox.errors import BadRequest, NotFound, SandboxError
from sandbox.fhir.json import parse_json
from sandbox.i18n import Language, as_language, choose_language
from sandbox.sentences import fix_of, text_of
from sandbox.server.incoming import base_of
from sandbox.store.runs import Event
from sandbox.testbench.matrix import as_csv, matrix
from sandbox.testbench.reports import REPORTS
from sandbox.testbench.runs import Run, choose
from sandbox.testbench.script import roll_up
from sandbox.testbench.systems import System, all_systems, register
from sandbox.testbench.tracks import TRACKS

MOST_BYTES = 1024 * 1024
POLL_SECONDS = 0.2
Endpoint = Callable[[Request], Awaitable[Response]]


async def tracks(request: Request) -> Response:
    """GET /api/tracks: what can be tested, with every test."""
    return JSONResponse([track_view(one, _language(request)) for one in TRACKS.values()])


async def systems(request: Request) -> Response:
    """GET /api/systems: those registered; POST registers one (name, base, team, country, inputs)."""
    store = _workshop(request).store
    if request.method == "POST":
        system = _system(await _body(request))
        await run_in_threadpool(register, system, store)
        return JSONResponse(asdict(system), 201)
    return JSONResponse([asdict(one) for one in await run_in_threadpool(all_systems, store)])


async def runs(request: Request) -> Response:
    """GET /api/runs: the newest; POST starts one (track, system, tests, inputs)."""
    workshop, language = _workshop(request), _language(request)
    if request.method == "GET":
        return JSONResponse([run_view(one, language) for one in await run_in_threadpool(workshop.runs.latest)])
    wish = await _body(request)
    tests = wish.get("tests", [])
    if not isinstance(tests, list):
        raise BadRequest("testbench.bad_wish", where="tests", name="tests")
    system = await run_in_threadpool(workshop.system, _text(wish.get("system"), "system"))
    run = await run_in_threadpool(
        workshop.runs.start, _text(wish.get("track"), "track"), system, given=_texts(wish.get("inputs"), "inputs"),
        tests=[_text(one, "tests") for one in tests],
    )  # fmt: skip
    if not run.inbox:
        workshop.begin(run, language)
    return JSONResponse(run_view(run, language), 201, {"Location": f"/api/runs/{run.id}"})


async def one_run(request: Request) -> Response:
    """GET /api/runs/{run}: what the run says of each test."""
    return JSONResponse(run_view(await _run(request), _language(request)))


async def cancel(request: Request) -> Response:
    """POST /api/runs/{run}/cancel: ends it behind the test that is at work."""
    found = await run_in_threadpool(_workshop(request).runs.cancel, request.path_params["run"])
    return JSONResponse(run_view(found, _language(request)))


async def finish(request: Request) -> Response:
    """POST /api/runs/{run}/finish: ends a run that waits for a client."""
    found = await run_in_threadpool(_workshop(request).runs.finish, request.path_params["run"])
    return JSONResponse(run_view(found, _language(request)))


async def recheck(request: Request) -> Response:
    """POST /api/runs/{run}/recheck: today's checks over the stored evidence, and what comes out differently."""
    found = await _workshop(request).runs.recheck(request.path_params["run"])
    changed = [{"test": id, "was": old, "is": new.verdict} for id, (old, new) in found.items() if old != new.verdict]
    verdict = roll_up([new.verdict for _, new in found.values()])
    return JSONResponse({"judged": len(found), "verdict": verdict, "changed": changed})


async def events(request: Request) -> Response:
    """GET /api/runs/{run}/events?after=N: the log, as JSON or as server-sent events."""
    workshop, run = _workshop(request), await _run(request)
    after = _number(request.query_params.get("after", "-1"))
    if "text/event-stream" in request.headers.get("accept", ""):
        last = request.headers.get("last-event-id", "")
        stream = _stream(workshop, run.id, _number(last) if last else after)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
    found = await run_in_threadpool(workshop.runs.events, run.id, after=after)
    return JSONResponse([_line(one) for one in found])


async def exchange(request: Request) -> Response:
    """GET /api/runs/{run}/exchanges/{number}: a request and its response."""
    number, run = _number(request.path_params["number"]), await _run(request)
    return JSONResponse(exchange_view(await run_in_threadpool(_workshop(request).runs.exchange, run.id, number)))


async def report(request: Request) -> Response:
    """GET /api/runs/{run}/report/{report}: the run for other tools."""
    name, run = request.path_params["report"], await _run(request)
    if name == "evidence":
        content = await run_in_threadpool(_workshop(request).runs.evidence, run.id)
        return Response(content, media_type="application/zip")
    if name not in REPORTS:
        raise NotFound("testbench.no_report", where=name, name=name, known=", ".join([*REPORTS, "evidence"]))
    kind, write = REPORTS[name]
    return Response(write(run, _language(request)), media_type=kind)


async def results(request: Request) -> Response:
    """GET /api/matrix, /api/matrix.csv: the newest run of each system on each track."""
    found = matrix(await run_in_threadpool(_workshop(request).runs.latest, limit=1000))
    if request.url.path.endswith(".csv"):
        return Response(as_csv(found, _language(request)), media_type="text/csv; charset=utf-8")
    rows = [{"system": system, "track": track, **asdict(cell)} for (system, track), cell in sorted(found.cells.items())]
    return JSONResponse(rows)


async def notebook(request: Request) -> Response:
    """GET /api/runs/{run}/notebook/{test}: a test with its exchanges as a notebook, to look and to judge again."""
    run, name, language = await _run(request), request.path_params["test"], _language(request)
    asked = request.query_params.get("lang")
    language = as_language(asked) if asked else language
    (test,) = choose(run.track.id, [name])
    root = base_of(request.headers, request.url.scheme, request.app.state.settings).removesuffix("/fhir")
    content = notebook_of(run, test, root=root, language=language)
    place = f'attachment; filename="{run.id}-{test.number}.ipynb"'
    return Response(content, media_type="application/x-ipynb+json", headers={"Content-Disposition": place})


def api_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `workshop`."""
    return [
        Route("/api/tracks", _answering(tracks)),
        Route("/api/systems", _answering(systems), methods=["GET", "POST"]),
        Route("/api/matrix", _answering(results)),
        Route("/api/matrix.csv", _answering(results)),
        Route("/api/runs", _answering(runs), methods=["GET", "POST"]),
        Route("/api/runs/{run}", _answering(one_run)),
        Route("/api/runs/{run}/cancel", _answering(cancel), methods=["POST"]),
        Route("/api/runs/{run}/finish", _answering(finish), methods=["POST"]),
        Route("/api/runs/{run}/recheck", _answering(recheck), methods=["POST"]),
        Route("/api/runs/{run}/events", _answering(events)),
        Route("/api/runs/{run}/exchanges/{number}", _answering(exchange)),
        Route("/api/runs/{run}/notebook/{test}", _answering(notebook)),
        Route("/api/runs/{run}/report/{report}", _answering(report)),
    ]


def _answering(work: Endpoint) -> Endpoint:
    """Returns an endpoint whose errors become JSON: the key, what is wrong, and what to do next."""

    async def endpoint(request: Request) -> Response:
        try:
            return await work(request)
        except SandboxError as error:
            finding, language = error.as_finding(), _language(request)
            text, fix = text_of(finding, language), fix_of(finding, language)
            return JSONResponse({"key": finding.key, "where": finding.where, "text": text, "fix": fix}, error.status)

    return endpoint


def _workshop(request: Request) -> Workshop:
    workshop: Workshop = request.app.state.workshop
    return workshop


async def _run(request: Request) -> Run:
    return await run_in_threadpool(_workshop(request).runs.read, request.path_params["run"])


def _language(request: Request) -> Language:
    return choose_language(request.headers.get("accept-language"))


async def _stream(workshop: Workshop, id: str, after: int) -> AsyncIterator[bytes]:
    """Yields the log of a run as server-sent events until the run has ended."""
    while True:
        for event in await run_in_threadpool(workshop.runs.events, id, after=after):
            after = event.number
            yield f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(_line(event))}\n\n".encode()
            if event.kind in ("done", "cancelled"):
                return
        await asyncio.sleep(POLL_SECONDS)


def _line(event: Event) -> dict[str, Any]:
    return {"number": event.number, "kind": event.kind, "at": event.at, "body": json.loads(event.body)}


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        # a page of another origin could send any other type without being asked
        raise BadRequest("testbench.bad_wish", where="Content-Type", name="Content-Type: application/json")
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise BadRequest("testbench.bad_wish", where="body", name="body")
    body = parse_json(content)
    if not isinstance(body, dict):
        raise BadRequest("testbench.bad_wish", where="body", name="body")
    return body


def _system(body: dict[str, Any]) -> System:
    """Reads a system; secrets are for the command line alone, where whoever types owns the machine."""
    if "secrets" in body:
        raise BadRequest("testbench.bad_secret", where="secrets", name="secrets")
    team, country = (_text(body.get(name, "–"), name).removeprefix("–") for name in ("team", "country"))
    name, base = (_text(body.get(name), name) for name in ("name", "base"))
    return System(name, base, team, country, _texts(body.get("inputs"), "inputs"))


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadRequest("testbench.bad_wish", where=name, name=name)
    return value


def _texts(value: Any, name: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise BadRequest("testbench.bad_wish", where=name, name=name)
    return dict(value)


def _number(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or len(text) > 9:
        raise BadRequest("testbench.bad_wish", where=text, name=text)
    return int(text)
