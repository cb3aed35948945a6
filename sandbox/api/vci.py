"""Issuers of credentials, one for each country of the trust network (OpenID4VCI 1.0).

POST /api/offers                                   offers a credential: link, PIN, what is left out
GET  /.well-known/openid-credential-issuer/vci/CL  metadata, inserted after the host
GET  /.well-known/oauth-authorization-server/vci/CL
GET  /vci/CL/offers/ID[/qr.svg]                    an offer by reference, and its picture
POST /vci/CL/par                                   a request of a wallet whose holder is asked
POST /vci/CL/token, nonce, credential, deferred, notification
GET  /vci/CL/status/tokens, bits                   who was taken back
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, list_in, object_of, text_in, writer_of
from sandbox.api.authorities import authority_of, issuer_address, places_of
from sandbox.api.links import trust_of
from sandbox.api.oauth import bearer_token, for_wallets, form_of, json_of
from sandbox.clock import Clock
from sandbox.errors import BadRequest, NotFound
from sandbox.i18n import say
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, language_of

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.issuing import Authority
    from sandbox.credentials.keeping import Keeping
    from sandbox.credentials.vci.issuer import CredentialIssuer, Offer, OfferOptions

MOST_DAYS = 3650
MOST_WAIT = 86_400
DRAFTS = (0, 11, 12, 13)
"""The drafts of OpenID4VCI that are spoken here, and 0 for 1.0."""
GRANTS = ("pre-authorized_code", "authorization_code")


async def make_offer(request: Request) -> Response:
    """POST /api/offers: {country, content, kind, formats, pin, days, ready_after, grant, draft};
    whoever has the link may fetch the credential, with the PIN where there is one.
    """
    await writer_of(request)
    body = await object_of(request)
    country = text_in(body, "country")
    draft = _one_of(body, "draft", DRAFTS)

    def made() -> Offer:
        options = _options_in(body)
        # a country without PKI gets one, as where it signs health certificates
        trust_of(request).signer(country, at=_clock(request)())
        return issuer_of(request, country, draft).offer(body.get("content"), options)

    offer = await run_in_threadpool(made)
    place = f"{issuer_address(address_of(request), country, draft)}/offers/{offer.id}"
    warning = say("credentials.draft_spoken.text", language_of(request)) if draft else ""
    return answer(
        {
            "id": offer.id,
            "link": offer.by_reference,
            "by_value": offer.by_value,
            "picture": f"{place}/qr.svg",
            "pin": offer.pin,
            "left_out": list(offer.left_out),
            **({"warning": warning} if warning else {}),
        },
        201,
    )


def _options_in(body: dict[str, Any]) -> OfferOptions:
    """Returns how something is to be offered; raises BadRequest."""
    from sandbox.credentials.vci.issuer import OfferOptions

    days = body.get("days", 365)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 < days <= MOST_DAYS:
        raise BadRequest("credentials.bad_days", where="days", found=str(days)[:20])
    return OfferOptions(
        tuple(list_in(body, "formats")),
        text_in(body, "kind") if "kind" in body else "",
        has_pin=body.get("pin", True) is not False,
        days=days,
        ready_after=_wait_in(body),
        grant=_one_of(body, "grant", GRANTS),
    )


def _wait_in(body: dict[str, Any]) -> int:
    """Returns for how many seconds a wallet is to wait."""
    wait = body.get("ready_after", 0)
    is_number = isinstance(wait, int) and not isinstance(wait, bool)
    if not is_number or not 0 <= wait <= MOST_WAIT:
        raise BadRequest("credentials.bad_wait", where="ready_after", found=str(wait)[:20])
    return int(wait)


def _one_of(body: dict[str, Any], name: str, known: Sequence[str | int]) -> Any:
    """Returns one of the values that a member may have; the first where it is absent.

    Raises:
        BadRequest: It is another one.
    """
    value = body.get(name, known[0])
    if isinstance(value, bool) or value not in known:
        shown = {"found": str(value)[:40], "known": ", ".join(map(str, known))}
        raise BadRequest("credentials.bad_prefix", where=name, place=name, **shown)
    return value


async def offered(request: Request) -> Response:
    """GET /vci/CL/offers/ID: an offer, for a wallet that got its address."""
    offer = await run_in_threadpool(lambda: issuer_of(request).offered(request.path_params["id"]))
    if offer is None:
        raise NotFound("credentials.no_offer", where="id")
    return answer(offer)


async def picture(request: Request) -> Response:
    """GET /vci/CL/offers/ID/qr.svg: the link of an offer as QR code."""
    from urllib.parse import quote

    from sandbox.certificates.qr import svg_of
    from sandbox.credentials.vci.issuer import OFFER

    await offered(request)
    place = str(request.url.path).removesuffix("/qr.svg")
    link = f"{OFFER}credential_offer_uri={quote(address_of(request) + place, safe='')}"
    return Response(await run_in_threadpool(svg_of, link), media_type="image/svg+xml")


async def metadata(request: Request) -> Response:
    """GET /.well-known/openid-credential-issuer/vci/CL: what can be had, and where."""
    from sandbox.credentials.vci.metadata import issuer_metadata

    country = await run_in_threadpool(country_of, request)
    return answer(issuer_metadata(issuer_address(address_of(request), country), country))


async def server_metadata(request: Request) -> Response:
    """GET /.well-known/oauth-authorization-server/vci/CL: where tokens are had."""
    from sandbox.credentials.vci import metadata as described

    country = await run_in_threadpool(country_of, request)
    return answer(described.server_metadata(issuer_address(address_of(request), country)))


async def push(request: Request) -> Response:
    """POST /vci/CL/par: a request that a wallet will open in its holder's browser (RFC 9126)."""
    form = await form_of(request)
    return answer(await run_in_threadpool(lambda: issuer_of(request).authorizing.push(form)), 201)


