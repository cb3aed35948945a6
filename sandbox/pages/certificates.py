"""Certificates and trust for whoever looks: a text or picture and every step of verifying it; the
network as a picture.

What is shown is judged by a worker and kept nowhere.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, person_of
from sandbox.api.links import trust_of
from sandbox.errors import BadRequest
from sandbox.i18n import Language, say
from sandbox.limits import PICTURE_BYTES
from sandbox.pages.home import FOLDER, page_language
from sandbox.pages.working import form_of, working_page
from sandbox.pages.working import shown as page
from sandbox.sentences import page_fix_of, text_of
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import body_of
from sandbox.workers import DECODING, Pool

# what reads certificates is imported where it is needed: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.certificates.keys import TrustedKey
    from sandbox.certificates.steps import Certificate, Step

WIDTH = 640
HEIGHT = 420
RADIUS = 150


async def look(request: Request) -> Response:
    """GET /certificates: where a text is pasted or a picture chosen."""
    return await working_page(request, "certificates.html", found=[], text="")


async def judge(request: Request) -> Response:
    """POST /certificates: every step of verifying a text."""
    text = (await form_of(request)).get("text", "")
    language = page_language(request)
    me = await person_of(request)
    folder = trust_of(request).folder
    shown_here = await workers_of(request).later(DECODING, judged_text, text, folder, language)
    return await working_page(request, "certificates.html", me=me, found=shown_here, text=text)


async def picture(request: Request) -> Response:
    """POST /certificates/picture: the text of the QR code in a picture."""
    from sandbox.certificates.qr import NoPicture, texts_in
    from sandbox.certificates.shc_forms import text_of_codes

    await person_of(request)
    body = await body_of(request, limit=PICTURE_BYTES)
    try:
        texts = await workers_of(request).later(DECODING, texts_in, body)
    except NoPicture as error:
        raise BadRequest(f"certificates.{error.reason}") from None
    if not texts:
        raise BadRequest("certificates.no_code")
    return answer({"text": text_of_codes(texts)})


async def network(request: Request) -> Response:
    """GET /trust: the countries of this sandbox with their keys, and who trusts whom."""
    me = await person_of(request)
    trust = trust_of(request)
    keys = await run_in_threadpool(trust.listed)
    countries = await run_in_threadpool(trust.countries)
    rows = [_row(key) for key in keys]
    places = _circle(
        countries, {country: sum(key.country == country for key in keys) for country in countries}
    )
    revoked = len(await run_in_threadpool(trust.revoked))
    size = (WIDTH, HEIGHT)
    return await working_page(
        request, "trust.html", me=me, keys=rows, places=places, revoked=revoked, size=size
    )


async def script(_: Request) -> Response:
    """GET /picture.js: sends a chosen picture and puts its text into the form."""
    return FileResponse(FOLDER / "picture.js", media_type="text/javascript")


def certificate_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/certificates", page(look)),
        Route("/certificates", page(judge), methods=["POST"]),
        Route("/certificates/picture", answering(picture), methods=["POST"]),
        Route("/trust", page(network)),
        Route("/picture.js", script),
    ]


def workers_of(request: Request) -> Pool:
    """Returns the processes in which what strangers send is read."""
    workers: Pool = request.app.state.workers
    return workers


def judged_text(text: str, folder: Path, language: Language) -> list[dict[str, Any]]:
    """Judges a text, and makes what is shown of it; the job of a worker.

    Args:
        text: A certificate, a card or a link.
        folder: The trust network whose keys are believed.
        language: Of the page.
    """
    from sandbox.certificates.judging import judge as judge_text
    from sandbox.trust.folder import TrustFolder

    trust = TrustFolder(folder)
    certificates = judge_text(
        text, trust.trust(), trust.issuers(), at=datetime.now(UTC), revoked=trust.revoked()
    )
    rules = trust.rules()
    return [certificate_view(certificate, rules, language) for certificate in certificates]


def certificate_view(
    certificate: Certificate, rules: list[dict[str, Any]], language: Language
) -> dict[str, Any]:
    """Returns a certificate as the page shows it."""
    from sandbox.certificates.rules import judge_rules
    from sandbox.certificates.words import words_of

    claims = certificate.claims
    signed = certificate.signed
    words = words_of(certificate)
    kept = judge_rules(rules, certificate.content, at=datetime.now(UTC), language=language)
    content = {} if claims is None else claims.content
    claims_by_name = {
        str(name) if name is not None else "-": value for name, value in content.items()
    }
    sizes = [
        ("text", len(certificate.text)),
        ("compressed", len(certificate.compressed)),
        ("inflated", len(certificate.inflated)),
    ]
    sizes += [("payload", len(signed.payload))] if signed else []
    return {
        "verdict": certificate.verdict,
        "words": words,
        "steps": [step_view(step, language) for step in certificate.steps],
        "rules": [rule for rule in kept if rule.outcome != "not_for_it"],
        "content": json.dumps(claims_by_name, ensure_ascii=False, indent=2, default=str)
        if claims_by_name
        else "",
        "issuer": claims.issuer if claims else "",
        "issued": _moment(claims.issued) if claims else None,
        "expires": _moment(claims.expires) if claims else None,
        "dialect": certificate.form,
        "sizes": [(name, size) for name, size in sizes if size],
        "qr": _drawn(certificate.text) if claims is not None else "",
    }


def step_view(step: Step, language: Language, *, room: str = "certificates") -> dict[str, Any]:
    """Returns a step as pages show it.

    Args:
        step: With what was found in it.
        language: Of the page.
        room: Whose catalogue has the names of steps.
    """
    notes = [
        {
            "text": text_of(finding, language),
            "fix": page_fix_of(finding, language),
            "clause": finding.clause,
            "severity": finding.severity,
        }
        for finding in step.findings
    ]
    return {
        "name": say(f"{room}.step.{step.name}", language),
        "status": step.status,
        "detail": step.detail,
        "notes": notes,
    }


def _moment(seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    # a claim may be milliseconds, as one deployed issuer writes them, or any number
    except (ValueError, OverflowError, OSError):
        return None


def _drawn(text: str) -> str:
    """Returns the QR code of a text; empty for one that no code can hold."""
    from sandbox.certificates.qr import svg_of

    try:
        # not the space: it is a letter of base45, and may be the last one
        return svg_of(text.strip("\r\n\t"))
    except ValueError:
        return ""


def _row(key: TrustedKey) -> dict[str, Any]:
    from sandbox.certificates.keys import shown

    until = key.certificate.not_valid_after_utc if key.certificate is not None else None
    groups = " ".join(sorted(key.groups))
    return {
        "country": key.country,
        "domain": key.domain,
        "kid": shown(key.kid),
        "until": until,
        "groups": groups,
    }


def _circle(countries: Sequence[str], counts: dict[str, int]) -> list[dict[str, Any]]:
    """Returns where each country stands around the list that all of them read."""
    places = []
    for number, country in enumerate(countries):
        # from the top and clockwise, so that the first country stands where one begins to read
        angle = 2 * math.pi * number / len(countries) - math.pi / 2
        x = WIDTH / 2 + RADIUS * 1.6 * math.cos(angle)
        y = HEIGHT / 2 + RADIUS * math.sin(angle)
        places.append({"country": country, "keys": counts[country], "x": round(x), "y": round(y)})
    return places
