"""Routes about what lets into systems that are not open: it goes in and is tried, and never comes
out.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import (
    answer,
    answering,
    object_of,
    person_of,
    run_service_of,
    texts_in,
)
from sandbox.event.access import Held
from sandbox.event.rights import allow
from sandbox.event.systems import System
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.sentences import fix_of, text_of
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, language_of


async def access(request: Request) -> Response:
    """GET /api/systems/{system}/access: which fields are held of it, without a value; POST
    (`fields`) keeps fields, an empty one takes its field away.
    """
    system = await own_system(request)
    known = run_service_of(request).ways.access
    if request.method == "GET":
        return _answer(await run_in_threadpool(known.held, system.name))
    fields = texts_in(await object_of(request), "fields")
    return _answer(await run_in_threadpool(known.seal, system, fields))


async def remove(request: Request) -> Response:
    """POST /api/systems/{system}/access/remove: takes all fields away."""
    system = await own_system(request)
    known = run_service_of(request).ways.access
    await run_in_threadpool(known.remove, system.name)
    return _answer(await run_in_threadpool(known.held, system.name))


async def trial(request: Request) -> Response:
    """POST /api/systems/{system}/access/try: asks the system, and says what came of it."""
    person = await person_of(request)
    language = language_of(request)
    name = request.path_params["system"]
    findings = await run_service_of(request).try_access(
        name, person, language, server=address_of(request)
    )
    said = [told_trial(finding, language) for finding in findings]
    return answer({"is_open": all(line["is_good"] for line in said), "said": said})


async def own_system(request: Request) -> System:
    """Returns the system of the address, for whoever may register it; raises NotFound,
    Forbidden.
    """
    person = await person_of(request)
    system = await run_in_threadpool(run_service_of(request).system, request.path_params["system"])
    allow(person, "register", system.whose)
    return system


def told_trial(finding: Finding, language: Language) -> dict[str, Any]:
    """Returns what came of a trial at one base, as API and page tell it."""
    return {
        "key": finding.key,
        "where": finding.where,
        "is_good": finding.severity == "information",
        "text": text_of(finding, language),
        "fix": fix_of(finding, language),
    }


def access_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`."""
    return [
        Route("/api/systems/{system}/access", answering(access), methods=["GET", "POST"]),
        Route("/api/systems/{system}/access/remove", answering(remove), methods=["POST"]),
        Route("/api/systems/{system}/access/try", answering(trial), methods=["POST"]),
    ]


def _answer(held: Held) -> Response:
    return answer(held, 200, {"Cache-Control": "no-store"})
