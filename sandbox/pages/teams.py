"""The pages of a team: the way in, its systems and runs, and the queue of the monitors."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import COOKIE, person_of, run_of, run_service_of, secret_of
from sandbox.errors import BadRequest
from sandbox.event.presets import presets
from sandbox.event.rights import may
from sandbox.event.run_service import RunRequest
from sandbox.event.systems import System, all_systems
from sandbox.limits import SESSION_DAYS
from sandbox.pages.home import WORKING, page_language, render
from sandbox.pages.working import form_of, go_to, listed_runs, root_of, shown, working_page
from sandbox.testbench.tracks import TRACKS, actors, declared_inputs
from sandbox.web.agents import browser_of
from sandbox.web.requests import address_of


async def enter(request: Request) -> Response:
    """GET and POST /enter/{code}: the way in by a link; a click, so that a preview of the link does
    not use it up.
    """
    people = run_service_of(request).people
    code = request.path_params["code"]
    invitation = await run_in_threadpool(people.code, code)
    # a chat that fetches a link for its preview would use the code up
    if request.method == "GET":
        page = render("enter.html", page_language(request), code=invitation, root=root_of(request))
        return HTMLResponse(page, headers=WORKING)
    form = await form_of(request)
    fields = {name: form.get(name, "") for name in ("name", "team", "country")}
    fields["browser"] = browser_of(request.headers.get("user-agent", ""))
    secret = await run_in_threadpool(partial(people.enter, code, **fields))
    reply = go_to(request, "team")
    root = address_of(request)
    # another application of the same host, beside this one, does not get the session
    place = urlsplit(root).path or "/"
    # behind a proxy this process speaks HTTP: what the world sees decides
    is_secure = root.startswith("https:")
    reply.set_cookie(
        COOKIE,
        secret,
        max_age=SESSION_DAYS * 24 * 3600,
        path=place,
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )
    return reply


async def leave(request: Request) -> Response:
    """POST /leave: ends the session of this browser."""
    await run_in_threadpool(run_service_of(request).people.leave, secret_of(request))
    return go_to(request, "")


async def team(request: Request) -> Response:
    """GET /team: the systems and runs of one's team, and the forms to register and to start."""
    person = await person_of(request)
    run_service = run_service_of(request)
    known = await run_in_threadpool(all_systems, run_service.store)
    # a facilitator may start for all teams, and sees them all
    systems = [system for system in known if may(person, "start", system.whose)]
    return await working_page(
        request,
        "team.html",
        live="*",
        me=person,
        systems=systems,
        **await listed_runs(request, person, "start"),
        tracks=TRACKS.values(),
        actors=actors(),
        presets=presets().values(),
        inputs=declared_inputs(),
    )


async def chat(request: Request) -> Response:
    """POST /team/chat: a code by which one tells the bot in the chat who one is; it is shown
    once.
    """
    person = await person_of(request)
    code = await run_in_threadpool(run_service_of(request).people.link, person.name)
    return await working_page(request, "chat.html", me=person, code=code)


async def register(request: Request) -> Response:
    """POST /team/systems: registers a system of one's team."""
    form = await form_of(request)
    person = await person_of(request)
    name = form.get("name", "").strip()
    base = form.get("base", "").strip().rstrip("/")
    inputs = _pairs(form.get("inputs", ""))
    actors = tuple(filter(None, form.get("actor", "").split()))
    team = form.get("team", "").strip()
    country = form.get("country", "").strip().upper()
    version = form.get("version", "").strip()
    system = System(name, base, team, country, inputs, actors=actors, version=version)
    await run_in_threadpool(run_service_of(request).register, system, person)
    return go_to(request, "team")


async def start(request: Request) -> Response:
    """POST /team/runs: starts a run and shows it."""
    form = await form_of(request)
    person = await person_of(request)
    given = _pairs(form.get("inputs", ""))
    given |= {name: form[name] for name in ("document", "preset") if form.get(name, "").strip()}
    asked = RunRequest(form.get("track", ""), form.get("system", ""), inputs=given)
    run = await run_service_of(request).start(asked, person, page_language(request))
    return go_to(request, f"runs/{run.id}")


async def again(request: Request) -> Response:
    """POST /runs/{run}/again: the same tests, or with `failed` those that did not pass, as a new
    run.
    """
    form = await form_of(request)
    person = await person_of(request)
    old = await run_of(request)
    tests = old.not_passed if form.get("failed") else tuple(test.id for test in old.tests)
    asked = RunRequest(old.track.id, old.system, tests, old.inputs)
    run = await run_service_of(request).start(asked, person, page_language(request))
    return go_to(request, f"runs/{run.id}")


async def queue(request: Request) -> Response:
    """GET /queue: the runs that this monitor may verify, what waits longest first, by page."""
    person = await person_of(request)
    return await working_page(
        request,
        "queue.html",
        live="*",
        me=person,
        **await listed_runs(request, person, "verify", is_queue=True),
    )


async def review(request: Request) -> Response:
    """POST /runs/{run}/review/{act}: ask, claim, release or decide."""
    form = await form_of(request)
    person = await person_of(request)
    words = form.get("comment", "")
    decision = form.get("decision", "")
    act = partial(run_service_of(request).runs.review, words=words, decision=decision)
    run = await run_in_threadpool(
        act, request.path_params["run"], request.path_params["act"], person
    )
    return go_to(request, f"runs/{run.id}")


def team_routes() -> list[Route]:
    """Returns the routes of the pages; the application's state must hold `run_service` and
    `settings`.
    """
    return [
        Route("/enter/{code}", shown(enter), methods=["GET", "POST"]),
        Route("/leave", shown(leave), methods=["POST"]),
        Route("/team", shown(team)),
        Route("/team/chat", shown(chat), methods=["POST"]),
        Route("/team/systems", shown(register), methods=["POST"]),
        Route("/team/runs", shown(start), methods=["POST"]),
        Route("/queue", shown(queue)),
        Route("/runs/{run}/again", shown(again), methods=["POST"]),
        Route("/runs/{run}/review/{act}", shown(review), methods=["POST"]),
    ]


def _pairs(text: str) -> dict[str, str]:
    """Reads NAME=VALUE, one a line; raises BadRequest."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise BadRequest("testbench.bad_request", where="inputs", name=line)
        found[name.strip()] = value.strip()
    return found
