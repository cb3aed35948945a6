"""A border officer's page: asks a wallet whether its holder is vaccinated against yellow fever, and
says in words what came.

Each request takes one answer, which whoever has the address of its page may read for a day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of, writer_of
from sandbox.api.authorities import authority_of
from sandbox.api.links import trust_of
from sandbox.api.vp import told_answer, verifier_of
from sandbox.errors import NotFound
from sandbox.i18n import Language
from sandbox.pages.home import page_language
from sandbox.pages.sharing import is_here
from sandbox.pages.wallet_views import verified_view
from sandbox.pages.working import form_of, go_to, working_page
from sandbox.pages.working import shown as page
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.vp.verifier import Made


async def look(request: Request) -> Response:
    """GET /vp: who asks, and what."""
    countries = await run_in_threadpool(trust_of(request).countries)
    return await working_page(request, "border.html", countries=countries)


async def ask(request: Request) -> Response:
    """POST /vp: makes a request, signed by a country where one is chosen."""
    await writer_of(request)
    country = (await form_of(request)).get("country", "")
    made = await run_in_threadpool(_made, request, country)
    return go_to(request, f"vp/asked/{made.secret}")


async def asked(request: Request) -> Response:
    """GET /vp/asked/SECRET: the request as code and link; once it was answered, what it says."""
    me = await person_of(request)
    secret = request.path_params["secret"]
    language = page_language(request)
    verifier = verifier_of(request)
    kept = await run_in_threadpool(verifier.answer, secret)
    if kept is None:
        raise NotFound("credentials.no_request", where="id")
    link = await run_in_threadpool(verifier.link_for, secret)
    view = await run_in_threadpool(_view, kept, link, language)
    here = is_here(request)
    return await working_page(request, "border_asked.html", me=me, view=view, is_here=here)


def border_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/vp", page(look)),
        Route("/vp", page(ask), methods=["POST"]),
        Route("/vp/asked/{secret}", page(asked)),
    ]


def _made(request: Request, country: str) -> Made:
    from sandbox.credentials.border import QUERY

    verifier = verifier_of(request)
    if not country:
        return verifier.ask(QUERY, prefix="redirect_uri", mode="direct_post")
    authority = authority_of(trust_of(request), country, address_of(request))
    return verifier.ask(
        QUERY, prefix="decentralized_identifier", mode="direct_post.jwt", authority=authority
    )


def _view(kept: dict[str, Any], link: str, language: Language) -> dict[str, Any]:
    """Returns a request with its link, or its answer in words."""
    from sandbox.certificates.qr import svg_of
    from sandbox.credentials.border import is_yellow_fever

    if kept["state"] == "waiting":
        state = "waiting" if link else "over"
        return {"state": state, "link": link, "qr": svg_of(link, level="L") if link else ""}
    if kept["state"] == "declined":
        return {"state": "declined", "error": kept["error"]}
    reports = kept["shown"]
    is_right = any(is_yellow_fever(report["claims"] or {}) for report in reports)
    state = "no" if not kept["accepted"] else "yes" if is_right else "other"
    told = told_answer(kept, language)
    shown = [verified_view(report, language) for report in told["shown"]]
    return {"state": state, "faults": told["faults"], "shown": shown}
