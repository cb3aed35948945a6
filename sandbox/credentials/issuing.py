"""Issues what somebody is to hold as a credential in each form that a wallet may want, by the key
of a country's signer of documents.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.credentials.did.resolving import resolve
from sandbox.credentials.issuers import key_in
from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import ED25519, PrivateKey, PublicKey, curve_of, to_jwk, to_multikey
from sandbox.credentials.kinds import KINDS
from sandbox.credentials.proofs.contexts import V1, V2
from sandbox.credentials.proofs.secured import with_proof
from sandbox.credentials.sdjwt.issuing import issue
from sandbox.credentials.sdjwt.verifying import OLD_TYP
from sandbox.credentials.status.bits import Bits, write_bitstring, write_token_list
from sandbox.credentials.texts import Json, write_compact
from sandbox.credentials.vaccination import TERMS, TYPE, subject_of
from sandbox.errors import BadRequest

Format = Literal["dc+sd-jwt", "ldp_vc", "jwt_vc_json"]
FORMATS: tuple[Format, ...] = get_args(Format)
DECOYS = 3
RAW = ("raw",)
"""The text of the certificate that a credential was made of, shown only where it is asked for."""
TTL_SECONDS = 300
LIST_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Authority:
    """Who issues: the key of a signer with its certificate, and where its status lists are."""

    key: PrivateKey
    certificate: x509.Certificate
    lists: str
    """The address below which `tokens` and `bits` stand."""
    country: str = ""

    @property
    def did(self) -> str:
        """Returns the issuer of credentials of W3C: the key itself as DID."""
        return f"did:key:{to_multikey(self.key.public_key())}"

    @property
    def method(self) -> str:
        """Returns the id of the key in the document of its DID."""
        return f"{self.did}#{self.did.removeprefix('did:key:')}"

    @property
    def x5c(self) -> list[str]:
        """Returns the certificate as the header of a JWS has it (RFC 7515 4.1.6)."""
        return [base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()]

    @property
    def suite(self) -> str:
        """Returns the cryptosuite of its key."""
        return "eddsa-rdfc-2022" if curve_of(self.key) is ED25519 else "ecdsa-rdfc-2019"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be issued: the claims, for whom, the place in the status list, and the times.

    `holder` is a DID, empty for a credential that anybody may show; `kind` is the name of one of
    KINDS; `is_old` tells whether its wallet knows SD-JWT by the type of older drafts alone.
    """

    claims: Json
    holder: str
    place: int
    begins: datetime
    ends: datetime
    kind: str = "vaccination"
    is_old: bool = False


def issue_credential(format: Format, order: Order, by: Authority) -> str:
    """Returns a credential as text.

    Args:
        format: One of `FORMATS`, in the words of OpenID4VCI.
        order: What it says.
        by: Who issues.

    Raises:
        BadRequest: The holder is no DID whose key is in it, or the kind has no such form.
    """
    if format == "dc+sd-jwt":
        return _sdjwt(order, by)
    if not KINDS[order.kind].is_w3c:
        names = {"found": f"{order.kind}_{format}", "known": f"{order.kind}_{FORMATS[0]}"}
        raise BadRequest("credentials.no_configuration", where="format", **names)
    if format == "ldp_vc":
        options = {
            "cryptosuite": by.suite,
            "created": _stamp(order.begins),
            "verificationMethod": by.method,
            "proofPurpose": "assertionMethod",
        }
        return write_compact(with_proof(_credential(order, by), by.key, options)).decode()
    return _old_jwt(order, by)


def holder_key(holder: str) -> PublicKey:
    """Returns the key of a holder.

    Raises:
        BadRequest: The DID does not have it in itself, as did:key and did:jwk have.
    """
    document = resolve(holder, {}).document
    if document is None:
        raise BadRequest("credentials.no_holder_key", where="holder", found=holder[:80])
    return key_in(document["verificationMethod"][0])


def token_list(bits: Bits, address: str, by: Authority, *, at: datetime) -> str:
    """Returns a status list token (IETF Token Status List 5.1).

    Args:
        bits: What stands in it.
        address: Where it is published, which it names.
        by: Who issues.
        at: Now; it is in force for a day, and kept by verifiers for minutes.
    """
    now = int(at.timestamp())
    payload = {
        "sub": address,
        "iat": now,
        "exp": now + LIST_SECONDS,
        "ttl": TTL_SECONDS,
        "status_list": {"bits": bits.size, "lst": write_token_list(bits)},
    }
    return write_jws({"typ": "statuslist+jwt", "x5c": by.x5c}, payload, by.key)


def bitstring_list(bits: Bits, address: str, by: Authority, *, at: datetime) -> Json:
    """Returns a status list credential (W3C Bitstring Status List 1.0 3.1); arguments as of
    `token_list`.
    """
    document = {
        "@context": [V2],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": by.did,
        "validFrom": _stamp(at),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": write_bitstring(bits),
        },
    }
    options = {
        "cryptosuite": by.suite,
        "created": _stamp(at),
        "verificationMethod": by.method,
        "proofPurpose": "assertionMethod",
    }
    return with_proof(document, by.key, options)


def _sdjwt(order: Order, by: Authority) -> str:
    status = {"status_list": {"idx": order.place, "uri": f"{by.lists}/tokens"}}
    kind = KINDS[order.kind]
    claims = {
        "iat": int(order.begins.timestamp()),
        "exp": int(order.ends.timestamp()),
        "vct": kind.vct,
        **({"cnf": {"jwk": to_jwk(holder_key(order.holder))}} if order.holder else {}),
        "status": status,
        **order.claims,
    }
    patterns = (*kind.disclosable, *([RAW] if RAW[0] in claims else []))
    header = {"typ": OLD_TYP, "x5c": by.x5c} if order.is_old else {"x5c": by.x5c}
    return issue(claims, patterns, by.key, header, decoys=DECOYS)


def _credential(order: Order, by: Authority) -> Json:
    return {
        "@context": [V2, TERMS],
        "id": f"urn:uuid:{uuid.uuid4()}",
        "type": ["VerifiableCredential", TYPE],
        "issuer": by.did,
        "validFrom": _stamp(order.begins),
        "validUntil": _stamp(order.ends),
        "credentialStatus": {
            "id": f"{by.lists}/bits#{order.place}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(order.place),
            "statusListCredential": f"{by.lists}/bits",
        },
        "credentialSubject": subject_of(order.claims, order.holder),
    }


def _old_jwt(order: Order, by: Authority) -> str:
    """Returns a JWT of data model 1.1, which says issuer, subject and times in its own claims."""
    full = _credential(order, by)
    moved = ("id", "issuer", "validFrom", "validUntil")
    credential = {name: part for name, part in full.items() if name not in moved}
    payload = {
        "iss": by.did,
        "jti": full["id"],
        **({"sub": order.holder} if order.holder else {}),
        "nbf": int(order.begins.timestamp()),
        "exp": int(order.ends.timestamp()),
        "vc": {**credential, "@context": [V1, TERMS]},
    }
    return write_jws({"typ": "JWT", "kid": by.method}, payload, by.key)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
