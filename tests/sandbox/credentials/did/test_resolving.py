"""DIDs resolve from what is in them or from documents at hand; anything else is refused by its name."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox.credentials.did import ebsi
from sandbox.credentials.did.resolving import (
    address_of,
    has_relation,
    method_of,
    resolve,
)
from sandbox.credentials.keys import from_jwk, from_multikey, to_jwk, to_multikey
from sandbox.credentials.texts import to_base58, to_base64url
from tests.sandbox.credentials.did.test_lac1 import PUBLISHED

# the same in every process: tests are named after them
KEYS = [
    ec.derive_private_key(7, ec.SECP256R1()).public_key(),
    ec.derive_private_key(7, ec.SECP384R1()).public_key(),
    ec.derive_private_key(7, ec.SECP256K1()).public_key(),
    Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key(),
]
# from the specifications of both methods
ED25519_KEY = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
P256_JWK = (
    "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQ"
    "SDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
)


def did_jwk(jwk: dict[str, Any]) -> str:
    return "did:jwk:" + to_base64url(json.dumps(jwk).encode())


@pytest.mark.parametrize("key", KEYS)
def test_a_key_comes_back_from_did_key_and_did_jwk(key: Any) -> None:
    by_key = resolve(f"did:key:{to_multikey(key)}", {})
    by_jwk = resolve(did_jwk(to_jwk(key)), {})
    assert by_key.document
    assert by_jwk.document
    (method,) = by_key.document["verificationMethod"]
    assert from_multikey(method["publicKeyMultibase"]) == key
    (method,) = by_jwk.document["verificationMethod"]
    assert from_jwk(method["publicKeyJwk"]) == key
    assert has_relation(by_jwk.document, method["id"], "assertionMethod")


def test_the_examples_of_the_specifications_resolve() -> None:
    document = resolve(ED25519_KEY, {}).document
    assert document
    assert method_of(document, f"{ED25519_KEY}#{ED25519_KEY[8:]}")
    assert not method_of(document, f"{ED25519_KEY}#other")
    document = resolve(P256_JWK, {}).document
    assert document
    assert method_of(document, f"{P256_JWK}#0")


def test_a_key_for_encryption_alone_signs_nothing() -> None:
    did = did_jwk({**to_jwk(KEYS[0]), "use": "enc"})
    document = resolve(did, {}).document
    assert document
    assert not has_relation(document, f"{did}#0", "assertionMethod")
    assert has_relation(document, f"{did}#0", "keyAgreement")


@pytest.mark.parametrize(
    ("did", "address"),
    [
        ("did:web:salud.example", "https://salud.example/.well-known/did.json"),
        ("did:web:salud.example:unidad:7", "https://salud.example/unidad/7/did.json"),
        ("did:web:127.0.0.1%3A8400:vci", "http://127.0.0.1:8400/vci/did.json"),
    ],
)
def test_did_web_names_its_address_and_resolves_from_what_is_at_hand(
    did: str, address: str
) -> None:
    assert address_of(did) == address
    assert resolve(did, {}).wanted == address
    assert resolve(did, {}).error == "notFound"
    assert resolve(did, {address: {"id": did}}).document == {"id": did}
    # a document of somebody else at the address proves nothing
    assert resolve(did, {address: {"id": "did:web:other.example"}}).error == "invalidDidDocument"


@pytest.mark.parametrize(
    ("did", "error"),
    [
        ("did:ion:EiClkZMDxPKqC9c", "methodNotSupported"),
        ("did:example:123", "methodNotSupported"),
        ("did:key:z6Mkxx0", "invalidDid"),
        ("did:key:" + to_multikey(KEYS[0])[:-2], "invalidDid"),
        ("did:jwk:e30", "invalidDid"),
        (did_jwk({**to_jwk(KEYS[0]), "d": "AA"}), "invalidDid"),
        (did_jwk({**to_jwk(KEYS[0]), "y": to_jwk(KEYS[0])["x"]}), "invalidDid"),
        ("did:web:salud.example:..:secret", "invalidDid"),
        ("did:web:salud.example:a%2Fb", "invalidDid"),
        ("did:web:user%40host", "invalidDid"),
        ("did:lac1:1iT4", "invalidDid"),
        ("did:ebsi:z2", "invalidDid"),
        ("https://example.org", "invalidDid"),
        ("did:web:", "invalidDid"),
        ("", "invalidDid"),
        ("did:key:z" + "2" * 5000, "invalidDid"),
    ],
)
def test_what_cannot_be_resolved_says_why(did: str, error: str) -> None:
    resolution = resolve(did, {})
    assert resolution.error == error
    assert resolution.document is None
    assert not resolution.wanted


def test_did_lac1_is_decoded_also_where_no_registry_was_asked() -> None:
    did = PUBLISHED[0]
    unasked = resolve(did, {})
    assert unasked.error == "notFound"
    assert unasked.document_metadata["chainId"] == "0x9e55c"
    asked = resolve(did, {did: {"id": did, "verificationMethod": []}})
    assert asked.document == {"id": did, "verificationMethod": []}


def test_did_ebsi_is_decoded() -> None:
    did = "did:ebsi:z" + to_base58(b"\x01" + bytes(range(16)))
    assert ebsi.decode(did) == {"version": 1, "id": bytes(range(16)).hex()}
    assert resolve(did, {}).document_metadata["version"] == 1
