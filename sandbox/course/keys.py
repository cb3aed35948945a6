"""A national PKI in a notebook: made in memory, broken on purpose, signed with.  For training
alone, and it says so.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.cards import Card
from sandbox.i18n import Language, say
from sandbox.sentences import fix_of, text_of

if TYPE_CHECKING:  # what makes keys is imported where it is needed: it takes a tenth of a second
    from sandbox.certificates.keys import TrustedKey
    from sandbox.trust.pki import CountryPki, Pair

SCA = "SCA/SCA.pem"
UP = "UP/UP.pem"
TLS = "TLS/TLS.pem"
CA = "TLS/CA.pem"
DSC = "DSC/DSC.pem"
PLACES = (SCA, UP, TLS, CA, DSC)
# each is a fault that one check of a gateway finds (GDHCN certificate governance)
WAYS = (
    "lost",
    "unreadable",
    "doubled",
    "neighbour",
    "authority",
    "purpose",
    "short",
    "stranger",
    "old",
)
KEYS = ("EC P-256", "EC P-224", "RSA 1024", "RSA 3072")
USES = ("digital_signature", "key_cert_sign")


class Country:
    """A country with its certificates; `files` are those that it hands in, by their place."""

    def __init__(self, pki: CountryPki) -> None:
        self._pki = pki
        self.code = pki.country
        pairs = {SCA: pki.sca, UP: pki.up, TLS: pki.tls, CA: pki.tls, DSC: pki.dsc[0]}
        self.files: dict[str, str] = {place: _pem(pair) for place, pair in pairs.items()}

    def __repr__(self) -> str:
        return f"{self.code}: {', '.join(self.files)}"

    def der(self, place: Any) -> bytes | Blank:
        """Returns the certificate at a place as its bytes.

        Raises:
            KeyError: No file stands there; the message names the places.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        if has_blank(place):
            return BLANK
        if place not in self.files:
            raise KeyError(f"{place}? {', '.join(self.files)}")
        return x509.load_pem_x509_certificate(self.files[place].encode()).public_bytes(Encoding.DER)

    @property
    def keys(self) -> list[TrustedKey]:
        """The signers of the country, as a trust list has them."""
        from sandbox.certificates.keys import trusted

        return [trusted(self._pki.dsc[0].certificate, domain="DCC", environment="lesson")]

    def sign(self, content: Any, *, days: int = 365) -> str | Blank:
        """Returns content as a signed code (HCERT).

        Args:
            content: The content of the certificate.
            days: How long it lasts from now; a negative number makes one that is over.
        """
        from sandbox.certificates.issuing import issue, signer_of

        if has_blank(content):
            return BLANK
        signer = signer_of(self._pki.dsc[0].certificate, self._pki.dsc[0].key)
        now = datetime.now(UTC)
        ends = now + timedelta(days=days)
        # one that is over was issued before it ended, or it would have a second fault
        return issue(content, signer, at=min(now, ends - timedelta(days=1)), ends=ends)

    def signed_as_it_is(self, claim: int, content: Any, *, at: datetime, ends: datetime) -> str:
        """Returns content as a signed code that ends when it is told, whatever the content says.

        Args:
            claim: The number of its form below -260.
            content: What is signed; nothing of it is judged.
            at: When it is issued.
            ends: When the signature ends (`exp`).
        """
        from sandbox.certificates.claims import Claims
        from sandbox.certificates.hcert import encoded
        from sandbox.certificates.keys import kid_of

        signer = self._pki.dsc[0]
        times = (int(at.timestamp()), int(ends.timestamp()))
        claims = Claims(self.code, *times, {claim: content})
        return encoded(claims, signer.key, kid=kid_of(signer.certificate))

    def signer(
        self,
        *,
        country: Any,
        key: Any = KEYS[0],
        use: Any = USES[0],
        years: Any = 2,
        by: Any = "SCA",
    ) -> str | Blank:
        """Returns a custom document signer certificate (DSC) as PEM.

        Args:
            country: The one in its subject.
            key: One of KEYS.
            use: One of USES.
            years: How long it is valid; a negative number makes one that is over.
            by: Who signs it: `SCA`, as it should be, or `UP`.

        Raises:
            ValueError: A key, use or signer that is none of these; the message names those there
                are.
        """
        if has_blank([country, key, use, years, by]):
            return BLANK
        if key not in KEYS or use not in USES or by not in ("SCA", "UP"):
            raise ValueError(f"{key}, {use}, {by}? {', '.join([*KEYS, *USES, 'SCA', 'UP'])}")
        issuer = self._pki.sca if by == "SCA" else self._pki.up
        made = _again(
            self._pki.dsc[0], by=issuer, country=str(country), key=key, use=use, years=float(years)
        )
        return _pem(made)

    def cms(self, content: Any, *, by: Any) -> str | Blank:
        """Returns bytes with their signature as CMS, in Base64.

        Args:
            content: What is signed, such as a certificate as DER.
            by: Whose key signs: `SCA`, `UP`, `TLS` or `DSC`.

        Raises:
            TypeError: The content is no bytes.
            ValueError: There is no such key; the message names those there are.
        """
        from sandbox.trust.cms import signed

        if has_blank([content, by]):
            return BLANK
        if not isinstance(content, bytes):
            raise TypeError(f"{type(content).__name__}? bytes")
        pairs = {"SCA": self._pki.sca, "UP": self._pki.up, "TLS": self._pki.tls}
        pairs["DSC"] = self._pki.dsc[0]
        if by not in pairs:
            raise ValueError(f"{by}? {', '.join(pairs)}")
        return signed(content, pairs[by]).decode()

    def broken(self, way: Any) -> dict[str, str] | Blank:
        """Returns the files with one fault.

        Args:
            way: One of WAYS, such as `lost` or `neighbour`.

        Raises:
            ValueError: There is no such way; the message names those there are.
        """
        if has_blank(way):
            return BLANK
        if way not in WAYS:
            raise ValueError(f"{way}? {', '.join(WAYS)}")
        place, content = self.fault(way)
        files = {**self.files, place: content}
        return {name: text for name, text in files.items() if text}

    def fault(self, way: str) -> tuple[str, str]:
        """Returns the place of a fault, and what stands there instead."""
        place, content = _FAULTS[way](self._pki)
        return str(place), str(content)


