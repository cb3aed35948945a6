"""The checks a gateway runs before it onboards a participant: files, names, keys and extensions.

After the checks of tng-participant-template (scripts/tests) and GDHCN certificate governance.
Reads a folder as the onboarding repository has it: onboarding/DOMAIN/{SCA,TLS,UP,DSC}/*.pem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.countries import is_country, meant_by
from sandbox.findings import Finding, Severity
from sandbox.trust.pki import USAGE

CheckName = Literal[
    "files",
    "names",
    "pem",
    "one_certificate",
    "curve",
    "key_length",
    "signature_algorithm",
    "subject",
    "country",
    "basic_constraints",
    "key_usage",
    "extended_key_usage",
    "chain",
    "validity",
    "validity_range",
]
CHECKS: tuple[CheckName, ...] = CheckName.__args__  # type: ignore[attr-defined]
# those of production, DCC, which the participants' repositories still use, and RACSEL's
DOMAINS = ("DCC", "DDCC", "ICVP", "IPS-PILGRIMAGE", "PH4H", "RACSEL-DDVC")
MANDATORY = ("SCA/SCA.pem", "TLS/TLS.pem", "TLS/CA.pem", "UP/UP.pem")
MOST_YEARS = {"SCA": 4, "DSC": 2, "UP": 2, "TLS": 2, "CA": 4}
# GDHCN certificate governance: RSA is a fallback for signers of documents, from 2048 bits; other
# roles take 3000.  250 lets in the curves of 256 bits, brainpool's too.
RSA_BITS = 3000
EC_BITS = 250
DSC_RSA_BITS = 2048
EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
NAMED = 0x06  # in DER: the kind of key, and an object identifier
CLAUSE = "GDHCN certificate governance"


@dataclass(frozen=True, slots=True)
class Checked:
    """A check with what it found; none where all is as it is to be."""

    name: CheckName
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A certificate of the repository: its role (SCA, DSC, UP, TLS, CA) and its place below the
    domain.
    """

    role: str
    place: str
    certificate: x509.Certificate


def check_folder(folder: Path, *, country: str, at: datetime) -> list[Checked]:
    """Returns the checks of a folder (`…/onboarding/DOMAIN`) in their order; `country` has two
    letters.
    """
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.glob("*/*.pem"))
    }
    return check_files(files, folder.name, country=country, at=at)


def check_files(
    contents: Mapping[str, bytes], domain: str, *, country: str, at: datetime
) -> list[Checked]:
    """Returns the checks of files by their place below the domain, such as `SCA/SCA.pem`."""
    findings: dict[str, list[Finding]] = {name: [] for name in CHECKS}
    findings["files"] += [
        _finding("no_file", place) for place in MANDATORY if place not in contents
    ]
    if domain not in DOMAINS:
        findings["names"].append(_finding("bad_domain", domain, known=", ".join(DOMAINS)))
    files = list(_read(contents, findings))
    issuers = {issuer.role: issuer.certificate for issuer in files if issuer.role in ("SCA", "CA")}
    for file in files:
        for name, check in _OF_EACH.items():
            findings[name] += check(file)
        findings["country"] += _country(file, country)
        findings["chain"] += _chain(file, issuers)
        findings["validity"] += _validity(file, at)
    return [Checked(name, tuple(findings[name])) for name in CHECKS]


def check_certificate(
    certificate: x509.Certificate, *, country: str, issuer: x509.Certificate | None, at: datetime
) -> list[Finding]:
    """Returns what is wrong with one signer of documents by itself, and with who has issued it."""
    file = _File("DSC", "DSC", certificate)
    findings = [finding for check in _OF_EACH.values() for finding in check(file)]
    issuers = {"SCA": issuer} if issuer is not None else {}
    findings += [*_country(file, country), *_chain(file, issuers), *_validity(file, at)]
    return findings if issuers else [*findings, _finding("no_chain", "DSC", found="SCA")]


def _read(contents: Mapping[str, bytes], findings: Mapping[str, list[Finding]]) -> Iterator[_File]:
    """Yields the certificates that can be read, and says of the others why not."""
    for place, content in contents.items():
        file = PurePosixPath(place)
        role = "CA" if file.stem == "CA" else file.parent.name
        if role not in MOST_YEARS:
            findings["names"].append(_finding("bad_group", place, known=", ".join(MOST_YEARS)))
            continue
        try:
            certificates = x509.load_pem_x509_certificates(content)
        except ValueError:
            findings["pem"].append(_finding("no_pem", place))
            continue
        if len(certificates) != 1:
            findings["one_certificate"].append(
                _finding("many_certificates", place, found=str(len(certificates)))
            )
        try:
            certificates[0].public_key()
        except ValueError:  # as of a curve that nobody knows
            findings["curve"].append(_finding("explicit_curve", place))
            continue
        yield _File(role, place, certificates[0])


def _curve(file: _File) -> Iterator[Finding]:
    """Judges whether a curve is named; libraries read one that is written out, and gateways do not
    (RFC 5480 2.1.1).
    """
    _, oid, behind = file.certificate.tbs_certificate_bytes.partition(EC_PUBLIC_KEY)
    if oid and behind[0] != NAMED:
        yield _finding("explicit_curve", file.place)


