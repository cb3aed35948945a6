"""The trust network's gateway: what participants upload, and the lists they download (DCC Gateway
1.10, GDHCN).

Whoever asks is known by the client certificate of the connection.  A country uploads its own
signers alone, each signed by its upload key and issued by its authority; what is refused says which
of these is not so.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.keys import kid_of
from sandbox.clock import fhir_instant
from sandbox.errors import BadRequest, Conflict, Forbidden, InvalidCertificate, NotFound
from sandbox.findings import Finding
from sandbox.trust.cms import NotCms, opened, signed
from sandbox.trust.folder import TrustFolder
from sandbox.trust.onboarding import check_certificate
from sandbox.trust.pki import Pair
from sandbox.trust.published import Published
from sandbox.workers import DECODING, Pool

ListType = Literal["AUTHENTICATION", "UPLOAD", "CSCA", "DSC"]
TYPES: dict[str, ListType] = {"TLS": "AUTHENTICATION", "UP": "UPLOAD", "SCA": "CSCA", "DSC": "DSC"}
CLAUSE = "DCC Gateway 1.10.0"
KID = re.compile(r"[A-Za-z0-9+/]{11}=")


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate of the list: its country, domain, role (SCA, DSC, UP, TLS), since when, and who
    vouches for it.
    """

    country: str
    domain: str
    role: str
    certificate: x509.Certificate
    since: datetime
    signature: str

    def as_item(self) -> dict[str, Any]:
        """Returns it as the interface has it."""
        data = self.certificate.public_bytes(Encoding.DER)
        return {
            "kid": base64.b64encode(kid_of(self.certificate)).decode(),
            "timestamp": fhir_instant(self.since),
            "country": self.country,
            "certificateType": TYPES[self.role],
            "domain": self.domain,
            "thumbprint": self.certificate.fingerprint(SHA256()).hex(),
            "signature": self.signature,
            "rawData": base64.b64encode(data).decode(),
        }


class Gateway:
    """Serves the lists of a trust folder; `anchor` vouches for what was onboarded, and what comes
    in is read by `workers`.
    """

    def __init__(self, folder: TrustFolder, anchor: Pair, workers: Pool) -> None:
        self._folder = folder
        self._anchor = anchor
        self._workers = workers
        self.published = Published(folder, anchor)

    def who(self, client: bytes) -> str:
        """Returns the country whose client certificate this is, from its DER.

        Raises:
            Forbidden: It is nobody's.
        """
        for listed in self._onboarded():
            # the whole certificate is compared: participants may sign it themselves, so a chain
            # proves nothing
            if listed.role == "TLS" and listed.certificate.public_bytes(Encoding.DER) == client:
                return listed.country
        raise Forbidden("gateway.nobody", where="client certificate", clause=CLAUSE)

    def listed(self, *, type: str = "", country: str = "") -> list[Listed]:
        """Returns the list, or those of a type and a country.

        Args:
            type: AUTHENTICATION, UPLOAD, CSCA or DSC; empty for all.
            country: Its code of two letters; empty for all.

        Raises:
            BadRequest: There is no such type.
        """
        if type and type not in TYPES.values():
            raise BadRequest(
                "gateway.no_type",
                where="type",
                clause=CLAUSE,
                found=type,
                known=", ".join(TYPES.values()),
            )
        every = [*self._onboarded(), *self._uploaded()]
        return [
            listed
            for listed in every
            if type in ("", TYPES[listed.role]) and country in ("", listed.country)
        ]

    def upload(self, country: str, cms: bytes, *, at: datetime, domain: str = "") -> str:
        """Takes a signer of documents into the list; nothing is kept of what is refused.

        Args:
            country: Who uploads, as the connection says.
            cms: The certificate, signed by the upload key of this country.
            at: When.
            domain: Into which domain; empty for the folder's own.

        Returns:
            The kid of the certificate, in Base64.

        Raises:
            BadRequest: The body is no CMS with a certificate (400).
            InvalidCertificate: The certificate is not as it is to be (400, with what is wrong).
            Forbidden: Another country's certificate, or signed by another key (403).
            Conflict: It is listed already (409).
        """
        # Who signs is settled before the content is looked at: a stranger learns nothing of the
        # checks.
        data = self._opened(country, cms)
        signature = base64.b64encode(_der(cms)).decode()
        issuers = [
            listed.certificate.public_bytes(Encoding.DER)
            for listed in self._onboarded()
            if (listed.country, listed.role) == (country, "SCA")
        ]
        findings = self._workers.run(DECODING, judge_upload, data, country, issuers[:1], at)
        if any(finding.severity == "error" for finding in findings):
            raise InvalidCertificate(findings)
        # a worker has read it: it can be read
        certificate = x509.load_der_x509_certificate(data)
        kid = kid_of(certificate)
        if any(kid_of(listed.certificate) == kid for listed in self.listed(type="DSC")):
            raise Conflict(
                "gateway.there", where="kid", clause=CLAUSE, kid=base64.b64encode(kid).decode()
            )
        self._folder.keep_upload(country, certificate, signature, domain=domain)
        return base64.b64encode(kid).decode()

    def delete(self, country: str, cms: bytes) -> None:
        """Takes a signer from the list.

        Raises:
            BadRequest, Forbidden: As for `upload`.
            NotFound: The country has no such signer in the list.
        """
        data = self._opened(country, cms)
        self._workers.run(DECODING, check_country, data, country)
        kid = kid_of(x509.load_der_x509_certificate(data))
        if not any(
            kid_of(listed.certificate) == kid for listed in self.listed(type="DSC", country=country)
        ):
            raise NotFound(
                "gateway.absent", where="kid", clause=CLAUSE, kid=base64.b64encode(kid).decode()
            )
        self._folder.unlist(kid)

    def _opened(self, country: str, cms: bytes) -> bytes:
        """Returns what was signed by the upload key of this very country."""
        try:
            content, certificate = self._workers.run(DECODING, read_upload, cms)
        except NotCms as error:
            raise BadRequest(f"gateway.{error.reason}", where="body", clause="RFC 5652 5") from None
        signer = x509.load_der_x509_certificate(certificate)
        keys = {
            listed.certificate: listed.country
            for listed in self._onboarded()
            if listed.role == "UP"
        }
        if keys.get(signer) != country:
            found = keys.get(signer) or signer.subject.rfc4514_string()[:80]
            raise Forbidden(
                "gateway.other_signer", where="CMS", clause=CLAUSE, expected=country, found=found
            )
        return content

    def _onboarded(self) -> Iterator[Listed]:
        for country, domain, role, file in self._folder.published():
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            data = certificate.public_bytes(Encoding.DER)
            # the folder keeps no moment of onboarding; a key is published from its beginning on
            since = certificate.not_valid_before_utc
            yield Listed(
                country, domain, role, certificate, since, signed(data, self._anchor).decode()
            )

    def _uploaded(self) -> Iterator[Listed]:
        for country, domain, file in self._folder.uploads():
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            signature = file.with_suffix(".cms").read_text("ascii")
            yield Listed(
                country, domain, "DSC", certificate, certificate.not_valid_before_utc, signature
            )


