"""The server's first page: what runs here, which patients there are, what to do next.  Links are
relative: it may be shown behind a proxy at any path.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from sandbox import __version__
from sandbox.fhir.json import Json, parse_json
from sandbox.i18n import LANGUAGES, Language, as_language, say
from sandbox.server.call import Services
from sandbox.settings import Settings
from sandbox.store.resources import PageRequest
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


def home_routes(services: Services, settings: Settings) -> list[Route]:
    """Returns the routes of the first page and its style sheet."""

    async def home(request: Request) -> Response:
        language = page_language(request)
        facts = await run_in_threadpool(_facts, services)
        page = render(
            "home.html",
            language,
            version=__version__,
            root="",
            base=fhir_base_of(request),
            seed=settings.seed,
            **facts,
        )
        return HTMLResponse(page, headers=SECURITY)

    async def style(_: Request) -> Response:
        return FileResponse(FOLDER / "style.css", media_type="text/css")

    async def live(_: Request) -> Response:
        return FileResponse(FOLDER / "live.js", media_type="text/javascript")

    return [Route("/", home), Route("/style.css", style), Route("/live.js", live)]


def page_language(request: Request) -> Language:
    """Returns the language that `?lang=` names, else the browser's."""
    asked = request.query_params.get("lang")
    return as_language(asked) if asked else language_of(request)


def render(template: str, language: Language, **values: Any) -> str:
    """Fills a template of `templates/`; in it `say(key)` gives a sentence of the page's language.

    `me` is the person whose bar the page shows, `live` the run that it follows, or `*` for all.
    """
    values = {"me": None, "live": "", **values}
    text: str = (
        _environment()
        .get_template(template)
        .render(
            say=lambda key, **params: say(key, language, **params),
            lang=language,
            languages=LANGUAGES,
            **values,
        )
    )
    return text


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(FOLDER / "templates")
    return jinja2.Environment(
        # strict: a misspelt name in a template would else be an empty place on a page
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def _facts(services: Services) -> dict[str, Any]:
    counts = services.store.count_by_type()
    page = services.store.search("Patient", [], PageRequest(count=SHOWN_PATIENTS))
    return {
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
