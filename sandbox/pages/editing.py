"""The pages on which facilitators edit the plan of an event: what concerns all of it, and each
planned test.

A form holds the tag of the state that it was made of; where somebody else has saved meanwhile, it
is refused, so that nobody overwrites what they have not seen.  What was typed is then shown with
what is kept now beside it, and the tag of that: whoever saves again has seen both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.plans import events_of
from sandbox.errors import BadRequest
from sandbox.event.events import tag_of
from sandbox.event.identity import Person
from sandbox.event.plan import AgendaItem, PlannedEvent, words_in
from sandbox.event.plan_editing import checklist_text, edited_event, edited_test
from sandbox.event.rights import allow
from sandbox.i18n import Language
from sandbox.pages.home import page_language
from sandbox.pages.times import long_date
from sandbox.pages.working import form_of, go_to, shown, working_page
from sandbox.threads import run_in_threadpool

NEW_ROWS = 2
"""Empty rows below the agenda."""


async def event(request: Request) -> Response:
    """GET /event/{plan}/edit: titles, registration, agenda and whether it is late; POST saves."""
    person, plan = await _for_facilitators(request)
    if request.method == "POST":
        form = await form_of(request)
        await _save(request, plan.id, form, lambda before: edited_event(before, form))
        return go_to(request, f"event/{plan.id}", done="saved")
    language = page_language(request)
    kept = [_row_of(item) for item in plan.agenda]
    typed = list(_typed_rows(request.state.typed, plan.languages))
    rows = typed or [*kept, *[_new_row(plan)] * NEW_ROWS]
    return await working_page(
        request,
        "edit_event.html",
        me=person,
        event=plan,
        tag=tag_of(plan),
        words=partial(words_in, language=language),
        days=_by_day(rows, language),
        # what somebody else has saved meanwhile, for whoever typed something else
        elsewhere=[row for row in kept if typed and row not in typed],
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
        return go_to(request, f"event/{plan.id}", done="saved")
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


@dataclass(frozen=True, slots=True)
class AgendaRow:
    """A part of the agenda as the form has it: all texts."""

    start: str
    minutes: str
    track: str
    title: Mapping[str, str]


def _row_of(item: AgendaItem) -> AgendaRow:
    start = item.start.isoformat(timespec="minutes")
    return AgendaRow(start, str(item.minutes), item.track, dict(item.title))


def _new_row(plan: PlannedEvent) -> AgendaRow:
    return AgendaRow(f"{plan.first.isoformat()}T09:00", "60", "", {})


def _typed_rows(typed: Mapping[str, str], languages: Sequence[str]) -> Iterator[AgendaRow]:
    """Yields the rows of a form that was refused, in their order."""
    for name, start in typed.items():
        place, _, last = name.rpartition(".")
        if place.startswith("agenda.") and last == "start":
            titles = {tag: typed.get(f"{place}.title.{tag}", "") for tag in languages}
            said = {tag: title for tag, title in titles.items() if title}
            minutes, track = (typed.get(f"{place}.{part}", "") for part in ("minutes", "track"))
            yield AgendaRow(start, minutes, track, said)


def _by_day(rows: Sequence[AgendaRow], language: Language) -> list[dict[str, Any]]:
    """Returns the rows of a form by day, each with its number; what has no title yet stands
    last, by itself.
    """
    numbered = list(enumerate(rows))
    days: dict[str, list[tuple[int, AgendaRow]]] = {}
    for number, row in numbered:
        days.setdefault(row.start[:10] if row.title else "", []).append((number, row))
    known = [(day, days[day]) for day in sorted(days) if day]
    new = [("", days[""])] if "" in days else []
    return [{"day": _day_said(day, language), "rows": found} for day, found in [*known, *new]]


def _day_said(day: str, language: Language) -> str:
    try:
        return long_date(date.fromisoformat(day), language)
    except ValueError:
        return ""  # none yet, or a slip of whoever typed it, which the plan's rules tell


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
        Route("/event/{plan}/edit", shown(event, form=event), methods=methods),
        Route("/event/{plan}/edit/{test}", shown(test, form=test), methods=methods),
    ]
