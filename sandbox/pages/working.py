"""What pages with forms share: who looks, what a form holds, and how a refusal is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial, wraps
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.api.acting import comes_in
from sandbox.api.asking import person_of, run_service_of, secret_of
from sandbox.api.instances import instances_of
from sandbox.api.listing import listing_of, next_of
from sandbox.api.notices import notices_in
from sandbox.api.views import run_view
from sandbox.errors import SandboxError, Unauthorized, UnsupportedMediaType
from sandbox.event.events import Events
from sandbox.event.known import team_names
from sandbox.event.people import Person
from sandbox.event.reviews import DECISIONS
from sandbox.event.rights import Act, may
from sandbox.event.run import Run
from sandbox.event.run_list import review_in, seen_by, whose
from sandbox.event.systems import HERE, all_systems
from sandbox.i18n import Language, has_message
from sandbox.limits import FORM_BYTES
from sandbox.pages.cookies import keep_wanted
from sandbox.pages.doorway import current_takes_registrations
from sandbox.pages.home import WORKING, announced_on, page_language, render, times_of
from sandbox.pages.navigation import RESULTS
from sandbox.pages.run_causes import causes_of, grouped, left_out
from sandbox.sentences import page_fix_of, text_of
from sandbox.store.audit import ACTOR
from sandbox.store.run_rows import RunRow
from sandbox.testbench.script import ROLL_UP
from sandbox.threads import run_in_threadpool
from sandbox.web.addresses import without_userinfo
from sandbox.web.multipart import TYPE, Form, read_multipart
from sandbox.web.replies import headers_of
from sandbox.web.requests import address_of, body_of

Page = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why what was asked cannot be, and what to do next; and what else is wrong beside it."""

    text: str
    fix: str
    parts: tuple[tuple[str, str], ...]


def shown(work: Page, *, form: Page | None = None) -> Page:
    """Returns a page whose errors are a page too: what is wrong, what to do next, and the way
    back.

    Args:
        work: Answers, or raises a SandboxError.
        form: The page that holds the form which `work` takes.  It is shown again with what is
            wrong, and with what somebody has typed.

    Returns:
        The page, as a route takes it.
    """

    @wraps(work)
    async def page(request: Request) -> Response:
        comes_in(request, "page")
        # asked once, and for a visitor alone: a page is drawn of many templates
        RESULTS.set(cache(partial(_results_of_visitor, request)))
        request.state.typed = {}
        request.state.refusal = None
        request.state.form_at = ""
        try:
            return await work(request)
        except SandboxError as error:
            request.state.refusal = _refusal(error, page_language(request))
            if form and request.method == "POST" and request.state.typed:
                # who may not do it may not see its form either, and is told so
                with suppress(SandboxError):
                    request.state.form_at = address_of_form(request, form)
                    again = await form(Request({**request.scope, "method": "GET"}))
                    again.status_code = error.status
                    again.headers.update(headers_of(error))
                    return again
            return await _refused(request, error)

    return page


def address_of_form(request: Request, form: Page) -> str:
    """Returns the way to the page of a form from the address that took it, which may answer no GET;
    nothing where none leads there.
    """
    for route in request.scope["router"].routes:
        if getattr(getattr(route, "endpoint", None), "__wrapped__", None) is form:
            with suppress(KeyError):  # another page of the same form needs more
                path = route.path_format.format(**request.path_params)
                return f"{root_of(request)}{path[1:]}"
    return ""


def _results_of_visitor(request: Request) -> str | None:
    """Returns where somebody who is not known reads the results of the event that runs: "" while
    they are not published; None for whoever is known.
    """
    people = run_service_of(request).people
    if ACTOR.get().who or people.is_open or people.who(secret_of(request)):
        return None
    events: Events = request.app.state.events
    plan = events.find("") if events.current else None
    if plan is None or not instances_of(request).conduct.read(plan.id).published:
        return ""
    return f"results/{plan.id}"


