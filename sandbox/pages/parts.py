"""The page of the parts of which all pages are made, as they are used, with the tokens of the style
sheet in both schemes: read from the sheet itself, so that the page cannot differ from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.errors import BadRequest
from sandbox.event.gallery import OUTCOMES
from sandbox.pages.home import FOLDER, WORKING, page_language, render
from sandbox.pages.working import Refusal, shown, whoever
from sandbox.sentences import page_fix_of, text_of
from sandbox.testbench.tracks import TRACKS
from sandbox.threads import run_in_threadpool

ROOTS = re.compile(r":root \{(.*?)\}", re.DOTALL)
TOKEN = re.compile(r"--([a-z-]+): ([^;]+);")
COLOUR = re.compile(r"#[0-9a-f]{6}")


async def parts(request: Request) -> Response:
    """GET /parts: every token and part, for whoever makes a page."""
    language = page_language(request)
    me = await whoever(request)
    fault = BadRequest("gallery.no_title", where="title").as_finding()
    refusal = Refusal(text_of(fault, language), page_fix_of(fault, language), ())
    light, dark = tokens()
    page = await run_in_threadpool(
        lambda: render(
            "parts_page.html",
            language,
            me=me,
            root="",
            colours=[
                (name, value, dark.get(name, value))
                for name, value in light.items()
                if COLOUR.fullmatch(value)
            ],
            sizes=[(name, value) for name, value in light.items() if not COLOUR.fullmatch(value)],
            outcomes=OUTCOMES,
            shown_refusal=refusal,
            track=min(TRACKS),
        )
    )
    return HTMLResponse(page, headers=WORKING)


def part_pages() -> list[Route]:
    """Returns the route."""
    return [Route("/parts", shown(parts))]


@cache
def tokens() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Returns the tokens of the style sheet by name: in the light, and those that differ in the
    dark.
    """
    sheet = (FOLDER / "style.css").read_text(encoding="utf-8")
    light, dark = (dict(TOKEN.findall(block)) for block in ROOTS.findall(sheet))
    return light, dark
