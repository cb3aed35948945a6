"""Routes about the desk: what is asked for, what is handed in and what it came to.

Who runs the event, and monitors, see all; everybody else what is their own, and what it came to
once it was released.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from functools import partial
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
    text_in,
    writer_of,
)
from sandbox.clock import utc_now
from sandbox.course.overview import lesson_titles
from sandbox.desk.assignments import Assignment, read_assignment, written_assignment
from sandbox.desk.completing import completed, completion_pdf
from sandbox.desk.desk import Desk, Door, HandIn, Mark, Sender
from sandbox.desk.feedback import annotated_notebook, feedback_rows
from sandbox.desk.gradebook import Entry, entries_of, gradebook_csv
from sandbox.desk.grading_process import GradingProcess
from sandbox.errors import BadRequest, Forbidden
from sandbox.event.identity import NO_TEAM
from sandbox.event.known import known_team
from sandbox.event.people import ANYONE, Person
from sandbox.event.rights import allow, may
from sandbox.fhir.dates import milliseconds_of
from sandbox.i18n import Language, say
from sandbox.ids import random_id
from sandbox.limits import NOTEBOOK_BYTES
from sandbox.store.desk import DeskStore
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import body_of, language_of

NOTEBOOK = "application/x-ipynb+json"
USUAL_TEAM = "team"  # of a laptop where nobody has said who they are
SHOWN = ("id", "title", "outcome", "reason", "expected", "found", "clause", "points", "max_points")


async def assignments(request: Request) -> Response:
    """GET /api/assignments: what is asked for; POST keeps one, in the place of one with its id."""
    person = await person_of(request)
    desk = desk_of(request)
    status = 200
    if request.method == "POST":
        allow(person, "manage_event")
        asked = read_assignment(await object_of(request))
        await run_in_threadpool(desk.assign, asked)
        status = 201
    known = await run_in_threadpool(desk.assignments)
    released = await run_in_threadpool(desk.released)
    return answer([assignment_view(one, released) for one in known.values()], status)


async def act(request: Request) -> Response:
    """POST /api/assignments/{assignment}/{act}: `release` and `hold` what it came to, `judge` with
    the checks of today, `grade` all over again.
    """
    allow(await person_of(request), "manage_event")
    id = request.path_params["assignment"]
    count = await run_in_threadpool(carry_out, request, id, request.path_params["act"])
    return answer({"count": count})


async def gradings(request: Request) -> Response:
    """GET /api/gradings: the hand-ins that one may see; POST hands in a notebook, the newest
    counts.  Sent again with the same header Idempotency-Key, it is the same hand-in.
    """
    language = language_of(request)
    if request.method == "POST":
        person = await writer_of(request)
        content = await body_of(request, limit=NOTEBOOK_BYTES, refusal="desk.too_large")
        query = request.query_params
        sender = await run_in_threadpool(
            sender_of, request, person, team=query.get("team", ""), door="api"
        )
        work = partial(
            desk_of(request).hand_in,
            content,
            query.get("name", ""),
            sender,
            assignment=query.get("assignment", ""),
            key=request.headers.get("idempotency-key", ""),
        )
        handed_in = await run_in_threadpool(work)
        await run_in_threadpool(process_of(request).wake)
        return answer(_view(request, handed_in, person, language), 202)
    person = await person_of(request)
    return answer(await run_in_threadpool(_views, request, person, language))


async def grading(request: Request) -> Response:
    """GET /api/gradings/{grading}: a hand-in, with each exercise where one may see what it came
    to.
    """
    person = await person_of(request)
    hand_in = await run_in_threadpool(hand_in_of, request, person)
    language = language_of(request)
    view = partial(_view, request, hand_in, person, language, has_exercises=True)
    return answer(await run_in_threadpool(view))


async def notebook(request: Request) -> Response:
    """GET /api/gradings/{grading}/notebook: the notebook with a note below each answer."""
    person = await person_of(request)
    hand_in = await run_in_threadpool(hand_in_of, request, person)
    text = await run_in_threadpool(annotated, request, hand_in, person, language_of(request))
    return notebook_response(hand_in, text)


async def mark(request: Request) -> Response:
    """POST /api/gradings/{grading}/marks: what a person gives for an exercise, and says about
    it.
    """
    person = await person_of(request)
    allow(person, "manage_event")
    hand_in = await run_in_threadpool(hand_in_of, request, person)
    body = await object_of(request)
    points = body.get("points")
    if points is not None and (isinstance(points, bool) or not isinstance(points, (int, Decimal))):
        raise BadRequest("testbench.bad_request", where="points", name="points")
    given = Mark(
        None if points is None else float(points), text_in(body, "comment", default=""), person.name
    )
    exercise = text_in(body, "exercise")
    await run_in_threadpool(desk_of(request).mark, hand_in.id, exercise, given)
    view = partial(_view, request, hand_in, person, language_of(request), has_exercises=True)
    return answer(await run_in_threadpool(view))


async def gradebook(request: Request) -> Response:
    """GET /api/gradebook.csv: a row for each team and assignment, with nbgrader's columns."""
    person = await person_of(request)
    return await run_in_threadpool(gradebook_response, request, person)


