"""The how-tos of the documentation as pages, for whoever has only a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.errors import NotFound
from sandbox.i18n import Language, has_message, say
from sandbox.pages.home import WORKING, page_language, render
from sandbox.pages.markdown import html_of, title_of
from sandbox.pages.working import root_of, shown, whoever
from sandbox.shipped import shipped
from sandbox.threads import run_in_threadpool

WRITTEN_IN: Language = "en"
"""The language of the how-tos; their titles are in all."""


@dataclass(frozen=True, slots=True)
class HowTo:
    """A how-to: the name of its file, its own title, and its text in Markdown."""

    name: str
    title: str
    text: str


@cache
def how_tos() -> Mapping[str, HowTo]:
    """Returns the how-tos by name, in the order of their names."""
    files = sorted((shipped("docs") / "how-to").glob("*.md"))
    texts = {file.stem: file.read_text(encoding="utf-8") for file in files}
    return {name: HowTo(name, title_of(text), text) for name, text in texts.items()}


def called(how_to: HowTo, language: Language) -> str:
    """Returns the title of a how-to.

    Args:
        how_to: The how-to.
        language: Of the reader.

    Returns:
        The title of the catalogue; its own where that has none.
    """
    key = f"help.of.{how_to.name}"
    return say(key, language) if has_message(key) else how_to.title


async def overview(request: Request) -> Response:
    """GET /help: all how-tos."""
    language = page_language(request)
    rows = [(name, called(how_to, language)) for name, how_to in how_tos().items()]
    return await _page(request, "help.html", rows=sorted(rows, key=lambda row: row[1]))


async def read(request: Request) -> Response:
    """GET /help/{name}: a how-to."""
    name = request.path_params["name"]
    how_to = how_tos().get(name)
    if how_to is None:
        raise NotFound("help.none_at", where="name", name=name[:80])
    language = page_language(request)
    body = await run_in_threadpool(_body, how_to, language)
    title = called(how_to, language)
    return await _page(request, "how_to.html", title=title, body=body, written_in=WRITTEN_IN)


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


def _body(how_to: HowTo, language: Language) -> Markup:
    """Returns a how-to without its title, which the page says in its own language."""

    def place_of(to: str) -> str:
        name = to.removesuffix(".md")
        if name in how_tos():
            return f"{name}?lang={language}"
        # what stands elsewhere in the sources is no page here
        return to if to.startswith("https://") else ""

    return html_of(how_to.text.partition("\n")[2], place_of)
