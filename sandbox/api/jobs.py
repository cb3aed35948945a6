"""The route of what waits or is at work, for facilitators, and which process plays a run."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, person_of, run_service_of
from sandbox.event.rights import allow
from sandbox.store.jobs import Job, jobs
from sandbox.threads import run_in_threadpool


async def list_jobs(request: Request) -> Response:
    """GET /api/jobs: the oldest first."""
    return answer(await jobs_of(request))


async def jobs_of(request: Request) -> list[Job]:
    """Returns what waits or is at work, for a facilitator; raises Forbidden."""
    allow(await person_of(request), "see_audit")
    return await run_in_threadpool(jobs, run_service_of(request).store.database)


def job_routes() -> list[Route]:
    """Returns the route; the application's state must hold `run_service`."""
    return [Route("/api/jobs", answering(list_jobs))]
