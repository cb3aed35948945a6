"""A trust list with entries that nobody may believe, made in memory for whoever is to find them."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.keys import Country
from sandbox.fhir.json import Json

HOST = "lists.example.org"


def doubtful_list(country: Any) -> Json | Blank:
    """Returns a trust list (DID document) of a country: two entries hold, seven do not.

    Args:
        country: Whose list it pretends to be.
    """
    from sandbox.countries import participant_of
    from sandbox.trust.documents import document_of

    if has_blank(country) or not isinstance(country, Country):
        return BLANK
    participant = participant_of(country.code)
    document = document_of(_listed(country), host=HOST, path=f"v2/trustlist/DCC/{participant}")
    methods = document["verificationMethod"]
    _with_key_of(methods[2], methods[4])
    methods[3]["status"] = "TERMINATED"
    _with_kid(methods[5], base64.b64encode(b"20261130").decode())
    # the list says of each that it is this country's: one certificate says otherwise
    for method in methods:
        method["participant"] = {"code": f"#{participant}"}
    return document


def entries_in(document: Any) -> dict[str, Json] | Blank:
    """Returns the entries of a trust list by the letters A, B, C …, with what one compares.

    `usage` is what an entry is listed for, `status` what the list says of it, `kid` its id in the
    list; `key` is the x of its JWK and `certified` that in x5c[0]; `der` is x5c[0] itself with its
    `country`, its `issuer`, and the subject of the certificate that stands behind it (`authority`).
    """
    if has_blank(document) or not isinstance(document, dict):
        return BLANK
    methods = document.get("verificationMethod") or []
    return {chr(ord("A") + number): _facts(method) for number, method in enumerate(methods)}


def _listed(country: Country) -> list[Any]:
    """Returns the keys that stand on the list, in its order."""
    from dataclasses import replace

    from sandbox.certificates.keys import trusted

    def listed(pem: str, usage: str = "DSC", *, behind: str = "SCA/SCA.pem") -> Any:
        chain = (_certificate(country.files[behind]),) if behind else ()
        return replace(trusted(_certificate(pem), domain="DCC"), usage=usage, chain=chain)

    return [
        listed(country.files["UP/UP.pem"], "UP", behind=""),
        listed(country.files["DSC/DSC.pem"]),
        listed(_signer(country)),
        listed(_signer(country)),
        listed(_signer(country)),
        listed(_signer(country)),
        listed(country.files["SCA/SCA.pem"], "SCA", behind=""),
        listed(_signer(country, by="UP")),
        listed(_signer(country, other="PE" if country.code != "PE" else "CL")),
    ]


def _signer(country: Country, *, by: str = "SCA", other: str = "") -> str:
    return str(country.signer(country=other or country.code, by=by))


def _with_key_of(method: Json, other: Json) -> None:
    """Puts the key of another entry into the JWK: the certificate beside it keeps its own."""
    jwk = other["publicKeyJwk"]
    method["publicKeyJwk"] |= copy.deepcopy({name: jwk[name] for name in ("x", "y")})


def _with_kid(method: Json, kid: str) -> None:
    method["publicKeyJwk"]["kid"] = kid
    method["id"] = f"{method['id'].partition('#')[0]}#{kid}"


def _facts(method: Mapping[str, Any]) -> Json:
    """Returns what one compares of an entry."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_der_x509_certificate

    from sandbox.certificates.keys import trusted
    from sandbox.certificates.unpacking import to_base64url
    from sandbox.trust.network_terms import code_of

    jwk = method["publicKeyJwk"]
    chain = [load_der_x509_certificate(base64.b64decode(text)) for text in jwk["x5c"]]
    certified: Any = trusted(chain[0]).key
    return {
        "usage": code_of(method.get("keyusage")),
        "status": str(method.get("status", "")),
        "kid": jwk["kid"],
        "key": jwk["x"],
        "certified": to_base64url(certified.public_numbers().x.to_bytes(32)),
        "country": trusted(chain[0]).country,
        "issuer": chain[0].issuer.rfc4514_string(),
        "authority": chain[-1].subject.rfc4514_string(),
        "der": chain[0].public_bytes(Encoding.DER),
    }


def _certificate(pem: str) -> Any:
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(pem.encode())
