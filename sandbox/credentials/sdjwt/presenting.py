"""What a holder shows of an SD-JWT credential: some of its claims, signed by the holder's key for
one verifier (RFC 9901 4.3, 7.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.credentials.jose import Jws, read_jws, write_jws
from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.sdjwt.disclosures import (
    ALGORITHM,
    HASHES,
    BadDisclosure,
    Disclosure,
    Opened,
    digest_of,
    opened,
    read_disclosure,
)
from sandbox.credentials.sdjwt.issuing import Pattern, matches

KB_TYP = "kb+jwt"


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An SD-JWT taken apart: the issuer's object, the disclosures, and the holder's signature,
    empty where there is none.
    """

    jws: Jws
    disclosures: tuple[Disclosure, ...]
    key_binding: str
    bound: str
    """What the holder has signed: the text up to the last tilde, with it."""
    algorithm: str

    def opened(self) -> Opened:
        """Returns the claims with what is disclosed; raises BadDisclosure."""
        return opened(self.jws.payload, self.disclosures, self.algorithm)


def read_sdjwt(text: str) -> SdJwt:
    """Returns an SD-JWT taken apart.

    Raises:
        BadDisclosure: A disclosure is none, or the hash of the digests is unknown.
        ValueError: The issuer's object is no JWS, or there is no tilde.
    """
    bound, tilde, key_binding = text.rpartition("~")
    if not tilde:
        raise ValueError("no tilde")
    first, *disclosures = bound.split("~")
    jws = read_jws(first)
    algorithm = jws.payload.get(ALGORITHM, "sha-256")
    if algorithm not in HASHES:
        raise BadDisclosure(f"hash {algorithm}")
    read = tuple(read_disclosure(disclosure) for disclosure in disclosures)
    return SdJwt(jws, read, key_binding, bound + tilde, algorithm)


def select(text: str, wanted: Iterable[Pattern]) -> str:
    """Returns a credential with the disclosures that the wanted claims need, and no other.

    Raises:
        ValueError: It is no SD-JWT.
    """
    sdjwt = read_sdjwt(text)
    needed = sdjwt.opened().needed
    patterns = [*wanted]
    # A claim is wanted with all that is in it.
    shown = {
        disclosure.text
        for path, disclosures in needed.items()
        for disclosure in disclosures
        if any(matches(pattern, path[: len(pattern)]) for pattern in patterns)
    }
    kept = [each.text for each in sdjwt.disclosures if each.text in shown]
    return "~".join([text.partition("~")[0], *kept, ""])


def bind(text: str, key: PrivateKey, *, audience: str, nonce: str, at: datetime) -> str:
    """Returns a presentation: what is shown, signed by the holder for one verifier.

    Args:
        text: The credential with the disclosures that are shown; it ends with a tilde.
        key: The holder's, to which the credential is bound.
        audience: The verifier's whole `client_id`, with its prefix.
        nonce: The verifier's word of chance.
        at: Now.
    """
    algorithm = read_sdjwt(text).algorithm
    payload = {
        "iat": int(at.timestamp()),
        "aud": audience,
        "nonce": nonce,
        "sd_hash": digest_of(text, algorithm),
    }
    return text + write_jws({"typ": KB_TYP}, payload, key)


def present(
    text: str,
    wanted: Sequence[Pattern],
    key: PrivateKey,
    *,
    audience: str,
    nonce: str,
    at: datetime,
) -> str:
    """Returns a presentation of the wanted claims alone; arguments as of `select` and `bind`."""
    return bind(select(text, wanted), key, audience=audience, nonce=nonce, at=at)
