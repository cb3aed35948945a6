"""Each check of a gateway refuses a folder that is wrong in that one way, and takes the right one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from sandbox.i18n import LANGUAGES
from sandbox.sentences import fix_of, text_of
from sandbox.trust.onboarding import CHECKS, check_folder
from sandbox.trust.pki import CountryPki, Pair, save
from tests.sandbox.certificates.making import NOW, chile

DAY = timedelta(days=1)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The onboarding folder of a country, as it is to be."""
    save(chile(), tmp_path)
    return tmp_path / "onboarding" / "DCC"


def faults(folder: Path, *, country: str = "CL", at: datetime = NOW) -> set[tuple[str, str]]:
    checks = check_folder(folder, country=country, at=at)
    assert tuple(one.name for one in checks) == CHECKS
    for told in (told for one in checks for told in one.findings):
        for language in LANGUAGES:
            assert text_of(told, language)
            assert fix_of(told, language)
    return {(one.name, told.key.partition(".")[2]) for one in checks for told in one.findings}


def test_the_right_folder_passes_every_check(folder: Path) -> None:
    assert faults(folder) == set()


def another(old: Pair, *, by: Pair | None = None, **changes: Any) -> Pair:
    """A certificate as an old one, save what is changed: key, subject, ends, hash, or extensions by their type (None: left out)."""
    key = changes.pop("key", old.key)
    subject = changes.pop("subject", old.certificate.subject)
    issuer = by.certificate.subject if by else subject
    ends = changes.pop("ends", old.certificate.not_valid_after_utc)
    hash, extensions = changes.pop("hash", SHA256()), changes.pop("extensions", {})
    builder = x509.CertificateBuilder(
        issuer,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        old.certificate.not_valid_before_utc,
        ends,
    )
    for one in old.certificate.extensions:
        value = extensions.get(type(one.value), one.value)
        if value is not None:
            builder = builder.add_extension(value, one.critical)
    for kind, value in extensions.items():
        if value is not None and not any(
            isinstance(one.value, kind) for one in old.certificate.extensions
        ):
            builder = builder.add_extension(value, False)
    signer = by.key if by else key
    return Pair(
        builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hash), key
    )


def named(**names: str) -> x509.Name:
    kinds = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME}
    return x509.Name([x509.NameAttribute(kinds[name], value) for name, value in names.items()])