def new_country(code: Any) -> Country | Blank:
    """Returns a country with certificates made now, by its code of two letters."""
    from sandbox.trust.pki import new_pki

    return (
        BLANK
        if has_blank(code) or not isinstance(code, str)
        else Country(new_pki(code, at=datetime.now(UTC)))
    )


def key_id(certificate: Any, count: Any) -> str | Blank:
    """Returns the first `count` bytes of SHA-256 over a certificate (DER), in Base64."""
    if (
        has_blank([certificate, count])
        or not isinstance(certificate, bytes)
        or not isinstance(count, int)
    ):
        return BLANK
    return base64.b64encode(hashlib.sha256(certificate).digest()[:count]).decode()


def onboarding_card(
    files: Mapping[str, str], country: str, language: Language, *, at: datetime
) -> Card:
    """Returns every check of a gateway on what a country hands in."""
    from sandbox.trust.onboarding import check_files

    contents = {name: text.encode() for name, text in files.items() if isinstance(text, str)}
    checks = check_files(contents, "DCC", country=country, at=at)
    rows = []
    for check in checks:
        advice = [
            f"{text_of(finding, language)}\n→ {fix_of(finding, language)}"
            for finding in check.findings
        ]
        rows.append(
            (
                f"{'✗' if advice else '✓'} {check.name}",
                "\n".join([say(f"onboarding.check.{check.name}", language), *advice]),
            )
        )
    is_wrong = any(finding.severity == "error" for check in checks for finding in check.findings)
    return Card(
        "failed" if is_wrong else "passed",
        language,
        say(f"cli.pki.{'wrong' if is_wrong else 'right'}", language),
        rows,
    )


