"""The page of what waits or is at work, for facilitators."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.jobs import jobs_of
from sandbox.pages.working import shown, working_page


async def jobs(request: Request) -> Response:
    """GET /jobs: the oldest first."""
    rows = await jobs_of(request)
    return await working_page(request, "jobs.html", me=await person_of(request), rows=rows)


def job_pages() -> list[Route]:
    """Returns the route of the page; the application's state must hold `run_service`."""
    return [Route("/jobs", shown(jobs))]
