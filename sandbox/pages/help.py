"""The how-tos of the documentation as pages, for whoever has only a browser."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.errors import NotFound
from sandbox.i18n import Language, say
from sandbox.pages.home import WORKING, page_language, render
from sandbox.pages.how_tos import READERS, HowTo, how_tos
from sandbox.pages.markdown import html_of
from sandbox.pages.navigation import PLACES
from sandbox.pages.working import root_of, shown, whoever
from sandbox.threads import run_in_threadpool

CAME_FROM = re.compile(r"((runs|instances)/[\w-]{1,60})(#[\w.-]{1,60})?", re.ASCII)
"""The pages of this sandbox to which a how-to that was opened from them leads back."""


class Origin(NamedTuple):
    """The page from which a how-to was opened: as it was named, its kind, and its address."""

    named: str
    kind: str
    address: str


async def overview(request: Request) -> Response:
    """GET /help: all how-tos, by who reads them."""
    texts = how_tos(page_language(request))
    groups = {reader: [texts[name] for name in names] for reader, names in READERS.items()}
    return await _page(request, "help.html", groups=groups)


async def read(request: Request) -> Response:
    """GET /help/{name}: a how-to, and the way back to the page from which it was opened."""
    name = request.path_params["name"]
    how_to = how_tos(page_language(request)).get(name)
    if how_to is None:
        raise NotFound("help.none_at", where="name", name=name[:80])
    origin = _origin(request)
    body = await run_in_threadpool(_body, how_to, request, origin)
    keep = _keep(origin)
    return await _page(request, "how_to.html", how_to=how_to, body=body, origin=origin, keep=keep)


def help_pages() -> list[Route]:
    """Returns the routes."""
    return [Route("/help", shown(overview)), Route("/help/{name}", shown(read))]


async def _page(request: Request, template: str, **values: object) -> Response:
    """Returns a page that everybody may read."""
    language = page_language(request)
    me = await whoever(request)
    page = await run_in_threadpool(
        lambda: render(template, language, me=me, root=root_of(request), **values)
    )
    return HTMLResponse(page, headers=WORKING)


def _origin(request: Request) -> Origin | None:
    """Returns the page from which somebody came; None where the link names no page of a kind that
    is known, so that it leads nowhere else.
    """
    match = CAME_FROM.fullmatch(request.query_params.get("from", ""))
    if match is None:
        return None
    language = page_language(request)
    address = f"{root_of(request)}{match[1]}?lang={language}{match[3] or ''}"
    return Origin(match[0], match[2], address)


def _keep(origin: Origin | None) -> str:
    """Returns what a link from one how-to to another, or to its other language, hands on."""
    return f"&from={quote(origin.named)}" if origin else ""


def _body(how_to: HowTo, request: Request, origin: Origin | None) -> Markup:
    """Returns a how-to without its title, which the page says itself."""
    language = page_language(request)

    def place_of(to: str) -> str:
        if to.startswith("/"):
            return f"{root_of(request) or './'}{to[1:]}?lang={language}"
        name = PurePosixPath(to).stem
        if name in how_tos(language):
            return f"{name}?lang={language}{_keep(origin)}"
        # what stands elsewhere in the sources is no page here
        return to if to.startswith("https://") else ""

    return html_of(_with_places(how_to.text, how_to.language), place_of)


def _with_places(text: str, language: Language) -> str:
    """Returns a text in which the names of pages, as the navigation has them, lead to these."""
    paths = {say(f"floor.nav.{place.name}", language): place.path for place in PLACES}
    # a name may stand at the end of a line and go on in the next
    names = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in paths)

    def linked(match: re.Match[str]) -> str:
        name = " ".join(match[1].split())
        return f"[*{name}*](/{paths[name]})"

    return re.sub(rf"(?<!\*)\*({names})\*(?!\*)", linked, text)
