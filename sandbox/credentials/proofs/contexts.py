"""The JSON-LD contexts that ship with the sandbox; no other is ever loaded.

What a context says decides what a signature means, so each is known by its hash, and one that is
not here is refused and never fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from sandbox.credentials.texts import Json, as_list, read_object

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
# Address, file, and SHA-256 of the file.
BUNDLED = {
    V1: ("credentials-v1", "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8"),
    V2: ("credentials-v2", "8a9f494a89ecc51db093e90e84713e07e84d6d9204364a9b3c7868b21751236f"),
    "https://www.w3.org/ns/credentials/examples/v2": (
        "credentials-examples-v2",
        "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
    ),
    "https://w3id.org/security/data-integrity/v1": (
        "data-integrity-v1",
        "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
    ),
    "https://w3id.org/security/data-integrity/v2": (
        "data-integrity-v2",
        "0f77743daf5b4e8fc067fc5ba5b21044283053aa717fc6b0219843bed3b00363",
    ),
    "https://www.w3.org/ns/did/v1": (
        "did-v1",
        "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f",
    ),
    "https://w3id.org/security/suites/jws-2020/v1": (
        "jws-2020-v1",
        "00ee65bb7307f9a01c3170b823083b0d4de68223520834b2c5eb7a09bae5dea6",
    ),
    "https://w3id.org/security/suites/ed25519-2020/v1": (
        "ed25519-2020-v1",
        "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
    ),
}


class UnknownContext(ValueError):
    """A context that is not bundled, by its address."""


def unknown_contexts(document: Any) -> Iterator[str]:
    """Yields the addresses of contexts in a document, at any depth, that are not bundled."""
    if isinstance(document, dict):
        for context in as_list(document.get("@context")):
            if isinstance(context, str) and context not in BUNDLED:
                yield context
        for value in document.values():
            yield from unknown_contexts(value)
    elif isinstance(document, list):
        for value in document:
            yield from unknown_contexts(value)


@cache
def bundled(address: str) -> Json:
    """Returns a bundled context.

    Raises:
        UnknownContext: It is not bundled.
        ValueError: The file is not the one that was bundled.
    """
    if address not in BUNDLED:
        raise UnknownContext(address)
    name, digest = BUNDLED[address]
    content = (files("sandbox.credentials") / "contexts" / f"{name}.json").read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{name}.json was changed")
    return read_object(content)


def load(address: str, _: Any = None) -> Json:
    """Returns a context as PyLD's document loader does; raises UnknownContext."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": bundled(address),
        # known by its hash, it is read once
        "tag": "static",
    }
