"""HC1 codes, decoded and encoded: Base45, zlib, COSE, CWT (HCERT 1.1.1).

Reading goes step by step; each step says how it went, what was found and what to do.  Steps that
nothing was left for are skipped: what is readable but not as specified never looks like what is
unreadable.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from cbor2 import CBORTag

from sandbox.certificates import base45, cose
from sandbox.certificates.claims import Claims, read_claims, written
from sandbox.certificates.dialects import check, dialect_of
from sandbox.certificates.steps import Certificate, bytes_behind, done, failed, finding, fine
from sandbox.certificates.unpacking import NotInflated, inflate
from sandbox.findings import Finding, Severity
from sandbox.limits import HCERT_BYTES, HCERT_CHARACTERS

PREFIX = "HC1:"
USUAL = {cose.ALG, cose.KID}


def encoded(claims: Claims, key: cose.PrivateKey, *, kid: bytes) -> str:
    """Returns the text of a certificate: its claims, signed by a key of which the id is told."""
    return as_text(cose.sign1(written(claims), key, kid=kid))


def as_text(signed: bytes) -> str:
    """Returns signed bytes as the text of a QR code."""
    # the densest level: fewer bytes are fewer modules, and a code that poor cameras can read
    return PREFIX + base45.encode(zlib.compress(signed, 9))


def read(text: str) -> Certificate:
    """Returns what a text holds, as far as it can be read; what it says is not believed yet."""
    certificate = Certificate(text)
    # a space at its end belongs to Base45
    body = _without_prefix(text.strip("\r\n\t").lstrip(), certificate)
    if body is not None and _inflate(body, certificate):
        _unwrap(certificate)
    if certificate.claims is not None:
        _understand(certificate, certificate.claims)
    return certificate


def _without_prefix(text: str, certificate: Certificate) -> str | None:
    if len(text) > HCERT_CHARACTERS:
        certificate.steps.append(
            failed("prefix", "too_long", expected=str(HCERT_CHARACTERS), found=str(len(text)))
        )
        return None
    if text.startswith(PREFIX):
        certificate.steps.append(fine("prefix", PREFIX))
        return text[len(PREFIX) :]
    head, colon, rest = text.partition(":")
    is_other = bool(colon) and len(head) <= 4
    shown_head = f"{head}:" if is_other else text[:4]
    certificate.steps.append(failed("prefix", "no_prefix", expected=PREFIX, found=shown_head))
    # a colon that is missing is one fault: what follows is still looked at
    if text.startswith(PREFIX[:3]) and not is_other:
        return text[3:]
    return rest if is_other else text  # it may be readable all the same


def _inflate(body: str, certificate: Certificate) -> bool:
    """Undoes Base45 and zlib; tells whether both worked."""
    try:
        certificate.compressed = base45.decode(body)
    except base45.NotBase45 as error:
        name = "not_base45" if error.found else "base45_cut"
        place = str(error.place)
        certificate.steps.append(
            failed("base45", name, where=place, found=error.found, clause="RFC 9285 4")
        )
        return False
    certificate.steps.append(fine("base45", str(len(certificate.compressed))))
    try:
        certificate.inflated, rest = inflate(certificate.compressed, most=HCERT_BYTES)
    except NotInflated as error:
        name = "not_zlib" if error.reason == "wrong_form" else error.reason
        sizes = {"expected": str(HCERT_BYTES), "found": certificate.compressed[:2].hex()}
        certificate.steps.append(failed("inflate", name, **sizes, clause="RFC 1950 2.2"))
        return False
    odd = [bytes_behind(rest, clause="RFC 1950 2.2")] if rest else []
    certificate.steps.append(done("inflate", odd, detail=str(len(certificate.inflated))))
    return True


def _unwrap(certificate: Certificate) -> None:
    """Undoes COSE and reads the claims."""
    try:
        certificate.signed = cose.read_sign1(certificate.inflated)
    except cose.NotCose as error:
        certificate.steps.append(
            failed("cose", error.reason, found=error.found, clause="RFC 9052 4.2")
        )
        return
    odd = [] if _is_usual(certificate.signed) else [*_envelope(certificate.signed)]
    certificate.steps.append(done("cose", odd))
    try:
        payload, rest = cose.read_cbor(certificate.signed.payload)
    except cose.NotCose as error:
        certificate.steps.append(
            failed("claims", error.reason, found=error.found, clause="RFC 8392 7")
        )
        return
    # tag 61 (CWT) may also stand around the claims (RFC 8392 6)
    if isinstance(payload, CBORTag):
        payload = cose.thawed(payload.value)
    certificate.claims, findings = read_claims(payload)
    findings += [bytes_behind(rest, clause="RFC 8949 5.1")] if rest else []
    certificate.steps.append(done("claims", findings))


def _is_usual(signed: cose.Sign1) -> bool:
    """Tells whether one tag and the protected algorithm and key id are all there is around it."""
    is_alone = not signed.unprotected and not signed.rest
    return is_alone and signed.tags == (cose.SIGN1,) and signed.header.keys() == USUAL


def _envelope(signed: cose.Sign1) -> Iterator[Finding]:
    """Yields where the headers and tags around what is signed are not as specified."""
    if signed.tags != (cose.SIGN1,):
        # what is called another message was not made to be read as this one
        severity: Severity = "fatal" if cose.OTHER_MESSAGES & set(signed.tags) else "warning"
        yield finding("tags", severity, found=str(list(signed.tags)), clause="RFC 9052 4.2")
    if signed.rest:
        yield bytes_behind(signed.rest, clause="RFC 8949 5.1")
    critical = cose.critical_faults(signed)
    if critical:
        yield finding("critical", "fatal", found=", ".join(critical), clause="RFC 9052 3.1")
    if signed.alg is None or cose.ALG not in signed.header:
        yield finding("alg_unprotected", "warning", clause="HCERT 1.1.1 3.3.1")
    twice = [str(label) for label in signed.header if label in signed.unprotected]
    if twice:
        yield finding("both_headers", "warning", found=", ".join(twice), clause="RFC 9052 3")


def _understand(certificate: Certificate, claims: Claims) -> None:
    """Finds the dialect, and judges what stands there by it."""
    certificate.dialect, place, certificate.content = dialect_of(claims.content)
    if certificate.dialect is None:
        numbers = ", ".join(str(number) for number in claims.content)
        certificate.steps.append(
            failed("dialect", "no_dialect", where="-260", found=numbers, clause="HCERT 1.1.1 3.3")
        )
        return
    odd = []
    if len(claims.content) > 1:
        numbers = ", ".join(str(number) for number in claims.content)
        odd.append(
            finding(
                "several_contents",
                "warning",
                where="-260",
                expected=str(place),
                found=numbers,
                clause="HCERT 1.1.1 3.3",
            )
        )
    if place != certificate.dialect.claim:
        expected = str(certificate.dialect.claim or "–")
        at = str(place or "–")
        odd.append(
            finding(
                "elsewhere",
                "warning",
                where="-260",
                expected=expected,
                found=at,
                clause="HCERT 1.1.1 3.3",
            )
        )
    certificate.steps.append(done("dialect", odd, detail=certificate.dialect.name))
    certificate.steps.append(done("schema", check(certificate.dialect, certificate.content)))
