"""The route of the audit log, for facilitators."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, number_of, person_of, run_service_of
from sandbox.event.rights import allow
from sandbox.store.audit import PAGE, Entry
from sandbox.threads import run_in_threadpool


async def audit(request: Request) -> Response:
    """GET /api/audit: the newest acts first, with `?before=N` those before a number."""
    return answer(await entries_of(request))


async def entries_of(request: Request, *, most: int = PAGE) -> list[Entry]:
    """Returns a page of the log for a facilitator, `most` entries; raises Forbidden, BadRequest."""
    allow(await person_of(request), "see_audit")
    before = max(0, number_of(request.query_params.get("before") or "0"))
    log = run_service_of(request).store.audit
    return await run_in_threadpool(partial(log.newest, before=before, limit=most))


def audit_routes() -> list[Route]:
    """Returns the route; the application's state must hold `run_service`."""
    return [Route("/api/audit", answering(audit))]
