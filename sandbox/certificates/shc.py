"""SMART Health Cards (health-cards 1.4): a signed JWS in a QR code of digits, in a file, or as it
is.

Keys are those of an issuer's address: whoever calls names the issuers that are trusted, each with
its JWK set.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.certificates.claims import Claims
from sandbox.certificates.revocation import is_card_revoked, rid_of
from sandbox.certificates.shc_fhir import faults_of_fhir, faults_of_meaning
from sandbox.certificates.shc_forms import BOM, COMPACT, PREFIX, jws_of_digits
from sandbox.certificates.shc_payload import CLAUSE, faults_of_payload
from sandbox.certificates.steps import SHC, Certificate, Step, bytes_behind, done, failed, finding
from sandbox.certificates.unpacking import NotInflated, from_base64, inflate, to_base64url
from sandbox.certificates.verifying import validity
from sandbox.findings import Finding
from sandbox.limits import SHC_BYTES, SHC_CHARACTERS

MOST_JWS = 1195
HALF = 32
STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
BLANKS = re.compile(rb"\s")
UTF8_BOM = b"\xef\xbb\xbf"
Issuers = Mapping[str, Sequence[Mapping[str, Any]]]  # by address: the JWKs there


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Returns the id of a key: SHA-256 over its needed members in order (RFC 7638)."""
    needed = {name: jwk.get(name) for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(needed, separators=(",", ":")).encode()).digest()
    return to_base64url(digest)


def verify_card(
    text: str,
    issuers: Issuers,
    *,
    at: datetime | None = None,
    revoked: frozenset[str] = frozenset(),
) -> Certificate:
    """Returns a card with every step: read, understood, trusted, signed, valid at a moment.

    `revoked` holds the revocation ids (rid) that were taken back.
    """
    certificate = Certificate(text, order=SHC)
    jws = _jws(text, certificate)
    header = _header(jws, certificate) if jws else None
    if jws and header is not None and _inflated(jws, header, certificate):
        payload = _payload(certificate)
        if payload is not None and certificate.claims is not None:
            inside = faults_of_fhir(certificate.inflated)
            certificate.steps.append(done("schema", [*faults_of_payload(payload), *inside]))
            _trust(certificate, jws, header, issuers)
            moment = at or datetime.now(UTC)
            meant = faults_of_meaning(certificate.content, at=moment)
            clause = f"{CLAUSE} payload"
            validity(certificate, certificate.claims, moment, more=meant, clause=clause)
            _revocation(certificate, str(header.get("kid")), revoked)
    certificate.complete()
    return certificate


def _jws(text: str, certificate: Certificate) -> str:
    """Returns the JWS that a text holds; empty for none."""
    if len(text) > SHC_CHARACTERS:
        certificate.steps.append(
            failed("prefix", "too_long", expected=str(SHC_CHARACTERS), found=str(len(text)))
        )
        return ""
    odd = [finding("bom", "warning", clause=CLAUSE)] if text.startswith(BOM) else []
    text = text.removeprefix(BOM)
    if text.removesuffix("\n").removesuffix("\r") != text.strip():
        odd.append(finding("blanks", "warning", clause=CLAUSE))
    text = text.strip()
    if not text.startswith(PREFIX):
        certificate.steps.append(done("prefix", odd, detail="JWS"))
        return text
    jws = jws_of_digits(text, odd)
    certificate.steps.append(done("prefix", odd, detail=PREFIX))
    return jws


def _header(jws: str, certificate: Certificate) -> Mapping[str, Any] | None:
    """Returns the header of a JWS; None for what is none."""
    header = _json(_bytes(jws.partition(".")[0]))
    if COMPACT.fullmatch(jws) is None or not isinstance(header, dict):
        certificate.steps.append(failed("jws", "no_jws", found=jws[:20], clause="RFC 7515 7.1"))
        return None
    odd = []
    if len(jws) > MOST_JWS:
        expected = str(MOST_JWS)
        met = str(len(jws))
        odd.append(
            finding("jws_long", "warning", expected=expected, found=met, clause=f"{CLAUSE} QR")
        )
    # health cards have no parameter that must be understood (RFC 7515 4.1.11; b64 of RFC 7797)
    if "crit" in header:
        met = str(header["crit"])[:40]
        odd.append(finding("jws_critical", "fatal", found=met, clause="RFC 7515 4.1.11"))
    for name, wanted in (("alg", "ES256"), ("zip", "DEF")):
        if header.get(name) != wanted:
            met = str(header.get(name, "–"))[:20]
            odd.append(
                finding(
                    "jws_header",
                    # a signature of another algorithm is none that could be checked (RFC 7515 5.2)
                    "fatal" if name == "alg" else "error",
                    where=name,
                    expected=wanted,
                    found=met,
                    clause=f"{CLAUSE} JWS",
                )
            )
    certificate.steps.append(done("jws", odd))
    return header


