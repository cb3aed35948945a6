"""The pages of the test bench: the newest runs, the matrix, a run with its findings, an exchange with both its sides.

Workshop and settings stand in the state of the application that the routes are mounted in.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.api import Workshop
from sandbox.api.views import exchange_view, finding_view, run_view
from sandbox.clock import fhir_instant
from sandbox.errors import SandboxError
from sandbox.fhir.dates import moment_of
from sandbox.pages.home import SECURITY, page_language, render
from sandbox.sentences import text_of
from sandbox.server.incoming import base_of
from sandbox.testbench.matrix import matrix

MOST_RUNS = 1000  # that the matrix is made of
SECONDS = 2  # after which a page of a run that goes on looks again


async def runs(request: Request) -> Response:
    """GET /runs: the newest runs."""
    language = page_language(request)
    latest = await run_in_threadpool(_workshop(request).runs.latest)
    rows = [{**run_view(one, language), "when": fhir_instant(moment_of(one.at))[:16]} for one in latest]
    return HTMLResponse(render("runs.html", language, runs=rows, root=""), headers=SECURITY)


async def results(request: Request) -> Response:
    """GET /matrix: systems × tracks."""
    found = matrix(await run_in_threadpool(_workshop(request).runs.latest, limit=MOST_RUNS))
    return HTMLResponse(render("matrix.html", page_language(request), matrix=found, root=""), headers=SECURITY)


async def one_run(request: Request) -> Response:
    """GET /runs/{run}: what it found; looks again while it goes on."""
    language = page_language(request)
    try:
        found = await run_in_threadpool(_workshop(request).runs.read, request.path_params["run"])
    except SandboxError as error:
        return PlainTextResponse(text_of(error.as_finding(), language), error.status)
    wait = SECONDS if found.state in ("queued", "running", "waiting") else 0
    base = base_of(request.headers, request.url.scheme, request.app.state.settings).removesuffix("/fhir")
    page = render("run.html", language, run=run_view(found, language), wait=wait, base=base, root="../")
    return HTMLResponse(page, headers=SECURITY)


async def exchange(request: Request) -> Response:
    """GET /runs/{run}/{number}: a request and its response, with what was found about them."""
    language, known = page_language(request), _workshop(request).runs
    id, number = request.path_params["run"], request.path_params["number"]
    try:
        found = await run_in_threadpool(known.read, id)
        shown = exchange_view(await run_in_threadpool(known.exchange, id, number))
    except SandboxError as error:
        return PlainTextResponse(text_of(error.as_finding(), language), error.status)
    about = [one for one in found.outcomes.values() if number in one.exchanges]
    told = [finding_view(finding, language) for one in about for finding in one.findings]
    page = render("exchange.html", language, run=id, number=number, exchange=shown, findings=told, root="../../")
    return HTMLResponse(page, headers=SECURITY)


def run_routes() -> list[Route]:
    """Returns the routes of the pages; the application's state must hold `workshop` and `settings`."""
    return [
        Route("/runs", runs),
        Route("/matrix", results),
        Route("/runs/{run}", one_run),
        Route("/runs/{run}/{number:int}", exchange),
    ]


def _workshop(request: Request) -> Workshop:
    workshop: Workshop = request.app.state.workshop
    return workshop
