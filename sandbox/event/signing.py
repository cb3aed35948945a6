"""The key with which a sandbox signs the evidence that it gives out: Ed25519, made at its first use
and kept beside the database, for nobody else to read.

A signature is a JWS whose payload stands elsewhere (RFC 7515 appendix F, RFC 8037, RFC 9864), so
that any JOSE library can check it.  A backup does not hold the key, since it is handed on more
easily than a key may be.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

FILE = "evidence.key"
PLACE = "/.well-known/connectathon-evidence-key.json"
"""Where a server gives its public key, as a JWK."""
Jwk = dict[str, str]


class EvidenceKey:
    """The signing key of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    @property
    def is_made(self) -> bool:
        """Whether there is a key: one that nobody has used yet need not exist to compare with."""
        return self._file.is_file()

    def public(self) -> Jwk:
        """Returns the public key as a JWK (RFC 8037 2); its `kid` is its thumbprint (RFC 7638)."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        raw = self._private().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return jwk_of(raw)

    def sign(self, payload: bytes) -> bytes:
        """Returns the signature over bytes that stand elsewhere; the same for the same."""
        header = _encoded(
            json.dumps({"alg": "Ed25519", "jwk": self.public()}, sort_keys=True).encode()
        )
        signature = self._private().sign(header + b"." + _encoded(payload))
        return header + b".." + _encoded(signature)

    def _private(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        if not self.is_made:
            self._make()
        key = load_pem_private_key(self._file.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{self._file} holds no Ed25519 key")
        return key

    def _make(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        self._file.parent.mkdir(parents=True, exist_ok=True)
        written = self._file.with_name(f"{FILE}.{os.getpid()}")
        # made with its mode: a chmod afterwards would leave a moment in which others can read it
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(written, flags, 0o600), "wb") as file:
            file.write(pem)
        # of two processes that make one at once, the first one's is the key of both
        with contextlib.suppress(FileExistsError):
            os.link(written, self._file)
        written.unlink()


def jwk_of(raw: bytes) -> Jwk:
    """Returns the JWK of the 32 bytes of an Ed25519 public key."""
    key = {"crv": "Ed25519", "kty": "OKP", "x": _encoded(raw).decode()}
    # RFC 7638 3.1: the members of the key alone, in this order, without blanks
    text = json.dumps(key, sort_keys=True, separators=(",", ":")).encode()
    kid = _encoded(hashlib.sha256(text).digest()).decode()
    return {**key, "kid": kid, "alg": "Ed25519", "use": "sig"}


def key_of(content: bytes) -> Jwk:
    """Reads a public key as PLACE gives it; raises ValueError for anything else."""
    try:
        jwk = json.loads(content)
        if (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519"):
            return jwk_of(_decoded(jwk["x"].encode()))
    except (KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise ValueError("no Ed25519 key as a JWK (RFC 8037)")


def signer_of(signature: bytes, payload: bytes) -> Jwk | None:
    """Returns the public key whose signature over a payload this is; None where it is none.

    Whether that key is to be trusted is for the caller to say.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        header, nothing, signed = signature.split(b".")
        claims = json.loads(_decoded(header))
        # what the signer says of itself counts for nothing but the key: its id is worked out here
        raw = _decoded(claims["jwk"]["x"].encode())
        key = Ed25519PublicKey.from_public_bytes(raw)
        key.verify(_decoded(signed), header + b"." + _encoded(payload))
        if claims["alg"] != "Ed25519" or nothing:
            return None
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError):
        return None
    return jwk_of(raw)


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    decoded = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    # the decoder passes over foreign characters and spare bits: one signature has one spelling
    if _encoded(decoded) != text:
        raise ValueError(text)
    return decoded
