"""The pages of the desk: what is asked for and how everybody stands, one assignment over all teams,
and one hand-in with what its checks and people say.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.desk import (
    annotated,
    book_of,
    carry_out,
    certificates_response,
    desk_of,
    gradebook_response,
    hand_in_of,
    may_see_result,
    notebook_response,
    process_of,
    reason_of,
    seen_by,
    sender_of,
    told_to,
)
from sandbox.course.cards import SYMBOLS
from sandbox.course.exercises import exercises_of, known_lessons
from sandbox.desk.assignments import LATE, PASS, read_assignment
from sandbox.desk.completing import completions
from sandbox.desk.desk import HandIn, Mark
from sandbox.desk.feedback import feedback_rows
from sandbox.desk.gradebook import difficulties, entries_of, total_of
from sandbox.errors import BadRequest
from sandbox.event.people import ANYONE, Person
from sandbox.event.rights import allow, may
from sandbox.limits import NOTEBOOK_BYTES
from sandbox.pages.home import page_language, times_of
from sandbox.pages.lesson import place_of_exercise
from sandbox.pages.working import (
    form_of,
    go_to,
    shown,
    teams_known_to,
    upload_of,
    working_page,
)
from sandbox.threads import run_in_threadpool

Values = dict[str, Any]
SHOWN_HAND_INS = 50


async def desk(request: Request) -> Response:
    """GET /desk: assignments, the queue and the gradebook; for a learner their own."""
    person = await person_of(request)
    values = await run_in_threadpool(_desk, request, person)
    names = await run_in_threadpool(teams_known_to, request)
    return await working_page(request, "desk.html", me=person, team_names=names, **values)


async def assign(request: Request) -> Response:
    """POST /desk/assignments: asks for a lesson within a time."""
    form = await form_of(request)
    allow(await person_of(request), "manage_event")
    times = await run_in_threadpool(times_of, request)
    ends = {name: times.entered(form[name]) for name in ("opens", "due") if form.get(name)}
    asked = read_assignment({**form, **ends})
    await run_in_threadpool(desk_of(request).assign, asked)
    return go_to(request, f"desk/{asked.id}")


async def hand_in(request: Request) -> Response:
    """POST /desk/hand-ins: takes a notebook, with or without scripts."""
    form = await upload_of(request, most=NOTEBOOK_BYTES)
    person = await person_of(request)
    file = form.files.get("file")
    if file is None:
        raise BadRequest("desk.no_file", where="file")
    team = form.fields.get("team", "")
    sender = await run_in_threadpool(sender_of, request, person, team=team, door="page")
    taken = await run_in_threadpool(desk_of(request).hand_in, file.content, file.name, sender)
    await run_in_threadpool(process_of(request).wake)
    return go_to(request, f"desk/hand-ins/{taken.id}")


async def assignment(request: Request) -> Response:
    """GET /desk/{assignment}: every team and exercise, and where people fail."""
    person = await person_of(request)
    values = await run_in_threadpool(_assignment, request, person)
    return await working_page(request, "desk_assignment.html", me=person, **values)


async def act(request: Request) -> Response:
    """POST /desk/{assignment}/{act}: releases, takes back, judges or grades again."""
    await form_of(request)
    allow(await person_of(request), "manage_event")
    id = request.path_params["assignment"]
    await run_in_threadpool(carry_out, request, id, request.path_params["act"])
    return go_to(request, f"desk/{id}")


async def feedback(request: Request) -> Response:
    """GET /desk/hand-ins/{grading}: a hand-in, and what it came to."""
    person = await person_of(request)
    hand_in = await run_in_threadpool(hand_in_of, request, person)
    values = await run_in_threadpool(_feedback, request, hand_in, person)
    return await working_page(request, "desk_hand_in.html", me=person, **values)


async def mark(request: Request) -> Response:
    """POST /desk/hand-ins/{grading}/marks: points and a comment by a person."""
    form = await form_of(request)
    person = await person_of(request)
    allow(person, "manage_event")
    hand_in = await run_in_threadpool(hand_in_of, request, person)
    given = Mark(_points_in(form.get("points", "")), form.get("comment", "").strip(), person.name)
    await run_in_threadpool(desk_of(request).mark, hand_in.id, form.get("exercise", ""), given)
    return go_to(request, f"desk/hand-ins/{hand_in.id}")


async def notebook(request: Request) -> Response:
    """GET /desk/hand-ins/{grading}/notebook: the notebook with a note below each answer."""
    person = await person_of(request)
    hand_in = await run_in_threadpool(hand_in_of, request, person)
    language = page_language(request)
    text = await run_in_threadpool(annotated, request, hand_in, person, language)
    return notebook_response(hand_in, text)


async def gradebook(request: Request) -> Response:
    """GET /desk/gradebook.csv: a row for each team and assignment."""
    person = await person_of(request)
    return await run_in_threadpool(gradebook_response, request, person)


async def certificates(request: Request) -> Response:
    """GET /desk/certificates.pdf: a certificate for each team that has completed the course."""
    person = await person_of(request)
    return await run_in_threadpool(certificates_response, request, person, page_language(request))


def desk_pages() -> list[Route]:
    """Returns the routes of the pages; the application's state must hold `database`."""
    return [
        Route("/desk", shown(desk)),
        Route("/desk/gradebook.csv", shown(gradebook)),
        Route("/desk/certificates.pdf", shown(certificates)),
        Route("/desk/assignments", shown(assign, form=desk), methods=["POST"]),
        Route("/desk/hand-ins", shown(hand_in), methods=["POST"]),
        Route("/desk/hand-ins/{grading}", shown(feedback)),
        Route("/desk/hand-ins/{grading}/marks", shown(mark, form=feedback), methods=["POST"]),
        Route("/desk/hand-ins/{grading}/notebook", shown(notebook)),
        Route("/desk/{assignment}", shown(assignment)),
        Route("/desk/{assignment}/{act}", shown(act), methods=["POST"]),
    ]