def _pem(pair: Pair) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return pair.certificate.public_bytes(Encoding.PEM).decode()


def _again(
    old: Pair, *, by: Pair, country: str = "", key: str = KEYS[0], use: str = "", years: float = 2
) -> Pair:
    """Returns a certificate made anew after another one, with some of it changed."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    from sandbox.trust.pki import Pair

    kept = old.certificate
    begins = old.certificate.not_valid_before_utc
    private = _key(key)
    names = [
        x509.NameAttribute(attribute.oid, country)
        if country and attribute.oid == x509.NameOID.COUNTRY_NAME
        else attribute
        for attribute in kept.subject
    ]
    # over, and not merely too short: it begins before its negative years
    if years < 0:
        begins += timedelta(days=365 * years - 1)
    builder = x509.CertificateBuilder(
        issuer_name=by.certificate.subject,
        subject_name=x509.Name(names),
        public_key=private.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begins,
        not_valid_after=begins + timedelta(days=365 * abs(years)),
    )
    for extension in kept.extensions:
        value: x509.ExtensionType = extension.value
        if isinstance(value, x509.KeyUsage) and use:
            value = _usage(use)
        # the identifiers follow the new keys: the fault that was asked for is to be the only one
        if isinstance(value, x509.SubjectKeyIdentifier):
            value = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
        if isinstance(value, x509.AuthorityKeyIdentifier):
            value = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
        builder = builder.add_extension(value, critical=extension.critical)
    return Pair(builder.sign(by.key, SHA256()), private)


def _key(name: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    kind, _, size = name.partition(" ")
    if kind == "RSA":
        return rsa.generate_private_key(65537, int(size))
    return ec.generate_private_key(ec.SECP256R1() if size == "P-256" else ec.SECP224R1())


def _usage(use: str) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=use == USES[0],
        key_cert_sign=use == USES[1],
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _not_authority(pki: CountryPki) -> Pair:
    """Returns an authority whose certificate lets it make further authorities."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    from sandbox.trust.pki import Pair

    kept = pki.sca.certificate
    builder = x509.CertificateBuilder(
        issuer_name=kept.issuer,
        subject_name=kept.subject,
        public_key=pki.sca.key.public_key(),
        serial_number=kept.serial_number,
        not_valid_before=kept.not_valid_before_utc,
        not_valid_after=kept.not_valid_after_utc,
    )
    for extension in kept.extensions:
        is_basic = isinstance(extension.value, x509.BasicConstraints)
        value = x509.BasicConstraints(ca=True, path_length=None) if is_basic else extension.value
        builder = builder.add_extension(value, critical=extension.critical)
    return Pair(builder.sign(pki.sca.key, SHA256()), pki.sca.key)


def _signer(pki: CountryPki, **changes: Any) -> tuple[str, str]:
    return DSC, _pem(_again(pki.dsc[0], **{"by": pki.sca, **changes}))


_FAULTS: Mapping[str, Any] = {
    "lost": lambda pki: (UP, ""),
    "unreadable": lambda pki: (
        UP,
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    ),
    "doubled": lambda pki: (UP, _pem(pki.up) + _pem(pki.sca)),
    "neighbour": lambda pki: _signer(pki, country="PE" if pki.country != "PE" else "CL"),
    "authority": lambda pki: (SCA, _pem(_not_authority(pki))),
    "purpose": lambda pki: _signer(pki, use="key_cert_sign"),
    "short": lambda pki: _signer(pki, key="RSA 1024"),
    "stranger": lambda pki: _signer(pki, by=pki.up),
    "old": lambda pki: _signer(pki, years=-1),
}


def puzzle(country: Any) -> dict[str, str] | Blank:
    """Returns the files of a country with three faults, for whoever is to find them."""
    if has_blank(country) or not isinstance(country, Country):
        return BLANK
    files: dict[str, str] = dict(country.files)
    # three that stand in three files: each must be found by itself
    for way in ("doubled", "stranger", "authority"):
        place, content = country.fault(way)
        files[place] = content
    return files
