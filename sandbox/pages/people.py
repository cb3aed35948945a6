"""The pages of who takes part: people of the event, invitations to a team, one's own sessions."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_service_of, secret_of
from sandbox.errors import BadRequest
from sandbox.event.people import ROLES, Code, People, Person, Terms
from sandbox.event.rights import Whose, allow, may
from sandbox.event.roster import Session
from sandbox.limits import INVITATION_DAYS, INVITATION_USES
from sandbox.pages.working import form_of, go_to, shown, teams_known_to, working_page
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of


async def people(request: Request) -> Response:
    """GET /people: who takes part; POST adds somebody and shows the link that lets them in, or
    makes a new link for whom `again` names.
    """
    known = run_service_of(request).people
    person = await person_of(request)
    allow(person, "manage_people")
    made: dict[str, Any] = {"link": "", "added": ""}
    if request.method == "POST":
        form = await form_of(request)
        if again := form.get("again", ""):
            known_one = await run_in_threadpool(known.find, again)
            code = await run_in_threadpool(known.link, known_one.name)
            made = {"link": f"{address_of(request)}/enter/{code}", "added": known_one.name}
        else:
            made = await _added(request, known, form)
        request.state.typed = {}
    known_people = await run_in_threadpool(known.all)
    return await working_page(
        request,
        "participants.html",
        me=person,
        people=known_people,
        roles=ROLES if known_people else ROLES[::-1],
        team_names=await run_in_threadpool(teams_known_to, request),
        **made,
    )


async def _added(request: Request, known: People, form: dict[str, str]) -> dict[str, str]:
    """Adds whom a form tells of; returns their link and name."""
    role: Any = form.get("role", "")  # judged there
    words = (form.get("name", ""), role, form.get("team", ""), form.get("country", ""))
    added = Person(*words, is_contact=bool(form.get("contact")))
    code = await run_in_threadpool(known.add, added)
    return {"link": f"{address_of(request)}/enter/{code}", "added": added.name}


async def contact(request: Request) -> Response:
    """POST /people/{id}/contact: makes somebody a contact of their team, or ends that."""
    allow(await person_of(request), "manage_people")
    known = run_service_of(request).people
    form = await form_of(request)
    person = await run_in_threadpool(known.find, request.path_params["id"])
    make = partial(known.make_contact, person.name, is_contact=bool(form.get("contact")))
    await run_in_threadpool(make)
    return go_to(request, "people")


async def remove(request: Request) -> Response:
    """GET /people/{id}/remove: asks whether somebody is to go; POST takes them from the list."""
    me = await person_of(request)
    allow(me, "manage_people")
    known = run_service_of(request).people
    person = await run_in_threadpool(known.find, request.path_params["id"])
    if request.method == "POST":
        await run_in_threadpool(known.remove, person.name)
        return go_to(request, "people")
    is_last = await run_in_threadpool(known.all) == [person]
    return await working_page(request, "remove.html", me=me, one=person, is_last=is_last)


async def invitations(request: Request) -> Response:
    """GET /invitations: those to the teams to which one invites; POST makes one and shows its
    link.
    """
    known = run_service_of(request).people
    person = await person_of(request)
    allow(person, "invite", Whose(person.team_id))
    made = {"link": "", "to": ""}
    if request.method == "POST":
        form = await form_of(request)
        terms = Terms(_number(form, "uses"), _number(form, "days"))
        team = form.get("team", "")
        code = await run_in_threadpool(partial(known.invite, team, by=person, terms=terms))
        made = {"link": f"{address_of(request)}/enter/{code}", "to": team}
        request.state.typed = {}
    rows = await run_in_threadpool(known.invitations, person)
    return await working_page(
        request,
        "invitations.html",
        me=person,
        invitations=[_invitation(code) for code in rows],
        invites_any=may(person, "invite"),
        teams=await run_in_threadpool(known.teams),
        usual=Terms(),
        most=Terms(INVITATION_USES, INVITATION_DAYS),
        is_open=await run_in_threadpool(lambda: known.is_open),
        **made,
    )


async def revoke(request: Request) -> Response:
    """POST /invitations/{id}/revoke: the link lets nobody in any more."""
    person = await person_of(request)
    known = run_service_of(request).people
    await run_in_threadpool(known.revoke, request.path_params["id"], person)
    return go_to(request, "invitations")


async def me(request: Request) -> Response:
    """GET /me: who one is here, and the sessions by which one is let in."""
    person = await person_of(request)
    known = run_service_of(request).people
    current = await run_in_threadpool(known.sessions.id_of, secret_of(request))
    sessions = await run_in_threadpool(known.sessions.of, person)
    rows = [_session(session, current) for session in sessions]
    return await working_page(request, "me.html", me=person, sessions=rows)


async def device(request: Request) -> Response:
    """POST /me/device: a link by which one enters with another device of one's own; it is shown
    once, also as a code for its camera.
    """
    # what draws it is not loaded before somebody asks for it
    from sandbox.certificates.qr import svg_of

    await form_of(request)
    person = await person_of(request)
    code = await run_in_threadpool(run_service_of(request).people.link, person.name)
    link = f"{address_of(request)}/enter/{code}"
    picture = await run_in_threadpool(svg_of, link)
    return await working_page(request, "device.html", me=person, link=link, picture=picture)


async def end(request: Request) -> Response:
    """POST /me/sessions/{id}/end: ends one of one's own at once."""
    person = await person_of(request)
    id = request.path_params["id"]
    await run_in_threadpool(run_service_of(request).people.sessions.end, id, person)
    return go_to(request, "me")


def people_pages() -> list[Route]:
    """Returns the routes of the pages; the application's state must hold `run_service`."""
    return [
        Route("/people", shown(people, form=people), methods=["GET", "POST"]),
        Route("/people/{id}/contact", shown(contact), methods=["POST"]),
        Route("/people/{id}/remove", shown(remove), methods=["GET", "POST"]),
        Route("/invitations", shown(invitations, form=invitations), methods=["GET", "POST"]),
        Route("/invitations/{id}/revoke", shown(revoke), methods=["POST"]),
        Route("/me/device", shown(device), methods=["POST"]),
        Route("/me", shown(me)),
        Route("/me/sessions/{id}/end", shown(end), methods=["POST"]),
    ]


def _number(form: dict[str, str], name: str) -> int:
    text = form.get(name, "").strip()
    if not text.isdecimal() or len(text) > 9:
        raise BadRequest("testbench.bad_request", where=name, name=name)
    return int(text)


def _invitation(code: Code) -> dict[str, Any]:
    return {"code": code, "at": code.at, "until": code.until}


def _session(session: Session, current: str) -> dict[str, Any]:
    """Returns a session as the page shows it; when it was used last is known to the hour."""
    return {
        "session": session,
        "since": session.since,
        "seen": session.seen,
        "is_this": session.id == current,
    }
