"""The guides for readers: each profile as a table, made of what the judge holds, with what the
rules of a year tolerate; beside them what the event says of its tracks.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.plans import events_of
from sandbox.definitions.compiled import Manifest
from sandbox.definitions.rulesets import Deviation, ruleset
from sandbox.event.plan import PlannedEvent, words_in
from sandbox.event.rights import may
from sandbox.i18n import Language, has_message, say
from sandbox.pages.clauses import profile_path
from sandbox.pages.coming_back import handed_on, origin_of
from sandbox.pages.home import WORKING, page_language, render
from sandbox.pages.profile_tables import Invariant, guides, table_of, years_asking, years_of
from sandbox.pages.working import root_of, shown, whoever
from sandbox.threads import run_in_threadpool


async def overview(request: Request) -> Response:
    """GET /guides: the guides with their profiles, what years tolerate, and what the event that
    runs says of its tracks.
    """
    language = page_language(request)
    person = await whoever(request)
    plan = None
    if person is not None and may(person, "see_results"):
        plan = await run_in_threadpool(_current, request)
    rows = await run_in_threadpool(_guides, plan)
    return await _page(
        request,
        "guides.html",
        guides=rows,
        title_of=partial(_title, language=language),
        called=partial(profile_title, language=language),
        plan=plan,
        words=partial(words_in, language=language),
    )


async def profile(request: Request) -> Response:
    """GET /guides/{profile}/{version}: the table of a profile."""
    key = (request.path_params["profile"], request.path_params["version"])
    table = await run_in_threadpool(table_of, key)
    tolerated = [(year, ruleset(year).deviations) for year in years_asking(table.url)]
    says = partial(_says, language=page_language(request))
    title = profile_title(table.id, page_language(request))
    origin = origin_of(request)
    return await _page(
        request,
        "guide.html",
        table=table,
        title=title,
        tolerated=tolerated,
        says=says,
        origin=origin,
        keep=handed_on(origin),
    )


def guide_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/guides", shown(overview)),
        Route("/guides/{profile}/{version}", shown(profile)),
    ]


async def _page(request: Request, template: str, **values: Any) -> Response:
    """Returns a page that everybody may read: guides are public."""
    language = page_language(request)
    me = await whoever(request)
    draw = partial(render, template, language, me=me, root=root_of(request), **values)
    return HTMLResponse(await run_in_threadpool(draw), headers=WORKING)


def _current(request: Request) -> PlannedEvent | None:
    events = events_of(request)
    return events.find("") if events.current else None


def _guides(plan: PlannedEvent | None) -> list[dict[str, Any]]:
    """Returns the guides, those first by whose rules the event judges."""
    rows = [_guide(package, plan) for package in guides()]
    return sorted(rows, key=lambda row: (not row["is_of_event"], not row["years"], row["name"]))


def _guide(package: Manifest, plan: PlannedEvent | None) -> dict[str, Any]:
    years = years_of(package)
    tolerated: dict[str, Deviation] = {
        deviation.id: deviation for year in years for deviation in ruleset(year).deviations
    }
    return {
        "name": package.name,
        "version": package.version,
        "years": years,
        "is_of_event": bool(plan and set(map(str, years)) & set(plan.rulesets)),
        "profiles": [(key[0], profile_path(key)) for key in guides()[package]],
        "tolerated": list(tolerated.values()),
    }


def profile_title(id: str, language: Language) -> str:
    """Returns what people call a profile.

    Args:
        id: That of its definition.
        language: Of the reader.

    Returns:
        Its title; its id for one of a guide that was installed here.
    """
    key = f"profiles.{id.replace('.', '_')}"
    return say(key, language) if has_message(key) else id


def _title(package: str, language: Language) -> str:
    """Returns what people call a guide; its id for one that was installed here."""
    key = f"guides.name.{package.replace('.', '_')}"
    return say(key, language) if has_message(key) else package


def _says(invariant: Invariant, language: Language) -> tuple[str, str]:
    """Returns what is found where a rule is broken, else what its guide says, and in which
    language.
    """
    key = f"invariants.{invariant.key}.text"
    return (say(key, language), language) if has_message(key) else (invariant.says, "en")
