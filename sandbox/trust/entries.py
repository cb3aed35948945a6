"""Judges each entry of a trust list before it is believed: usage, key, id, chain, place and state.

Only signers of documents (DSC) verify documents (GDHCN certificate governance): what is listed for
anything else, or contradicts its own certificate, verifies nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.certificates.cose import PublicKey
from sandbox.certificates.keys import KID_BYTES, Refusal, TrustedKey, kid_of, trusted
from sandbox.countries import are_same, is_country, participant_of, two_letters
from sandbox.findings import Finding, Severity
from sandbox.trust.onboarding import DOMAINS

CLAUSE = "GDHCN trust list v2"
GOVERNANCE = "GDHCN certificate governance"
KID_CLAUSE = "HCERT 1.1.1 3.3.2"
SIGNER = "DSC"
AUTHORITY = "SCA"
# as DID documents name them, and as the gateway's API does
USAGES = {
    "DSC": "DSC", "SCA": "SCA", "CSCA": "SCA", "UP": "UP", "UPLOAD": "UP", "TLS": "TLS",
    "AUTHENTICATION": "TLS", "DECA": "DECA", "DESC": "DESC",
}  # fmt: skip
IN_FORCE = {"", "ACTIVE", "CURRENT", "VALID"}
OVER = {"TERMINATED", "EXPIRED", "REVOKED", "SUSPENDED", "INACTIVE", "WITHDRAWN"}
ANY = "-"
TLS_USES = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}
Extension = TypeVar("Extension", bound=x509.ExtensionType)
Authorities = Mapping[str, Sequence[x509.Certificate]]
"""The certificates that may issue signers, by the code of their participant."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is listed, nothing of it believed.

    `key` is that of its JWK, None where it is in the certificate alone; `chain` begins with the
    signer's certificate; `paths` are the domain, participant and usage in whose lists it stands
    (`-` for any); `until` is when it ends by what the list says, in seconds since 1970;
    `signature` is the CMS of a gateway's item.
    """

    where: str
    kid: bytes
    key: PublicKey | None = None
    chain: tuple[x509.Certificate, ...] = ()
    usage: str = ""
    domain: str = ""
    participant: str = ""
    environment: str = ""
    paths: tuple[tuple[str, ...], ...] = ()
    status: str = ""
    until: float = 0
    signature: str = ""
    odd: tuple[Finding, ...] = ()  # what is wrong with the JWK beside its numbers

    @property
    def country(self) -> str:
        """Returns the code of two letters of its participant; the code itself for an unknown."""
        return two_letters(self.participant) or self.participant

    @property
    def kind(self) -> str:
        """Returns what it is for, by the names of DID documents; empty for what is unknown.

        The first lists named no usage, and held signers alone: there the certificate tells.
        """
        if self.usage:
            return USAGES.get(self.usage.upper(), "")
        return (_use_of(self.chain[0]) if self.chain else "") or SIGNER


def authorities_of(entries: Sequence[Entry]) -> dict[str, list[x509.Certificate]]:
    """Returns the listed certificates that may issue signers, by their participant."""
    authorities: dict[str, list[x509.Certificate]] = {}
    for entry in entries:
        if entry.kind == AUTHORITY and entry.chain:
            authorities.setdefault(participant_of(entry.participant), []).append(entry.chain[0])
    return authorities


def over_in(entries: Sequence[Entry], *, at: datetime) -> dict[bytes, str]:
    """Returns the keys that a list itself calls over, in any of its entries, with its word."""
    return {
        _bytes_of(key): finding.found
        for entry in entries
        for finding in _status(entry, at)
        if finding.id == "trust.status_over" and (key := _public_key(entry)) is not None
    }


def judge_entry(
    entry: Entry, authorities: Authorities, *, at: datetime, over: Mapping[bytes, str] | None = None
) -> list[Finding]:
    """Returns what is wrong with an entry; one error is reason enough not to believe it.

    Args:
        entry: Which.
        authorities: Who may issue signers.
        at: The moment for which it is judged.
        over: Keys that another entry of the list calls over, with its word.
    """
    findings = [*_usage(entry), *_status(entry, at), *_names(entry), *entry.odd]
    key = _public_key(entry) if over else None
    word = (over or {}).get(_bytes_of(key)) if key is not None else None
    # a key that was given up is given up in every domain, whatever a second entry says
    if word and not any(finding.id == "trust.status_over" for finding in findings):
        findings.append(note("status_over", "error", where=entry.where, found=word))
    if entry.chain:
        findings += [*_same_key(entry), *_kid_rule(entry), *_certificate_use(entry)]
        findings += _times(entry, at)
    if entry.kind == SIGNER and entry.chain:
        findings += _chain(entry, authorities)
        findings += _authority_over(entry, authorities, over or {})
    elif entry.kind == SIGNER:
        # where the list has the authority, a signer without a chain to it is anybody's
        is_told = participant_of(entry.participant) in authorities
        severity: Severity = "error" if is_told else "warning"
        findings.append(note("no_certificate", severity, where=entry.where, clause=GOVERNANCE))
    return findings


def key_of(entry: Entry) -> TrustedKey | None:
    """Returns the key of an entry, in force as long as all its certificates; None for none."""
    if not entry.chain:
        if entry.key is None:
            return None
        made = TrustedKey(entry.kid, entry.key, entry.country, entry.domain, entry.environment)
        return replace(made, ends=entry.until)
    made = trusted(entry.chain[0], domain=entry.domain, environment=entry.environment)
    # the shell model asks of every certificate of the chain that it is in force
    begins = max(certificate.not_valid_before_utc.timestamp() for certificate in entry.chain)
    ends = [certificate.not_valid_after_utc.timestamp() for certificate in entry.chain]
    ends += [entry.until] if entry.until else []
    return replace(
        made,
        kid=entry.kid,
        country=made.country or entry.country,
        begins=begins,
        ends=min(ends),
        chain=entry.chain[1:],
    )


def refusal_of(entry: Entry, findings: Sequence[Finding]) -> Refusal | None:
    """Returns why an entry may not verify documents; None where it may."""
    reasons = tuple(finding for finding in findings if finding.severity in ("error", "fatal"))
    if entry.kind != SIGNER and not reasons:
        reasons = (
            note(
                "signs_nothing",
                "error",
                where=entry.where,
                expected=SIGNER,
                found=entry.usage or entry.kind,
                clause=GOVERNANCE,
            ),
        )
    return Refusal(entry.kid, entry.country, entry.environment, reasons) if reasons else None


def note(
    name: str,
    severity: Severity,
    *,
    where: str,
    expected: str = "",
    found: str = "",
    clause: str = CLAUSE,
) -> Finding:
    """Returns a finding about a place of a trust list."""
    key = f"trust.{name}"
    return Finding(
        key,
        severity,
        key,
        {"place": where},
        where=where,
        expected=expected,
        found=found,
        clause=clause,
    )


def _public_key(entry: Entry) -> object | None:
    return entry.chain[0].public_key() if entry.chain else entry.key


def _usage(entry: Entry) -> Iterator[Finding]:
    if not entry.usage:
        yield note("usage_missing", "warning", where=entry.where, expected=entry.kind)
    elif not entry.kind:
        known = ", ".join(dict.fromkeys(USAGES.values()))
        yield note(
            "usage_unknown", "error", where=entry.where, expected=known, found=entry.usage[:20]
        )


def _status(entry: Entry, at: datetime) -> Iterator[Finding]:
    word = entry.status.upper()
    if word in OVER or (entry.until and entry.until <= at.timestamp()):
        yield note("status_over", "error", where=entry.where, found=entry.status or "expired")
    elif word not in IN_FORCE:
        yield note("status_unknown", "error", where=entry.where, found=entry.status[:20])


def _names(entry: Entry) -> Iterator[Finding]:
    """Yields where participant, domain and usage are unknown, or are not those of the list."""
    if entry.participant and not (
        two_letters(entry.participant) or entry.participant.startswith("X")
    ):
        yield note(
            "participant_unknown", "warning", where=entry.where, found=entry.participant[:20]
        )
    if entry.domain and entry.domain not in DOMAINS:
        known = ", ".join(DOMAINS)
        yield note(
            "domain_unknown", "warning", where=entry.where, expected=known, found=entry.domain[:20]
        )
    words = (entry.domain, participant_of(entry.participant), entry.kind)
    for path in entry.paths:
        for listed, word in zip(path, words, strict=False):
            if listed != ANY and word and listed != word:
                yield note("other_list", "error", where=entry.where, expected=listed, found=word)
    countries = (
        entry.chain[0].subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
        if (entry.chain)
        else []
    )
    for country in countries:
        code = str(country.value)
        agree = are_same(entry.participant, code) if entry.participant else True
        if agree is False:
            yield note(
                "other_country", "error", where=entry.where, expected=entry.participant, found=code
            )
        elif agree is None and is_country(code):
            yield note(
                "country_not_compared",
                "information",
                where=entry.where,
                expected=entry.participant,
                found=code,
            )


def _same_key(entry: Entry) -> Iterator[Finding]:
    # nobody can tell which of two keys was meant: neither is believed
    if entry.key is not None and _bytes_of(entry.key) != _bytes_of(entry.chain[0].public_key()):
        yield note("other_key", "error", where=f"{entry.where}.publicKeyJwk", clause="RFC 7517 4.7")


def _kid_rule(entry: Entry) -> Iterator[Finding]:
    if len(entry.kid) != KID_BYTES:
        size = str(len(entry.kid))
        yield note("kid_length", "warning", where=entry.where, found=size, clause=KID_CLAUSE)
        return
    expected = kid_of(entry.chain[0])
    if entry.kid != expected:
        yield note(
            "kid_rule",
            "error",
            where=entry.where,
            expected=base64.b64encode(expected).decode(),
            found=base64.b64encode(entry.kid).decode(),
            clause=KID_CLAUSE,
        )


def _certificate_use(entry: Entry) -> Iterator[Finding]:
    """Yields where a certificate is for something else than its entry says."""
    met = _use_of(entry.chain[0])
    # of the others only a CA can be told: those for uploads look like signers of documents
    is_right = met == AUTHORITY if entry.kind == AUTHORITY else met in ("", SIGNER)
    if entry.kind in (AUTHORITY, SIGNER) and not is_right:
        yield note(
            "other_use",
            "error",
            where=entry.where,
            expected=entry.kind,
            found=met or "–",
            clause=GOVERNANCE,
        )


def _use_of(certificate: x509.Certificate) -> str:
    """Returns what a certificate is for by its extensions; empty where they leave it open."""
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        return AUTHORITY
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and usage.key_cert_sign and not usage.digital_signature:
        return AUTHORITY
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    if extended is not None and TLS_USES & set(extended):
        return "TLS"
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return "–"
    return SIGNER if usage is not None else ""


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    # an extension that cannot be read restricts nothing that could be told here
    except (x509.ExtensionNotFound, ValueError):
        return None


def _times(entry: Entry, at: datetime) -> Iterator[Finding]:
    for number, certificate in enumerate(entry.chain):
        where = f"{entry.where}.publicKeyJwk.x5c[{number}]"
        ends = certificate.not_valid_after_utc
        begins = certificate.not_valid_before_utc
        if at > ends:
            yield note("over", "warning", where=where, found=f"{ends:%Y-%m-%d}", clause=GOVERNANCE)
        elif at < begins:
            found = f"{begins:%Y-%m-%d}"
            yield note("not_begun", "warning", where=where, found=found, clause=GOVERNANCE)


def _chain(entry: Entry, authorities: Authorities) -> Iterator[Finding]:
    """Yields where a signer was not issued by an authority of its participant."""
    where = f"{entry.where}.publicKeyJwk.x5c"
    signer = entry.chain[0]
    if signer.issuer == signer.subject:
        yield note("self_issued", "error", where=where, clause=GOVERNANCE)
        return
    listed = authorities.get(participant_of(entry.participant), ())
    for child, issuer in zip(entry.chain, entry.chain[1:], strict=False):
        yield from _issued(child, issuer, where)
    if len(entry.chain) == 1:
        named = [authority for authority in listed if authority.subject == signer.issuer]
        if named and not any(_is_issued(signer, authority) is not False for authority in named):
            yield note("chain_broken", "error", where=where, clause=GOVERNANCE)
        if not named:
            found = signer.issuer.rfc4514_string()[:80]
            yield note("chain_unknown", "information", where=where, found=found, clause=GOVERNANCE)
        return
    issuer_key = _bytes_of(entry.chain[1].public_key())
    if not listed:
        found = entry.chain[1].subject.rfc4514_string()[:80]
        yield note("authority_absent", "information", where=where, found=found, clause=GOVERNANCE)
    if listed and issuer_key not in [_bytes_of(authority.public_key()) for authority in listed]:
        found = entry.chain[1].subject.rfc4514_string()[:80]
        yield note("authority_unlisted", "error", where=where, found=found, clause=GOVERNANCE)


def _authority_over(
    entry: Entry, authorities: Authorities, over: Mapping[bytes, str]
) -> Iterator[Finding]:
    """Yields whether the list calls whoever has issued a signer over (shell model)."""
    listed = authorities.get(participant_of(entry.participant), ())
    issuers = entry.chain[1:] or [each for each in listed if _is_issued(entry.chain[0], each)]
    words = (over.get(_bytes_of(issuer.public_key())) for issuer in issuers)
    if word := next(filter(None, words), None):
        yield note("authority_over", "error", where=entry.where, found=word, clause=GOVERNANCE)


def _issued(child: x509.Certificate, issuer: x509.Certificate, where: str) -> Iterator[Finding]:
    if _use_of(issuer) != AUTHORITY:
        found = issuer.subject.rfc4514_string()[:80]
        yield note("no_authority", "error", where=where, found=found, clause=GOVERNANCE)
    is_issued = _is_issued(child, issuer)
    if is_issued is None:
        found = child.signature_algorithm_oid.dotted_string
        yield note("chain_not_checked", "information", where=where, found=found, clause=GOVERNANCE)
    elif not is_issued:
        yield note("chain_broken", "error", where=where, clause=GOVERNANCE)


def _is_issued(child: x509.Certificate, issuer: x509.Certificate) -> bool | None:
    """Tells whether one certificate has signed another; None for an algorithm unknown here."""
    try:
        child.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError):
        return False
    except (UnsupportedAlgorithm, TypeError):
        return None
    return True


def _bytes_of(key: object) -> bytes:
    """Returns a public key as DER, by which two are compared."""
    content: bytes = key.public_bytes(  # type: ignore[attr-defined]
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return content
