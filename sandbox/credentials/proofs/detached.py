"""JsonWebSignature2020: a JWS whose payload is the hashes of a proof and of its document, and
stands nowhere (W3C CCG lds-jws2020; RFC 7797, `b64` false).
"""

from __future__ import annotations

import hashlib
from typing import Literal

from sandbox.credentials.keys import ED25519, P256, P384
from sandbox.credentials.proofs.canonical import rdfc
from sandbox.credentials.proofs.secured import JWS_2020, Proof
from sandbox.credentials.proofs.suites import Suite
from sandbox.credentials.texts import from_base64url, read_object

CLAUSE = "lds-jws2020 3"
UNENCODED = "RFC 7797 6"
SUITE = Suite(JWS_2020, rdfc, (P256, P384, ED25519), CLAUSE)
Reason = Literal["not_detached", "not_unencoded", "detached_alg"]


class NotDetached(ValueError):
    """What is no detached JWS of this suite; `reason` is the last part of the key of a finding."""

    def __init__(self, reason: Reason, found: str) -> None:
        super().__init__(found)
        self.reason: Reason = reason


def read_detached(jws: object, *, alg: str) -> tuple[str, bytes]:
    """Returns the header of a detached JWS as it stands, and the signature.

    Args:
        jws: The member of the proof.
        alg: The algorithm that the key has.

    Raises:
        NotDetached: It has a payload or is no JWS, signs an encoded payload, asks for what is not
            known, or names the algorithm of another key.
    """
    parts = jws.split(".") if isinstance(jws, str) else []
    try:
        if len(parts) != 3 or parts[1]:
            raise ValueError("parts")
        header = read_object(from_base64url(parts[0]))
        signature = from_base64url(parts[2])
    except ValueError:
        raise NotDetached("not_detached", str(jws)[:40]) from None
    # what a header calls critical must be understood, and b64 must be called so
    if header.get("b64") is not False or header.get("crit") != ["b64"]:
        raise NotDetached("not_unencoded", f"b64 {header.get('b64')} crit {header.get('crit')}")
    if header.get("alg") != alg:
        raise NotDetached("detached_alg", str(header.get("alg"))[:20])
    return parts[0], signature


def signed_bytes(proof: Proof, head: str) -> bytes:
    """Returns what the JWS signs: its header, the hash of the options, then that of the document.

    Raises:
        NotCanonical: One of both has no canonical form.
        UnknownContext: One of both names a context that is not bundled.
    """
    hashes = [hashlib.sha256(rdfc(part)).digest() for part in (proof.options, proof.document)]
    return head.encode("ascii") + b"." + b"".join(hashes)
