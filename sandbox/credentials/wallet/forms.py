"""The forms of credentials that a wallet keeps: how each is told, whom it is bound to, and how its
holder shows it.

A claim of an SD-JWT can be held back.  A credential of W3C is shown as its issuer has signed it,
within a presentation that its holder signs (OpenID4VP 1.0 B.1.3).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sandbox.credentials.did.resolving import method_of, resolve
from sandbox.credentials.issuers import key_in
from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import P256, PrivateKey, curve_of, thumbprint, to_jwk, to_multikey
from sandbox.credentials.proofs.contexts import V1, V2
from sandbox.credentials.proofs.secured import with_proof
from sandbox.credentials.proofs.suites import SUITES
from sandbox.credentials.texts import (
    Json,
    as_list,
    read_object,
    to_base64url,
    write_compact,
)

Form = Literal["dc+sd-jwt", "ldp_vc", "jwt_vc_json"]
FORMS: tuple[Form, ...] = ("dc+sd-jwt", "ldp_vc", "jwt_vc_json")
"""In the order in which a wallet prefers them: what can be held back comes first."""
UNREAD = ("@context", "proof")
"""Members by which a credential is read and proven, and which say nothing of anybody."""
LIFE = timedelta(minutes=5)


def form_of_text(text: str) -> Form:
    """Returns the form of a credential that was verified before.

    Args:
        text: As the wallet keeps it.
    """
    if text.lstrip().startswith("{"):
        return "ldp_vc"
    return "dc+sd-jwt" if "~" in text else "jwt_vc_json"


def chosen(configurations: Sequence[str], metadata: Json) -> list[tuple[str, Json]]:
    """Returns what of an offer a wallet asks for: the same thing once, in the form that it prefers.

    Args:
        configurations: The ids that are offered.
        metadata: What the issuer says of itself, in whatever shape it came.

    Returns:
        Ids with what the metadata say of each; none where no form is known here.
    """
    supported = metadata.get("credential_configurations_supported")
    known = supported if isinstance(supported, dict) else {}
    listed = [(id, known[id]) for id in configurations if isinstance(known.get(id), dict)]
    rows = [(id, described) for id, described in listed if _can_prove(described)]
    for form in FORMS:
        fitting = [(id, described) for id, described in rows if described.get("format") == form]
        if fitting:
            return fitting
    return []


def _can_prove(described: Json) -> bool:
    """Tells whether an issuer takes the proof that a wallet makes: a JWT by a key of P-256
    (OpenID4VCI 1.0 12.2.4, F.1).
    """
    types = described.get("proof_types_supported")
    if not isinstance(types, dict) or not types:
        return True
    jwt = types.get("jwt")
    named = jwt.get("proof_signing_alg_values_supported") if isinstance(jwt, dict) else None
    return isinstance(jwt, dict) and (named is None or P256.alg in as_list(named))


def key_header(described: Json, key: PrivateKey) -> Json:
    """Returns how a proof names its key: as the issuer can bind what it gives.

    Args:
        described: The configuration, as the metadata have it.
        key: The holder's.
    """
    listed = as_list(described.get("cryptographic_binding_methods_supported"))
    if "jwk" in listed or not {"did:key", "did:jwk"} & set(map(str, listed)):
        return {"jwk": to_jwk(key.public_key())}
    return {"kid": _method(_dids(key)["did:key" if "did:key" in listed else "did:jwk"])}


def is_bound_to(claims: Json, key: PrivateKey) -> bool:
    """Tells whether whoever has a key can show a credential.

    Args:
        claims: Of the credential; one of W3C whose subject has no id is for whoever has it.
        key: The holder's.
    """
    confirmation = claims.get("cnf")
    jwk = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    if jwk is None and "credentialSubject" in claims:
        ids = _subjects(claims)
        return all(_is_of(did, key) for did in ids)
    return isinstance(jwk, dict) and thumbprint(jwk) == thumbprint(to_jwk(key.public_key()))


def can_show(form: Form, claims: Json, key: PrivateKey) -> bool:
    """Tells whether a holder can show a credential by OpenID4VP.

    Args:
        form: Of the credential.
        claims: What it says; one that is bound to a DID of a registry is shown there.
        key: The holder's.
    """
    if form == FORMS[0]:
        return True
    return is_bound_to(claims, key) and (form != "ldp_vc" or bool(_suites(key)))


def presented(text: str, claims: Json, key: PrivateKey, asking: Any, *, at: datetime) -> Any:
    """Returns the presentation of a credential of W3C, signed for one verifier and request.

    Args:
        text: The credential, whole.
        claims: What it says.
        key: The holder's.
        asking: The request: who asks, with which nonce, and what it can read.
        at: Now.

    Returns:
        A text, or for Data Integrity an object (OpenID4VP 1.0 8.1).
    """
    did = next(iter(_subjects(claims)), _dids(key)["did:jwk"])
    if form_of_text(text) == "ldp_vc":
        return _linked(read_object(text), did, key, asking, at)
    now = int(at.timestamp())
    payload = {
        "iss": did,
        "jti": f"urn:uuid:{uuid.uuid4()}",
        "aud": asking.client_id,
        "nonce": asking.fields["nonce"],
        "iat": now,
        "exp": now + int(LIFE.total_seconds()),
        "vp": {
            "@context": [V1],
            "type": ["VerifiablePresentation"],
            "holder": did,
            "verifiableCredential": [text],
        },
    }
    return write_jws({"typ": "JWT", "kid": _method(did)}, payload, key)


def _linked(credential: Json, did: str, key: PrivateKey, asking: Any, at: datetime) -> Json:
    document = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": did,
        "verifiableCredential": [credential],
    }
    options = {
        "cryptosuite": _suite(asking, key),
        "created": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": _method(did),
        "proofPurpose": "authentication",
        "challenge": asking.fields["nonce"],
        "domain": asking.client_id,
    }
    return with_proof(document, key, options)


def _suite(asking: Any, key: PrivateKey) -> str:
    """Returns the first suite of the key that the verifier says to read, or the first at all."""
    metadata = asking.fields.get("client_metadata")
    described = metadata if isinstance(metadata, dict) else {}
    formats = described.get("vp_formats_supported")
    linked = formats.get("ldp_vc") if isinstance(formats, dict) else None
    named = as_list(linked.get("cryptosuite_values")) if isinstance(linked, dict) else []
    own = _suites(key)
    return next((name for name in own if name in named), own[0])


def _suites(key: PrivateKey) -> list[str]:
    """Returns the suites that a key can sign with."""
    return [name for name, suite in SUITES.items() if curve_of(key) in suite.curves]


def _subjects(claims: Json) -> list[str]:
    """Returns the ids of whom a credential is about."""
    subjects = [each for each in as_list(claims.get("credentialSubject")) if isinstance(each, dict)]
    return [str(each["id"]) for each in subjects if "id" in each]


def _dids(key: PrivateKey) -> dict[str, str]:
    """Returns a key as DID, by the methods that have it in themselves."""
    public = key.public_key()
    return {
        "did:key": f"did:key:{to_multikey(public)}",
        "did:jwk": f"did:jwk:{to_base64url(write_compact(to_jwk(public)))}",
    }


def _method(did: str) -> str:
    """Returns the id of the only key of a DID."""
    document = resolve(did, {}).document or {}
    return str(as_list(document.get("verificationMethod"))[0]["id"])


def _is_of(did: str, key: PrivateKey) -> bool:
    """Tells whether a DID is that of a key."""
    document = resolve(did, {}).document
    if document is None:
        return False
    method = method_of(document, _method(did)) or {}
    try:
        return thumbprint(to_jwk(key_in(method))) == thumbprint(to_jwk(key.public_key()))
    except ValueError:
        return False
