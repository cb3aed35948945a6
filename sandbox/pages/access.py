"""The page of what lets into a system that is not open: fields that go in unseen, and a trial that
says in words what is wrong.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.access import own_system, told_trial
from sandbox.api.asking import person_of, run_service_of
from sandbox.event.access_fields import CLIENT_AUTH, FIELDS, OPEN, PEM, WAYS
from sandbox.pages.home import page_language
from sandbox.pages.working import form_of, go_to, shown, working_page
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of


async def access(request: Request, *, said: list[dict[str, Any]] | None = None) -> Response:
    """GET /team/systems/{system}/access: which fields are held, and the form for others."""
    system = await own_system(request)
    known = run_service_of(request).ways.access
    # what was typed is not written into the page again: it may be a secret
    request.state.typed = {
        name: value for name, value in request.state.typed.items() if name in OPEN
    }
    return await working_page(
        request,
        "access.html",
        me=await person_of(request),
        system=system,
        held=await run_in_threadpool(known.held, system.name),
        ways=WAYS,
        choices={"client_auth": CLIENT_AUTH},
        long=PEM,
        open=OPEN,
        said=said or (),
    )


async def seal(request: Request) -> Response:
    """POST /team/systems/{system}/access: keeps the fields that were filled in."""
    form = await form_of(request)
    system = await own_system(request)
    given = {name: form[name] for name in FIELDS if form.get(name)}
    await run_in_threadpool(run_service_of(request).ways.access.seal, system, given)
    return go_to(request, f"team/systems/{system.name}/access", done="saved")


async def remove(request: Request) -> Response:
    """POST /team/systems/{system}/access/remove: takes all fields away."""
    system = await own_system(request)
    await run_in_threadpool(run_service_of(request).ways.access.remove, system.name)
    return go_to(request, f"team/systems/{system.name}/access", done="saved")


async def trial(request: Request) -> Response:
    """POST /team/systems/{system}/access/try: asks the system, and shows what came of it."""
    person = await person_of(request)
    language = page_language(request)
    name = request.path_params["system"]
    findings = await run_service_of(request).try_access(
        name, person, language, server=address_of(request)
    )
    return await access(request, said=[told_trial(finding, language) for finding in findings])


def access_pages() -> list[Route]:
    """Returns the routes of the page; the application's state must hold `run_service`."""
    return [
        Route("/team/systems/{system}/access", shown(access)),
        Route("/team/systems/{system}/access", shown(seal, form=access), methods=["POST"]),
        Route("/team/systems/{system}/access/remove", shown(remove), methods=["POST"]),
        Route("/team/systems/{system}/access/try", shown(trial), methods=["POST"]),
    ]