def read_upload(cms: bytes) -> tuple[bytes, bytes]:
    """Returns what was signed and the certificate by which, in DER; the job of a worker.

    Raises:
        NotCms: It is no CMS with its content and one signer, or the signature is wrong.
    """
    content, signer = opened(cms)
    return content, signer.public_bytes(Encoding.DER)


def judge_upload(data: bytes, country: str, issuers: list[bytes], at: datetime) -> list[Finding]:
    """Returns what is wrong with a signer of documents that a country uploads; the job of a worker.

    Args:
        data: The certificate, in DER.
        country: Who uploads it.
        issuers: The certificate of the country's authority, in DER; none where it has none.
        at: When.

    Raises:
        BadRequest: It is no certificate.
        Forbidden: It is another country's.
    """
    certificate = _of_country(data, country)
    issuer = x509.load_der_x509_certificate(issuers[0]) if issuers else None
    return check_certificate(certificate, country=country, issuer=issuer, at=at)


def check_country(data: bytes, country: str) -> None:
    """Checks that these bytes are a certificate of a country; the job of a worker.

    Raises:
        BadRequest: They are no certificate.
        Forbidden: It is another country's.
    """
    _of_country(data, country)


def _of_country(data: bytes, country: str) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(data)
    except ValueError:
        raise BadRequest("gateway.no_content", where="CMS", clause=CLAUSE) from None
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    found = str(names[0].value) if names else "–"
    if found != country:
        raise Forbidden(
            "gateway.other_country", where="C", clause=CLAUSE, expected=country, found=found
        )
    return certificate


def anchor_of(folder: Path, make: Any) -> Pair:
    """Returns the pair in a folder, made by `make` where there is none yet."""
    from sandbox.trust.pki import read_pair, write_pair

    if not (folder / "key.pem").exists():
        write_pair(make(), folder)
    return read_pair(folder)


def _der(cms: bytes) -> bytes:
    return cms if cms[:1] == b"\x30" else base64.b64decode(b"".join(cms.split()))
