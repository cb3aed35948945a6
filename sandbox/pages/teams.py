"""The pages of a team: the way in, its systems and runs, and the queue of the monitors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import COOKIE, person_of, run_of, run_service_of, secret_of
from sandbox.api.plans import events_of
from sandbox.event.identity import Role
from sandbox.event.people import Person
from sandbox.event.plan import PlannedEvent
from sandbox.event.presets import presets
from sandbox.event.rights import allow, may
from sandbox.event.run import Run
from sandbox.event.run_service import RunRequest
from sandbox.event.systems import HERE, System, actor_title, all_systems
from sandbox.findings import Severity
from sandbox.i18n import Language, say
from sandbox.limits import JUDGED_BYTES, SESSION_DAYS
from sandbox.pages.cookies import forget_wanted, wanted_page
from sandbox.pages.doorway import registered_for
from sandbox.pages.home import WORKING, page_language, render
from sandbox.pages.inputs import FIND, fields_of, given_in, groups_of, likely_of, typed_in
from sandbox.pages.matching import folded
from sandbox.pages.purposes import bench_tracks, purposes, role_titles
from sandbox.pages.runs import one_run
from sandbox.pages.working import (
    form_of,
    go_to,
    listed_runs,
    root_of,
    shown,
    teams_known_to,
    upload_of,
    working_page,
)
from sandbox.sentences import page_fix_of, text_of
from sandbox.testbench.tracks import TRACKS, choose, inputs_of
from sandbox.threads import run_in_threadpool
from sandbox.web.agents import browser_of
from sandbox.web.requests import address_of

WITHOUT_EVENT: Mapping[Role, str] = {
    "participant": "team",
    "monitor": "queue",
    "facilitator": "event",
}
"""Where somebody begins while no event runs: whoever facilitates chooses the one that does."""


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
    return await let_in(request, code, **fields)


async def let_in(request: Request, code: str, **fields: str) -> Response:
    """Lets whoever has a code in, and leads them to what they do first.

    Args:
        request: Of the browser that comes in.
        code: Of a link.
        fields: What a link for several people asks for: `name`, `team`, `country`.
    """
    fields["browser"] = browser_of(request.headers.get("user-agent", ""))
    enter = partial(run_service_of(request).people.enter, code, **fields)
    secret = await run_in_threadpool(enter)
    person = await run_in_threadpool(run_service_of(request).people.who, secret)
    reply = go_to(request, await run_in_threadpool(_landing, request, person), done="entered")
    forget_wanted(reply, request)
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


def _landing(request: Request, person: Person | None) -> str:
    """Returns the page to which somebody comes who was let in: the one that they had asked for,
    else the first one, which leads through an event; without one, what their role does first.
    """
    if wanted := wanted_page(request):
        return wanted
    if events_of(request).current or person is None:
        return ""
    return WITHOUT_EVENT[person.role]


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
    plan = await run_in_threadpool(_running, request)
    language = page_language(request)
    wanted = await run_in_threadpool(registered_for, request, plan, person)
    return await working_page(
        request,
        "team.html",
        wanted=wanted,
        live="*",
        me=person,
        systems=systems,
        **await listed_runs(request, person, "start"),
        purposes=purposes(plan, language),
        roles=role_titles(plan, language),
        tracks=bench_tracks(plan, systems, language),
        looks=await run_in_threadpool(_looks, request, systems),
        presets=presets().values(),
        team_names=await run_in_threadpool(teams_known_to, request),
    )


def _looks(request: Request, systems: Iterable[System]) -> dict[str, list[Said]]:
    """Returns what answered at the addresses of systems, by alias, with what to do about it."""
    service = run_service_of(request)
    language = page_language(request)
    told: dict[str, list[Said]] = {}
    for system in systems:
        allowed = service.allowances.of("address", system.team_id)
        told[system.name] = [
            (finding.severity, text_of(finding, language), page_fix_of(finding, language))
            for finding in service.looks.of(system, allowed=allowed)
        ]
    return told


def _running(request: Request) -> PlannedEvent | None:
    events = events_of(request)
    return events.find("") if events.current else None


NO_WORD = re.compile(r"[^a-z0-9]+")
ALIAS_MOST = 31
Said = tuple[Severity, str, str]
"""How grave something is, what it is, and what to do."""
AT = "at-"
"""How the name of a field begins that holds the address of an actor or a track."""


async def system(request: Request) -> Response:
    """GET /team/systems/{system}: what is registered of a system, to be put right, and what the
    tests of its actors should know of it.
    """
    person = await person_of(request)
    known = await run_in_threadpool(run_service_of(request).system, request.path_params["system"])
    allow(person, "register", known.whose)
    values = {**known.inputs, **typed_in(request.state.typed)}
    language = page_language(request)
    plan = await run_in_threadpool(_running, request)
    return await working_page(
        request,
        "system.html",
        me=person,
        system=known,
        purposes=purposes(plan, language),
        looks=await run_in_threadpool(_looks, request, [known]),
        places=_places(known, language),
        groups=groups_of(known.tracks, values, language, await likely_of(request)),
    )


async def prepare(request: Request) -> Response:
    """GET /team/start: what a track should know before it is run against a system."""
    person = await person_of(request)
    typed = request.state.typed or request.query_params
    chosen = typed.get("system", "")
    track = typed.get("track", "")
    choose(track)
    registered: Mapping[str, str] = {}
    if chosen != HERE:
        known = await run_in_threadpool(run_service_of(request).system, chosen)
        allow(person, "start", known.whose)
        registered = known.inputs
    values = {**registered, **typed_in(typed)}
    language = page_language(request)
    return await working_page(
        request,
        "start.html",
        me=person,
        system=chosen,
        track=TRACKS[track],
        presets=presets().values(),
        preset=typed.get("preset", ""),
        fields=fields_of(inputs_of(track), values, language, await likely_of(request)),
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
    if FIND in form:
        return await system(request)
    name = _alias(form.get("name", ""))
    base = form.get("base", "").strip().rstrip("/")
    before = await run_in_threadpool(_registered, request, name)
    # what the form has no field for stays as it was
    inputs = {**(before.inputs if before else {}), **typed_in(form)}
    # one that does several things stands under each of them
    actors = tuple(dict.fromkeys(form.get("actor", "").split()))
    team = form.get("team", "").strip()
    country = form.get("country", "").strip().upper()
    version = form.get("version", "").strip()
    given = {name: value.strip() for name, value in inputs.items() if value.strip()}
    asked = System(name, base, team, country, given, actors=actors, version=version)
    if before:
        typed = {name.removeprefix(AT): form[name] for name in form if name.startswith(AT)}
        bases = {**before.bases, **typed}
        places = {name: base.strip().rstrip("/") for name, base in bases.items() if base.strip()}
        asked = replace(asked, secrets=before.secrets, bases=places, tags=before.tags)
    service = run_service_of(request)
    await run_in_threadpool(service.register, asked, person)
    await service.look(name, page_language(request))
    # what is wrong with its address stands on its page; who has just registered one that answers
    # sees it in the list, with what to test next
    looked = await run_in_threadpool(_looks, request, [asked])
    is_wrong = any(severity != "information" for severity, _, _ in looked[name])
    if before or is_wrong:
        return go_to(request, f"team/systems/{name}", done="saved")
    return go_to(request, "team", done="saved")


def _alias(text: str) -> str:
    """Returns an alias for what somebody typed as the name of a system, such as `sigsa-gt` for
    *SIGSA GT*; what holds no letter at all is left to be refused.
    """
    plain = NO_WORD.sub("-", folded(text)).strip("-").lstrip("0123456789-")[:ALIAS_MOST]
    return plain.rstrip("-") or text.strip()


def _places(system: System, language: Language) -> dict[str, str]:
    """Returns what of a system may stand at another address, its actors and their tracks, with
    what people call it.
    """
    named = {actor: actor_title(actor, language) for actor in system.actors}
    rooms = {track: say(f"{TRACKS[track].room}.name", language) for track in system.tracks}
    return named | {track: f"{track} · {name}" for track, name in rooms.items()}


def _registered(request: Request, name: str) -> System | None:
    """Returns what is registered by a name; None for nothing yet."""
    known = all_systems(run_service_of(request).store)
    return next((system for system in known if system.name == name), None)


async def start(request: Request) -> Response:
    """POST /team/runs: starts a run and shows it."""
    upload = await upload_of(request, most=JUDGED_BYTES)
    person = await person_of(request)
    form = upload.fields
    if FIND in form:
        return await prepare(request)
    given = given_in(upload)
    if form.get("preset"):
        given["preset"] = form["preset"]
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


async def finish(request: Request) -> Response:
    """POST /runs/{run}/finish: ends a run that waits for a client, so that its result counts."""
    run = await _own_run(request)
    await run_service_of(request).judging.finish(run.id)
    return await _behind(request, run)


async def cancel(request: Request) -> Response:
    """POST /runs/{run}/cancel: ends one that is not done, and nothing of it counts."""
    run = await _own_run(request)
    await run_service_of(request).cancel(run.id)
    return await _behind(request, run)


async def _own_run(request: Request) -> Run:
    """Returns the run that a form is about, of whoever may start it."""
    await form_of(request)
    person = await person_of(request)
    run = await run_of(request)
    allow(person, "start", run.whose)
    return run


async def _behind(request: Request, run: Run) -> Response:
    """Returns the way from a run that was ended: to its test instance, where it is of one."""
    runs = run_service_of(request).runs
    instance = await run_in_threadpool(runs.list.instance_of, run.id)
    return go_to(request, f"instances/{instance}" if instance else f"runs/{run.id}")


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
        Route("/team/systems", shown(register, form=team), methods=["POST"]),
        Route("/team/systems/{system}", shown(system)),
        Route("/team/systems/{system}", shown(register, form=system), methods=["POST"]),
        Route("/team/start", shown(prepare)),
        Route("/team/runs", shown(start, form=prepare), methods=["POST"]),
        Route("/queue", shown(queue)),
        Route("/runs/{run}/finish", shown(finish, form=one_run), methods=["POST"]),
        Route("/runs/{run}/cancel", shown(cancel, form=one_run), methods=["POST"]),
        Route("/runs/{run}/again", shown(again), methods=["POST"]),
        Route("/runs/{run}/review/{act}", shown(review, form=one_run), methods=["POST"]),
    ]
