"""A national PKI for rehearsal: the certificates that a participant of the trust network needs, and
their folder.

SCA signs DSC; DSC signs documents; UP signs what is uploaded; TLS is how the participant's systems
are known (GDHCN certificate governance, after tng-participant-template).  All keys are made here,
for training alone, and say so.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Role = Literal["SCA", "DSC", "UP", "TLS"]
ROLES: tuple[Role, ...] = ("SCA", "DSC", "UP", "TLS")
YEARS: dict[Role, int] = {"SCA": 4, "DSC": 2, "UP": 2, "TLS": 2}
TRAINING = "TRAINING ONLY"
DOMAIN = "DCC"
USAGE = "1.3.6.1.4.1.1847.2021.1."
NUMBERS = {"t": 1, "v": 2, "r": 3}


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class CountryPki:
    """The certificates of one participant; `country` is its code of two letters."""

    country: str
    sca: Pair
    dsc: tuple[Pair, ...]
    up: Pair
    tls: Pair


def new_pki(country: str, *, at: datetime) -> CountryPki:
    """Returns the certificates of a country, made now and valid from the day before."""
    sca = _issued(country, "SCA", at)
    return CountryPki(
        country,
        sca,
        (_issued(country, "DSC", at, by=sca),),
        _issued(country, "UP", at),
        _issued(country, "TLS", at),
    )


def new_dsc(country: str, sca: Pair, *, at: datetime, groups: Sequence[str] = ()) -> Pair:
    """Returns one more signer of documents, for some kinds of certificates (v, t, r) or for all."""
    return _issued(country, "DSC", at, by=sca, groups=groups)


def save(pki: CountryPki, folder: Path, *, domain: str = DOMAIN) -> None:
    """Writes a PKI as the onboarding repository of a participant has it, keys apart and for their
    owner alone.
    """
    for role, pairs in (
        ("SCA", [pki.sca]),
        ("DSC", list(pki.dsc)),
        ("UP", [pki.up]),
        ("TLS", [pki.tls]),
    ):
        place = folder / "onboarding" / domain / role
        place.mkdir(parents=True, exist_ok=True)
        for number, pair in enumerate(pairs, 1):
            name = role if number == 1 else f"{role}-{number}"
            # saving one more signer must not publish again what was taken from the list
            if (place / f"{name}.unlisted").exists():
                continue
            (place / f"{name}.pem").write_bytes(
                pair.certificate.public_bytes(serialization.Encoding.PEM)
            )
            write_key(folder / "keys" / f"{name}.key", pair.key)
    # TLS.pem is signed by itself; the template wants its authority as a file all the same
    (folder / "onboarding" / domain / "TLS" / "CA.pem").write_bytes(
        pki.tls.certificate.public_bytes(serialization.Encoding.PEM)
    )


def load(folder: Path, *, domain: str = DOMAIN) -> CountryPki:
    """Returns the PKI in a folder, with signers that are no longer listed.

    Raises:
        FileNotFoundError: A role has no certificate, or a certificate no key.
        ValueError: A file is no certificate, or no EC key.
    """
    pairs: dict[str, list[Pair]] = {role: [] for role in ROLES}
    for role in ROLES:
        place = folder / "onboarding" / domain / role
        files = [*place.glob(f"{role}*.pem"), *place.glob(f"{role}*.unlisted")]
        # in the order in which they were made
        files.sort(key=lambda file: (len(file.stem), file.stem))
        for file in files:
            key = serialization.load_pem_private_key(
                (folder / "keys" / f"{file.stem}.key").read_bytes(), None
            )
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise ValueError(file.stem)
            pairs[role].append(Pair(x509.load_pem_x509_certificate(file.read_bytes()), key))
        if not files:
            raise FileNotFoundError(place)
    (sca, *_), dsc, (up, *_), (tls, *_) = (pairs[role] for role in ROLES)
    names = sca.certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return CountryPki(str(names[0].value), sca, tuple(dsc), up, tls)


def new_anchor(*, at: datetime) -> Pair:
    """Returns the pair by which a gateway vouches for what it has onboarded."""
    return _issued("XX", "UP", at)


def new_host(names: Sequence[str], *, at: datetime) -> Pair:
    """Returns the pair of a gateway's server, for the names and addresses by which it is called."""
    key = ec.generate_private_key(ec.SECP256R1())
    begins = at - timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"gateway {TRAINING}")])
    called = [_called(name) for name in names]
    builder = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begins,
        not_valid_after=at + timedelta(days=365),
    )
    builder = builder.add_extension(x509.SubjectAlternativeName(called), critical=False)
    # clients take this very certificate as the authority that they trust
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return Pair(builder.add_extension(usage, critical=True).sign(key, SHA256()), key)


def write_pair(pair: Pair, folder: Path) -> None:
    """Writes a pair into a folder, the key for its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "certificate.pem").write_bytes(
        pair.certificate.public_bytes(serialization.Encoding.PEM)
    )
    write_key(folder / "key.pem", pair.key)


def read_pair(folder: Path) -> Pair:
    """Returns the pair in a folder.

    Raises:
        ValueError: The key is of another kind.
    """
    key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(folder.name)
    return Pair(x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes()), key)


def _called(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _issued(
    country: str, role: Role, at: datetime, *, by: Pair | None = None, groups: Sequence[str] = ()
) -> Pair:
    """Returns a certificate with the profile of its role, signed by itself or by the SCA."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(
                NameOID.ORGANIZATION_NAME, f"Ministry of Health {country} ({TRAINING})"
            ),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{country} {role} {TRAINING}"),
        ]
    )
    issuer = by.certificate.subject if by else subject
    # from yesterday on, so that a system whose clock is behind takes it at once
    begins = at - timedelta(days=1)
    ends = at + timedelta(days=365 * YEARS[role])
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begins,
        not_valid_after=ends,
    )
    for extension, is_critical in _extensions(role, key.public_key(), by, groups):
        builder = builder.add_extension(extension, critical=is_critical)
    return Pair(builder.sign(by.key if by else key, SHA256()), key)


def _extensions(
    role: Role, key: ec.EllipticCurvePublicKey, by: Pair | None, groups: Sequence[str]
) -> list[tuple[x509.ExtensionType, bool]]:
    is_ca = role == "SCA"
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), True),
        (_usage(is_ca), True),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
    ]
    if by is not None:
        extensions.append(
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), False)
        )
    usages = [x509.ObjectIdentifier(f"{USAGE}{NUMBERS[group]}") for group in groups]
    if role == "TLS":
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if usages:
        extensions.append((x509.ExtendedKeyUsage(usages), False))
    return extensions


def _usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Writes a private key for its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # made with its mode: a chmod afterwards would leave a moment in which others can read it
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
