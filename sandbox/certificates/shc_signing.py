"""Signs SMART Health Cards, and writes them as digits for a QR code.  Pure apart from the key."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.certificates.shc import HALF, MOST_JWS, thumbprint
from sandbox.certificates.shc_forms import OFFSET, PREFIX
from sandbox.certificates.shc_making import CardContent
from sandbox.certificates.unpacking import to_base64url
from sandbox.fhir.json import Json, write_json

FHIR = "4.0.1"
QR_LEVEL = "L"
"""The error correction at which 1195 characters fit version 22 (SMART Health Cards 1.4, QR)."""


def jwk_of(key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    """Returns a key as an issuer publishes it (SMART Health Cards 1.4, Determining keys)."""
    numbers = key.public_numbers()
    point = {
        "x": to_base64url(numbers.x.to_bytes(HALF)),
        "y": to_base64url(numbers.y.to_bytes(HALF)),
    }
    jwk: dict[str, Any] = {"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", **point}
    return {**jwk, "kid": thumbprint(jwk)}


def payload_of(content: CardContent, *, issuer: str, at: datetime, rid: str) -> Json:
    """Returns the claims of a card.

    Args:
        content: What it holds.
        issuer: The address below which its keys are published.
        at: From when on it is valid.
        rid: By which it can be taken back.
    """
    subject = {"fhirVersion": FHIR, "fhirBundle": content.bundle}
    card = {"type": list(content.types), "credentialSubject": subject, "rid": rid}
    return {"iss": issuer, "nbf": int(at.timestamp()), "vc": card}


def signed_card(payload: Json, key: ec.EllipticCurvePrivateKey) -> str:
    """Returns a card as compact JWS: minified, deflated raw, signed with ES256 (RFC 7515 7.1)."""
    header = {"zip": "DEF", "alg": "ES256", "kid": jwk_of(key.public_key())["kid"]}
    # RFC 1951 without the header and checksum of zlib
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    compressed = deflater.compress(write_json(payload)) + deflater.flush()
    content = f"{to_base64url(write_json(header))}.{to_base64url(compressed)}"
    r, s = decode_dss_signature(key.sign(content.encode(), ec.ECDSA(SHA256())))
    return f"{content}.{to_base64url(r.to_bytes(HALF) + s.to_bytes(HALF))}"


def digits_of(jws: str) -> str:
    """Returns what the QR code of a card says; empty for a card that is too large for one code."""
    if len(jws) > MOST_JWS:
        return ""
    return PREFIX + "".join(f"{ord(letter) - OFFSET:02}" for letter in jws)
