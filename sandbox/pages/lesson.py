"""/lessons/NUMBER: a lesson as it is read, for whoever has only a browser: its prose, code and
pictures, where something is asked, and the hints of each exercise but the last.

It is made of the notebook that learners get, so that there is no solution in it; what a pack's
author wrote is text, and no markup but Markdown's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox import __version__
from sandbox.course.exercise import HINTS
from sandbox.course.overview import Cell, Lesson, all_lessons, cells_of, changed_at, hints_of
from sandbox.course.pictures import PICTURES, Picture
from sandbox.errors import NotFound
from sandbox.i18n import Language
from sandbox.pages.code import BLANK, code_html
from sandbox.pages.coming_back import handed_on, origin_of
from sandbox.pages.home import WORKING, page_language, render
from sandbox.pages.lesson_parts import part_anchor
from sandbox.pages.markdown import html_of
from sandbox.pages.working import root_of, whoever
from sandbox.settings import NOTEBOOK
from sandbox.threads import run_in_threadpool

CONTEXT = "X-Forwarded-Context"
"""By this header jupyter-server-proxy says below which path of Lab it shows us."""
IN_LAB = "../lab/tree/"
TITLE = re.compile(r"# .*\n+")
TONGUES = re.compile(r"^\[[^\]]*\]\(\.\./.*\n*", re.MULTILINE)
"""The line with the other languages of a notebook: a page has that at its head."""
TASK = re.compile(r"<h([2-4])>(✎ ([0-9]+[a-z]?\.[0-9]+[a-z]?) .*?)</h\1>")
NUMBERED = re.compile(r"<h2>([0-9]+) ")
"""How the heading of a part begins, in every language."""
PICTURE = re.compile(r'L\.picture\("([a-z_0-9]+)"\)')


@dataclass(frozen=True, slots=True)
class Part:
    """A cell on the page.

    Attributes:
        kind: `prose`, `code` or `picture`.
        html: What it shows.
        turn: What whoever does the lesson does in it: fills a `blank`, or writes `code`; empty for
            nothing.
        exercise: The one that is judged here; empty for none.
        anchor: Its place, where the prose before does not have that of the exercise.
        hints: Of the exercise.
    """

    kind: str
    html: Markup
    turn: str = ""
    exercise: str = ""
    anchor: str = ""
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A lesson to read: its parts, and what is asked in it by its place on the page."""

    parts: tuple[Part, ...]
    tasks: tuple[tuple[str, Markup], ...]


async def lesson(request: Request) -> Response:
    """GET /lessons/{number}: a lesson to read."""
    language = page_language(request)
    number = request.path_params["number"]
    known = await run_in_threadpool(all_lessons, language)
    place = next((at for at, one in enumerate(known) if one.number == number), None)
    if place is None:
        numbers = ", ".join(one.number for one in known)
        raise NotFound("lessons_page.none_at", where="number", number=number[:20], known=numbers)
    here = known[place]
    origin = origin_of(request)
    page = render(
        "lesson.html",
        language,
        me=await whoever(request),
        root=root_of(request),
        lesson=here,
        reading=await run_in_threadpool(reading_of, here, language),
        before=known[place - 1] if place else None,
        after=known[place + 1] if place + 1 < len(known) else None,
        opens=opens_at(request, here),
        origin=origin,
        keep=handed_on(origin),
        hints=HINTS,
        commands=commands_of(here, language),
    )
    return HTMLResponse(page, headers=WORKING)


def opens_at(request: Request, lesson: Lesson) -> str:
    """Returns where the notebook of a lesson opens for whoever looks: in the Lab that shows this
    page, else where the settings say; empty for nowhere.
    """
    if request.headers.get(CONTEXT):
        return f"{root_of(request)}{IN_LAB}{lesson.notebook}"
    address: str = request.app.state.settings.lab
    return address.replace(NOTEBOOK, quote(lesson.notebook))


def commands_of(lesson: Lesson, language: Language) -> str:
    """Returns what somebody types to do a lesson on a machine of their own."""
    wheel = f"connectathon_sandbox-{__version__}-py3-none-any.whl"
    lab = f"connectathon lab --lang {language} --lesson {lesson.name}"
    return f"pipx install {wheel}\n{lab}"


def place_of_exercise(exercise: str) -> str:
    """Returns the id that an exercise has on the page of its lesson: `ex-4-1`."""
    return f"ex-{exercise.replace('.', '-')}"


def reading_of(lesson: Lesson, language: Language) -> Reading:
    """Returns a lesson to read.

    Args:
        lesson: Which.
        language: Of the reader, in which hints and links are; the prose is in the lesson's.
    """
    return _reading(lesson, language, changed_at(lesson))


@lru_cache(maxsize=128)
def _reading(lesson: Lesson, language: Language, _changed: int) -> Reading:
    parts: list[Part] = []
    tasks: dict[str, Markup] = {}
    for cell in cells_of(lesson):
        if not cell.is_prose:
            parts.append(_code(cell, lesson, language, set(tasks)))
            continue
        html = html_of(_body(cell), lambda to: _place_of(to, language))
        tasks |= {place_of_exercise(task[3]): Markup(task[2]) for task in TASK.finditer(html)}  # noqa: S704
        placed = NUMBERED.sub(_with_anchor, TASK.sub(_with_place, html))
        parts.append(Part("prose", Markup(placed)))  # noqa: S704
    return Reading(tuple(parts), tuple(tasks.items()))


def _body(cell: Cell) -> str:
    """Returns the prose of a cell without what the page says itself: title and languages."""
    return (
        TONGUES.sub("", TITLE.sub("", cell.text, count=1)) if cell.text[:2] == "# " else cell.text
    )


def _with_place(task: re.Match[str]) -> str:
    return f'<h{task[1]} id="{place_of_exercise(task[3])}">{task[2]}</h{task[1]}>'


def _with_anchor(head: re.Match[str]) -> str:
    return f'<h2 id="{part_anchor(head[1])}">{head[1]} '


def _code(cell: Cell, lesson: Lesson, language: Language, placed: set[str]) -> Part:
    picture = PICTURE.fullmatch(cell.text.strip())
    if picture and picture[1] in PICTURES:
        drawn = Picture(picture[1], lesson.language).svg(look='class="picture"')
        return Part("picture", Markup(drawn))  # noqa: S704
    hints = hints_of(lesson, cell.exercise, language) if cell.exercise else []
    place = place_of_exercise(cell.exercise) if cell.exercise else ""
    turn = "blank" if BLANK in cell.text else "code"
    return Part(
        "code",
        code_html(cell.text, is_answer=cell.is_answer),
        turn=turn if cell.is_answer else "",
        exercise=cell.exercise,
        anchor="" if place in placed else place,
        hints=tuple(hints),
    )


def _place_of(link: str, language: Language) -> str:
    """Returns where a link of a lesson leads from its page: out, or to another lesson."""
    if link.startswith("https://"):
        return link
    name = Path(link).stem if link.endswith(".ipynb") else ""
    number = name.partition("_")[0]
    return f"{number}?lang={language}" if number.isdigit() else ""
