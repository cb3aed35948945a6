"""Whose key a credential is bound to, in whatever form it came: by a key within it, or by the DID
of whom it is about.
"""

from __future__ import annotations

from typing import Any

from sandbox.credentials.did.resolving import resolve
from sandbox.credentials.issuers import key_in
from sandbox.credentials.jose import read_jws
from sandbox.credentials.keys import PrivateKey, from_jwk, thumbprint, to_jwk
from sandbox.credentials.sdjwt.presenting import read_sdjwt
from sandbox.credentials.texts import as_list, from_base64url, read_object
from sandbox.fhir.json import member


def is_bound(text: str, key: PrivateKey) -> bool:
    """Tells whether a credential is bound to a key: by `cnf`, or by the DID of whom it is about.

    Args:
        text: In any form.
        key: The wallet's.
    """
    public = key.public_key()
    own = thumbprint(to_jwk(public))
    try:
        return any(_thumbprint_of(value) == own for value in _holders(text))
    except ValueError:
        return False


def _holders(text: str) -> list[Any]:
    """Returns what a credential names as its holder: JWKs and DIDs; raises ValueError."""
    if text.lstrip().startswith("{"):
        document = read_object(text)
    elif "~" in text:
        claims = read_sdjwt(text).opened().claims
        confirmation = claims.get("cnf")
        return [member(confirmation, "jwk"), member(confirmation, "kid")]
    else:
        payload = read_jws(text).payload
        inner = payload.get("vc") if isinstance(payload.get("vc"), dict) else payload
        return [payload.get("sub"), member(payload.get("cnf"), "jwk"), *_subjects(inner)]
    return _subjects(document)


def _subjects(document: Any) -> list[Any]:
    return [member(subject, "id") for subject in as_list(member(document, "credentialSubject"))]


def _thumbprint_of(holder: Any) -> str:
    """Returns the thumbprint of a key that stands as JWK or as DID; empty for another."""
    if isinstance(holder, dict):
        return thumbprint(to_jwk(from_jwk(holder)))
    if not isinstance(holder, str):
        return ""
    did = holder.partition("#")[0]
    if did.startswith("did:jwk:"):
        jwk = read_object(from_base64url(did.removeprefix("did:jwk:")))
        return thumbprint(
            to_jwk(from_jwk({k: jwk[k] for k in ("kty", "crv", "x", "y") if k in jwk}))
        )
    document = resolve(did, {}).document
    return thumbprint(to_jwk(key_in(document["verificationMethod"][0]))) if document else ""
