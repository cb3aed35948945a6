"""/lessons: the course from its first lesson to its last, how far one is, and its words.

Shown beside JupyterLab, each lesson is a link that opens it there.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.course.glossary import words_of
from sandbox.course.overview import Lesson, all_lessons, prose_of
from sandbox.i18n import Language
from sandbox.pages.home import WORKING, own_progress, page_language, render
from sandbox.pages.markdown import html_of
from sandbox.pages.working import whoever
from sandbox.threads import run_in_threadpool

CONTEXT = "X-Forwarded-Context"
"""By this header jupyter-server-proxy says below which path of Lab it shows us."""
IN_LAB = "../lab/tree/"


@dataclass(frozen=True, slots=True)
class Shown:
    """A lesson on the page.

    Attributes:
        lesson: The lesson.
        goals: What one can do after it.
        met: The table of what was met in it.
    """

    lesson: Lesson
    goals: Markup
    met: Markup


async def lessons(request: Request) -> Response:
    """GET /lessons: what is to be learnt, and where to go on."""
    language = page_language(request)
    person = await whoever(request)
    page = render(
        "lessons.html",
        language,
        me=person,
        root="",
        lessons=await run_in_threadpool(_all_shown, language),
        progress=await own_progress(request),
        words=words_of(language),
        lab=IN_LAB if request.headers.get(CONTEXT) else "",
    )
    return HTMLResponse(page, headers=WORKING)


def _all_shown(language: Language) -> list[Shown]:
    return [_shown(lesson) for lesson in all_lessons(language)]


def _shown(lesson: Lesson) -> Shown:
    prose = prose_of(lesson)
    return Shown(lesson, _body(prose.get("objectives", "")), _body(prose.get("met", "")))


def _body(text: str) -> Markup:
    """Returns what stands below the heading of a cell; the page has headings of its own."""
    return html_of(text.partition("\n")[2], _place_of)


def _place_of(link: str) -> str:
    """Returns where a link of a lesson leads from here: to another lesson on this page, or out."""
    if link.startswith("https://"):
        return link
    number = link.rpartition("/")[2].partition("_")[0]
    return f"#lesson-{number}" if link.endswith(".ipynb") and number.isdigit() else ""
