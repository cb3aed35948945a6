"""Resolves a did:lac1 from the events of its registry, as of a block or a moment (LACChain
identity, DidSpecs; W3C DID Resolution).

`versionId` is a block, `versionTime` a moment: what the registry knew then.  `forTime` asks what it
knows now of the time since: a key that was revoked backwards is not told for what came after.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.credentials.did.lac1 import PREFIX, decode, keccak
from sandbox.credentials.did.resolving import CONTEXT, RELATIONS
from sandbox.credentials.lacchain.accounts import CHAIN_ID, DID_REGISTRY, NOBODY, did_of
from sandbox.credentials.lacchain.chain import Block, Blocks
from sandbox.credentials.lacchain.registry import (
    ATTRIBUTE,
    DELEGATE,
    changes_of,
    controller_of,
)
from sandbox.credentials.texts import Json, to_base58
from sandbox.errors import BadRequest

MEDIA_TYPE = "application/did+ld+json"
NAMED = {
    "vm": "",
    "auth": "authentication",
    "asse": "assertionMethod",
    "keya": "keyAgreement",
    "dele": "capabilityDelegation",
    "invo": "capabilityInvocation",
}
KINDS = {
    "jwk": "JsonWebKey2020",
    "esecp256k1vk": "EcdsaSecp256k1VerificationKey2019",
    "esecp256k1rm": "EcdsaSecp256k1RecoveryMethod2020",
    "edd25519vk": "Ed25519VerificationKey2018",
    "rsavk": "RsaVerificationKey2018",
    "x25519ka": "X25519KeyAgreementKey2019",
}
DELEGATES = {"veriKey": "assertionMethod", "sigAuth": "authentication"}


@dataclass(frozen=True, slots=True)
class Query:
    """As of what a DID is resolved; at most one of them."""

    version_id: int | None = None
    version_time: int | None = None
    for_time: int | None = None


@dataclass(slots=True)
class _Entry:
    """A key or service as it was added, and until when it is good."""

    id: str
    relation: str
    body: Json
    key: tuple[str, str]
    until: int
    block: int
    is_revoked: bool = False

    def is_good(self, at: int) -> bool:
        """Tells whether it is in force; what was revoked ends with its moment."""
        return self.until > at or (self.until == at and not self.is_revoked)


def read_query(query: Mapping[str, str]) -> Query:
    """Returns as of what somebody asks; raises BadRequest."""
    given = {name: text for name, text in query.items() if name in _READ}
    if len(given) > 1:
        raise BadRequest("lacchain.two_versions", where=", ".join(given), found=", ".join(given))
    values: dict[str, int] = {}
    for name, text in given.items():
        field, read = _READ[name]
        try:
            values[field] = read(text)
        except ValueError:
            raise BadRequest(
                "lacchain.bad_version", where=name, name=name, found=text[:40]
            ) from None
    return Query(**values)


def resolve_did(did: str, blocks: Blocks, query: Query, *, now: int, by_hash: bool = False) -> Json:
    """Returns what a resolver answers: document, and metadata of both.

    Args:
        did: The DID alone.
        blocks: The chain.
        query: As of what.
        now: Seconds since 1970.
        by_hash: Whether keys are named as the deployed resolver does, by the hash of DID and value,
            instead of by the number of their event.
    """
    try:
        known = decode(did)
    except ValueError:
        return _failed("invalidDid")
    if (known.registry, known.chain) != (DID_REGISTRY, CHAIN_ID):
        return _failed("notFound")
    every = changes_of(blocks, known.controller)
    at = _moment(blocks, query, now)
    changes = [block for block in every if _is_known(block, query)]
    later = [block for block in every if not _is_known(block, query)]
    metadata = _versions(changes, later, query, at)
    if controller_of(changes, known.controller) == NOBODY:
        return _answer(_document(did, did, []), {**metadata, "deactivated": True})
    controller = controller_of(changes, known.controller)
    owner = did if controller == known.controller else did_of(controller)
    entries = [entry for entry in _entries(did, changes, by_hash=by_hash) if entry.is_good(at)]
    return _answer(_document(did, owner, entries), metadata)


class Documents(Mapping[str, Any]):
    """Documents at hand, and those of all DIDs of a chain's registry, each made when it is asked
    for.
    """

    def __init__(self, blocks: Blocks, at: datetime, beside: Mapping[str, Any]) -> None:
        self._blocks = blocks
        self._at = int(at.timestamp())
        self._beside = beside

    def __getitem__(self, place: str) -> Any:
        """Returns the document of a DID, or what is beside; raises KeyError."""
        if not place.startswith(PREFIX):
            return self._beside[place]
        answer = resolve_did(place, self._blocks, Query(), now=self._at)
        if answer["didDocument"] is None:
            raise KeyError(place)
        return answer["didDocument"]

    def __iter__(self) -> Iterator[str]:
        """Yields the places of what is beside; every DID of the registry has a document as well."""
        return iter(self._beside)

    def __len__(self) -> int:
        """Returns how many documents are beside."""
        return len(self._beside)


def _moment(blocks: Blocks, query: Query, now: int) -> int:
    """Returns the moment that ends of keys are compared with."""
    if query.version_id is not None:
        before = [block.at for block in blocks if block.number <= query.version_id]
        return before[-1] if before else 0
    return next((at for at in (query.version_time, query.for_time) if at is not None), now)


def _is_known(block: Block, query: Query) -> bool:
    if query.version_id is not None:
        return block.number <= query.version_id
    return query.version_time is None or block.at <= query.version_time


def _versions(changes: list[Block], later: list[Block], query: Query, at: int) -> Json:
    """Returns the metadata of a document: its block, and the next one that changes it."""
    versions: Json = {}
    if changes:
        first = changes[0].number
        if query.for_time is not None:
            good = [block.number for block in changes if int(block.args.get("validTo", 0)) >= at]
            first = min(good, default=changes[-1].number)
            versions["versionId"] = f"{first}-{changes[-1].number}"
        else:
            versions["versionId"] = str(changes[-1].number)
        versions["updated"] = _stamp(changes[-1].at)
    if later:
        versions |= {"nextVersionId": str(later[0].number), "nextUpdate": _stamp(later[0].at)}
    return versions


def _entries(did: str, changes: list[Block], *, by_hash: bool) -> list[_Entry]:
    """Returns what was ever added, each with its end; a revocation counts as an event, so that no
    number is given twice.
    """
    entries: list[_Entry] = []
    counts = {"vm": 0, "service": 0}
    for block in changes:
        told = _told(did, block)
        if told is None:
            continue
        section, relation, body, key = told
        counts[section] += 1
        until = int(block.args["validTo"])
        if until <= block.at:
            for entry in entries:
                if entry.key == key:
                    entry.until = min(entry.until, until)
                    entry.is_revoked = True
            continue
        name = f"{section}-{counts[section]}"
        if by_hash and section == "vm":
            name = to_base58(keccak(did.encode() + key[1].encode()))
        id = f"{did}#{name}"
        entries.append(_Entry(id, relation, {"id": id, **body}, key, until, block.number))
    return entries


def _told(did: str, block: Block) -> tuple[str, str, Json, tuple[str, str]] | None:
    """Returns the section, relation, content and key of what an event is about; None for what
    stands in no document.
    """
    args = block.args
    if block.event == DELEGATE:
        relation = DELEGATES.get(args["delegateType"])
        if relation is None:
            return None
        body = {
            "type": KINDS["esecp256k1rm"],
            "controller": did,
            "blockchainAccountId": f"eip155:{CHAIN_ID}:{args['delegate']}",
        }
        return "vm", relation, body, (args["delegateType"], args["delegate"])
    parts = str(args["name"]).split("/") if block.event == ATTRIBUTE else []
    if len(parts) != 4:
        return None
    relation, controller, algorithm, encoding = parts
    content = bytes.fromhex(args["value"])
    # the encoding is no part of what is meant: the component of 2023 adds a key as `json` and
    # revokes it as `hex` (lacpass-identity 0.0.34)
    key = (f"{relation}/{controller}/{algorithm}", str(args["value"]))
    if relation == "svc":
        endpoint = content.decode("utf-8", "replace")
        return "service", "", {"type": algorithm, "serviceEndpoint": endpoint}, key
    if relation not in NAMED or algorithm not in KINDS:
        return None
    owner = {"type": KINDS[algorithm], "controller": controller or did}
    material = _material(algorithm, encoding, content)
    return ("vm", NAMED[relation], {**owner, **material}, key) if material else None


def _material(algorithm: str, encoding: str, content: bytes) -> Json:
    """Returns a key in the member that its encoding has; nothing for what cannot be read."""
    import base64

    if algorithm == "esecp256k1rm":
        return {"blockchainAccountId": f"eip155:{CHAIN_ID}:0x{content.hex()}"}
    if algorithm == "jwk" or encoding == "json":
        try:
            jwk = json.loads(content)
        except ValueError:
            return {}
        return {"publicKeyJwk": jwk} if isinstance(jwk, dict) else {}
    written = {
        "hex": ("publicKeyHex", content.hex()),
        "base64": ("publicKeyBase64", base64.b64encode(content).decode()),
        "base58": ("publicKeyBase58", to_base58(content)),
        "pem": ("publicKeyPem", content.decode("utf-8", "replace")),
    }
    return dict([written[encoding]]) if encoding in written else {}


def _document(did: str, controller: str, entries: list[_Entry]) -> Json:
    services = [entry.body for entry in entries if "serviceEndpoint" in entry.body]
    keys = [entry for entry in entries if "serviceEndpoint" not in entry.body]
    listed = {entry.id: entry.body for entry in keys}
    return {
        "@context": [CONTEXT],
        "id": did,
        "controller": controller,
        "verificationMethod": list(listed.values()),
        **{
            relation: [entry.id for entry in keys if entry.relation == relation]
            for relation in RELATIONS
        },
        **({"service": services} if services else {}),
    }


def _answer(document: Json, metadata: Json) -> Json:
    return {
        "didDocument": document,
        "didDocumentMetadata": metadata,
        "didResolutionMetadata": {"contentType": MEDIA_TYPE},
    }


def _failed(error: str) -> Json:
    return {
        "didDocument": None,
        "didDocumentMetadata": {},
        "didResolutionMetadata": {"error": error},
    }


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(text: str) -> int:
    """Returns seconds since 1970 of a moment with its zone; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return int(moment.timestamp())


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise ValueError("no number")
    return int(text)


_READ = {
    "versionId": ("version_id", _number),
    "versionTime": ("version_time", _seconds),
    "forTime": ("for_time", _seconds),
}
