"""Routes about the course: the lessons that there are, and the grades that one may see."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, person_of, run_service_of
from sandbox.api.desk import desk_routes
from sandbox.course.overview import all_grades, all_lessons
from sandbox.event.rights import Whose, may
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import language_of


async def lessons(request: Request) -> Response:
    """GET /api/lessons: the lessons in their order, titles in the asker's language."""
    return answer(await run_in_threadpool(all_lessons, language_of(request)))


async def grades(request: Request) -> Response:
    """GET /api/grades: what the gradings in the data folder came to, one's own; for monitors and
    facilitators all.
    """
    person = await person_of(request)
    # the notebooks are graded by a command, maybe while this server runs: read anew each time
    folder = request.app.state.settings.data / "grades"
    known = await run_in_threadpool(all_grades, folder)
    meant = run_service_of(request).people.team_meant
    whose = {grade: Whose(meant(grade.team, at=grade.at)) for grade in known}
    return answer([grade for grade in known if may(person, "see_run", whose[grade])])


def learning_routes() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/api/lessons", answering(lessons)),
        Route("/api/grades", answering(grades)),
        *desk_routes(),
    ]
