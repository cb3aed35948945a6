"""The way back from what explains, a how-to or a lesson, to the page of the sandbox from which it
was opened: `?from=runs/ID#TEST`, which each link between such pages hands on.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request

from sandbox.pages.home import page_language
from sandbox.pages.working import root_of

CAME_FROM = re.compile(r"((runs|instances)/[\w-]{1,60})(#[\w.-]{1,60})?", re.ASCII)
"""The pages of this sandbox to which what was opened from them leads back."""


class Origin(NamedTuple):
    """The page from which somebody came: as it was named, its kind, and its address."""

    named: str
    kind: str
    address: str


def origin_of(request: Request) -> Origin | None:
    """Returns the page from which somebody came; None where the link names no page of a kind that
    is known, so that it leads nowhere else.
    """
    match = CAME_FROM.fullmatch(request.query_params.get("from", ""))
    if match is None:
        return None
    language = page_language(request)
    address = f"{root_of(request)}{match[1]}?lang={language}{match[3] or ''}"
    return Origin(match[0], match[2], address)


def handed_on(origin: Origin | None) -> str:
    """Returns what a link to another such page, or to another language, has behind its query."""
    return f"&from={quote(origin.named)}" if origin else ""
