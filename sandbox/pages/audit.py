"""The page of the audit log, for facilitators: who did what, when, from where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.audit import entries_of
from sandbox.i18n import Language, has_message, say
from sandbox.pages.home import page_language
from sandbox.pages.working import shown, working_page
from sandbox.store.audit import Entry


async def audit(request: Request) -> Response:
    """GET /audit: the newest acts first."""
    entries = await entries_of(request)
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
        "about": " · ".join(_details(entry, language)),
        "until": until if isinstance(until, int) else 0,
        "door": say(f"audit.door.{entry.door}", language),
        "place": entry.place,
    }


def _details(entry: Entry, language: Language) -> Iterator[str]:
    """Yields what an act was about, in words; the id of what has a name is left to the API."""
    for name, value in entry.details.items():
        key = f"audit.detail.{value}"
        if name == "until" and isinstance(value, int):
            continue
        if name in ("role", "scope") and has_message(key):
            yield say(key, language)
        elif name != "id" or ("name" not in entry.details and "person" not in entry.details):
            yield str(value)
