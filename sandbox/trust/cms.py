"""Gateway uploads: a certificate signed with the upload key, as CMS (RFC 5652).

Exactly what the gateway of the trust network asks for: the content inside, one signer, whose
certificate comes along.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from typing import Annotated, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from sandbox.limits import CMS_BYTES
from sandbox.trust.pki import Pair

SIGNED_DATA = "1.2.840.113549.1.7.2"
DIGEST = "1.2.840.113549.1.9.4"
HASHES = {
    "2.16.840.1.101.3.4.2.1": SHA256(),
    "2.16.840.1.101.3.4.2.2": SHA384(),
    "2.16.840.1.101.3.4.2.3": SHA512(),
}
Reason = Literal[
    "no_cms",
    "no_content",
    "one_signer",
    "no_certificate",
    "other_hash",
    "wrong_digest",
    "wrong_cms",
]


class NotCms(ValueError):
    """Bytes that are no upload, or whose signature is wrong; `reason` is the last part of the key
    of a finding.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


# The library signs CMS and lists the certificates in it, and verifies none: so its structure stands
# here (RFC 5652 5.1).
@asn1.sequence
class _Algorithm:
    name: x509.ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class _Bare:
    name: x509.ObjectIdentifier


@asn1.sequence
class _Attribute:
    name: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _Content:
    kind: x509.ObjectIdentifier
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _Issuer:
    name: asn1.TLV
    serial: int


@asn1.sequence
class _SignerInfo:
    version: int
    signer: _Issuer
    digest: asn1.TLV
    attributes: Annotated[asn1.SetOf[_Attribute] | None, asn1.Implicit(0)]
    algorithm: asn1.TLV
    signature: bytes
    unsigned: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[asn1.TLV]
    content: _Content
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    crls: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _ContentInfo:
    kind: x509.ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


def signed(content: bytes, by: Pair) -> bytes:
    """Returns content as CMS, signed by an upload key, with its certificate, as text in Base64."""
    builder = (
        pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(by.certificate, by.key, SHA256())
    )
    options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
    return base64.b64encode(builder.sign(Encoding.DER, options))


def opened(cms: bytes, *, detached: bytes | None = None) -> tuple[bytes, x509.Certificate]:
    """Returns what was signed, and by whose certificate.

    Args:
        cms: DER, or its Base64 with or without line breaks, as gateways take both.
        detached: What was signed, where the message holds no content (RFC 5652 5.2).

    Raises:
        NotCms: It is no CMS with its content and one signer, or the signature is wrong.
    """
    try:
        data = cms if cms[:1] == b"\x30" else base64.b64decode(b"".join(cms.split()), validate=True)
        if len(data) > CMS_BYTES:
            raise NotCms("no_cms")
        signed_data = asn1.decode_der(_ContentInfo, data).content
        certificates = pkcs7.load_der_pkcs7_certificates(data)
    except (ValueError, binascii.Error) as error:
        raise error if isinstance(error, NotCms) else NotCms("no_cms") from None
    content = signed_data.content.content
    content = detached if content is None else content
    if content is None:
        raise NotCms("no_content")
    if len(signed_data.signers.as_list()) != 1:
        raise NotCms("one_signer")
    (signer,) = signed_data.signers.as_list()
    certificate = next(
        (
            candidate
            for candidate in certificates
            if candidate.serial_number == signer.signer.serial
        ),
        None,
    )
    if certificate is None:
        raise NotCms("no_certificate")
    _check(content, signer, certificate)
    return content, certificate


def _name_of(algorithm: asn1.TLV) -> str:
    """Returns the name of an algorithm, which stands with parameters or without (RFC 5754 2)."""
    for kind in (_Bare, _Algorithm):
        with suppress(ValueError):
            return str(algorithm.parse(kind).name.dotted_string)
    return ""


def _check(content: bytes, signer: _SignerInfo, certificate: x509.Certificate) -> None:
    """Checks the digest of the content among the signed attributes, and the signature over these
    (RFC 5652 5.4).
    """
    chosen = HASHES.get(_name_of(signer.digest))
    if chosen is None:
        raise NotCms("other_hash")
    # without signed attributes the signature is over the content itself (RFC 5652 5.4)
    over = content
    if signer.attributes is not None:
        hashed = Hash(chosen)
        hashed.update(content)
        digest = hashed.finalize()
        stated = [
            attribute
            for attribute in signer.attributes.as_list()
            if attribute.name.dotted_string == DIGEST
        ]
        if not stated or [value.parse(bytes) for value in stated[0].values.as_list()] != [digest]:
            raise NotCms("wrong_digest")
        # signed is the SET OF, not the [0] as which it stands in the message (RFC 5652 5.4)
        over = asn1.encode_der(signer.attributes)
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signer.signature, over, ec.ECDSA(chosen))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signer.signature, over, padding.PKCS1v15(), chosen)
        else:
            raise NotCms("wrong_cms")
    except InvalidSignature:
        raise NotCms("wrong_cms") from None
