"""The verifier of this sandbox: asks a wallet for claims, and judges what it shows (OpenID4VP 1.0).

POST /api/requests             {query, prefix, mode, country}: link and picture for a wallet
GET  /api/requests/ID          what came, with every step
GET  /vp/requests/ID           the signed request; also by POST, with the wallet's nonce
GET  /vp/requests/ID/qr.svg    its picture
POST /vp/responses/ID          what a wallet shows
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import (
    answer,
    answering,
    object_of,
    run_service_of,
    text_in,
    writer_of,
)
from sandbox.api.authorities import authority_of, known_of
from sandbox.api.lacchain import network_of
from sandbox.api.links import trust_of
from sandbox.api.oauth import for_wallets, form_of
from sandbox.api.vci import kept_by
from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import NO_TEAM
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.reports.records import finding_record
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, language_of

if TYPE_CHECKING:  # what verifies is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.issuing import Authority
    from sandbox.credentials.report import Asked, Report
    from sandbox.credentials.vp.verifier import Made, Outcome, Verifier

PREFIXES = ("redirect_uri", "decentralized_identifier", "x509_hash")
MODES = ("direct_post", "direct_post.jwt")
SIGNED = "application/oauth-authz-req+jwt"


async def make_request(request: Request) -> Response:
    """POST /api/requests: {query, prefix, mode, country}; `country` signs, unless the prefix is
    redirect_uri.
    """
    await writer_of(request)
    body = await object_of(request)
    prefix = _one_of(body, "prefix", PREFIXES)
    mode = _one_of(body, "mode", MODES)
    country = text_in(body, "country", default="")

    def made() -> Made:
        authority = None
        if prefix != "redirect_uri":
            authority = authority_of(trust_of(request), country, address_of(request))
        query = body.get("query")
        return verifier_of(request).ask(query, prefix=prefix, mode=mode, authority=authority)

    asked = await run_in_threadpool(made)
    picture = f"{address_of(request)}/vp/requests/{asked.id}/qr.svg"
    view = {"id": asked.secret, "link": asked.link, "picture": picture}
    return answer({**view, "client_id": asked.client_id}, 201)


async def read_request(request: Request) -> Response:
    """GET /api/requests/{id}: whether a wallet has answered, and what it comes to."""
    secret = request.path_params["id"]
    kept = await run_in_threadpool(lambda: verifier_of(request).answer(secret))
    if kept is None:
        raise NotFound("credentials.no_request", where="id")
    return answer(told_answer(kept, language_of(request)))


async def request_object(request: Request) -> Response:
    """GET or POST /vp/requests/ID: the signed request."""
    nonce = (await form_of(request)).get("wallet_nonce", "") if request.method == "POST" else ""
    id = request.path_params["id"]
    text = await run_in_threadpool(
        lambda: verifier_of(request).request_object(id, _signer(request, id), wallet_nonce=nonce)
    )
    return Response(text, media_type=SIGNED)


async def picture(request: Request) -> Response:
    """GET /vp/requests/ID/qr.svg: the link of a request as QR code."""
    from sandbox.certificates.qr import svg_of

    id = request.path_params["id"]
    link = await run_in_threadpool(lambda: verifier_of(request).link_of(id))
    if not link:
        raise NotFound("credentials.no_request", where="id")
    return Response(await run_in_threadpool(svg_of, link), media_type="image/svg+xml")


async def respond(request: Request) -> Response:
    """POST /vp/responses/ID: what a wallet shows; it is verified at once, and answers no more."""
    form = await form_of(request)
    id = request.path_params["id"]

    def received() -> None:
        from sandbox.credentials.asking import verify_asking
        from sandbox.testbench.fetching import got

        if "error" in form:
            verifier_of(request).decline(id, form)
            return
        at = request.app.state.services.clock()
        folder = request.app.state.settings.data
        blocks = network_of(request).chain.blocks()
        known = known_of(trust_of(request), folder, address_of(request), at, {}, blocks)

        def fetch(list_address: str) -> bytes:
            return got(list_address, lambda: run_service_of(request).ways.guarded(NO_TEAM))

        def judged(text: str, asked: Asked) -> Report:
            return verify_asking(text, known, fetch, at=at, asked=asked)

        verifier = verifier_of(request)
        outcome, secret = verifier.receive(id, form, judged)
        verifier.keep(secret, _kept(outcome))

    await run_in_threadpool(received)
    return answer({})


def vp_routes() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/api/requests", answering(make_request), methods=["POST"]),
        Route("/api/requests/{id}", answering(read_request)),
        Route("/vp/requests/{id}", for_wallets(request_object), methods=["GET", "POST"]),
        Route("/vp/requests/{id}/qr.svg", for_wallets(picture)),
        Route("/vp/responses/{id}", for_wallets(respond), methods=["POST"]),
    ]


def verifier_of(request: Request) -> Verifier:
    """Returns the verifier of this sandbox."""
    from sandbox.credentials.vp.verifier import Verifier

    return Verifier(kept_by(request), f"{address_of(request)}/vp")


def _signer(request: Request, id: str) -> Authority:
    """Returns who signs a request.

    Raises:
        NotFound: It is not there, or never signed.
    """
    country = verifier_of(request).country_of(id)
    if not country:
        raise NotFound("credentials.no_request", where="id")
    return authority_of(trust_of(request), country, address_of(request))


def _one_of(body: dict[str, Any], name: str, known: tuple[str, ...]) -> Any:
    """Returns one of the words that a member may have; the first where it is absent.

    Raises:
        BadRequest: It is another one.
    """
    value = body.get(name, known[0])
    if value not in known:
        shown = {"found": str(value)[:40], "known": ", ".join(known)}
        raise BadRequest("credentials.bad_prefix", where=name, place=name, **shown)
    return value


def _kept(outcome: Outcome) -> dict[str, Any]:
    """Returns an outcome as it is kept: in no language yet."""
    return {
        "state": "answered",
        "accepted": outcome.is_accepted,
        "faults": [_plain(fault) for fault in outcome.faults],
        "shown": [
            {"query": id, **_report(report)}
            for id, reports in outcome.reports.items()
            for report in reports
        ],
    }


def _report(report: Report) -> dict[str, Any]:
    steps = [
        {
            "name": step.name,
            "status": step.status,
            "detail": step.detail,
            "findings": [_plain(finding) for finding in step.findings],
        }
        for step in report.steps
    ]
    return {
        "form": report.form,
        "verdict": report.verdict,
        "issuer": report.issuer,
        "claims": report.claims,
        "wanted": sorted(report.wanted),
        "steps": steps,
        "parts": [_report(part) for part in report.parts],
    }


def _plain(finding: Finding) -> dict[str, Any]:
    return {name: value for name, value in asdict(finding).items() if value}


def told_answer(kept: Any, language: Language) -> Any:
    """Returns what was kept with every finding as a sentence."""
    if isinstance(kept, list):
        return [told_answer(part, language) for part in kept]
    if not isinstance(kept, dict):
        return kept
    told = {}
    for name, part in kept.items():
        if name in ("findings", "faults"):
            told[name] = [finding_record(Finding(**fields), language) for fields in part]
        else:
            told[name] = part if name == "claims" else told_answer(part, language)
    return told
