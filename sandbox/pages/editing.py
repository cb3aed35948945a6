"""The pages on which facilitators edit the plan of an event: what concerns all of it, and each
planned test.

A form holds the tag of the state that it was made of; where somebody else has saved meanwhile, it
is refused, so that nobody overwrites what they have not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.plans import events_of
from sandbox.errors import BadRequest
from sandbox.event.events import tag_of
from sandbox.event.identity import Person
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.event.plan_editing import checklist_text, edited_event, edited_test
from sandbox.event.rights import allow
from sandbox.pages.home import page_language
from sandbox.pages.working import form_of, go_to, shown, working_page

NEW_ROWS = 2
"""Empty rows below the agenda."""


async def event(request: Request) -> Response:
    """GET /event/{plan}/edit: titles, registration, agenda and whether it is late; POST saves."""
    person, plan = await _for_facilitators(request)
    if request.method == "POST":
        form = await form_of(request)
        await _save(request, plan.id, form, lambda before: edited_event(before, form))
        return go_to(request, f"event/{plan.id}")
    return await working_page(
        request,
        "edit_event.html",
        me=person,
        event=plan,
        tag=tag_of(plan),
        words=partial(words_in, language=page_language(request)),
        rows=[*plan.agenda, *[None] * NEW_ROWS],
    )


async def test(request: Request) -> Response:
    """GET /event/{plan}/edit/{test}: what a planned test says, whether it is required, how many
    partners, its checklist and evidence; POST saves.
    """
    person, plan = await _for_facilitators(request)
    planned = plan.test(request.path_params["test"])
    if request.method == "POST":
        form = await form_of(request)
        await _save(request, plan.id, form, lambda before: edited_test(before, planned.id, form))
        return go_to(request, f"event/{plan.id}")
    return await working_page(
        request,
        "edit_test.html",
        me=person,
        event=plan,
        test=planned,
        tag=tag_of(plan),
        words=partial(words_in, language=page_language(request)),
        checklist=partial(checklist_text, planned),
    )


async def _for_facilitators(request: Request) -> tuple[Person, PlannedEvent]:
    person = await person_of(request)
    allow(person, "manage_event")
    find = events_of(request).find
    return person, await run_in_threadpool(find, request.path_params["plan"])


async def _save(
    request: Request,
    plan: str,
    form: dict[str, str],
    change: Callable[[PlannedEvent], PlannedEvent],
) -> None:
    tag = form.get("tag", "")
    # a form without one would overwrite whatever is there
    if not tag:
        raise BadRequest("testbench.bad_request", where="tag", name="tag")
    await run_in_threadpool(partial(events_of(request).change, plan, change, tag=tag))


def editing_pages() -> list[Route]:
    """Returns the routes; the application's state must hold `events` and `run_service`."""
    methods = ["GET", "POST"]
    return [
        Route("/event/{plan}/edit", shown(event), methods=methods),
        Route("/event/{plan}/edit/{test}", shown(test), methods=methods),
    ]
