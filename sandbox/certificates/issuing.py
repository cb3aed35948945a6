"""Issues certificates: checks content against one dialect, then signs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from cryptography import x509

from sandbox.certificates.claims import Claims
from sandbox.certificates.cose import PrivateKey
from sandbox.certificates.dialects import Dialect, all_dialects, check
from sandbox.certificates.hcert import encoded
from sandbox.certificates.keys import kid_of
from sandbox.certificates.meaning import end_of, judge_meaning
from sandbox.errors import BadRequest
from sandbox.findings import Finding
from sandbox.sentences import text_of

# what is wrong whenever it is looked at; a period that begins later is none of it, nor a next dose
# before the last one, which WHO's own compliance tests have signed
NEVER = {
    f"certificates.{name}"
    for name in (
        "content_over",
        "period_reversed",
        "future_date",
        "before_birth",
        "dose_beyond",
    )
}


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose key signs: the id of its certificate and the country that issues."""

    key: PrivateKey
    kid: bytes
    country: str


def signer_of(certificate: x509.Certificate, key: PrivateKey) -> Signer:
    """Returns a signer by its certificate."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    return Signer(key, kid_of(certificate), str(names[0].value) if names else "")


def issue(content: Any, signer: Signer, *, at: datetime, ends: datetime, dialect: str = "") -> str:
    """Returns the text of a certificate in a dialect, with nothing filled in.

    Args:
        content: What the certificate says.
        signer: Who signs, and for which country.
        at: When it is issued.
        ends: When it expires at the latest: not after the period that the content states.
        dialect: The name of a dialect; empty for the one whose marks the content has.

    Raises:
        BadRequest: The content is not as its dialect asks, says what cannot be, or there is no such
            dialect.
    """
    signed_content = content if isinstance(content, Mapping) else {"value": content}
    chosen = _dialect(signed_content, dialect)
    wrong = [*_wrong(chosen, signed_content, at)]
    if wrong:
        reasons = " ".join(text_of(finding, "en") for finding in wrong[:5])
        raise BadRequest(
            "certificates.not_issued", where=wrong[0].where, dialect=chosen.name, reasons=reasons
        )
    stated = end_of(chosen, signed_content)
    ends = min(ends, stated) if stated else ends
    claims = Claims(
        signer.country, int(at.timestamp()), int(ends.timestamp()), {chosen.claim: content}
    )
    return encoded(claims, signer.key, kid=signer.kid)


def _wrong(dialect: Dialect, content: Mapping[Any, Any], at: datetime) -> Iterator[Finding]:
    """Yields what a verifier would call wrong on the day of issuing."""
    # a warning, such as a code newer than our lists, is no reason not to sign
    yield from (finding for finding in check(dialect, content) if finding.severity == "error")
    for finding in judge_meaning(dialect, content, at=at):
        # a period that binds ends the signature, too, so that one which is over says so at once:
        # WHO's own compliance tests have such doses signed
        ends_with_it = finding.id == "certificates.content_over" and dialect.meaning.is_binding
        if finding.id in NEVER and not ends_with_it:
            yield finding


def _dialect(content: Mapping[Any, Any], name: str) -> Dialect:
    """Returns the dialect of a name, or the one whose marks are there, at its own place in the
    claims.
    """
    known = _with_place()
    chosen = next(
        (each for each in known if (each.name == name if name else each.is_that(content))), None
    )
    if chosen is None:
        names = ", ".join(dialect.name for dialect in known)
        raise BadRequest(
            "certificates.no_such_dialect", where="dialect", found=name or "–", known=names
        )
    return chosen


@cache
def _with_place() -> tuple[Dialect, ...]:
    """Returns the dialects that have a number below -260."""
    return tuple(dialect for dialect in all_dialects() if dialect.claim is not None)
