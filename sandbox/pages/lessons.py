"""/lessons: the course from its first lesson to its last, how far one is, and its words.

Each lesson leads to its page, and to its notebook where there is a Lab to open it.
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
from sandbox.pages.lesson import opens_at
from sandbox.pages.markdown import html_of
from sandbox.pages.working import whoever
from sandbox.threads import run_in_threadpool


@dataclass(frozen=True, slots=True)
class Shown:
    """A lesson on the page.

    Attributes:
        lesson: The lesson.
        goals: What one can do after it.
        met: The table of what was met in it.
        opens: Where its notebook opens; empty for nowhere.
    """

    lesson: Lesson
    goals: Markup
    met: Markup
    opens: str


async def lessons(request: Request) -> Response:
    """GET /lessons: what is to be learnt, and where to go on."""
    language = page_language(request)
    person = await whoever(request)
    page = render(
        "lessons.html",
        language,
        me=person,
        root="",
        lessons=await run_in_threadpool(_all_shown, request, language),
        progress=await own_progress(request),
        words=words_of(language),
    )
    return HTMLResponse(page, headers=WORKING)


def _all_shown(request: Request, language: Language) -> list[Shown]:
    return [_shown(lesson, opens_at(request, lesson)) for lesson in all_lessons(language)]


def _shown(lesson: Lesson, opens: str) -> Shown:
    prose = prose_of(lesson)
    goals = _body(prose.get("objectives", ""))
    return Shown(lesson, goals, _body(prose.get("met", "")), opens)


def _body(text: str) -> Markup:
    """Returns what stands below the heading of a cell; the page has headings of its own."""
    return html_of(text.partition("\n")[2], _place_of)


def _place_of(link: str) -> str:
    """Returns where a link of a lesson leads from here: to another lesson on this page, or out."""
    if link.startswith("https://"):
        return link
    number = link.rpartition("/")[2].partition("_")[0]
    return f"#lesson-{number}" if link.endswith(".ipynb") and number.isdigit() else ""
