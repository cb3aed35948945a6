"""What every page stands on: its template, language and style; and what a learner finds here, as
the first page of a sandbox of one's own and as `/practice` at an event.

Links are relative: it may be shown behind a proxy at any path.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from sandbox import __version__
from sandbox.api.asking import run_service_of
from sandbox.api.notices import notices_in
from sandbox.calendars import zone_in
from sandbox.countries import name_of
from sandbox.course.overview import all_lessons
from sandbox.course.progress import Progress, progress_in
from sandbox.errors import BadRequest
from sandbox.event.events import Events
from sandbox.event.identity import Person
from sandbox.event.plan_rules import OFTEN_MEANT, is_zone
from sandbox.event.systems import actor_title
from sandbox.fhir.json import Json, parse_json
from sandbox.i18n import LANGUAGES, Language, as_language, has_message, say
from sandbox.pages.clause_addresses import linked_parts
from sandbox.pages.clauses import guide_path
from sandbox.pages.country_names import countries_in
from sandbox.pages.how_tos import title_in
from sandbox.pages.lesson_parts import lesson_part
from sandbox.pages.navigation import GROUPS, RESULTS, places_for
from sandbox.pages.times import NOWHERE, Times, plain_day
from sandbox.sentences import transaction_name
from sandbox.server.call import Services
from sandbox.store.resources import PageRequest
from sandbox.testbench.tracks import TRACKS, number_of
from sandbox.threads import run_in_threadpool
from sandbox.web.door import FRAMES
from sandbox.web.requests import fhir_base_of, language_of

FOLDER = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    f"form-action 'none'; {FRAMES}"
)
SECURITY = {"Content-Security-Policy": POLICY}
OWN = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "script-src 'self'; connect-src 'self'; base-uri 'none'"
)
# for pages with forms, which hold nothing that a participant's system has written but as text
WORKING = {"Content-Security-Policy": f"{OWN}; form-action 'self'; {FRAMES}"}
SHOWN_PATIENTS = 12
ZONE_COOKIE = "zone"
"""Holds the time zone that a reader has chosen for all pages."""
FIRST = ("/", "/floor")
"""Where what is announced stands: what everybody sees first, and the screen of a hall."""


def style_routes() -> list[Route]:
    """Returns the routes of what all pages load."""

    async def style(_: Request) -> Response:
        return FileResponse(FOLDER / "style.css", media_type="text/css")

    async def live(_: Request) -> Response:
        return FileResponse(FOLDER / "live.js", media_type="text/javascript")

    return [Route("/style.css", style), Route("/live.js", live)]


async def practice_page(request: Request, person: Person | None) -> Response:
    """Returns the page of what there is to practise with: lessons, patients, the server's address.

    Args:
        request: Of the application whose main data is shown.
        person: Who looks.
    """
    language = page_language(request)
    state = request.app.state
    facts = await run_in_threadpool(_facts, state.services, language)
    done = await own_progress(request)
    announced = await run_in_threadpool(announced_on, request) if person else []
    page = render(
        "home.html",
        language,
        me=person,
        announced=announced,
        times=await run_in_threadpool(times_of, request),
        version=__version__,
        root="",
        base=fhir_base_of(request),
        seed=state.settings.seed,
        progress=done,
        is_shared=not run_service_of(request).people.is_open,
        **facts,
    )
    return HTMLResponse(page, headers=WORKING)


async def own_progress(request: Request) -> dict[str, Progress]:
    """Returns how far whoever works on this machine is, by lesson.

    Where several people come in it is nothing: the records of the machine are nobody's in
    particular.
    """
    if not run_service_of(request).people.is_open:
        return {}
    return await run_in_threadpool(progress_in, request.app.state.settings.data)


def announced_on(request: Request) -> list[str]:
    """Returns what a page says of what is announced now, the newest first; nothing on any page but
    those that everybody sees first.
    """
    if request.url.path not in FIRST:
        return []
    language = page_language(request)
    current = notices_in(request).announcements.current()
    return [announcement.said_in(language) for announcement in current]


def page_language(request: Request) -> Language:
    """Returns the language that `?lang=` names, else the browser's."""
    asked = request.query_params.get("lang")
    return as_language(asked) if asked else language_of(request)


def times_of(request: Request) -> Times:
    """Returns how moments are shown to whoever asks: in the zone of the event that a page is about,
    else of the one that runs, with the zone that the reader has chosen, for this page (`?zone=`) or
    for all.

    Raises BadRequest where `?zone=` is no time zone.
    """
    events: Events = request.app.state.events
    id = request.path_params.get("plan", "")
    asked = request.query_params.get("zone", "").strip()
    if asked and not is_zone(asked):
        raise no_zone(asked)
    kept = request.cookies.get(ZONE_COOKIE, "")
    own = asked or (kept if is_zone(kept) else "")
    is_there = bool(id or events.current)
    return Times(events.find(id).zone if is_there else NOWHERE, own)


