"""By what a certificate can be taken back: its identifiers, their hashes, its signature, its key.

The hashes are those of EU revocation lists (half of SHA-256), alone or under the key that a batch
is for; health cards have their revocation id (rid), alone or under the key of their issuer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.certificates import cose
from sandbox.certificates.cose import MAPS
from sandbox.certificates.steps import Certificate
from sandbox.certificates.unpacking import from_base64
from sandbox.countries import two_letters

# the kinds of hashes in a batch (dgc-gateway), by the names that handles have here
HASHES = {"SIGNATURE": "signature", "UCI": "uci", "COUNTRYCODEUCI": "country-uci"}
HASH_BYTES = 16
UNKNOWN = "UNKNOWN_KID"
# of a health card: the thumbprint of its key, and its revocation id
OF_CARD = re.compile(r"[A-Za-z0-9_-]{43}/[A-Za-z0-9_-]{1,24}")


def handles_of(certificate: Certificate) -> frozenset[str]:
    """Returns by what a certificate can be taken back, each handle also under the id of its key."""
    ids = identifiers_of(certificate.content)
    if certificate.signed is None:
        return ids
    issuer = certificate.claims.issuer if certificate.claims else ""
    hashes = {f"signature:{_hash(_signature(certificate.signed))}"}
    for identifier in ids:
        hashes |= {f"uci:{_hash(identifier.encode())}"}
        hashes |= {f"country-uci:{_hash((issuer + identifier).encode())}"}
    # a batch without a key id is for the certificates of the country that has uploaded it
    country = issuer or (certificate.key.country if certificate.key else "")
    hashes |= {f"{two_letters(country) or country}/{handle}" for handle in hashes}
    kid = certificate.signed.kid
    if not isinstance(kid, bytes):
        return ids | hashes
    key = kid.hex()
    return ids | hashes | {f"{key}/{handle}" for handle in hashes} | {f"kid:{key}"}


def revocation_ids(certificate: Certificate) -> frozenset[str]:
    """Returns what is kept of a certificate that is taken back: its identifiers, and the hash of
    its signature.
    """
    ids = identifiers_of(certificate.content)
    rid = rid_of(certificate)
    if certificate.signed is None:
        # the list of an issuer is one of a key (SMART Health Cards 1.4, Revocation)
        key = certificate.step("kid").detail
        return ids | ({f"{key}/{rid}" if key else rid} if rid else frozenset())
    return ids | {f"signature:{_hash(_signature(certificate.signed))}"}


def anonymous(handles: Iterable[str]) -> str:
    """Returns handles in one line, each identifier as the hash that a revocation list of the EU
    would hold: an identifier may be written on somebody's paper, and a log is no place for it.
    """
    return " ".join(
        sorted(
            handle if handle.startswith("signature:") else f"uci:{_hash(handle.encode())}"
            for handle in handles
        )
    )


def identifiers_of(content: Any) -> frozenset[str]:
    """Returns by which identifiers a certificate can be taken back: UVCI and HCID."""
    if not isinstance(content, MAPS):
        return frozenset()
    identifiers = [content.get("hcid")]
    groups = [content[group] for group in "vtr" if isinstance(content.get(group), list)]
    identifiers += [
        entry.get("ci") for group in groups for entry in group if isinstance(entry, MAPS)
    ]
    nested = content.get("certificate")
    hcid = nested.get("hcid") if isinstance(nested, MAPS) else None
    identifiers.append(hcid.get("value") if isinstance(hcid, MAPS) else hcid)
    return frozenset(entry for entry in identifiers if isinstance(entry, str))


def rid_of(certificate: Certificate) -> str:
    """Returns the revocation id of a health card; empty for none."""
    payload = certificate.claims.content.get(None) if certificate.claims else None
    card = payload.get("vc") if isinstance(payload, Mapping) else None
    rid = card.get("rid") if isinstance(card, Mapping) else None
    return rid if isinstance(rid, str) else ""


def is_card_revoked(certificate: Certificate, kid: str, revoked: frozenset[str]) -> bool:
    """Tells whether the revocation id of a card is listed, alone, under its key, or up to a moment
    (SMART Health Cards 1.4 revocation: `rid.timestamp` takes back what was issued before it).
    """
    rid = rid_of(certificate)
    if not rid:
        return False
    issued = (certificate.claims.issued or 0) if certificate.claims else 0
    for handle in revoked:
        key, _, listed = handle.rpartition("/")
        name, _, moment = listed.partition(".")
        is_early = not moment or (moment.isdecimal() and issued < int(moment))
        if name == rid and key in ("", kid) and is_early:
            return True
    return False


def handles_in(listed: Any) -> Iterator[str]:
    """Yields the handles of a revocation list: identifiers, EU batches, or the list of a key of
    health cards.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(listed, str):
        yield listed
    elif isinstance(listed, list):
        for entry in listed:
            yield from handles_in(entry)
    elif isinstance(listed, Mapping) and isinstance(listed.get("rids"), list):
        yield from (f"{listed.get('kid')}/{rid}" for rid in listed["rids"])
    elif isinstance(listed, Mapping) and listed.get("hashType") in HASHES:
        yield from _batch(listed)
    else:
        raise ValueError(type(listed).__name__)


def _batch(batch: Mapping[str, Any]) -> Iterator[str]:
    kid = batch.get("kid") or UNKNOWN
    entries = batch.get("entries") or []
    if not isinstance(kid, str) or not isinstance(entries, list):
        raise ValueError("kid, entries")
    country = batch.get("country") or ""
    if not isinstance(country, str):
        raise ValueError("country")
    place = (two_letters(country) or country) if kid == UNKNOWN else from_base64(kid).hex()
    key = f"{place}/" if place else ""
    for entry in entries:
        text = entry.get("hash") if isinstance(entry, Mapping) else entry
        if not isinstance(text, str):
            raise ValueError("hash")
        value = bytes.fromhex(text) if len(text) == 2 * HASH_BYTES else from_base64(text)
        # one of another length, such as the whole hash, would take back nothing without a word
        if len(value) != HASH_BYTES:
            raise ValueError("hash")
        yield f"{key}{HASHES[batch['hashType']]}:{value.hex()}"


def _signature(signed: cose.Sign1) -> bytes:
    # Of r and s only r: whoever holds an ECDSA certificate can make a second valid s, and would so
    # slip through a list of hashes.
    value = signed.signature
    return value[: len(value) // 2] if signed.alg == cose.ES256 else value


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).digest()[:HASH_BYTES].hex()