def _refusal(error: SandboxError, language: Language) -> Refusal:
    whole, *parts = error.as_findings()
    said = [(text_of(part, language), page_fix_of(part, language)) for part in parts]
    return Refusal(text_of(whole, language), page_fix_of(whole, language), tuple(said))


async def _refused(request: Request, error: SandboxError) -> Response:
    came = request.headers.get("referer", "")
    # from elsewhere there is no way back here
    back = came if came.startswith(f"{address_of(request)}/") and error.status != 401 else ""
    page = render(
        "refused.html",
        page_language(request),
        me=await whoever(request),
        refusal=request.state.refusal,
        is_unknown=error.status == 401,
        may_register=await run_in_threadpool(current_takes_registrations, request),
        back=back,
        root=root_of(request),
    )
    reply = HTMLResponse(page, error.status, headers={**WORKING, **headers_of(error)})
    if error.status == 401 and request.method == "GET":
        keep_wanted(reply, request)
    return reply


async def whoever(request: Request) -> Person | None:
    """Returns who looks; None for somebody who is not known."""
    try:
        return await person_of(request)
    except Unauthorized:
        return None


async def working_page(
    request: Request, template: str, *, live: str = "", **values: Any
) -> Response:
    """Returns a page with the bar of whoever looks; raises Unauthorized."""
    me = values.pop("me", None) or await person_of(request)
    language = page_language(request)
    again = {"typed": request.state.typed, "refusal": request.state.refusal}
    again["form_at"] = request.state.form_at
    again["has_mail"] = notices_in(request).has_mail
    again["done"] = _done(request)
    work = partial(render, template, language, me=me, live=live, root=root_of(request), **again)
    is_simulation = await run_in_threadpool(_is_simulation, request)
    times = await run_in_threadpool(times_of, request)
    announced = await run_in_threadpool(announced_on, request)
    # in a thread: a page may show thousands of findings
    drawn = partial(
        work,
        decisions=DECISIONS,
        is_simulation=is_simulation,
        announced=announced,
        times=times,
        now=instances_of(request).now(),
        **values,
    )
    page = await run_in_threadpool(drawn)
    # behind *back* a page of a session that was left would show again
    return HTMLResponse(page, headers={**WORKING, "Cache-Control": "no-store"})


def _done(request: Request) -> str:
    """Returns what a form has just done, as `go_to` says it; nothing that it does not know."""
    word = request.query_params.get("done", "")
    return word if has_message(f"floor.done.{word}") else ""


def _is_simulation(request: Request) -> bool:
    """Tells whether the event that runs is one that the sandbox plays by itself."""
    events: Events = request.app.state.events
    return bool(events.current) and events.find("").is_simulation