async def token(request: Request) -> Response:
    """POST /vci/CL/token: an access token for a code."""
    form = await form_of(request)
    return answer(await run_in_threadpool(lambda: issuer_of(request).token(form)))


async def nonce(request: Request) -> Response:
    """POST /vci/CL/nonce: a word of chance for a proof."""
    return answer(await run_in_threadpool(lambda: issuer_of(request).nonce()))


async def credential(request: Request) -> Response:
    """POST /vci/CL/credential: credentials, one for each key that is proven."""
    secret = bearer_token(request)
    body = await json_of(request)
    given = await run_in_threadpool(lambda: issuer_of(request).credential(secret, body))
    return _given(given)


async def deferred(request: Request) -> Response:
    """POST /vci/CL/deferred: credentials that a wallet was told to wait for."""
    secret = bearer_token(request)
    body = await json_of(request)
    given = await run_in_threadpool(lambda: issuer_of(request).deferred(secret, body))
    return _given(given)


async def notification(request: Request) -> Response:
    """POST /vci/CL/notification: what became of a credential."""
    secret = bearer_token(request)
    body = await json_of(request)
    await run_in_threadpool(lambda: issuer_of(request).notified(secret, body))
    return Response(status_code=204)


async def tokens(request: Request) -> Response:
    """GET /vci/CL/status/tokens: the status list as IETF has it."""

    def listed(authority: Authority, at: datetime) -> str:
        from sandbox.credentials.issuing import token_list

        bits = _places(request).bits("least")
        return token_list(bits, f"{authority.lists}/tokens", authority, at=at)

    text = await run_in_threadpool(lambda: listed(signer_of(request), _clock(request)()))
    return Response(text, media_type="application/statuslist+jwt")


async def bits(request: Request) -> Response:
    """GET /vci/CL/status/bits: the status list as W3C has it."""

    def listed(authority: Authority, at: datetime) -> dict[str, Any]:
        from sandbox.credentials.issuing import bitstring_list

        bits = _places(request).bits("most")
        return bitstring_list(bits, f"{authority.lists}/bits", authority, at=at)

    return answer(await run_in_threadpool(lambda: listed(signer_of(request), _clock(request)())))


