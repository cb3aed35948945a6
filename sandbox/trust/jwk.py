"""Reads a public key that is written as JWK (RFC 7517): EC, RSA and Ed25519."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from sandbox.certificates.unpacking import from_base64

CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


def public_key_of(
    jwk: Mapping[str, Any],
) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey:
    """Returns the key of a JWK.

    Raises:
        ValueError: Its numbers are no key, or its kind is unknown here.
        KeyError: A member is missing.
    """
    if jwk.get("kty") == "RSA":
        e = int.from_bytes(from_base64(str(jwk["e"])))
        n = int.from_bytes(from_base64(str(jwk["n"])))
        return rsa.RSAPublicNumbers(e, n).public_key()
    if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(from_base64(str(jwk["x"])))
    curve = CURVES.get(str(jwk.get("crv")))
    # a curve is one of its kind alone (RFC 7518 6.2)
    if curve is None or jwk.get("kty") != "EC":
        raise ValueError(str(jwk.get("crv")))
    x = int.from_bytes(from_base64(str(jwk["x"])))
    y = int.from_bytes(from_base64(str(jwk["y"])))
    return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()
