"""What a shared text is, and what its judge says of it: a document, the text of a certificate or of
a health link, or a credential.  The jobs of workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.api.validations import judge_document, proposed_profile, request_of
from sandbox.errors import BadRequest
from sandbox.event.gallery import Kind, Outcome
from sandbox.findings import Finding

# what reads certificates is imported where it is needed: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.certificates.steps import Verdict
    from sandbox.credentials.report import Report

PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")
DOCUMENTS = ("{", "[", "<", "\ufeff")
"""How the text of a document begins; that of a certificate or a link does not."""
BLANKS = "\r\n\t"
"""What may go from around a text: not the space, which is a letter of base45."""
OUTCOMES: dict[Verdict, Outcome] = {
    "valid": "pass",
    "deviates": "warn",
    "unverified": "inconclusive",
    "link": "pass",
}
"""What the verdict on a certificate or credential comes to; every other one is a failure."""
GRAVITY: tuple[Outcome, ...] = ("pass", "inconclusive", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Ground:
    """By what certificates and credentials are judged here: the folder of trusted keys, the data
    folder, and the sandbox's address, as it stands in credentials.
    """

    trust: Path
    data: Path
    address: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What a text is, the text itself, what was found about it, and what that comes to."""

    kind: Kind
    content: bytes
    findings: tuple[Finding, ...]
    verdict: Outcome


def text_of_sample(content: bytes) -> bytes:
    """Returns the text of what somebody shares: what the code in a picture says, else the bytes.

    Raises:
        BadRequest: It is a picture without a code that can be read.
    """
    if not content.startswith(PICTURES):
        return content
    from sandbox.certificates.qr import NoPicture, texts_in
    from sandbox.certificates.shc_forms import text_of_codes

    try:
        texts = texts_in(content)
    except NoPicture as error:
        raise BadRequest(f"certificates.{error.reason}") from None
    if not texts:
        raise BadRequest("certificates.no_code")
    return text_of_codes(texts).encode()


def kind_of(content: bytes) -> Kind:
    """Returns what a text is; what nothing else knows is taken for a certificate, unless it begins
    as a document does.
    """
    from sandbox.certificates.links import is_link
    from sandbox.credentials.verifying import is_credential

    text = content.decode("utf-8", "replace").strip()
    if is_credential(text) and '"resourceType"' not in text:
        return "credential"
    if not text or text.startswith(DOCUMENTS):
        return "document"
    return "link" if is_link(text) else "certificate"


def judge_sample(content: bytes, ground: Ground) -> Judged:
    """Judges what somebody shares by what it is.

    Args:
        content: A text, or a picture of a code.
        ground: By what certificates and credentials are judged.

    Raises:
        BadRequest: It is a picture without a code.
    """
    text = text_of_sample(content)
    kind = kind_of(text)
    match kind:
        case "document":
            findings = judge_document(text, request_of([proposed_profile(text)], ""))
            return Judged(kind, text, tuple(findings), _outcome_of(findings))
        case "credential":
            report = credential_report(text, ground)
            outcome = OUTCOMES.get(report.verdict, "fail")
            return Judged(kind, text, tuple(report.findings), outcome)
    return _judged_certificates(kind, text, ground)


def credential_report(content: bytes, ground: Ground) -> Report:
    """Returns every step of verifying a credential by what is at hand; nothing is fetched."""
    from sandbox.api.authorities import known_of
    from sandbox.credentials.verifying import verify
    from sandbox.trust.folder import TrustFolder

    at = datetime.now(UTC)
    known = known_of(TrustFolder(ground.trust), ground.data, ground.address, at, {})
    return verify(content.decode("utf-8", "replace"), known, at=at)


def _judged_certificates(kind: Kind, content: bytes, ground: Ground) -> Judged:
    from sandbox.certificates.judging import judge
    from sandbox.trust.folder import TrustFolder

    trust = TrustFolder(ground.trust)
    text = content.decode("utf-8", "replace").strip(BLANKS)
    revoked = trust.revoked()
    certificates = judge(
        text, trust.trust(), trust.issuers(), at=datetime.now(UTC), revoked=revoked
    )
    findings = [
        finding
        for certificate in certificates
        for step in certificate.steps
        for finding in step.findings
    ]
    outcomes = [OUTCOMES.get(certificate.verdict, "fail") for certificate in certificates]
    return Judged(kind, content, tuple(findings), max(outcomes, key=GRAVITY.index, default="fail"))


def _outcome_of(findings: Sequence[Finding]) -> Outcome:
    severities = {finding.severity for finding in findings}
    if severities & {"error", "fatal"}:
        return "fail"
    return "warn" if "warning" in severities else "pass"
