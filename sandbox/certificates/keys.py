"""Signing keys: their ids, and what a trust list says about them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.cose import PublicKey
from sandbox.findings import Finding

KID_BYTES = 8
# last number of an extended key usage: the part of a certificate that it is for
GROUPS = {1: "t", 2: "v", 3: "r"}
# as specified, and with a 0 that many wrote
USAGES = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of a trust list: whose it is, for which domain, in which environment; with its
    certificate where known.

    `groups` are the parts that it may sign (empty: all), `begins` and `ends` the times of its
    certificate, in seconds since 1970 (0 where there is none); `chain` holds who has issued it;
    `usage` is what a list has it for.
    """

    kid: bytes
    key: PublicKey
    country: str = ""
    domain: str = ""
    environment: str = ""
    certificate: x509.Certificate | None = None
    groups: frozenset[str] = frozenset()
    begins: float = 0
    ends: float = 0
    chain: tuple[x509.Certificate, ...] = ()
    usage: str = "DSC"

    def is_in_force(self, moment: float) -> bool:
        """Tells whether the key is in force at a moment, in seconds since 1970."""
        return self.begins <= moment and (not self.ends or moment <= self.ends)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A key that a list has and that verifies no documents, with the reasons."""

    kid: bytes
    country: str
    environment: str
    reasons: tuple[Finding, ...]


class Trust(Protocol):
    """Where keys are looked for."""

    def keys_of(self, kid: bytes) -> Sequence[TrustedKey]:
        """Returns the keys with an id: ids are short, so there may be several."""

    def refused(self, kid: bytes) -> Sequence[Refusal]:
        """Returns what the lists have with an id, and what is not believed."""

    def nearest(self, kid: bytes, *, issuer: str) -> Sequence[TrustedKey]:
        """Returns keys that might have been meant, such as those of the issuer's country."""


class KeyList:
    """Keys in memory."""

    def __init__(self, keys: Sequence[TrustedKey] = (), *, refused: Sequence[Refusal] = ()) -> None:
        self._keys: dict[bytes, list[TrustedKey]] = {}
        self._refused: dict[bytes, list[Refusal]] = {}
        for refusal in refused:
            self._refused.setdefault(refusal.kid, []).append(refusal)
        for key in keys:
            self._keys.setdefault(key.kid, []).append(key)

    def keys_of(self, kid: bytes) -> Sequence[TrustedKey]:
        """Returns the keys with an id."""
        return self._keys.get(kid, ())

    def refused(self, kid: bytes) -> Sequence[Refusal]:
        """Returns what the lists have with an id, and what is not believed."""
        return self._refused.get(kid, ())

    def nearest(self, kid: bytes, *, issuer: str) -> Sequence[TrustedKey]:
        """Returns the keys of the issuer's country, else the one whose id begins most alike."""
        every = [key for keys in self._keys.values() for key in keys]
        # A key that is not found is the commonest failure of an event (signed with another DSC than
        # uploaded): whoever reads this wants to see which key was meant.
        own = [key for key in every if issuer and key.country.startswith(issuer[:2])]
        return own[:5] or sorted(every, key=lambda key: -_alike(key.kid, kid))[:1]


def kid_of(certificate: x509.Certificate) -> bytes:
    """Returns the id of a certificate's key: the first eight bytes of SHA-256 over its DER (HCERT
    1.1.1 3.3.2).
    """
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()[:KID_BYTES]


def trusted(
    certificate: x509.Certificate, *, domain: str = "", environment: str = ""
) -> TrustedKey:
    """Returns the key of a certificate that is trusted."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    country = str(names[0].value) if names else ""
    key: Any = certificate.public_key()
    # kept as numbers: they are compared for every certificate that this key has signed
    begins, ends = (
        moment.timestamp()
        for moment in (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    )
    groups = groups_of(certificate)
    return TrustedKey(
        kid_of(certificate), key, country, domain, environment, certificate, groups, begins, ends
    )


@lru_cache(maxsize=4096)
def shown(kid: bytes) -> str:
    """Returns an id as people compare it: Base64 and hexadecimal."""
    return f"{base64.b64encode(kid).decode()} ({kid.hex()})"


def groups_of(certificate: x509.Certificate) -> frozenset[str]:
    """Returns the parts of a certificate that a key may sign (v, t, r); empty for all (HCERT 1.1.1
    A.6).
    """
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    # an empty extension cannot be read, and restricts nothing
    except (x509.ExtensionNotFound, ValueError):
        return frozenset()
    groups = set()
    for usage in usages:
        beginning, _, last = usage.dotted_string.rpartition(".")
        if f"{beginning}." in USAGES and last.isdecimal() and int(last) in GROUPS:
            groups.add(GROUPS[int(last)])
    return frozenset(groups)


def _alike(left: bytes, right: bytes) -> int:
    return next(
        (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
