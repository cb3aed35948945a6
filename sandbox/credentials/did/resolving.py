"""Resolves a DID to its document, from what is in it or from documents that are at hand.

No method asks a network: a document that would have to be fetched is named as wanted, and whoever
resolves decides whether its host may be asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

from sandbox.credentials.did import DID, ebsi, lac1
from sandbox.credentials.keys import ED25519, curve_of, from_jwk, from_multikey
from sandbox.credentials.texts import Json, as_list, from_base64url, read_object

HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?\Z")
# in the order in which documents list them (DID 1.0 5.3)
RELATIONS = (
    "authentication",
    "assertionMethod",
    "keyAgreement",
    "capabilityInvocation",
    "capabilityDelegation",
)
SIGNING = tuple(name for name in RELATIONS if name != "keyAgreement")
CONTEXT = "https://www.w3.org/ns/did/v1"
Error = Literal["invalidDid", "notFound", "methodNotSupported", "invalidDidDocument"]
Documents = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What resolving came to (DID Resolution 0.3 3): document, and metadata of both.

    `wanted` is the address that has the document, where it was not at hand.
    """

    document: Json | None = None
    document_metadata: Json = field(default_factory=dict)
    metadata: Json = field(default_factory=dict)
    wanted: str = ""

    @property
    def error(self) -> str:
        """Returns why there is no document; empty where there is one."""
        return str(self.metadata.get("error", ""))


def resolve(did: str, documents: Documents) -> Resolution:
    """Returns the document of a DID.

    Args:
        did: The DID alone, without a fragment.
        documents: What was fetched before: by the address of did:web, and by the DID itself for
            methods whose registry somebody else has asked.
    """
    match = DID.match(did)
    if match is None or len(did) > 2000:
        return _failed("invalidDid")
    method, rest = match.groups()
    try:
        if method == "key":
            return _resolved(_of_key(did, rest))
        if method == "jwk":
            return _resolved(_of_jwk(did, rest))
        if method == "web":
            return _at_hand(did, documents, place=address_of(did))
        if method == "lac1":
            known = lac1.decode(did)
            return _at_hand(did, documents, place=did, known=known.as_json())
        if method == "ebsi":
            return _at_hand(did, documents, place=did, known=ebsi.decode(did))
    except ValueError:
        return _failed("invalidDid")
    return _failed("methodNotSupported")


def address_of(did: str) -> str:
    """Returns where a did:web has its document (did:web 3.2).

    Raises:
        ValueError: Its first part is no host, or a part of its path leads elsewhere.
    """
    host, *path = did.removeprefix("did:web:").split(":")
    host = unquote(host)
    folders = [unquote(folder) for folder in path]
    if not HOST.match(host) or any(not folder.strip(".") or "/" in folder for folder in folders):
        raise ValueError("no host or path")
    # Loopback has no TLS; every other host must (did:web 4).
    scheme = "http" if host.partition(":")[0] in ("localhost", "127.0.0.1") else "https"
    return f"{scheme}://{host}/{'/'.join(path) if path else '.well-known'}/did.json"


def method_of(document: Json, id: str) -> Json | None:
    """Returns the verification method of an id, also where a relation has it embedded."""
    listed = [*as_list(document.get("verificationMethod"))]
    for relation in RELATIONS:
        listed += as_list(document.get(relation))
    did = str(document.get("id", ""))
    return next(
        (item for item in listed if isinstance(item, dict) and absolute(item.get("id"), did) == id),
        None,
    )


def has_relation(document: Json, id: str, relation: str) -> bool:
    """Tells whether a method stands in a relation of its document, such as assertionMethod."""
    did = str(document.get("id", ""))
    ids = [
        absolute(item.get("id") if isinstance(item, dict) else item, did)
        for item in as_list(document.get(relation))
    ]
    return id in ids


def absolute(id: Any, did: str) -> str:
    """Returns the id of a method with its DID: documents may write the fragment alone."""
    text = str(id)
    return did + text if text.startswith("#") else text


def _of_key(did: str, text: str) -> Json:
    from_multikey(text)
    id = f"{did}#{text}"
    method = {"id": id, "type": "Multikey", "controller": did, "publicKeyMultibase": text}
    return _document(did, method, ("https://w3id.org/security/multikey/v1",), SIGNING)


def _of_jwk(did: str, text: str) -> Json:
    jwk = read_object(from_base64url(text))
    key = from_jwk({name: value for name, value in jwk.items() if name not in ("use", "alg")})
    id = f"{did}#0"
    method = {"id": id, "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}
    # Ed25519 and keys for signatures agree on nothing (did:jwk 3)
    is_signing = curve_of(key) is ED25519 or jwk.get("use") == "sig"
    relations = () if jwk.get("use") == "enc" else SIGNING
    relations = relations if is_signing else (*relations, "keyAgreement")
    return _document(did, method, ("https://w3id.org/security/jwk/v1",), relations)


def _document(
    did: str, method: Json, contexts: tuple[str, ...], relations: tuple[str, ...]
) -> Json:
    listed = {name: [method["id"]] for name in RELATIONS if name in relations}
    return {"@context": [CONTEXT, *contexts], "id": did, "verificationMethod": [method], **listed}


def _at_hand(
    did: str, documents: Documents, *, place: str, known: Json | None = None
) -> Resolution:
    """Returns a document that was fetched before, with what the DID says of itself."""
    if place not in documents:
        is_address = place.startswith("http")
        return Resolution(
            document_metadata=known or {},
            metadata={"error": "notFound"},
            wanted=place if is_address else "",
        )
    document = documents[place]
    if not isinstance(document, dict) or document.get("id") != did:
        return _failed("invalidDidDocument")
    return Resolution(document, known or {}, {"contentType": "application/did+ld+json"})


def _resolved(document: Json) -> Resolution:
    return Resolution(document, {}, {"contentType": "application/did+ld+json"})


def _failed(error: Error) -> Resolution:
    return Resolution(metadata={"error": error})
