"""A certificate that somebody sends, as its text or as the picture of its QR code, is judged and
forgotten: `POST /api/certificates`.

The answer says every step and never what the certificate holds: it may be read where others look.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.api.asking import answer, answering, person_of
from sandbox.api.links import trust_of
from sandbox.errors import BadRequest, UnsupportedMediaType
from sandbox.i18n import Language, say
from sandbox.limits import PICTURE_BYTES
from sandbox.sentences import public_fix_of, public_text_of
from sandbox.web.requests import body_of, language_of
from sandbox.workers import DECODING, Pool

TEXT = "text/plain"
PICTURES = ("image/png", "image/jpeg")
CERTIFICATE_TYPES = (TEXT, *PICTURES)


class StepNote(TypedDict):
    """What a step of verifying has found, without any value of the certificate."""

    text: str
    fix: str
    clause: str


class StepView(TypedDict):
    """A step of verifying a certificate."""

    name: str
    status: str
    notes: list[StepNote]


class CertificateView(TypedDict):
    """What verifying a certificate came to; `form` is the family that it is of."""

    form: str
    verdict: str
    sentence: str
    steps: list[StepView]


async def judge(request: Request) -> Response:
    """POST /api/certificates: every step of verifying a text, or the QR code in a picture."""
    await person_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CERTIFICATE_TYPES:
        raise UnsupportedMediaType("certificates.bad_type", where="Content-Type", found=kind or "–")
    body = await body_of(request, limit=PICTURE_BYTES)
    workers: Pool = request.app.state.workers
    folder = trust_of(request).folder
    views = await workers.later(DECODING, _judged, body, kind, folder, language_of(request))
    return answer(views)


def certificate_routes() -> list[Route]:
    """Returns the route."""
    return [Route("/api/certificates", answering(judge), methods=["POST"])]


def _judged(body: bytes, kind: str, folder: Path, language: Language) -> list[CertificateView]:
    """Judges a text or a picture by the keys in a folder; the job of a worker."""
    # what reads certificates is imported where it is needed: it takes a tenth of a second
    from sandbox.certificates.judging import judge as judge_text
    from sandbox.trust.folder import TrustFolder

    trust = TrustFolder(folder)
    certificates = judge_text(
        text_in(body, kind),
        trust.trust(),
        trust.issuers(),
        at=datetime.now(UTC),
        revoked=trust.revoked(),
    )
    return [
        {
            "form": certificate.form,
            "verdict": certificate.verdict,
            "sentence": say(f"certificates.verdict.{certificate.verdict}", language),
            "steps": [
                {
                    "name": say(f"certificates.step.{step.name}", language),
                    "status": step.status,
                    "notes": [
                        {
                            "text": public_text_of(finding, language),
                            "fix": public_fix_of(finding, language),
                            "clause": finding.clause,
                        }
                        for finding in step.findings
                    ],
                }
                for step in certificate.steps
            ],
        }
        for certificate in certificates
    ]


def text_in(body: bytes, kind: str) -> str:
    """Returns the text that was sent, or that of the code in a picture; the job of a worker.

    Raises:
        BadRequest: The picture holds none.
    """
    from sandbox.certificates.qr import NoPicture, texts_in
    from sandbox.certificates.shc_forms import text_of_codes

    if kind == TEXT:
        return body.decode("utf-8", "replace").strip("\r\n\t")
    try:
        texts = texts_in(body)
    except NoPicture as error:
        raise BadRequest(f"certificates.{error.reason}") from None
    if not texts:
        raise BadRequest("certificates.no_code")
    return text_of_codes(texts)
