"""JSON Web Signatures in compact form (RFC 7515), written and read; which key is right is decided
elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.credentials.keys import ED25519, PrivateKey, PublicKey, curve_of, is_signed, sign
from sandbox.credentials.texts import (
    Json,
    from_base64url,
    read_object,
    to_base64url,
    write_compact,
)


@dataclass(frozen=True, slots=True)
class Jws:
    """A signed object: its header, its payload, and what is signed by which bytes."""

    header: Json
    payload: Json
    signed: bytes
    signature: bytes


def read_jws(text: str) -> Jws:
    """Returns what a compact JWS holds.

    Raises:
        ValueError: It has not three parts in base64url, one of both objects is none, or its header
            asks for what is not known here (RFC 7515 4.1.11).
    """
    head, body, last = text.split(".")
    header = read_object(from_base64url(head))
    if "crit" in header or header.get("b64") is False:
        raise ValueError("an extension that is not known")
    payload = read_object(from_base64url(body))
    return Jws(header, payload, f"{head}.{body}".encode("ascii"), from_base64url(last))


def write_jws(header: Json, payload: Json, key: PrivateKey) -> str:
    """Returns a compact JWS.

    Args:
        header: What stands in it beside the algorithm, which is that of the key.
        payload: What is signed, as JSON without blanks.
        key: Signs.
    """
    full = {"alg": curve_of(key).alg, **header}
    signed = ".".join(to_base64url(write_compact(part)) for part in (full, payload))
    return f"{signed}.{to_base64url(sign(key, signed.encode()))}"


def is_algorithm(header: Json, key: PublicKey) -> bool:
    """Tells whether a header names the algorithm of a key.

    Args:
        header: The protected header; what it says is compared, never obeyed.
        key: Has one algorithm, which is neither `none` nor an HMAC.
    """
    curve = curve_of(key)
    # RFC 9864 names the curve itself
    names = (curve.alg, "Ed25519") if curve is ED25519 else (curve.alg,)
    return header.get("alg") in names


def is_signed_by(jws: Jws, key: PublicKey) -> bool:
    """Tells whether a key has signed, with the algorithm that the header names."""
    return is_algorithm(jws.header, key) and is_signed(key, jws.signed, jws.signature)
