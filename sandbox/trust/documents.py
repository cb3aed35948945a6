"""Trust lists as DID documents under their published paths (GDHCN did_gdhcn): with embedded keys,
or as lists of lists.

What is read is judged before it is believed.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.cose import PublicKey
from sandbox.certificates.keys import Refusal, TrustedKey
from sandbox.certificates.unpacking import to_base64url
from sandbox.countries import participant_of
from sandbox.findings import Finding
from sandbox.trust.control import judge_control
from sandbox.trust.entries import (
    Entry,
    authorities_of,
    judge_entry,
    key_of,
    note,
    over_in,
    refusal_of,
)
from sandbox.trust.network_terms import judge_terms
from sandbox.trust.proofs import Anchors, judge_document_proof, judge_item, unwrapped
from sandbox.trust.reading import entries_of

CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1")
BROKEN = {
    f"trust.{name}"
    for name in (
        "proof_wrong",
        "proof_form",
        "item_cms",
        "item_other",
        "item_signer",
        "other_environment",
        "deactivated",
        "other_controller",
    )
}
"""What is wrong with a list, or with the place of an entry, such that nobody may believe it."""


WHOLE = ("proof", "JWS", "@context", "deactivated", "controller")
"""The places of what is wrong with the list, not with one of its entries."""


def document_of(keys: Iterable[TrustedKey], *, host: str, path: str) -> dict[str, Any]:
    """Returns a DID document that holds keys; `path` is such as `v2/trustlist/DCC/CHL/DSC`."""
    # a colon parts the path in did:web: that of a port is escaped
    name = ":".join(["did:web", host.replace(":", "%3A"), *path.split("/")])
    methods = [_method(key, name) for key in keys]
    return {
        "@context": list(CONTEXTS),
        "id": name,
        "controller": name,
        "verificationMethod": methods,
    }


def references_of(paths: Iterable[str], *, host: str, path: str) -> dict[str, Any]:
    """Returns a DID document that names others."""
    begin = f"did:web:{host.replace(':', '%3A')}"
    name = ":".join([begin, *path.split("/")])
    methods = [":".join([begin, *place.split("/")]) for place in paths]
    return {
        "@context": list(CONTEXTS),
        "id": name,
        "controller": name,
        "verificationMethod": methods,
    }


@dataclass(frozen=True, slots=True)
class TrustList:
    """A list that was judged: the keys that verify documents, those that do not, and what was
    found.
    """

    keys: tuple[TrustedKey, ...]
    refused: tuple[Refusal, ...]
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...] = ()


def read_document(
    document: Any, *, at: datetime | None = None
) -> tuple[list[TrustedKey], list[Finding]]:
    """Returns the keys of a list that verify documents, and where the list is not as specified."""
    judged = read_list(document, at=at)
    return list(judged.keys), list(judged.findings)


def read_list(
    document: Any, *, at: datetime | None = None, anchors: Anchors | None = None
) -> TrustList:
    """Returns a trust list, each of its entries judged; what cannot be read is said and left.

    Args:
        document: A DID document, or the list of a gateway (`/trustList`): items with kid, country,
            certificateType and rawData; or a compact JWS with one inside.
        at: The moment for which it is judged; now where there is none.
        anchors: Who may vouch for a list; nobody where there are none.
    """
    anchors = anchors or Anchors()
    moment = at or datetime.now(UTC)
    findings: list[Finding] = []
    if isinstance(document, str):
        try:
            document, findings = unwrapped(document, anchors)
        except (ValueError, RecursionError):
            findings = [note("no_methods", "error", where="JWS")]
    entries = entries_of(document, findings)
    findings += _proof(document, entries, anchors)
    return _believed(entries, findings, moment)


def _believed(entries: Sequence[Entry], findings: list[Finding], moment: datetime) -> TrustList:
    """Returns which entries are believed, what was found of the list itself taken into account."""
    broken = {finding.where: finding for finding in findings if finding.key in BROKEN}
    authorities = authorities_of(entries)
    over = over_in(entries, at=moment)
    keys: list[TrustedKey] = []
    refused: list[Refusal] = []
    for entry in entries:
        met = judge_entry(entry, authorities, at=moment, over=over)
        findings += met
        # a list that somebody has changed is not believed in any of its entries
        met += [
            finding
            for where, finding in broken.items()
            if where in WHOLE or where.startswith(f"{entry.where}.")
        ]
        refusal = refusal_of(entry, met)
        key = key_of(entry)
        if refusal is not None:
            refused.append(refusal)
        elif key is not None:
            keys.append(key)
    return TrustList(tuple(keys), tuple(refused), tuple(findings), tuple(entries))


def _proof(document: Any, entries: Sequence[Entry], anchors: Anchors) -> Iterator[Finding]:
    """Yields what is known of who vouches for a list, or for each of its items."""
    if not entries:
        return
    if isinstance(document, Mapping):
        yield from judge_terms(document)
        if isinstance(document.get("id"), str):
            yield from judge_control(document, document["id"])
        yield from judge_document_proof(document, anchors)
        return
    unsigned = [entry for entry in entries if not entry.signature]
    if unsigned:
        yield note("proof_not_checked", "information", where="signature", found="–")
    for entry in entries:
        if entry.signature:
            yield judge_item(entry, entries, entry.signature, anchors)


def _method(trusted: TrustedKey, name: str) -> dict[str, Any]:
    kid = base64.b64encode(trusted.kid).decode()
    certificates = (trusted.certificate, *trusted.chain) if trusted.certificate is not None else ()
    chain = [
        base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        for certificate in certificates
    ]
    jwk = {**_jwk(trusted.key), "kid": kid, **({"x5c": chain} if chain else {})}
    return {
        "id": f"{name}#{kid}",
        "type": "JsonWebKey2020",
        "controller": name,
        "publicKeyJwk": jwk,
        "domain": {"code": f"#{trusted.domain}"},
        "participant": {"code": f"#{participant_of(trusted.country)}"},
        "keyusage": {"code": f"#{trusted.usage}"},
    }


def _jwk(key: PublicKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        return {
            "kty": "RSA",
            "n": to_base64url(numbers.n.to_bytes(size)),
            "e": to_base64url(numbers.e.to_bytes(3)),  # 65537, in practice
        }
    point = key.public_numbers()
    size = (key.curve.key_size + 7) // 8
    names = {256: "P-256", 384: "P-384", 521: "P-521"}
    crv = names.get(key.curve.key_size, key.curve.name)
    return {
        "kty": "EC",
        "crv": crv,
        "x": to_base64url(point.x.to_bytes(size)),
        "y": to_base64url(point.y.to_bytes(size)),
    }
