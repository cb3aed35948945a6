"""Document signatures: ECDSA over canonical JSON, compatible with the reference mediator and the
event.

What a server changes when it stores a document (its id, the meta of its resources) is not signed,
as in the event; a signature over all but itself, which the reference mediator makes, is accepted
too.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.certificates.issuing import Signer
from sandbox.certificates.keys import TrustedKey
from sandbox.clock import fhir_instant
from sandbox.errors import InvalidResource
from sandbox.fhir.json import Json, Number, as_list, member

KINDS = "urn:iso-astm:E1762-95:2013"
VERIFICATION = "1.2.840.10065.1.12.1.5"
CLAUSE = "DDCC 1.0.0 DDCCDocumentSigned"
Outcome = Literal["signed", "not_signed", "wrong_signature", "unknown_key"]


def signed(document: Json, signer: Signer, *, at: datetime) -> Json:
    """Returns the document with its signature, whose `who` tells the id of the key.

    Raises:
        TypeError: The key of the signer is no EC key.
        InvalidResource: A number in the document has no canonical form.
    """
    if not isinstance(signer.key, ec.EllipticCurvePrivateKey):
        raise TypeError(type(signer.key).__name__)
    value = signer.key.sign(_canonical(_without_what_servers_change(document)), ec.ECDSA(SHA256()))
    kid = base64.b64encode(signer.kid).decode()
    signature = {
        "type": [{"system": KINDS, "code": VERIFICATION}],
        "when": fhir_instant(at),
        "who": {"type": "Organization", "identifier": {"value": kid}, "display": signer.country},
        "sigFormat": "application/octet-stream",
        "data": base64.b64encode(value).decode(),
    }
    return {**document, "signature": signature}


def check_signature(
    document: Json, keys: Sequence[TrustedKey]
) -> tuple[Outcome, TrustedKey | None]:
    """Tells whether a document is signed by one of the keys, and by which.

    Where the signature tells the id of a key that is not among them, that is what is wrong with it.
    """
    signature = document.get("signature")
    if not isinstance(signature, dict) or not isinstance(signature.get("data"), str):
        return "not_signed", None
    try:
        value = base64.b64decode(signature["data"], validate=True)
    except (binascii.Error, ValueError):
        return "wrong_signature", None
    # our own signatures and the event's are over the first, the reference mediator's over the
    # second
    contents = [
        _canonical(version)
        for version in (_without_what_servers_change(document), _without_signature(document))
    ]
    for key in keys:
        if isinstance(key.key, ec.EllipticCurvePublicKey) and any(
            _is_by(key.key, value, content) for content in contents
        ):
            return "signed", key
    # `who` is no part of what is signed: it may explain a failure, and never decides
    kid = member(member(signature.get("who"), "identifier"), "value")
    known = {base64.b64encode(trusted.kid).decode() for trusted in keys}
    return ("unknown_key" if kid and kid not in known else "wrong_signature"), None


def _is_by(key: ec.EllipticCurvePublicKey, value: bytes, content: bytes) -> bool:
    try:
        key.verify(value, content, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _without_signature(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "signature"}


def _without_what_servers_change(document: Json) -> Json:
    kept = {
        name: value for name, value in document.items() if name not in ("signature", "id", "meta")
    }
    kept["entry"] = [_entry(entry) for entry in as_list(document.get("entry"))]
    return kept


def _entry(entry: Any) -> Any:
    resource = member(entry, "resource")
    if not isinstance(resource, dict):
        return entry
    return {
        **entry,
        "resource": {name: value for name, value in resource.items() if name != "meta"},
    }


def _canonical(value: Json) -> bytes:
    """Returns JSON in its canonical form (RFC 8785).

    Raises:
        InvalidResource: A number has none.
    """
    try:
        return rfc8785.dumps(_plain(value))
    except rfc8785.CanonicalizationError as error:
        raise InvalidResource(
            "ddcc.no_canonical", where="Bundle", clause="RFC 8785 3.2.2", reason=str(error)
        ) from None


def _plain(value: Any) -> Any:
    # numbers keep the digits in which they came; the canonical form is that of a double
    if isinstance(value, Number):
        return float(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
