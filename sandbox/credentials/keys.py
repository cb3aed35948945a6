"""Public keys of credentials, as JWK and as Multikey, and the one signature of each.

A key has one algorithm: what a header or a suite says beside it is compared and never obeyed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.credentials.texts import (
    Json,
    from_base64url,
    from_multibase,
    to_base58,
    to_base64url,
    write_compact,
)

PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey
PrivateKey = ec.EllipticCurvePrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve by its names: in JWK, in JOSE, and as multicodec in a Multikey; `half` is the size
    of a coordinate in bytes.
    """

    crv: str
    alg: str
    codec: bytes
    half: int
    curve: type[ec.EllipticCurve] | None
    hash: Callable[[], hashes.HashAlgorithm]


P256 = Curve("P-256", "ES256", b"\x80\x24", 32, ec.SECP256R1, hashes.SHA256)
P384 = Curve("P-384", "ES384", b"\x81\x24", 48, ec.SECP384R1, hashes.SHA384)
SECP256K1 = Curve("secp256k1", "ES256K", b"\xe7\x01", 32, ec.SECP256K1, hashes.SHA256)
ED25519 = Curve("Ed25519", "EdDSA", b"\xed\x01", 32, None, hashes.SHA256)
CURVES = (P256, P384, SECP256K1, ED25519)
OF_CURVE = {each.curve: each for each in CURVES if each.curve is not None}
SIGNING = frozenset(curve.alg for curve in CURVES)
MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


def curve_of(key: PublicKey | PrivateKey) -> Curve:
    """Returns the curve of a key; raises ValueError for one that signs no credentials."""
    if isinstance(key, (Ed25519PublicKey, Ed25519PrivateKey)):
        return ED25519
    curve = OF_CURVE.get(type(key.curve))
    if curve is None:
        raise ValueError(key.curve.name)
    return curve


def sign(key: PrivateKey, content: bytes) -> bytes:
    """Returns the signature of a key.

    Returns:
        Of ECDSA r and s behind each other, each as long as a coordinate (RFC 7518 3.4); of Ed25519
        its 64 bytes.
    """
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(content)
    curve = curve_of(key)
    r, s = decode_dss_signature(key.sign(content, ec.ECDSA(curve.hash())))
    return r.to_bytes(curve.half) + s.to_bytes(curve.half)


def is_signed(key: PublicKey, content: bytes, signature: bytes) -> bool:
    """Tells whether a signature is a key's.

    Args:
        key: Says the algorithm.
        content: What was signed.
        signature: In the form that `sign` returns; DER is none.
    """
    curve = curve_of(key)
    if len(signature) != 2 * curve.half:
        return False
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, content)
            return True
        r = int.from_bytes(signature[: curve.half])
        s = int.from_bytes(signature[curve.half :])
        key.verify(encode_dss_signature(r, s), content, ec.ECDSA(curve.hash()))
    except (InvalidSignature, ValueError):
        return False
    return True


def point_of(key: PublicKey) -> bytes:
    """Returns a key as bytes: the compressed point, or the 32 bytes of Ed25519."""
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def to_multikey(key: PublicKey) -> str:
    """Returns a key as Multikey: `z`, base58btc of multicodec and point (W3C CID 1.0 2.2.2)."""
    return "z" + to_base58(curve_of(key).codec + point_of(key))


@lru_cache(maxsize=200)
def from_multikey(text: str) -> PublicKey:
    """Returns the key of a Multikey.

    Raises:
        ValueError: It is no multibase, of another kind of key, or no point of its curve.
    """
    content = from_multibase(text)
    curve = next((each for each in CURVES if content.startswith(each.codec)), None)
    if curve is None:
        raise ValueError("no key that signs credentials")
    point = content[len(curve.codec) :]
    if curve.curve is None:
        return Ed25519PublicKey.from_public_bytes(point)
    if len(point) != curve.half + 1:
        raise ValueError("no compressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(curve.curve(), point)


def to_jwk(key: PublicKey) -> Json:
    """Returns a key as JWK, in the order of its thumbprint (RFC 7517, RFC 8037)."""
    curve = curve_of(key)
    if isinstance(key, Ed25519PublicKey):
        return {"crv": curve.crv, "kty": "OKP", "x": to_base64url(point_of(key))}
    numbers = key.public_numbers()
    x, y = (to_base64url(number.to_bytes(curve.half)) for number in (numbers.x, numbers.y))
    return {"crv": curve.crv, "kty": "EC", "x": x, "y": y}


def from_jwk(jwk: Any) -> PublicKey:
    """Returns the key of a JWK.

    Raises:
        ValueError: It lacks a member, is of another kind, holds a private part, or its point is
            not on its curve.
    """
    if not isinstance(jwk, dict) or "d" in jwk:
        raise ValueError("no public JWK")
    curve = next((each for each in CURVES if each.crv == jwk.get("crv")), None)
    kind = "OKP" if curve is ED25519 else "EC"
    if curve is None or jwk.get("kty") != kind:
        raise ValueError("no key that signs credentials")
    try:
        x = from_base64url(jwk["x"])
        if curve.curve is None:
            return Ed25519PublicKey.from_public_bytes(x)
        y = from_base64url(jwk["y"])
    except (KeyError, TypeError):
        raise ValueError("a coordinate is missing") from None
    if (len(x), len(y)) != (curve.half, curve.half):
        raise ValueError("a coordinate has another size")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), curve.curve())
    return numbers.public_key()


def thumbprint(jwk: Json) -> str:
    """Returns the name that follows from a key: SHA-256 over its needed members (RFC 7638)."""
    members = {name: jwk.get(name) for name in MEMBERS.get(str(jwk.get("kty")), ())}
    return to_base64url(hashlib.sha256(write_compact(members)).digest())
