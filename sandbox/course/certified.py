"""What stands in X.509 certificates, for whoever writes a gateway's or a verifier's checks in a
notebook.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.keys import DSC, SCA, TLS, UP, Country
from sandbox.fhir.json import Json

# the members of a key usage that a country's certificates have (RFC 5280 4.2.1.3)
USES = ("digital_signature", "key_cert_sign", "crl_sign")


def facts_of(pem: Any) -> Json | Blank:
    """Returns what a gateway compares of a certificate; an empty object where none can be read.

    `country`, `subject` and `issuer` are names, `is_authority` and `path_length` the basic
    constraints, `uses` and `purposes` what its key is for, `kind` and `bits` the key itself,
    `begins` and `ends` its time.

    Args:
        pem: The certificate as text.
    """
    from cryptography import x509

    if has_blank(pem):
        return BLANK
    try:
        certificate = x509.load_pem_x509_certificate(str(pem).encode())
    except ValueError:
        return {}
    facts = {name: _extension(certificate, name) for name in ("BasicConstraints", "KeyUsage")}
    basic, usage = facts.values()
    purposes = _extension(certificate, "ExtendedKeyUsage") or ()
    key: Any = certificate.public_key()
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    return {
        "country": str(names[0].value) if names else "",
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "is_authority": bool(basic and basic.ca),
        "path_length": basic.path_length if basic else None,
        "uses": [name for name in USES if usage and getattr(usage, name)],
        "purposes": [_name_of(purpose) for purpose in purposes],
        "kind": "RSA" if "RSA" in type(key).__name__ else "EC",
        "bits": key.key_size,
        "begins": certificate.not_valid_before_utc,
        "ends": certificate.not_valid_after_utc,
    }


def at_work(country: Any) -> dict[str, str] | Blank:
    """Returns the certificates that were met at four tasks, as PEM by task: that of who has signed
    a traveller's `certificate`, a new `signer`, an `upload`, and of who opened the `connection`.
    """
    if has_blank(country) or not isinstance(country, Country):
        return BLANK
    places = {"certificate": DSC, "signer": SCA, "upload": UP, "connection": TLS}
    return {task: country.files[place] for task, place in places.items()}


def is_signed(text: Any, key: Any) -> bool | Blank:
    """Tells whether a code is signed by a key (RFC 9052 4.4).

    Args:
        text: What stands in the QR code.
        key: Of a trust list, such as one of `chile.keys`.
    """
    from sandbox.certificates.cose import is_signed_by
    from sandbox.certificates.hcert import read

    if has_blank([text, key]) or not isinstance(text, str):
        return BLANK
    signed = read(text).signed
    return signed is not None and is_signed_by(signed, key.key)


def failed_step(text: Any, keys: Any) -> str | Blank:
    """Returns the first step at which a code fails, such as `trust`; `valid` where none does.

    Args:
        text: What stands in the QR code.
        keys: Those that are trusted.
    """
    from sandbox.certificates.keys import KeyList
    from sandbox.certificates.verifying import verify

    if has_blank([text, keys]) or not isinstance(text, str):
        return BLANK
    steps = verify(text, KeyList(keys), at=datetime.now(UTC)).steps
    return next((step.name for step in steps if step.status == "fail"), "valid")


def _extension(certificate: Any, name: str) -> Any:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(getattr(x509, name)).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _name_of(purpose: Any) -> str:
    from cryptography.x509.oid import ExtendedKeyUsageOID

    return "clientAuth" if purpose == ExtendedKeyUsageOID.CLIENT_AUTH else purpose.dotted_string
