"""Border formats that are read and never issued: ICAO VDS-NC and DIVOC.

The signature of a VDS-NC is checked by the certificate that it carries, which is believed where a
trust list has it as a signer of documents; that of DIVOC, over JSON-LD, is not checked.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sandbox.certificates.claims import Claims
from sandbox.certificates.keys import KeyList, Trust, trusted
from sandbox.certificates.steps import DIVOC, VDS_NC, Certificate, Step, done, failed, finding
from sandbox.certificates.unpacking import from_base64
from sandbox.certificates.verifying import validity
from sandbox.countries import are_same
from sandbox.findings import Finding
from sandbox.limits import BORDER_BYTES, BORDER_CHARACTERS

ZIP_TEXT = "B64:"
ZIP_BYTES = "PK"
MEMBER = "certificate.json"
HALF = 32
# SubjectPublicKeyInfo of every P-256 key begins so (RFC 5480 2): what follows is x and y
P256_KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
P256_SIZE = 91  # SubjectPublicKeyInfo
VDS_CLAUSE = "ICAO VDS-NC 1.3"
DIVOC_CLAUSE = "DIVOC 1.0"


def is_vds(text: str) -> bool:
    """Tells whether a text is a VDS-NC."""
    plain = text.lstrip()
    return plain.startswith("{") and '"data"' in plain[:200] and '"sig"' in plain


def is_divoc(text: str) -> bool:
    """Tells whether a text is a DIVOC certificate."""
    return text.lstrip().startswith((ZIP_TEXT, ZIP_BYTES))


def read_vds(text: str, trust: Trust | None = None, *, at: datetime | None = None) -> Certificate:
    """Returns a VDS-NC with every step.

    Args:
        text: JSON with the data and the seal over it.
        trust: Where its certificate is looked for; nowhere where there is none.
        at: The moment for which it is judged; now where there is none.
    """
    certificate = Certificate(text, order=VDS_NC)
    seal = _json(text) if len(text) <= BORDER_CHARACTERS else None
    data = seal.get("data") if isinstance(seal, dict) else None
    header, message = (
        data.get(name) if isinstance(data, dict) else None for name in ("hdr", "msg")
    )
    kind = header.get("t") if isinstance(header, dict) else None
    if not (isinstance(seal, dict) and isinstance(header, dict) and isinstance(message, dict)) or (
        not isinstance(kind, str)
    ):
        certificate.steps.append(failed("claims", "no_vds", clause=f"{VDS_CLAUSE} 2"))
        certificate.complete()
        return certificate
    certificate.claims = Claims(str(header.get("is", "")), None, None, {None: data})
    certificate.content = message
    detail = f"{kind} {header.get('v', '')}".strip()
    certificate.steps.append(Step("claims", "ok", detail=detail))
    step, owner = _vds_signature(data, seal.get("sig"))
    certificate.steps.append(step)
    if owner is not None:
        _vds_trust(certificate, owner, trust or KeyList())
        validity(certificate, certificate.claims, at or datetime.now(UTC))
    certificate.complete()
    return certificate


def read_divoc(text: str) -> Certificate:
    """Returns a DIVOC certificate as far as it is read: what it says, not whether it is true."""
    certificate = Certificate(text, order=DIVOC)
    content = _unzipped(text.strip())
    if content is None:
        certificate.steps.append(failed("inflate", "no_zip", expected=MEMBER, clause=DIVOC_CLAUSE))
        certificate.complete()
        return certificate
    certificate.inflated = content
    certificate.steps.append(Step("inflate", "ok", detail=str(len(content))))
    credential = _json(content)
    if not isinstance(credential, dict) or not isinstance(
        credential.get("credentialSubject"), dict
    ):
        certificate.steps.append(failed("claims", "no_credential", clause="VC Data Model 1.1 4"))
    else:
        certificate.claims = Claims(
            str(credential.get("issuer", "")), None, None, {None: credential}
        )
        certificate.content = credential
        proof = credential.get("proof")
        kind = str(proof.get("type", "–")) if isinstance(proof, dict) else "–"
        certificate.steps.append(Step("claims", "ok", detail=kind))
    certificate.complete()
    return certificate


def _vds_signature(data: Any, signature: Any) -> tuple[Step, x509.Certificate | None]:
    """Checks the signature over the canonical form of the data (RFC 8785) by the certificate beside
    it.

    Returns:
        The step, and the certificate where it has made the signature and can be read.
    """
    clause = f"{VDS_CLAUSE} 3"
    if not isinstance(signature, Mapping) or signature.get("alg") != "ES256":
        met = str(signature.get("alg"))[:20] if isinstance(signature, Mapping) else "–"
        step = failed("signature", "vds_algorithm", expected="ES256", found=met, clause=clause)
        return step, None
    try:
        key, owner, odd = _key(_bytes(signature.get("cer")))
        value = _bytes(signature.get("sigvl"))
        if not isinstance(key, ec.EllipticCurvePublicKey) or len(value) != 2 * HALF:
            raise ValueError(len(value))
        r = int.from_bytes(value[:HALF])
        s = int.from_bytes(value[HALF:])
        content = rfc8785.dumps(data)
        key.verify(encode_dss_signature(r, s), content, ec.ECDSA(SHA256()))
    except (ValueError, TypeError, InvalidSignature):
        return failed("signature", "vds_signature", clause=clause), None
    name = owner.subject.rfc4514_string()[:80] if owner else ""
    return done("signature", odd, detail=name), owner


def _vds_trust(certificate: Certificate, owner: x509.Certificate, trust: Trust) -> None:
    """Looks for the certificate of a VDS-NC in the trust lists, and judges whose it is; one that no
    list has is not believed, and no proof of a fault either.
    """
    certificate.key = trusted(owner)
    issuer = certificate.claims.issuer if certificate.claims else ""
    wrong = [*_faults_of_owner(owner, certificate.key.country, issuer)]
    kid = certificate.key.kid
    listed = next((key for key in trust.keys_of(kid) if key.certificate == owner), None)
    wrong += [reason for refusal in trust.refused(kid) for reason in refusal.reasons if not listed]
    if listed is not None:
        certificate.key = listed
    if listed is not None or wrong:
        place = f"{certificate.key.country} {certificate.key.domain} {certificate.key.environment}"
        certificate.steps.append(done("trust", wrong, detail=place.strip()))


def _faults_of_owner(owner: x509.Certificate, country: str, issuer: str) -> Iterator[Finding]:
    """Yields where a certificate may not seal, or is not of the country that the data name."""
    if are_same(issuer, country) is False:
        params = {"expected": country, "found": issuer}
        yield finding("other_issuer", "error", where="hdr.is", **params, clause=f"{VDS_CLAUSE} 2")
    try:
        is_authority = owner.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        is_authority = False
    if is_authority:
        found = owner.subject.rfc4514_string()[:80]
        clause = "ICAO Doc 9303-13 (barcode signer)"
        yield finding("vds_authority", "error", where="sig.cer", found=found, clause=clause)


def _key(certificate: bytes) -> tuple[Any, x509.Certificate | None, list[Finding]]:
    """Returns the key of a certificate and the certificate; of one that breaks DER, the P-256 key
    that stands in it.
    """
    try:
        read = x509.load_der_x509_certificate(certificate)
        return read.public_key(), read, []
    except ValueError:
        place = certificate.find(P256_KEY)
        if place < 0:
            raise
        key = load_der_public_key(certificate[place : place + P256_SIZE])
        return key, None, [finding("odd_certificate", "warning", clause="RFC 5758 3.2")]


def _unzipped(text: str) -> bytes | None:
    """Returns the certificate in the zip of a DIVOC text; None for what is none, or too large."""
    if len(text) > BORDER_CHARACTERS:
        return None
    try:
        is_text = text.startswith(ZIP_TEXT)
        # a QR code in byte mode reaches us as one letter for each byte
        packed = base64.b64decode(text[len(ZIP_TEXT) :]) if is_text else text.encode("latin-1")
        with zipfile.ZipFile(io.BytesIO(packed)) as opened, opened.open(MEMBER) as member:
            # the size that a zip states may be a lie: one byte too many tells
            content = member.read(BORDER_BYTES + 1)
    except (
        ValueError,
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
    ):
        return None
    return content if len(content) <= BORDER_BYTES else None


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise TypeError
    return from_base64(text)


def _json(content: str | bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
