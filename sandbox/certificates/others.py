"""Border formats that are read and never issued: ICAO VDS-NC and DIVOC.  No trust list is kept for
them.

The signature of a VDS-NC is checked by the certificate that it carries; that of DIVOC, over
JSON-LD, is not.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sandbox.certificates.claims import Claims
from sandbox.certificates.steps import DIVOC, VDS_NC, Certificate, Step, done, failed, finding
from sandbox.certificates.unpacking import from_base64
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


def read_vds(text: str) -> Certificate:
    """Returns a VDS-NC with every step; whom its certificate belongs to is not known here."""
    certificate = Certificate(text, order=VDS_NC)
    seal = _json(text) if len(text) <= BORDER_CHARACTERS else None
    data = seal.get("data") if isinstance(seal, dict) else None
    header, message = (
        data.get(name) if isinstance(data, dict) else None for name in ("hdr", "msg")
    )
    if not isinstance(seal, dict) or not isinstance(header, dict) or not isinstance(message, dict):
        certificate.steps.append(failed("claims", "no_vds", clause=f"{VDS_CLAUSE} 2"))
        certificate.complete()
        return certificate
    certificate.claims = Claims(str(header.get("is", "")), None, None, {None: data})
    certificate.content = message
    kind = f"{header.get('t', '–')} {header.get('v', '')}".strip()
    certificate.steps.append(Step("claims", "ok", detail=kind))
    certificate.steps.append(_vds_signature(data, seal.get("sig")))
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


def _vds_signature(data: Any, signature: Any) -> Step:
    """Checks the signature over the canonical form of the data (RFC 8785) by the certificate beside
    it.
    """
    clause = f"{VDS_CLAUSE} 3"
    if not isinstance(signature, Mapping) or signature.get("alg") != "ES256":
        met = str(signature.get("alg"))[:20] if isinstance(signature, Mapping) else "–"
        return failed("signature", "vds_algorithm", expected="ES256", found=met, clause=clause)
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
        return failed("signature", "vds_signature", clause=clause)
    return done("signature", odd, detail=owner)


def _key(certificate: bytes) -> tuple[Any, str, list[Finding]]:
    """Returns the key of a certificate and whose it is; of one that breaks DER, the P-256 key that
    stands in it.
    """
    try:
        read = x509.load_der_x509_certificate(certificate)
        return read.public_key(), read.subject.rfc4514_string()[:80], []
    except ValueError:
        place = certificate.find(P256_KEY)
        if place < 0:
            raise
        key = load_der_public_key(certificate[place : place + P256_SIZE])
        return key, "", [finding("odd_certificate", "warning", clause="RFC 5758 3.2")]


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
