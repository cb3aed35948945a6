"""Routes about people and what monitors say: who asks, the people of the event, the queue, and the
acts on a run.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, object_of, person_of, run_service_of, text_in
from sandbox.api.views import run_view
from sandbox.event.people import ANYONE, Person
from sandbox.event.rights import allow, may
from sandbox.web.requests import language_of


async def me(request: Request) -> Response:
    """GET /api/me: who asks, as name, role, team and country."""
    return answer(await person_of(request))


async def people(request: Request) -> Response:
    """GET /api/people: the people of the event; POST adds one (name, role, team, country) and
    returns the code.
    """
    allow(await person_of(request), "manage_people")
    known = run_service_of(request).people
    if request.method == "GET":
        return answer(await run_in_threadpool(known.all))
    body = await object_of(request)
    team, country = (text_in(body, name, default="") for name in ("team", "country"))
    person = Person(text_in(body, "name"), text_in(body, "role"), team, country)  # type: ignore[arg-type]  # judged there
    code = await run_in_threadpool(known.add, person)
    return answer({**asdict(person), "enter": f"/enter/{code}"}, 201)


async def enter(request: Request) -> Response:
    """POST /api/enter: comes in by the code of a link (code, name), and is told the secret of the
    session.
    """
    known = run_service_of(request).people
    body = await object_of(request)
    fields = {"name": text_in(body, "name", default="")}
    secret = await run_in_threadpool(partial(known.enter, text_in(body, "code"), **fields))
    person = await run_in_threadpool(known.who, secret)
    # the only time that it leaves this process: what is kept of it is a hash
    return answer({**asdict(person or ANYONE), "session": secret}, 201)


async def queue(request: Request) -> Response:
    """GET /api/queue: the runs that wait for a monitor and that the asker may judge, the oldest
    first.
    """
    person = await person_of(request)
    language = language_of(request)
    waiting = [
        run
        for run in await run_in_threadpool(run_service_of(request).to_verify)
        if may(person, "verify", run.whose)
    ]
    return answer([run_view(run, language) for run in waiting])


async def review(request: Request) -> Response:
    """POST /api/runs/{run}/review/{act}: ask, claim, release, or decide (decision, comment)."""
    person = await person_of(request)
    body = await object_of(request)
    words, decision = (text_in(body, name, default="") for name in ("comment", "decision"))
    act = partial(run_service_of(request).runs.review, words=words, decision=decision)
    run = await run_in_threadpool(
        act, request.path_params["run"], request.path_params["act"], person
    )
    return answer(run_view(run, language_of(request)))


def people_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `run_service`."""
    return [
        Route("/api/enter", answering(enter), methods=["POST"]),
        Route("/api/me", answering(me)),
        Route("/api/people", answering(people), methods=["GET", "POST"]),
        Route("/api/queue", answering(queue)),
        Route("/api/runs/{run}/review/{act}", answering(review), methods=["POST"]),
    ]
