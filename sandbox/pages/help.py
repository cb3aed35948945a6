"""The how-tos of the documentation as pages, for whoever has only a browser."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.errors import NotFound
from sandbox.i18n import Language, say
from sandbox.pages.coming_back import Origin, handed_on, origin_of
from sandbox.pages.home import WORKING, page_language, render
from sandbox.pages.how_tos import READERS, HowTo, how_tos
from sandbox.pages.markdown import html_of
from sandbox.pages.navigation import PLACES
from sandbox.pages.working import root_of, shown, whoever
from sandbox.threads import run_in_threadpool


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
    origin = origin_of(request)
    body = await run_in_threadpool(_body, how_to, request, origin)
    keep = handed_on(origin)
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


def _body(how_to: HowTo, request: Request, origin: Origin | None) -> Markup:
    """Returns a how-to without its title, which the page says itself."""
    language = page_language(request)

    def place_of(to: str) -> str:
        if to.startswith("/"):
            return f"{root_of(request) or './'}{to[1:]}?lang={language}"
        name = PurePosixPath(to).stem
        if name in how_tos(language):
            return f"{name}?lang={language}{handed_on(origin)}"
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