async def form_of(request: Request, *, most: int = FORM_BYTES) -> dict[str, str]:
    """Returns the fields of a form, several choices of one with a space between.

    Raises UnsupportedMediaType for what is no form, TooLarge.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("testbench.bad_request", where="Content-Type", name=kind or "–")
    fields: dict[str, str] = {}
    for name, value in parse_qsl(
        (await body_of(request, limit=most)).decode("utf-8", "replace"), keep_blank_values=True
    ):
        fields[name] = f"{fields[name]} {value}" if name in fields else value
    request.state.typed = _shown_again(fields)
    return fields


async def upload_of(request: Request, *, most: int) -> Form:
    """Returns a form that may hold a file.

    Args:
        request: The form as a browser sends it, with files or, where there is no place for one,
            without.
        most: How many bytes a file may have.

    Raises:
        UnsupportedMediaType: It is no form.
        BadRequest: It is cut off.
        TooLarge: It is too large.
    """
    header = request.headers.get("content-type", "")
    if header.partition(";")[0].strip() != TYPE:
        return Form(await form_of(request), {})
    form = read_multipart(header, await body_of(request, limit=most + FORM_BYTES))
    request.state.typed = _shown_again(form.fields)
    return form


def _shown_again(fields: dict[str, str]) -> dict[str, str]:
    # the address is refused for its password, which a page must not carry on
    return {name: without_userinfo(value) for name, value in fields.items()}


def go_to(request: Request, place: str, *, part: str = "", done: str = "") -> Response:
    """Returns the way to a page of this server after a form, in the same language.

    Args:
        request: What the form has sent.
        place: The page, from the server's first page.
        part: The id of the part of it that the reader goes on with; its top, if omitted.
        done: What the page says was done, a key of `floor.done`; nothing where one sees it anyway.
    """
    # 303 and not 302: a page that is loaded again does not send the form a second time
    # without the dot a query alone would lead to the form's own address
    root = root_of(request) or "./"
    fragment = f"#{part}" if part else ""
    query = f"lang={page_language(request)}{f'&done={done}' if done else ''}"
    return RedirectResponse(f"{root}{place}?{query}{fragment}", 303)


def root_of(request: Request) -> str:
    """Returns the relative way from a page to the first one: it may be shown behind a proxy at any
    path.
    """
    return "../" * (request.url.path.count("/") - 1)


def teams_known_to(request: Request) -> list[str]:
    """Returns the names of the teams that a form about one proposes."""
    run_service = run_service_of(request)
    return team_names(run_service.people, run_service.store)


def systems_known_to(request: Request) -> list[str]:
    """Returns the names of the systems that a form about one proposes."""
    return [system.name for system in all_systems(run_service_of(request).store)]


def shown_run(run: Run, person: Person, request: Request) -> dict[str, Any]:
    """Returns a run as pages show it, with what the person may do about it."""
    view = run_view(run, page_language(request), fix=page_fix_of)
    order = [*ROLL_UP, None]
    counts = Counter(test["verdict"] for test in view["tests"])
    # what is wrong first; the sort is stable
    view["tests"].sort(key=lambda test: order.index(test["verdict"]))
    return {
        **view,
        "tests": [{**test, "groups": grouped(test["findings"])} for test in view["tests"]],
        "causes": causes_of(view["tests"]),
        "left_out": left_out(run, view["tests"]),
        "counts": [(verdict, counts[verdict]) for verdict in ROLL_UP if counts[verdict]],
        "when": run.at,
        "has_failed": bool(run.not_passed),
        "is_registered": run.system != HERE and "://" not in run.system,
        "may_start": may(person, "start", run.whose),
        "may_ask": may(person, "ask", run.whose),
        "may_verify": may(person, "verify", run.whose),
    }


def shown_row(row: RunRow, person: Person) -> dict[str, Any]:
    """Returns what lists show of a run, with what the person may do about it."""
    return {
        "id": row.run,
        "track": row.track,
        "system": row.system,
        "team": row.team,
        "country": row.country,
        "when": row.at,
        "state": row.state,
        "verdict": row.verdict or None,
        "review": review_in(row),
        "may_ask": may(person, "ask", whose(row)),
        "may_verify": may(person, "verify", whose(row)),
    }


async def listed_runs(
    request: Request, person: Person, act: Act, *, is_queue: bool = False
) -> dict[str, Any]:
    """Returns what a page shows of a list of runs: a part of those to which a person may do
    something, how many there are, and the query of the next part.

    Args:
        request: Says which runs, and where the part begins.
        person: Who looks.
        act: What they may do to them.
        is_queue: Whether it is the runs that wait for a monitor, what waits longest first.
    """
    listing = listing_of(request)
    runs = run_service_of(request).runs.list
    read = partial(
        runs.queue if is_queue else runs.page,
        # narrowed by right before it is cut into pages
        seen_by(person, act, listing.wanted),
        limit=listing.limit,
        cursor=listing.cursor,
    )
    page = await run_in_threadpool(read)
    return {
        "runs": [shown_row(row, person) for row in page.rows],
        "total": page.total,
        "older": next_of(request, page.cursor),
    }