def _desk(request: Request, person: Person) -> Values:
    desk = desk_of(request)
    known = seen_by(request, person)
    assignments = desk.assignments()
    book = book_of(request, told_to(request, known, person))
    return {
        "completed": len(completions(book, assignments)),
        "assignments": list(assignments.values()),
        "released": desk.released(),
        "counts": {id: sum(row.assignment == id for row in known) for id in assignments},
        "book": book,
        "totals": {team: total_of(entries, assignments) for team, entries in book.items()},
        # what is done stands in the gradebook
        "queue": [_listed(row, request) for row in known[::-1][:SHOWN_HAND_INS]],
        "lessons": known_lessons(),
        "late": LATE,
        "usual_pass": PASS,
        "may_manage": may(person, "manage_event"),
        "is_open": person is ANYONE,
    }


def _assignment(request: Request, person: Person) -> Values:
    desk = desk_of(request)
    asked = desk.assignment(request.path_params["assignment"])
    told = told_to(request, seen_by(request, person, asked.id), person)
    book = entries_of(told, {asked.id: asked}, desk.marks())
    entries = {team: entries[asked.id] for team, entries in book.items()}
    return {
        "assignment": asked,
        "is_released": asked.id in desk.released(),
        "entries": entries,
        "outcomes": {
            team: {row["id"]: row["outcome"] for row in entry.hand_in.result["exercises"]}
            for team, entry in entries.items()
        },
        "difficulties": difficulties(entries.values()),
        "symbols": SYMBOLS,
        "may_manage": may(person, "manage_event"),
    }


def _feedback(request: Request, hand_in: HandIn, person: Person) -> Values:
    desk = desk_of(request)
    language = page_language(request)
    values: Values = {
        "hand_in": hand_in,
        "reason": reason_of(hand_in, language),
        "is_told": may_see_result(request, hand_in, person),
        "may_manage": may(person, "manage_event"),
        "rows": [],
        "entry": None,
    }
    if hand_in.state != "graded" or not values["is_told"]:
        return values
    marks = desk.marks()
    book = entries_of([hand_in], desk.assignments(), marks)
    rows = feedback_rows(desk.graded(hand_in), marks.get(hand_in.id, {}), language)
    entry = book[hand_in.team][hand_in.assignment]
    return {**values, "rows": rows, "entry": entry, "asked_in": _asked_in(hand_in.lesson)}


def _asked_in(lesson: str) -> dict[str, str]:
    """Returns where each exercise is asked: the number of the lesson, and the place on its page."""
    if lesson not in known_lessons():  # of a pack that is no longer in use
        return {}
    number = lesson.partition("_")[0]
    return {
        id: f"{number}#{place_of_exercise(exercise.answer_of)}"
        for id, exercise in exercises_of(lesson).exercises.items()
    }


def _listed(hand_in: HandIn, request: Request) -> Values:
    return {"hand_in": hand_in, "reason": reason_of(hand_in, page_language(request))}


def _points_in(text: str) -> float | None:
    """Returns the points that a form names; None where it names none, so that the checks count."""
    try:
        return float(text.replace(",", ".")) if text.strip() else None
    except ValueError:
        raise BadRequest("testbench.bad_request", where="points", name="points") from None