def usage(**on: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


def write(place: str, make: Callable[[CountryPki], Pair]) -> Callable[[Path], None]:
    """Puts another certificate into a folder."""
    return lambda folder: (folder / place).write_bytes(pem(make(chile()).certificate)) and None


def doubled(folder: Path) -> None:
    (folder / "UP" / "UP.pem").write_bytes(
        pem(chile().up.certificate) + pem(chile().sca.certificate)
    )


def odd_group(folder: Path) -> None:
    (folder / "SIGN").mkdir()
    (folder / "SIGN" / "x.pem").write_bytes(pem(chile().up.certificate))


def other_dsc(**changes: Any) -> Callable[[Path], None]:
    return write("DSC/DSC.pem", lambda pki: another(pki.dsc[0], by=pki.sca, **changes))


WRONG: list[tuple[Callable[[Path], Any], str, str]] = [
    (lambda folder: (folder / "UP" / "UP.pem").unlink(), "files", "no_file"),
    (lambda folder: (folder / "TLS" / "CA.pem").rename(folder / "TLS" / "ca.txt"), "files", "no_file"),
    (odd_group, "names", "bad_group"),
    (lambda folder: (folder / "UP" / "UP.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nno\n"), "pem", "no_pem"),
    (doubled, "one_certificate", "many_certificates"),
    (write("UP/UP.pem", lambda pki: another(pki.up, key=rsa.generate_private_key(65537, 2048))), "key_length", "short_key"),
    (other_dsc(key=rsa.generate_private_key(65537, 1024)), "key_length", "short_key"),
    (write("UP/UP.pem", lambda pki: another(pki.up, key=ec.generate_private_key(ec.SECP224R1()))), "key_length", "short_key"),
    (other_dsc(subject=named(C="CL", CN="x")), "subject", "bad_subject"),
    (other_dsc(subject=named(C="PE", O="x", CN="x")), "country", "other_country"),
    (
        write("SCA/SCA.pem", lambda pki: another(pki.sca, extensions={x509.BasicConstraints: x509.BasicConstraints(True, None)})),
        "basic_constraints", "not_ca",
    ),
    (other_dsc(extensions={x509.BasicConstraints: x509.BasicConstraints(True, 0)}), "basic_constraints", "is_ca"),
    (other_dsc(extensions={x509.KeyUsage: None}), "key_usage", "no_usage"),
    (other_dsc(extensions={x509.KeyUsage: usage(digital_signature=True, key_cert_sign=True)}), "key_usage", "no_usage"),
    (
        other_dsc(extensions={x509.ExtendedKeyUsage: x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.4.1.0.1847.2021.1.2")])}),
        "extended_key_usage", "odd_usage",
    ),
    (write("DSC/DSC.pem", lambda pki: another(pki.dsc[0], by=pki.up)), "chain", "no_chain"),
    (
        write("DSC/DSC.pem", lambda pki: another(pki.dsc[0], by=Pair(pki.sca.certificate, pki.up.key))), "chain", "no_chain",
    ),
    (other_dsc(ends=NOW - timedelta(hours=1)), "validity", "not_in_force"),
    (other_dsc(ends=NOW + 3 * 365 * DAY), "validity_range", "too_long_valid"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "check", "reason"), WRONG)
def test_each_way_to_be_wrong_is_told_by_its_check_alone(
    folder: Path, change: Callable[[Path], Any], check: str, reason: str
) -> None:
    change(folder)
    assert faults(folder) == {(check, reason)}


def tlv(tag: int, *parts: bytes) -> bytes:
    """A value in DER."""
    content = b"".join(parts)
    size = len(content)
    long = size.to_bytes((size.bit_length() + 7) // 8)
    length = bytes([size]) if size < 128 else bytes([0x80 + len(long)]) + long
    return bytes([tag]) + length + content


def number(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1))


def p_256_written_out() -> bytes:
    """The curve as its parameters, not as its name (RFC 5480 2.1.1 forbids it)."""
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    x = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
    y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
    point = b"\4" + x.to_bytes(32) + y.to_bytes(32)
    field = tlv(0x30, bytes.fromhex("06072a8648ce3d0101"), number(p))
    curve = tlv(0x30, tlv(4, (p - 3).to_bytes(32)), tlv(4, b.to_bytes(32)))
    return tlv(0x30, number(1), field, curve, tlv(4, point), number(n), number(1))


SHA1_ECDSA, SHA256_ECDSA = (
    bytes.fromhex("06072a8648ce3d0401"),
    bytes.fromhex("06082a8648ce3d040302"),
)


def put_together(certificate: x509.Certificate, *, algorithm: bytes, curve: bytes) -> bytes:
    """A certificate of a curve and an algorithm that no library makes any more; its signature is not looked at."""
    numbers = chile().up.key.public_key().public_numbers()
    point = b"\4" + numbers.x.to_bytes(32) + numbers.y.to_bytes(32)
    key = tlv(0x30, tlv(0x30, bytes.fromhex("06072a8648ce3d0201"), curve), tlv(3, b"\0", point))
    algorithm = tlv(0x30, algorithm)
    dates = tlv(
        0x30, *(tlv(0x17, f"{day:%y%m%d%H%M%SZ}".encode()) for day in (NOW - DAY, NOW + DAY))
    )
    name = certificate.subject.public_bytes()
    body = tlv(0x30, tlv(0xA0, number(2)), number(7), algorithm, name, dates, name, key)
    return tlv(0x30, body, algorithm, tlv(3, b"\0", certificate.signature))


def test_a_curve_that_is_written_out_is_told(folder: Path) -> None:
    odd = put_together(chile().up.certificate, algorithm=SHA256_ECDSA, curve=p_256_written_out())
    (folder / "UP" / "UP.pem").write_bytes(pem(x509.load_der_x509_certificate(odd)))
    assert ("curve", "explicit_curve") in faults(folder)


def test_a_client_certificate_and_an_old_hash_are_told(folder: Path) -> None:
    tls = another(chile().tls, extensions={x509.ExtendedKeyUsage: None})
    for name in ("TLS", "CA"):
        (folder / "TLS" / f"{name}.pem").write_bytes(pem(tls.certificate))
    assert faults(folder) == {("extended_key_usage", "no_client_auth")}


def test_a_domain_and_a_country_that_are_not_those(folder: Path) -> None:
    other = folder.rename(folder.with_name("COVID"))
    assert faults(other) == {("names", "bad_domain")}
    assert faults(other.rename(folder), country="PE") == {("country", "other_country")}


def test_a_hash_that_is_no_more_taken_is_told(folder: Path) -> None:
    weak = put_together(
        chile().up.certificate, algorithm=SHA1_ECDSA, curve=bytes.fromhex("06082a8648ce3d030107")
    )
    (folder / "UP" / "UP.pem").write_bytes(pem(x509.load_der_x509_certificate(weak)))
    found = faults(folder)
    assert ("signature_algorithm", "weak_hash") in found
    assert ("curve", "explicit_curve") not in found


def test_nothing_at_all_is_told_too(tmp_path: Path) -> None:
    assert {reason for _, reason in faults(tmp_path / "DCC")} == {"no_file"}