async def course_certificates(request: Request) -> Response:
    """GET /api/course-certificates.pdf: certificates of completion, of all teams that have
    completed the course or of `?team=`.
    """
    person = await person_of(request)
    return await run_in_threadpool(certificates_response, request, person, language_of(request))


def desk_of(request: Request) -> Desk:
    """Returns the desk of the application."""
    state = request.app.state
    if not hasattr(state, "desk"):
        folder = state.settings.data / "desk"
        state.desk = Desk(DeskStore(state.database), folder, clock=utc_now, new_id=random_id)
    desk: Desk = state.desk
    return desk


def process_of(request: Request) -> GradingProcess:
    """Returns what grades beside the application."""
    process: GradingProcess = request.app.state.grading_process
    return process


def sender_of(request: Request, person: Person, *, team: str, door: Door) -> Sender:
    """Returns whose notebook it is: one's own team's; who runs the event may hand in for any.

    Raises:
        Forbidden: Another team than one's own is named.
        NotFound: There is no such team.
    """
    meant = team.strip()[:60]
    own = person.team or person.name
    # where no people are known, everybody says whose it is
    if person is ANYONE:
        own = USUAL_TEAM
    if meant and meant != own:
        if not may(person, "manage_event"):
            raise Forbidden("people.other_team", where="team", role=person.role)
        service = run_service_of(request)
        # where no people are known, a team is what somebody says that it is
        if person is not ANYONE:
            team_meant = known_team(meant, service.people, service.store)
            return Sender(team_meant.name, team_meant.id, person, door)
        id = service.people.team_meant(meant, at=milliseconds_of(utc_now()))
        return Sender(meant, id, person, door)
    return Sender(own, person.team_id if person.team else NO_TEAM, person, door)


def seen_by(request: Request, person: Person, assignment: str = "") -> list[HandIn]:
    """Returns the hand-ins that a person may see."""
    known = desk_of(request).hand_ins(assignment)
    return [hand_in for hand_in in known if may(person, "see_run", hand_in.whose)]


def hand_in_of(request: Request, person: Person) -> HandIn:
    """Returns the hand-in of the address; raises NotFound, Forbidden."""
    hand_in = desk_of(request).read(request.path_params["grading"])
    allow(person, "see_run", hand_in.whose)
    return hand_in


def may_see_result(request: Request, hand_in: HandIn, person: Person) -> bool:
    """Tells whether a person may see what a hand-in came to: what is one's own, once it was
    released.
    """
    return bool(told_to(request, [hand_in], person))


def told_to(request: Request, hand_ins: Iterable[HandIn], person: Person) -> list[HandIn]:
    """Returns those of some hand-ins of which a person may see what they came to."""
    # monitors and facilitators see what is nobody's of theirs as well
    if person.role != "participant":
        return list(hand_ins)
    released = desk_of(request).released()
    return [hand_in for hand_in in hand_ins if hand_in.assignment in released]


def annotated(request: Request, hand_in: HandIn, person: Person, language: Language) -> str:
    """Returns the notebook with its notes; raises Forbidden before it was released."""
    if not may_see_result(request, hand_in, person):
        raise Forbidden("desk.not_released", where="state")
    desk = desk_of(request)
    marks = desk.marks().get(hand_in.id, {})
    return annotated_notebook(desk.graded(hand_in), marks, language)


