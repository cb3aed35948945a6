"""Routes of the API for what holds for an event: allowances with their last day, presets, and who
is to meet whom.
"""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, object_of, person_of, run_service_of, text_in
from sandbox.api.views import run_view
from sandbox.errors import BadRequest
from sandbox.event.allowances import Allowance
from sandbox.event.presets import presets
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import language_of


async def allowances(request: Request) -> Response:
    """GET /api/allowances: what is allowed today; POST allows (kind, whose, what, reason,
    until).
    """
    run_service = run_service_of(request)
    person = await person_of(request)
    if request.method == "GET":
        return answer(await run_in_threadpool(run_service.allowances_of, person))
    body = await object_of(request)
    kind, whose, what, reason, until = (
        text_in(body, name) for name in ("kind", "whose", "what", "reason", "until")
    )
    if kind not in ("known", "address"):
        raise BadRequest("testbench.bad_request", where="kind", name="kind")
    # spelled out: a type checker does not narrow a text by what it is in
    allowance = Allowance("known" if kind == "known" else "address", whose, what, reason, until)
    return answer(await run_in_threadpool(run_service.allow, allowance, person), 201)


async def end(request: Request) -> Response:
    """POST /api/allowances/end: ends one before its day (kind, whose, what)."""
    run_service = run_service_of(request)
    person = await person_of(request)
    body = await object_of(request)
    kind, whose, what = (text_in(body, name) for name in ("kind", "whose", "what"))
    return answer(await run_in_threadpool(run_service.end_allowance, kind, whose, what, person))


async def known_presets(request: Request) -> Response:
    """GET /api/presets: the inputs that an event asks, under one name."""
    language = language_of(request)
    rows = [{**asdict(preset), "title": preset.title_in(language)} for preset in presets().values()]
    return answer(rows)


async def pair_up(request: Request) -> Response:
    """POST /api/peers: starts a run for each system and recipient that have not met yet."""
    run_service = run_service_of(request)
    person = await person_of(request)
    language = language_of(request)
    runs = await run_service.pair_up(person, language)
    return answer([run_view(run, language) for run in runs], 201)


def allowing_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`."""
    return [
        Route("/api/allowances", answering(allowances), methods=["GET", "POST"]),
        Route("/api/allowances/end", answering(end), methods=["POST"]),
        Route("/api/presets", answering(known_presets)),
        Route("/api/peers", answering(pair_up), methods=["POST"]),
    ]