def _inflated(jws: str, header: Mapping[str, Any], certificate: Certificate) -> bool:
    """Undoes raw deflate; tells whether it worked."""
    certificate.compressed = _bytes(jws.split(".")[1])
    if header.get("zip") is None and certificate.compressed[:1] == b"{":
        certificate.inflated = certificate.compressed
        certificate.steps.append(failed("inflate", "not_deflated", clause=f"{CLAUSE} JWS"))
        return True  # it can be read all the same
    try:
        certificate.inflated, rest = inflate(certificate.compressed, most=SHC_BYTES, is_raw=True)
    except NotInflated as error:
        name = "not_raw" if error.reason == "wrong_form" else error.reason
        sizes = {"expected": str(SHC_BYTES), "found": certificate.compressed[:2].hex()}
        certificate.steps.append(failed("inflate", name, **sizes, clause="RFC 1951"))
        return False
    odd = [bytes_behind(rest, clause="RFC 1951 3.2.3")] if rest else []
    certificate.steps.append(done("inflate", odd, detail=str(len(certificate.inflated))))
    return True


def _payload(certificate: Certificate) -> Mapping[str, Any] | None:
    """Reads the claims of a card; returns the payload, None for what is none."""
    payload = _json(certificate.inflated)
    card = payload.get("vc") if isinstance(payload, dict) else None
    subject = card.get("credentialSubject") if isinstance(card, dict) else None
    if not isinstance(payload, dict) or not isinstance(subject, dict):
        certificate.steps.append(failed("claims", "no_card", clause=f"{CLAUSE} payload"))
        return None
    odd = []
    if certificate.inflated.startswith(UTF8_BOM):
        odd.append(finding("bom", "warning", clause=f"{CLAUSE} payload"))
    if certificate.inflated != certificate.inflated.strip():
        odd.append(finding("trailing", "warning", clause=f"{CLAUSE} payload"))
    elif BLANKS.search(STRINGS.sub(b"", certificate.inflated)):
        odd.append(finding("not_minified", "warning", clause=f"{CLAUSE} payload"))
    odd += _issuer(payload.get("iss"))
    issued, expires = (_time(payload, name, odd) for name in ("nbf", "exp"))
    if issued is None:
        odd.append(finding("no_nbf", "error", where="nbf", clause=f"{CLAUSE} payload"))
    if issued is not None and expires is not None and expires < issued:
        odd.append(finding("ends_before", "error", where="exp", clause=f"{CLAUSE} payload"))
    certificate.claims = Claims(str(payload.get("iss", "")), issued, expires, {None: payload})
    certificate.content = subject.get("fhirBundle")
    certificate.steps.append(done("claims", odd))
    return payload


def _issuer(issuer: Any) -> Iterator[Finding]:
    parts = urlsplit(issuer) if isinstance(issuer, str) else None
    is_right = (
        parts is not None
        and parts.scheme == "https"
        and parts.netloc
        and "@" not in parts.netloc
        and not str(issuer).endswith("/")
    )
    if not is_right or (parts is not None and (parts.query or parts.fragment)):
        yield finding(
            "bad_issuer", "error", where="iss", found=str(issuer)[:80], clause=f"{CLAUSE} iss"
        )


def _time(payload: Mapping[str, Any], name: str, odd: list[Finding]) -> int | None:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        # an end that cannot be read may lie behind us
        if name in payload:
            met = str(value)[:40]
            odd.append(
                finding("time_no_number", "error", where=name, found=met, clause="RFC 7519 2")
            )
        return None
    if value > 10**11:
        odd.append(
            finding(
                "shc_milliseconds",
                "error",
                where=name,
                found=str(value),
                clause=f"{CLAUSE} payload",
            )
        )
        value = value / 1000
    return int(value) if abs(value) < 10**11 else None


def _trust(certificate: Certificate, jws: str, header: Mapping[str, Any], issuers: Issuers) -> None:
    """Finds the issuer's key, and checks the signature by it."""
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        certificate.steps.append(failed("kid", "no_shc_kid", clause=f"{CLAUSE} kid"))
        return
    certificate.steps.append(Step("kid", "ok", detail=kid))
    issuer = certificate.claims.issuer if certificate.claims else ""
    keys = issuers.get(issuer)
    if keys is None:
        known = ", ".join(issuers) or "–"
        certificate.steps.append(
            failed("trust", "no_issuer", found=issuer[:80], known=known, clause=f"{CLAUSE} trust")
        )
        return
    jwk = next((key for key in keys if key.get("kid") == kid), None)
    if jwk is None:
        known = ", ".join(str(key.get("kid")) for key in keys) or "–"
        certificate.steps.append(
            failed("trust", "no_issuer_key", found=kid, known=known, clause=f"{CLAUSE} kid")
        )
        return
    certificate.steps.append(done("trust", [*faults_of_key(jwk, issuer=issuer)], detail=issuer))
    _signature(certificate, jws, jwk)