def _key_length(file: _File) -> Iterator[Finding]:
    key = file.certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.key_size < EC_BITS:
            yield _finding(
                "short_key", file.place, expected=f"EC {EC_BITS}", found=str(key.key_size)
            )
    elif isinstance(key, rsa.RSAPublicKey):
        least = DSC_RSA_BITS if file.role == "DSC" else RSA_BITS
        if key.key_size < least:
            yield _finding(
                "short_key", file.place, expected=f"RSA {least}", found=str(key.key_size)
            )
    else:
        yield _finding("short_key", file.place, expected="EC, RSA", found=type(key).__name__)


def _signature_algorithm(file: _File) -> Iterator[Finding]:
    try:
        algorithm = file.certificate.signature_hash_algorithm
    except ValueError:
        algorithm = None
    if not isinstance(algorithm, (SHA256, SHA384, SHA512)):
        name = algorithm.name if algorithm else "–"
        yield _finding("weak_hash", file.place, expected="SHA-256, SHA-384, SHA-512", found=name)


def _subject(file: _File) -> Iterator[Finding]:
    subject = file.certificate.subject
    names = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME}
    missing = [name for name, oid in names.items() if not subject.get_attributes_for_oid(oid)]
    if missing:
        yield _finding("bad_subject", file.place, expected="C, O, CN", found=", ".join(missing))


def _country(file: _File, country: str) -> Iterator[Finding]:
    names = [
        str(name.value)
        for name in file.certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    ]
    if names and names != [country]:
        yield _finding("other_country", file.place, expected=country, found=", ".join(names))
    for name in names:
        if not is_country(name):
            yield _finding("no_country", file.place, expected=meant_by(name) or "–", found=name)


def _basic_constraints(file: _File) -> Iterator[Finding]:
    value: Any = _extension(file, x509.BasicConstraints)
    is_ca = bool(value and value.ca)
    if file.role in ("SCA", "CA"):
        # the authority of a TLS certificate may be any commercial one: its profile is not ours
        if file.role == "SCA" and (not is_ca or value.path_length != 0):
            met = "–" if value is None else f"CA:{value.ca}, pathlen:{value.path_length}"
            yield _finding("not_ca", file.place, expected="CA:True, pathlen:0", found=met)
    elif is_ca:
        yield _finding("is_ca", file.place, expected="CA:False", found="CA:True")


def _key_usage(file: _File) -> Iterator[Finding]:
    value: Any = _extension(file, x509.KeyUsage)
    wanted = "key_cert_sign" if file.role == "SCA" else "digital_signature"
    if file.role == "CA":
        return
    if value is None or not getattr(value, wanted):
        yield _finding("no_usage", file.place, expected=wanted, found="–")
    elif file.role in ("DSC", "UP") and value.key_cert_sign:
        yield _finding("no_usage", file.place, expected=wanted, found="key_cert_sign")


def _extended_key_usage(file: _File) -> Iterator[Finding]:
    value: Any = _extension(file, x509.ExtendedKeyUsage)
    usages = [usage.dotted_string for usage in value] if value else []
    if file.role == "TLS" and ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string not in usages:
        yield _finding(
            "no_client_auth", file.place, expected="clientAuth", found=", ".join(usages) or "–"
        )
    odd = [usage for usage in usages if not usage.startswith(USAGE)]
    if file.role == "DSC" and odd:
        yield _finding("odd_usage", file.place, expected=f"{USAGE}1 … 3", found=", ".join(odd))


def _chain(file: _File, issuers: Mapping[str, x509.Certificate]) -> Iterator[Finding]:
    """Judges who has signed; an authority that is not there was told of by the check of files."""
    issuer = issuers.get({"DSC": "SCA", "SCA": "SCA", "TLS": "CA"}.get(file.role, ""))
    try:
        if issuer is not None:
            file.certificate.verify_directly_issued_by(issuer)
    # of a wrong name, a wrong signature, or an algorithm that is not known
    except Exception as error:
        yield _finding("no_chain", file.place, found=type(error).__name__)


def _validity(file: _File, at: datetime) -> Iterator[Finding]:
    begins = file.certificate.not_valid_before_utc
    ends = file.certificate.not_valid_after_utc
    if not begins <= at <= ends:
        yield _finding(
            "not_in_force",
            file.place,
            expected=f"{at:%Y-%m-%d}",
            found=f"{begins:%Y-%m-%d} … {ends:%Y-%m-%d}",
        )


def _validity_range(file: _File) -> Iterator[Finding]:
    days = (file.certificate.not_valid_after_utc - file.certificate.not_valid_before_utc).days
    most = MOST_YEARS[file.role]
    if days > most * 366 + 31:
        yield _finding(
            "too_long_valid",
            file.place,
            severity="warning",
            expected=str(most),
            found=f"{days / 365.25:.1f}",
        )


def _extension(file: _File, kind: Any) -> Any:
    """Returns an extension; None where it is absent, or cannot be read."""
    try:
        return file.certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _finding(
    name: str,
    place: str,
    *,
    severity: Severity = "error",
    expected: str = "",
    found: str = "",
    known: str = "",
) -> Finding:
    key = f"onboarding.{name}"
    params = {"place": place, "known": known}
    return Finding(
        key, severity, key, params, where=place, expected=expected, found=found, clause=CLAUSE
    )


_OF_EACH: dict[str, Callable[[_File], Iterator[Finding]]] = {
    "curve": _curve,
    "key_length": _key_length,
    "signature_algorithm": _signature_algorithm,
    "subject": _subject,
    "basic_constraints": _basic_constraints,
    "key_usage": _key_usage,
    "extended_key_usage": _extended_key_usage,
    "validity_range": _validity_range,
}
