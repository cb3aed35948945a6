"""The pages of registration: the form for whoever wants to take part, what became of it, and for
facilitators what waits.
"""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_service_of
from sandbox.api.instances import instances_of
from sandbox.api.plans import events_of
from sandbox.errors import BadRequest
from sandbox.event.identity import Person
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.event.registering import Institution, Registrations
from sandbox.event.rights import allow
from sandbox.limits import REGISTRATION_WORDS
from sandbox.pages.doorway import why_closed
from sandbox.pages.home import WORKING, page_language, render, times_of
from sandbox.pages.teams import let_in
from sandbox.pages.working import form_of, go_to, root_of, shown, whoever, working_page
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of


async def register(request: Request) -> Response:
    """GET /register: the form for the event that runs; POST sends it and shows the page on which
    one reads what was decided.
    """
    plan = await _plan(request)
    if request.method == "POST":
        form = await form_of(request)
        if form.get("rules") != "yes":
            raise BadRequest("floor.needs_rules", where="rules")
        send = partial(registrations_of(request).register, plan, _asked_in(form))
        secret = await run_in_threadpool(send)
        return go_to(request, f"register/{secret}")
    language = page_language(request)
    return await _page(
        request,
        "register.html",
        event=plan,
        why_closed=await run_in_threadpool(why_closed, request, plan, language),
        typed=request.state.typed,
        most=REGISTRATION_WORDS,
    )


async def standing(request: Request) -> Response:
    """GET /register/{secret}: what became of a registration, for whoever made it."""
    plan = await _plan(request)
    find = partial(registrations_of(request).by_secret, plan.id, request.path_params["secret"])
    row = await run_in_threadpool(find)
    return await _page(
        request,
        "registered.html",
        event=plan,
        row=row,
        secret=request.path_params["secret"],
        link=f"{address_of(request)}/register/{request.path_params['secret']}",
    )


async def enter(request: Request) -> Response:
    """POST /register/{secret}/enter: leads whoever was approved in, once."""
    plan = await _plan(request)
    take = partial(registrations_of(request).enter, plan.id, request.path_params["secret"])
    code = await run_in_threadpool(take)
    return await let_in(request, code)


async def withdraw(request: Request) -> Response:
    """POST /register/{secret}/withdraw: takes a registration back, with all that it said."""
    plan = await _plan(request)
    secret = request.path_params["secret"]
    await run_in_threadpool(registrations_of(request).withdraw, plan.id, secret)
    return go_to(request, f"register/{secret}")


async def registrations(request: Request, *, link: str = "", added: str = "") -> Response:
    """GET /registrations: what waits for a facilitator, and what was decided."""
    person = await person_of(request)
    allow(person, "manage_people")
    plan = await _plan(request)
    known = registrations_of(request)
    language = page_language(request)
    return await working_page(
        request,
        "registrations.html",
        me=person,
        event=plan,
        words=partial(words_in, language=language),
        waiting=await run_in_threadpool(known.waiting, plan.id),
        decided=await run_in_threadpool(known.decided, plan.id),
        titles={track.id: words_in(track.title, language) for track in plan.tracks},
        address=f"{address_of(request)}/register",
        link=link,
        added=added,
    )


async def approve(request: Request) -> Response:
    """POST /registrations/{id}/approve: lets an institution in, and shows the link to send; GET, as
    of a tab that is opened again, leads back to the list.
    """
    if request.method == "GET":
        return go_to(request, "registrations")
    person, plan = await _facilitator(request)
    form = await form_of(request)
    asked = _asked_in(form)
    work = registrations_of(request).approve
    code = await run_in_threadpool(work, plan.id, request.path_params["id"], asked, person)
    link = f"{address_of(request)}/enter/{code}"
    return await registrations(request, link=link, added=asked.contact)


async def refuse(request: Request) -> Response:
    """POST /registrations/{id}/refuse: says why not."""
    person, plan = await _facilitator(request)
    reason = (await form_of(request)).get("reason", "")
    work = registrations_of(request).refuse
    await run_in_threadpool(work, plan.id, request.path_params["id"], reason, person)
    return go_to(request, "registrations")


def registrations_of(request: Request) -> Registrations:
    """Returns the registrations over the application's store."""
    service = run_service_of(request)
    return Registrations(service.store, service.people, now=instances_of(request).now)


def registering_pages() -> list[Route]:
    """Returns the routes; the application's state must hold `events` and `run_service`."""
    return [
        Route("/register", shown(register, form=register), methods=["GET", "POST"]),
        Route("/register/{secret}", shown(standing)),
        Route("/register/{secret}/enter", shown(enter), methods=["POST"]),
        Route("/register/{secret}/withdraw", shown(withdraw), methods=["POST"]),
        Route("/registrations", shown(registrations)),
        Route(
            "/registrations/{id}/approve",
            shown(approve, form=registrations),
            methods=["GET", "POST"],
        ),
        Route("/registrations/{id}/refuse", shown(refuse, form=registrations), methods=["POST"]),
    ]


async def _plan(request: Request) -> PlannedEvent:
    return await run_in_threadpool(events_of(request).find, "")


async def _facilitator(request: Request) -> tuple[Person, PlannedEvent]:
    person = await person_of(request)
    allow(person, "manage_people")
    return person, await _plan(request)


async def _page(request: Request, template: str, **values: object) -> Response:
    """Returns a page for whoever comes, known or not."""
    language = page_language(request)
    page = render(
        template,
        language,
        me=await whoever(request),
        root=root_of(request),
        refusal=request.state.refusal,
        times=await run_in_threadpool(times_of, request),
        words=partial(words_in, language=language),
        **values,
    )
    # what somebody typed, or a secret in the address, is nobody else's
    headers = {**WORKING, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return HTMLResponse(page, headers=headers)


def _asked_in(form: dict[str, str]) -> Institution:
    people = form.get("people", "1").strip()
    return Institution(
        form.get("name", ""),
        form.get("country", ""),
        form.get("contact", ""),
        int(people) if people.isdecimal() and len(people) < 4 else 0,
        tuple(form.get("tracks", "").split()),
        form.get("systems", ""),
    )