def notebook_response(hand_in: HandIn, text: str) -> Response:
    """Returns a notebook to be kept as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{hand_in.lesson}-feedback.ipynb"'}
    return Response(text, 200, headers, NOTEBOOK)


def gradebook_of(request: Request, person: Person) -> dict[str, dict[str, Entry]]:
    """Returns what each team has, as far as a person may see it."""
    return book_of(request, told_to(request, seen_by(request, person), person))


def book_of(request: Request, hand_ins: Iterable[HandIn]) -> dict[str, dict[str, Entry]]:
    """Returns what each team has by these hand-ins."""
    desk = desk_of(request)
    return entries_of(hand_ins, desk.assignments(), desk.marks())


def certificates_response(request: Request, person: Person, language: Language) -> Response:
    """Returns the certificates of completion that a person may see.

    Raises:
        NotFound: The team that is asked for, or every team, has something left to pass.
    """
    desk = desk_of(request)
    team = request.query_params.get("team", "")
    teams = completed(gradebook_of(request, person), desk.assignments(), team)
    content = completion_pdf(teams, lesson_titles(language), language, at=desk.today())
    headers = {"Content-Disposition": 'attachment; filename="course-certificates.pdf"'}
    return Response(content, 200, headers, "application/pdf")


def gradebook_response(request: Request, person: Person) -> Response:
    """Returns the gradebook of what a person may see."""
    text = gradebook_csv(gradebook_of(request, person))
    headers = {"Content-Disposition": 'attachment; filename="gradebook.csv"'}
    return Response(text, 200, headers, "text/csv; charset=utf-8")


def carry_out(request: Request, id: str, word: str) -> int:
    """Does something to an assignment, and returns to how many hand-ins; raises NotFound,
    BadRequest.
    """
    desk = desk_of(request)
    if word in ("release", "hold"):
        desk.release(id, is_released=word == "release")
        return len(desk.hand_ins(id))
    if word == "judge":
        return desk.judge_again(id)
    if word == "grade":
        count = desk.grade_again(id)
        process_of(request).wake()
        return count
    raise BadRequest("testbench.bad_request", where="act", name=word[:40])


def assignment_view(assignment: Assignment, released: Iterable[str]) -> dict[str, Any]:
    """Returns an assignment as the API tells it: with everything but on what data it is graded."""
    known = written_assignment(assignment)
    del known["data"]
    return {**known, "is_released": assignment.id in released}


def reason_of(hand_in: HandIn, language: Language) -> str:
    """Returns why a hand-in was not graded, and what to do; empty where it was, or waits."""
    if "key" not in hand_in.result:
        return ""
    parts = (f"{hand_in.result['key']}.{part}" for part in ("text", "fix"))
    return " ".join(say(part, language, **hand_in.result["params"]) for part in parts)


def desk_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `database` and `settings`."""
    return [
        Route("/api/assignments", answering(assignments), methods=["GET", "POST"]),
        Route("/api/assignments/{assignment}/{act}", answering(act), methods=["POST"]),
        Route("/api/gradings", answering(gradings), methods=["GET", "POST"]),
        Route("/api/gradings/{grading}", answering(grading)),
        Route("/api/gradings/{grading}/notebook", answering(notebook)),
        Route("/api/gradings/{grading}/marks", answering(mark), methods=["POST"]),
        Route("/api/gradebook.csv", answering(gradebook)),
        Route("/api/course-certificates.pdf", answering(course_certificates)),
    ]


def _views(request: Request, person: Person, language: Language) -> list[dict[str, Any]]:
    """Returns all hand-ins that a person may see, each with its points where they are told."""
    known = seen_by(request, person)
    told = told_to(request, known, person)
    desk = desk_of(request)
    marks = desk.marks()
    assignments = desk.assignments()
    released = desk.released()
    views = {hand_in.id: _unmarked(hand_in, language, released) for hand_in in known}
    for hand_in in told:
        views[hand_in.id] |= _points_of(hand_in, assignments, marks)
    return list(views.values())


def _unmarked(hand_in: HandIn, language: Language, released: Container[str]) -> dict[str, Any]:
    return {
        "id": hand_in.id,
        "assignment": hand_in.assignment,
        "team": hand_in.team,
        "team_id": hand_in.whose.team,
        "by_id": hand_in.whose.by.id,
        "is_released": hand_in.assignment in released,
        "at": hand_in.at,
        "name": hand_in.name,
        "state": hand_in.state,
        "isolation": hand_in.result.get("isolation", ""),
        "score": None,
        "max_score": None,
        "text": reason_of(hand_in, language),
        "exercises": [],
    }


def _points_of(
    hand_in: HandIn,
    assignments: Mapping[str, Assignment],
    marks: Mapping[str, Mapping[str, Mark]],
) -> dict[str, float]:
    """Returns the points of a hand-in that is graded; nothing of another."""
    for entries in entries_of([hand_in], assignments, marks).values():
        entry = entries[hand_in.assignment]
        return {"score": entry.score, "max_score": entry.most}
    return {}


def _view(
    request: Request,
    hand_in: HandIn,
    person: Person,
    language: Language,
    *,
    has_exercises: bool = False,
) -> dict[str, Any]:
    view = _unmarked(hand_in, language, desk_of(request).released())
    if hand_in.state != "graded" or not may_see_result(request, hand_in, person):
        return view
    desk = desk_of(request)
    marks = desk.marks()
    view |= _points_of(hand_in, desk.assignments(), marks)
    if has_exercises:
        rows = feedback_rows(desk.graded(hand_in), marks.get(hand_in.id, {}), language)
        view["exercises"] = [
            {name: row[name] for name in SHOWN}
            | {"comment": row["mark"].comment if row["mark"] else ""}
            for row in rows
        ]
    return view
