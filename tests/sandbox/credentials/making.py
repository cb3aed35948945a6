"""Credentials made for tests: an issuer in Chile, a holder, and what a verifier in Panama knows of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import PrivateKey, to_jwk, to_multikey
from sandbox.credentials.proofs.contexts import V1, V2
from sandbox.credentials.proofs.secured import with_proof
from sandbox.credentials.report import Asked, Known, Report
from sandbox.credentials.sdjwt.issuing import issue
from sandbox.credentials.status.bits import Bits, empty, write_bitstring, write_token_list
from sandbox.credentials.texts import from_base64url, to_base64url
from sandbox.credentials.verifying import verify

Json = dict[str, Any]
AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
ISSUER = ec.derive_private_key(7_000_001, ec.SECP256R1())
HOLDER = ec.derive_private_key(7_000_002, ec.SECP256R1())
STRANGER = ec.derive_private_key(7_000_003, ec.SECP256R1())
EDWARDS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LARGE = ec.derive_private_key(7_000_004, ec.SECP384R1())
W3C_LIST = "http://127.0.0.1:8400/vci/status/1"
IETF_LIST = "http://127.0.0.1:8400/vci/status/2"
PLACE = 70_007
ASKED = Asked("redirect_uri:http://127.0.0.1:8400/vp/responses/1", "n-0S6_WzA2Mj")
SUITE_OF = {"ecdsa": ISSUER, "eddsa": EDWARDS}


def did_of(key: PrivateKey) -> str:
    return f"did:key:{to_multikey(key.public_key())}"


def method_of(key: PrivateKey) -> str:
    did = did_of(key)
    return f"{did}#{did.removeprefix('did:key:')}"


TERMS = {"dose": "https://example.org/#dose", "Vaccinated": "https://example.org/#Vaccinated"}
CREDENTIAL: Json = {
    "@context": [V2, TERMS],
    "id": "urn:uuid:4a3c0e0e-1f5d-4c57-9f5b-0f6f9a7b9f10",
    "type": ["VerifiableCredential", "Vaccinated"],
    "issuer": did_of(ISSUER),
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00Z",
    "credentialSubject": {"id": did_of(HOLDER), "dose": "2"},
    "credentialStatus": {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(PLACE),
        "statusListCredential": W3C_LIST,
    },
}
OLD_CREDENTIAL: Json = {
    "@context": [V1, TERMS],
    "type": ["VerifiableCredential", "Vaccinated"],
    "credentialSubject": {"dose": "2"},
}
CLAIMS: Json = {
    "iss": did_of(ISSUER),
    "iat": int((AT - timedelta(days=1)).timestamp()),
    "exp": int((AT + timedelta(days=300)).timestamp()),
    "vct": "https://example.org/credentials/icvp",
    "cnf": {"jwk": to_jwk(HOLDER.public_key())},
    "status": {"status_list": {"idx": PLACE, "uri": IETF_LIST}},
    "name": "Rosa Fuenzalida",
    "birthdate": "1985-03-14",
    "nationality": ["CL", "PA"],
    "vaccine": {"product": "Stamaril", "lot": "B-77", "date": "2026-02-02"},
}
PATHS = [
    ["name"], ["birthdate"], ["nationality", None], ["vaccine"], ["vaccine", "product"], ["vaccine", "lot"],
]  # fmt: skip


def options(suite: str, key: PrivateKey, **more: Any) -> Json:
    return {
        "cryptosuite": suite,
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": method_of(key),
        "proofPurpose": "assertionMethod",
        **more,
    }


def signed(
    suite: str = "ecdsa-rdfc-2019",
    key: PrivateKey = ISSUER,
    document: Json = CREDENTIAL,
    **more: Any,
) -> Json:
    """Returns a credential with a proof."""
    return with_proof(document, key, options(suite, key, **more))


def in_der(signature: bytes) -> bytes:
    """Returns a signature of ECDSA as certificates have it, which JOSE does not (RFC 7518 3.4)."""
    half = len(signature) // 2
    r, s = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
    return encode_dss_signature(r, s)


def jws_in_der(text: str) -> str:
    """Returns a JWS, or what begins with one, whose signature is right but for its form."""
    jws, tilde, rest = text.partition("~")
    signed, _, last = jws.rpartition(".")
    return f"{signed}.{to_base64url(in_der(from_base64url(last)))}{tilde}{rest}"


def jwt(payload: Json = CREDENTIAL, key: PrivateKey = ISSUER, **header: Any) -> str:
    return write_jws({"typ": "vc+jwt", "kid": method_of(key), **header}, payload, key)


def sdjwt(claims: Json = CLAIMS, key: PrivateKey = ISSUER, **header: Any) -> str:
    return issue(claims, PATHS, key, {"kid": method_of(key), **header}, decoys=2)


def w3c_list(bits: Bits | None = None, key: PrivateKey = ISSUER, **changes: Any) -> Json:
    document = {
        "@context": [V2],
        "id": W3C_LIST,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did_of(key),
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": f"{W3C_LIST}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": write_bitstring(bits or empty("most")),
        },
        **changes,
    }
    return signed("ecdsa-jcs-2019", key, document)


def ietf_list(bits: Bits | None = None, key: PrivateKey = ISSUER, **changes: Any) -> str:
    bits = bits or empty("least")
    payload = {
        "iss": did_of(key),
        "sub": IETF_LIST,
        "iat": int((AT - timedelta(hours=1)).timestamp()),
        "exp": int((AT + timedelta(days=1)).timestamp()),
        "status_list": {"bits": bits.size, "lst": write_token_list(bits)},
        **changes,
    }
    return write_jws({"typ": "statuslist+jwt", "kid": method_of(key)}, payload, key)


KNOWN = Known(
    documents={W3C_LIST: w3c_list(), IETF_LIST: ietf_list()},
    issuers={did_of(ISSUER): "Chile", did_of(EDWARDS): "Chile", did_of(LARGE): "Chile"},
)


def with_documents(**documents: Any) -> Known:
    """Returns what is known with other lists: `w3c` and `ietf` stand for their addresses."""
    places = {"w3c": W3C_LIST, "ietf": IETF_LIST}
    return replace(
        KNOWN,
        documents={**KNOWN.documents, **{places[name]: value for name, value in documents.items()}},
    )


def judged(
    credential: Json | str,
    known: Known = KNOWN,
    *,
    asked: Asked | None = None,
    at: datetime = AT,
) -> Report:
    text = credential if isinstance(credential, str) else json.dumps(credential)
    return verify(text, known, at=at, asked=asked)


def reasons(report: Report) -> set[str]:
    """Returns the keys of what is wrong, without the room."""
    return {
        finding.key.removeprefix("credentials.")
        for finding in report.findings
        if finding.severity in ("error", "fatal", "warning")
    }


def changed(document: Mapping[str, Any], **changes: Any) -> Json:
    """Returns a document with other members; None takes one out."""
    return {name: value for name, value in {**document, **changes}.items() if value is not None}
