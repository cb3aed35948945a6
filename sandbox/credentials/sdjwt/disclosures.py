"""Disclosures of an SD-JWT: claims that are signed by their digest and shown one by one (RFC 9901
4.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.credentials.texts import Json, from_base64url, read_json, to_base64url, write_compact
from sandbox.limits import CREDENTIAL_DISCLOSURES

Path = tuple[str | int, ...]
"""Where a claim stands: names of members, and places in lists."""
DIGESTS = "_sd"
ALGORITHM = "_sd_alg"
ELEMENT = "..."
HASHES: Mapping[str, Callable[[bytes], Any]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}
SALT_BYTES = 16


class BadDisclosure(ValueError):
    """A disclosure that is none, stands twice, or is referred to by no digest."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A claim with the text that its digest is of; `name` is None for an element of a list."""

    text: str
    name: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Opened:
    """The claims with everything that is disclosed, and for each place the disclosures that it
    takes to show it, outermost first.
    """

    claims: Json
    needed: Mapping[Path, tuple[Disclosure, ...]]


def write_disclosure(salt: str, name: str | None, value: Any) -> str:
    """Returns a disclosure as text.

    Args:
        salt: By chance, so that nobody finds the value by trying.
        name: Of the member; None for an element of a list.
        value: What is disclosed.
    """
    parts = [salt, value] if name is None else [salt, name, value]
    # part by part: a text alone is written in a fifth of the time of a list
    content = b"[" + b",".join(map(write_compact, parts)) + b"]"
    return to_base64url(content)


def read_disclosure(text: str) -> Disclosure:
    """Returns what a disclosure says; raises BadDisclosure."""
    try:
        parts = read_json(from_base64url(text))
    except ValueError:
        raise BadDisclosure(text[:40]) from None
    if not isinstance(parts, list) or len(parts) not in (2, 3) or not isinstance(parts[0], str):
        raise BadDisclosure(text[:40])
    name = parts[1] if len(parts) == 3 else None
    # a name that means a digest would let a holder hide what the issuer has shown (RFC 9901 7.1)
    if len(parts) == 3 and (not isinstance(name, str) or name in (DIGESTS, ELEMENT)):
        raise BadDisclosure(text[:40])
    return Disclosure(text, name, parts[-1])


def digest_of(text: str, algorithm: str = "sha-256") -> str:
    """Returns the digest of a text as base64url; raises KeyError for an unknown algorithm."""
    return to_base64url(HASHES[algorithm](text.encode("ascii")).digest())


def opened(payload: Json, disclosures: Sequence[Disclosure], algorithm: str) -> Opened:
    """Returns the claims of a payload with what is disclosed in its place (RFC 9901 7.1).

    Args:
        payload: What the issuer has signed.
        disclosures: Those that the holder shows.
        algorithm: The hash of the digests.

    Raises:
        BadDisclosure: One is referred to by no digest or by two, two are the same, or a name would
            stand twice.
    """
    if len(disclosures) > CREDENTIAL_DISCLOSURES:
        raise BadDisclosure("too many")
    by_digest = {digest_of(each.text, algorithm): each for each in disclosures}
    if len(by_digest) != len(disclosures):
        raise BadDisclosure("one stands twice")
    opening = _Opening(by_digest)
    claims = opening.member(payload, (), ())
    if opening.used != set(by_digest):
        raise BadDisclosure("no digest refers to one")
    claims.pop(ALGORITHM, None)
    return Opened(claims, opening.needed)


class _Opening:
    """Walks through a payload, and puts what is disclosed where its digest stands."""

    def __init__(self, by_digest: Mapping[str, Disclosure]) -> None:
        self._by_digest = by_digest
        self._seen: set[str] = set()
        self.used: set[str] = set()
        self.needed: dict[Path, tuple[Disclosure, ...]] = {}

    def member(self, value: Any, path: Path, chain: tuple[Disclosure, ...]) -> Any:
        """Returns a value with what is disclosed in it; `chain` is what it takes to come here."""
        self.needed[path] = chain
        if isinstance(value, list):
            return self._elements(value, path, chain)
        if not isinstance(value, dict):
            return value
        claims = {
            name: self.member(child, (*path, name), chain)
            for name, child in value.items()
            if name != DIGESTS
        }
        if ELEMENT in claims:
            raise BadDisclosure(ELEMENT)
        digests = value.get(DIGESTS, [])
        if not isinstance(digests, list):
            raise BadDisclosure(DIGESTS)
        for digest in digests:
            disclosure = self._disclosure(digest)
            if disclosure is None:
                continue
            if disclosure.name is None or disclosure.name in claims:
                raise BadDisclosure(str(disclosure.name))
            place = (*path, disclosure.name)
            claims[disclosure.name] = self.member(disclosure.value, place, (*chain, disclosure))
        return claims

    def _elements(self, items: list[Any], path: Path, chain: tuple[Disclosure, ...]) -> list[Any]:
        elements: list[Any] = []
        for item in items:
            place = (*path, len(elements))
            if not (isinstance(item, dict) and set(item) == {ELEMENT}):
                elements.append(self.member(item, place, chain))
                continue
            disclosure = self._disclosure(item[ELEMENT])
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise BadDisclosure(disclosure.name)
            elements.append(self.member(disclosure.value, place, (*chain, disclosure)))
        return elements

    def _disclosure(self, digest: Any) -> Disclosure | None:
        """Returns the disclosure of a digest; None for a decoy, or what is not shown."""
        if not isinstance(digest, str) or digest in self._seen:
            raise BadDisclosure("a digest stands twice, or is none")
        self._seen.add(digest)
        if digest not in self._by_digest:
            return None
        self.used.add(digest)
        return self._by_digest[digest]
