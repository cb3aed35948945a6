"""Asks whoever is to hold a credential whether their wallet may have it (OpenID4VCI 1.0 5.1).

The holder is known by the PIN of the offer and by nothing else: no account of this sandbox is
needed, as whoever has an offer may redeem it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.api.authorities import issuer_address
from sandbox.api.vci import country_of, issuer_of
from sandbox.errors import BadRequest
from sandbox.i18n import say
from sandbox.pages.home import OWN, page_language, render
from sandbox.pages.working import form_of, root_of, whoever
from sandbox.pages.working import shown as page
from sandbox.threads import run_in_threadpool
from sandbox.web.door import FRAMES
from sandbox.web.requests import address_of

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.vci.authorizing import Asked, Authorizing

PLACE = "/vci/{country}/authorize"


async def look(request: Request) -> Response:
    """GET /vci/CL/authorize: which wallet asks for what, and where the answer goes."""
    query = dict(request.query_params)
    asked = await _carried_out(request, lambda desk: desk.asked(query))
    language = page_language(request)
    view = {
        "issuer": say("credentials.display.issuer", language, country=country_of(request)),
        "address": issuer_address(address_of(request), country_of(request)),
        "client": asked.client,
        "redirect": asked.redirect,
        "kinds": _kinds(asked, language),
        "has_pin": asked.has_pin,
    }
    me = await whoever(request)
    again = {"typed": request.state.typed, "refusal": request.state.refusal}
    # what the wallet asked stays in the address when the language is changed
    keep = f"&{urlencode({name: query[name] for name in query if name != 'lang'})}"
    values = {"me": me, "root": root_of(request), "view": view, "keep": keep, **again}
    shown = await run_in_threadpool(lambda: render("authorize.html", language, **values))
    # browsers hold what a form leads to against the policy too (CSP3 6.4.2)
    policy = f"{OWN}; form-action 'self' {_source(asked.redirect)}; {FRAMES}"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return HTMLResponse(shown, headers=headers)


async def decide(request: Request) -> Response:
    """POST /vci/CL/authorize: sends the browser back to the wallet, with a code or with a no."""
    form = await form_of(request)
    query = dict(request.query_params)
    pin = form.get("pin", "").strip()
    if form.get("decision") == "agree":
        place = await _carried_out(request, lambda desk: desk.agree(query, pin))
    else:
        place = await _carried_out(request, lambda desk: desk.decline(query))
    return RedirectResponse(place, 303, headers={"Cache-Control": "no-store"})


def authorizing_pages() -> list[Route]:
    """Returns the routes."""
    return [Route(PLACE, page(look)), Route(PLACE, page(decide, form=look), methods=["POST"])]


async def _carried_out(request: Request, work: Callable[[Authorizing], Any]) -> Any:
    """Returns what an issuer comes to.

    Raises:
        BadRequest: It refuses: no browser is sent to an address before its holder has seen it.
    """
    from sandbox.credentials.vci.refusals import OAuthRefusal

    try:
        return await run_in_threadpool(lambda: work(issuer_of(request).authorizing))
    except OAuthRefusal as refusal:
        key = f"credentials.{refusal.reason}"
        raise BadRequest(key, where=refusal.error, **refusal.params) from None


def _kinds(asked: Asked, language: Any) -> list[str]:
    from sandbox.credentials.vci.metadata import CONFIGURATIONS

    names = dict.fromkeys(CONFIGURATIONS[id][0].name for id in asked.configurations)
    return [say(f"credentials.display.{name}", language) for name in names]


def _source(address: str) -> str:
    """Returns an address as a policy names it: its origin, or the scheme of an app."""
    parts = urlsplit(address)
    is_web = parts.scheme in ("https", "http")
    return f"{parts.scheme}://{parts.netloc}" if is_web else f"{parts.scheme}:"