def no_zone(text: str) -> BadRequest:
    """Returns what refuses a text that is no time zone."""
    return BadRequest(
        "plan.no_zone", where="zone", found=text[:60], examples=", ".join(OFTEN_MEANT)
    )


def render(template: str, language: Language, **values: Any) -> str:
    """Fills a template of `templates/`; in it `say(key)` gives a sentence of the page's language.

    Args:
        template: The name of its file.
        language: Of the page.
        values: What it shows; `me` is who looks, for whom the navigation is, and `live` the run
            that it follows, or `*` for all; `times` shows moments: in UTC, if it is omitted;
            `now` is the moment, for what was some time ago.

    Returns:
        The page.
    """
    values = {
        "me": None,
        "live": "",
        "nav": places_for(values.get("me"), None if values.get("me") else RESULTS.get()()),
        "times": None,
        "now": 0,
        **values,
    }
    times = values["times"] or Times()
    text: str = (
        _environment()
        .get_template(template)
        .render(
            say=partial(_say, language),
            moment=partial(times.shown, language=language),
            since=partial(times.since, now=values["now"], language=language),
            **_named_in(language),
            lang=language,
            languages=LANGUAGES,
            nav_groups=GROUPS,
            **values,
        )
    )
    return text


def _named_in(language: Language) -> dict[str, Any]:
    """Returns what gives the names of things in a language to every template."""
    return {
        "all_countries": partial(countries_in, language),
        "country": partial(name_of, language=language),
        "track_name": partial(track_name, language=language),
        "bench_name": partial(bench_name, language=language),
        "calendar_day": partial(plain_day, language=language),
        "zone_name": partial(zone_in, language),
        "place_name": partial(place_name, language=language),
        "actor_name": partial(actor_title, language=language),
        "transaction_name": partial(transaction_name, language=language),
    }


def track_name(track: str, language: Language) -> str:
    """Returns what people call a track of the bench; its id for one that is no more."""
    known = TRACKS.get(track)
    return say(f"{known.room}.name", language) if known else track


def place_name(place: str, language: Language) -> str:
    """Returns what people call a part of an exchange, such as its status; "" for an element, a
    header or an address, which are shown as they are written.
    """
    key = f"pages.place.{place}"
    return say(key, language) if has_message(key) else ""


def bench_name(id: str, language: Language) -> str:
    """Returns what people call a test of the bench, by its number, or a whole track."""
    return track_name(id, language) if id in TRACKS else number_of(id)


def _say(language: Language, key: str, **params: Any) -> str:
    """Returns a sentence in which HTML that is given for a parameter stays HTML: a moment."""
    marked = {name: value for name, value in params.items() if isinstance(value, Markup)}
    if not marked:
        return say(key, language, **params)
    held = {name: f"\ue000{name}\ue001" for name in marked}
    text = escape(say(key, language, **{**params, **held}))
    for name, value in marked.items():
        text = text.replace(held[name], value)
    return text


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(FOLDER / "templates")
    environment = jinja2.Environment(
        # strict: a misspelt name in a template would else be an empty place on a page
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        auto_reload=False,  # no look at the file of each template for each page
    )
    environment.globals["guide_path"] = guide_path
    environment.globals["linked_parts"] = linked_parts
    environment.globals["lesson_part"] = lesson_part
    environment.filters["how_to"] = title_in
    environment.filters["test_number"] = number_of
    return environment


def _facts(services: Services, language: Language) -> dict[str, Any]:
    counts = services.store.count_by_type()
    page = services.store.search("Patient", [], PageRequest(count=SHOWN_PATIENTS))
    return {
        "lessons": all_lessons(language),
        "counts": counts,
        "total": sum(counts.values()),
        "patients": [_patient_row(parse_json(row.body or b"{}")) for row in page.rows],
        "more_patients": max(0, page.total - SHOWN_PATIENTS),
    }


def _patient_row(patient: Json) -> dict[str, str]:
    """Takes what a table shows out of a patient, whatever shape a participant gave it."""
    name = _first(patient.get("name"))
    given = name.get("given")
    words = [*(given if isinstance(given, list) else []), name.get("family")]
    return {
        "id": str(patient["id"]),
        "name": " ".join(word for word in words if isinstance(word, str))
        or str(name.get("text", "–")),
        "birth": str(patient.get("birthDate", "–")),
        "country": str(_first(patient.get("address")).get("country", "–")),
    }


def _first(values: object) -> Json:
    return values[0] if isinstance(values, list) and values and isinstance(values[0], dict) else {}
