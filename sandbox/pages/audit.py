"""The page of the audit log, for facilitators: who did what, when, from where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.audit import entries_of
from sandbox.countries import name_of
from sandbox.i18n import Language, has_message, say
from sandbox.pages.home import page_language, track_name
from sandbox.pages.working import shown, working_page
from sandbox.store.audit import Entry

ROWS = 100
LINK = Markup('<a href="{}">{}</a>')
PLACES = {"run": "runs/", "instance": "instances/"}
"""Where a detail has a page, by its name."""
WORDS = {
    "role": ("audit.detail.",),
    "scope": ("audit.detail.",),
    "kind": ("audit.detail.", "gallery.kinds."),
    "state": ("instances.state.",),
    "decision": ("floor.decision.", "instances.state.", "people.standing."),
}
"""Where a detail of a few words has them."""


async def audit(request: Request) -> Response:
    """GET /audit: the newest acts first."""
    entries = await entries_of(request, most=ROWS)
    language = page_language(request)
    return await working_page(
        request,
        "audit.html",
        me=await person_of(request),
        rows=[_row(entry, language) for entry in entries],
        older=entries[-1].number if entries and entries[-1].number > 1 else 0,
    )


def audit_pages() -> list[Route]:
    """Returns the route of the page; the application's state must hold `run_service`."""
    return [Route("/audit", shown(audit))]


def _row(entry: Entry, language: Language) -> dict[str, Any]:
    key = f"audit.act.{entry.act}"
    until = entry.details.get("until")
    return {
        "number": str(entry.number),
        "when": entry.at,
        "who": f"{entry.who or '–'} · {entry.team}" if entry.team else entry.who or "–",
        "act": say(key, language) if has_message(key) else entry.act,
        "about": Markup(" · ").join(_details(entry, language)),
        "until": until if isinstance(until, int) else 0,
        "door": say(f"audit.door.{entry.door}", language),
        "place": entry.place,
    }


def _details(entry: Entry, language: Language) -> Iterator[Markup]:
    """Yields what an act was about, in words; the id of what has a name is left to the API."""
    for name, value in entry.details.items():
        is_named = "name" in entry.details or "person" in entry.details
        if (name == "until" and isinstance(value, int)) or (name == "id" and is_named):
            continue
        # a role in a test instance is a word of the plan's file, and its system has one
        if name == "role" and not has_message(f"audit.detail.{value}"):
            continue
        yield _said(name, str(value), language)


def _said(name: str, value: str, language: Language) -> Markup:
    """Returns one detail: a state or kind by its words, a country by its name, and what has a page
    as a link to it.
    """
    if name in PLACES:
        words = say(f"audit.detail.{name}_id", language, id=value)
        return LINK.format(f"{PLACES[name]}{value}?lang={language}", words)
    if name == "test":
        return escape(say("audit.detail.test_number", language, id=value))
    if name == "country":
        return escape(name_of(value, language))
    if name == "track":
        return escape(track_name(value, language))
    for room in WORDS.get(name, ()):
        if has_message(f"{room}{value}"):
            return escape(say(f"{room}{value}", language))
    return escape(value)