def faults_of_key(jwk: Mapping[str, Any], *, issuer: str) -> Iterator[Finding]:
    """Yields where an issuer's key is not as it is to be: kind, curve, use, algorithm, its id and
    its certificate.
    """
    for name, wanted in (("kty", "EC"), ("crv", "P-256"), ("use", "sig"), ("alg", "ES256")):
        if jwk.get(name) != wanted:
            met = str(jwk.get(name, "–"))[:20]
            yield finding(
                "bad_jwk", "error", where=name, expected=wanted, found=met, clause=f"{CLAUSE} keys"
            )
    if jwk.get("kid") != thumbprint(jwk):
        met = str(jwk.get("kid"))[:60]
        yield finding(
            "no_thumbprint",
            "error",
            where="kid",
            expected=thumbprint(jwk),
            found=met,
            clause="RFC 7638 3",
        )
    if "d" in jwk:
        yield finding("private_key", "error", where="d", clause=f"{CLAUSE} keys")
    if jwk.get("x5c"):
        yield from _faults_of_certificate(jwk, issuer)


def _faults_of_certificate(jwk: Mapping[str, Any], issuer: str) -> Iterator[Finding]:
    """Yields where the certificate of a key is of another one, or does not name the issuer's
    address.
    """
    try:
        certificate = x509.load_der_x509_certificate(from_base64(str(jwk["x5c"][0])))
        key: Any = certificate.public_key()
        is_same = key.public_numbers().x == int.from_bytes(_bytes(str(jwk.get("x", ""))))
    except (ValueError, TypeError, LookupError, AttributeError):
        is_same = False
    if not is_same:
        yield finding("other_x5c", "error", where="x5c", clause=f"{CLAUSE} x5c")
        return
    yield from _faults_of_chain(certificate, jwk["x5c"])
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        addresses = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        addresses = []
    if issuer not in addresses:
        met = ", ".join(addresses) or "–"
        yield finding(
            "no_address", "error", where="x5c", expected=issuer, found=met, clause=f"{CLAUSE} x5c"
        )


def _faults_of_chain(certificate: x509.Certificate, x5c: Sequence[Any]) -> Iterator[Finding]:
    """Yields where the certificates of a key do not stand one under the other."""
    clause = f"{CLAUSE} x5c"
    child = certificate
    for number, text in enumerate(x5c[1:], start=1):
        place = f"x5c[{number}]"
        try:
            issuer = x509.load_der_x509_certificate(from_base64(str(text)))
            child.verify_directly_issued_by(issuer)
        except (UnsupportedAlgorithm, TypeError):
            yield finding("chain_not_checked", "information", where=place, clause=clause)
            return
        except (ValueError, InvalidSignature):
            yield finding("broken_chain", "error", where=place, clause=clause)
            return
        child = issuer


def _signature(certificate: Certificate, jws: str, jwk: Mapping[str, Any]) -> None:
    content, _, last = jws.rpartition(".")
    signature = _bytes(last)
    if len(signature) != 2 * HALF:
        met = str(len(signature))
        certificate.steps.append(
            failed("signature", "not_64", expected="64", found=met, clause="RFC 7518 3.4")
        )
        return
    r = int.from_bytes(signature[:HALF])
    s = int.from_bytes(signature[HALF:])
    try:
        x, y = (int.from_bytes(_bytes(str(jwk.get(name, "")))) for name in ("x", "y"))
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(encode_dss_signature(r, s), content.encode(), ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        certificate.steps.append(failed("signature", "wrong_jws_signature", clause="RFC 7518 3.4"))
        return
    certificate.steps.append(Step("signature", "ok", detail="ES256"))


def _revocation(certificate: Certificate, kid: str, revoked: frozenset[str]) -> None:
    is_met = bool(revoked) and is_card_revoked(certificate, kid, revoked)
    clause = f"{CLAUSE} revocation"
    revocation = finding("revoked", "error", found=rid_of(certificate), clause=clause)
    findings = [revocation] if is_met else []
    certificate.steps.append(done("revocation", findings))


def _bytes(text: str) -> bytes:
    """Returns the bytes of base64url without padding; none for what is no such text."""
    try:
        return from_base64(text)
    except ValueError:
        return b""


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