def _given(given: dict[str, Any]) -> Response:
    """Returns credentials, or that they are not ready (OpenID4VCI 1.0 8.3, 9.2)."""
    return answer(given, 202 if "transaction_id" in given else 200)


def vci_routes() -> list[Route]:
    """Returns the routes."""
    open_to_all = {
        "/.well-known/openid-credential-issuer/vci/{country}": ("GET", metadata),
        "/.well-known/oauth-authorization-server/vci/{country}": ("GET", server_metadata),
        "/vci/{country}/offers/{id}": ("GET", offered),
        "/vci/{country}/offers/{id}/qr.svg": ("GET", picture),
        "/vci/{country}/par": ("POST", push),
        "/vci/{country}/token": ("POST", token),
        "/vci/{country}/nonce": ("POST", nonce),
        "/vci/{country}/credential": ("POST", credential),
        "/vci/{country}/deferred": ("POST", deferred),
        "/vci/{country}/notification": ("POST", notification),
        "/vci/{country}/status/tokens": ("GET", tokens),
        "/vci/{country}/status/bits": ("GET", bits),
    }
    return [
        Route("/api/offers", answering(make_offer), methods=["POST"]),
        *(
            Route(path, for_wallets(work), methods=[method])
            for path, (method, work) in open_to_all.items()
        ),
        *(Route(path, for_wallets(preflight), methods=["OPTIONS"]) for path in open_to_all),
    ]


def country_of(request: Request) -> str:
    """Returns the country in a path.

    Raises:
        NotFound: It has no PKI here.
    """
    country = str(request.path_params["country"])
    known = trust_of(request).countries()
    if country not in known:
        shown = ", ".join(known) or "–"
        raise NotFound("trust.no_country", where="country", country=country[:20], known=shown)
    return country


def draft_of(request: Request) -> int:
    """Returns the draft in a path, 0 for 1.0.

    Raises:
        NotFound: It is not spoken here.
    """
    draft = int(request.path_params.get("draft", 0))
    if draft not in DRAFTS:
        known = ", ".join(map(str, DRAFTS[1:]))
        raise NotFound("credentials.no_draft", where="path", found=str(draft)[:20], known=known)
    return draft


def issuer_of(request: Request, country: str = "", draft: int = 0) -> CredentialIssuer:
    """Returns the issuer that is asked.

    Args:
        request: Has the country in its path, and the draft where it speaks one, or
        country: Names it where the path does not.
        draft: Is the draft's number where the path has no country; 0 for 1.0.

    Raises:
        NotFound: It has no PKI here.
    """
    from sandbox.credentials.vci.issuer import CredentialIssuer

    if country:
        request.path_params.update(country=country, draft=draft)
    draft = draft_of(request)
    address = issuer_address(address_of(request), country_of(request), draft)
    new_place = _places(request).new_place
    return CredentialIssuer(kept_by(request), address, signer_of(request), new_place, draft)


def kept_by(request: Request) -> Keeping:
    """Returns what is kept for wallets."""
    from sandbox.credentials.keeping import Keeping

    return Keeping(request.app.state.wallets, _clock(request))


def signer_of(request: Request) -> Authority:
    """Returns who issues for the country in a path.

    Raises:
        NotFound: It has no PKI here.
    """
    return authority_of(trust_of(request), country_of(request), address_of(request))


def _places(request: Request) -> Any:
    folder = request.app.state.settings.data
    return places_of(folder, country_of(request), _audit(request).record)


def _audit(request: Request) -> Any:
    from sandbox.store.audit import Audit

    return Audit(request.app.state.run_service.store.database)


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.services.clock
    return clock


async def preflight(_: Request) -> Response:
    """OPTIONS …: what pages of any origin may ask."""
    return Response(status_code=204, headers={"Access-Control-Allow-Methods": "GET, POST"})
