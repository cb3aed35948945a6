"""The cryptosuites of Data Integrity that are known: what is hashed, by which hash, for which keys
(W3C VC-DI-ECDSA and VC-DI-EDDSA 1.0).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.credentials.keys import (
    ED25519,
    P256,
    P384,
    Curve,
    PrivateKey,
    PublicKey,
    curve_of,
    is_signed,
    sign,
)
from sandbox.credentials.proofs.canonical import jcs, rdfc
from sandbox.credentials.texts import Json, from_multibase, to_base58

TYPE = "DataIntegrityProof"


@dataclass(frozen=True, slots=True)
class Suite:
    """A cryptosuite: how a document becomes bytes, and the curves of its keys."""

    name: str
    canonical: Callable[[Json], bytes]
    curves: tuple[Curve, ...]
    clause: str

    @property
    def is_json(self) -> bool:
        """Tells whether it signs JSON as it is, and no RDF."""
        return self.canonical is jcs


ECDSA = "W3C VC-DI-ECDSA 3"
EDDSA = "W3C VC-DI-EDDSA 3"
SUITES = {
    suite.name: suite
    for suite in (
        Suite("ecdsa-rdfc-2019", rdfc, (P256, P384), f"{ECDSA}.2"),
        Suite("ecdsa-jcs-2019", jcs, (P256, P384), f"{ECDSA}.3"),
        Suite("eddsa-rdfc-2022", rdfc, (ED25519,), f"{EDDSA}.2"),
        Suite("eddsa-jcs-2022", jcs, (ED25519,), f"{EDDSA}.3"),
    )
}


def hashed(suite: Suite, document: Json, options: Json, curve: Curve) -> bytes:
    """Returns what is signed: the hash of the options, then that of the document.

    Args:
        suite: Says the canonical form.
        document: The document without proof.
        options: The proof without its value, with the contexts that it is read by.
        curve: That of the key: P-384 hashes with SHA-384, all others with SHA-256.

    Raises:
        NotCanonical: One of both has no canonical form.
        UnknownContext: One of both names a context that is not bundled.
    """
    hash = hashlib.sha384 if curve is P384 else hashlib.sha256
    return hash(suite.canonical(options)).digest() + hash(suite.canonical(document)).digest()


def value_of(suite: Suite, document: Json, options: Json, key: PrivateKey) -> str:
    """Returns the value of a proof, as multibase base58btc.

    Args:
        suite: Says the canonical form.
        document: The document without proof, or with the proofs that this one follows.
        options: The proof without its value, as it is hashed.
        key: Signs.
    """
    content = hashed(suite, document, options, curve_of(key))
    return "z" + to_base58(sign(key, content))


def is_proven(suite: Suite, document: Json, options: Json, value: str, key: PublicKey) -> bool:
    """Tells whether a proof's value is a key's over document and options.

    Raises:
        NotCanonical: One of both has no canonical form.
        UnknownContext: One of both names a context that is not bundled.
    """
    try:
        signature = from_multibase(value) if value.startswith("z") else b""
    except ValueError:
        return False
    return is_signed(key, hashed(suite, document, options, curve_of(key)), signature)
