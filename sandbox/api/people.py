"""Routes about people and what monitors say: who asks, the people of the event, the queue, and the
acts on a run.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, object_of, person_of, run_service_of, text_in
from sandbox.api.invitations import invitation_routes
from sandbox.api.listing import listing_of, runs_of, told
from sandbox.api.views import run_view
from sandbox.event.people import ANYONE, Person
from sandbox.event.rights import allow
from sandbox.event.run_list import seen_by
from sandbox.threads import run_in_threadpool
from sandbox.web.agents import browser_of
from sandbox.web.requests import language_of


async def me(request: Request) -> Response:
    """GET /api/me: who asks, as name, role, team and country."""
    return answer(await person_of(request))


async def people(request: Request) -> Response:
    """GET /api/people: the people of the event; POST adds one (name, role, team, country, contact)
    and returns the code.
    """
    allow(await person_of(request), "manage_people")
    known = run_service_of(request).people
    if request.method == "GET":
        return answer(await run_in_threadpool(known.all))
    body = await object_of(request)
    team, country = (text_in(body, name, default="") for name in ("team", "country"))
    role: Any = text_in(body, "role")  # judged there
    person = Person(
        text_in(body, "name"), role, team, country, is_contact=body.get("contact") is True
    )
    code = await run_in_threadpool(known.add, person)
    way_in = await run_in_threadpool(known.code, code)
    added = await run_in_threadpool(known.find, way_in.person_id)
    return answer({**asdict(added), "enter": f"/enter/{code}"}, 201)


async def contact(request: Request) -> Response:
    """POST /api/people/{id}/contact: makes somebody a contact of their team, who invites to it, or
    with `contact` false ends that.
    """
    allow(await person_of(request), "manage_people")
    known = run_service_of(request).people
    body = await object_of(request)
    person = await run_in_threadpool(known.find, request.path_params["id"])
    make = partial(known.make_contact, person.name, is_contact=body.get("contact") is not False)
    return answer(await run_in_threadpool(make))


async def remove(request: Request) -> Response:
    """POST /api/people/{id}/remove: takes somebody from the list, and their sessions end at
    once.
    """
    allow(await person_of(request), "manage_people")
    known = run_service_of(request).people
    person = await run_in_threadpool(known.find, request.path_params["id"])
    await run_in_threadpool(known.remove, person.name)
    return answer(person)


async def enter(request: Request) -> Response:
    """POST /api/enter: comes in by the code of a link (code, name, team), and is told the secret of
    the session.
    """
    known = run_service_of(request).people
    body = await object_of(request)
    fields = {name: text_in(body, name, default="") for name in ("name", "team")}
    fields["browser"] = browser_of(request.headers.get("user-agent", ""))
    secret = await run_in_threadpool(partial(known.enter, text_in(body, "code"), **fields))
    person = await run_in_threadpool(known.who, secret)
    # the only time that it leaves this process: what is kept of it is a hash
    return answer({**asdict(person or ANYONE), "session": secret}, 201)


async def queue(request: Request) -> Response:
    """GET /api/queue: the runs that wait for a monitor and that the asker may judge, what waits
    longest first; by page, and narrowed as `/api/runs`.
    """
    person = await person_of(request)
    language = language_of(request)
    runs = run_service_of(request).runs
    listing = listing_of(request)
    wanted = seen_by(person, "verify", listing.wanted)

    def page() -> Response:
        part = runs.list.queue(wanted, limit=listing.limit, cursor=listing.cursor)
        views = [run_view(run, language) for run in runs_of(part, runs)]
        return answer(views, headers=told(request, part.total, part.cursor))

    return await run_in_threadpool(page)


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
        Route("/api/people/{id}/contact", answering(contact), methods=["POST"]),
        Route("/api/people/{id}/remove", answering(remove), methods=["POST"]),
        *invitation_routes(),
        Route("/api/queue", answering(queue)),
        Route("/api/runs/{run}/review/{act}", answering(review), methods=["POST"]),
    ]
