"""Decides whether a certificate can be trusted: key, signature, time and key usage.

Goes on from what was read (hcert.py), and adds its steps to those of reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.certificates import cose
from sandbox.certificates.claims import Claims
from sandbox.certificates.cose import MAPS
from sandbox.certificates.hcert import read
from sandbox.certificates.keys import KID_BYTES, Trust, TrustedKey, shown
from sandbox.certificates.meaning import judge_countries, judge_meaning
from sandbox.certificates.revocation import handles_of
from sandbox.certificates.steps import Certificate, Step, done, failed, finding, fine
from sandbox.certificates.unpacking import from_base64
from sandbox.countries import are_same
from sandbox.findings import Finding


def verify(
    text: str, trust: Trust, *, at: datetime | None = None, revoked: frozenset[str] = frozenset()
) -> Certificate:
    """Returns a certificate with every step in order: read, understood, trusted, signed, valid.

    Args:
        text: The text of a QR code.
        trust: Where the key is looked for.
        at: The moment for which it is judged; now where there is none.
        revoked: The identifiers of certificates that were taken back.
    """
    certificate = read(text)
    if certificate.signed is not None and certificate.claims is not None:
        moment = at or datetime.now(UTC)
        # before the signature, while what was read is still at hand to the processor
        meant = (
            judge_meaning(certificate.dialect, certificate.content, at=moment)
            if certificate.dialect
            else []
        )
        _trust(certificate, certificate.signed, trust, issuer=certificate.claims.issuer)
        validity(certificate, certificate.claims, moment, more=meant)
        _usage(certificate)
        _revocation(certificate, revoked)
    certificate.complete()
    return certificate


def _trust(certificate: Certificate, signed: cose.Sign1, trust: Trust, *, issuer: str) -> None:
    """Finds the key by its id, and checks the signature by each key that has this id."""
    kid, findings = _kid(signed)
    if kid is None:
        certificate.steps.append(failed("kid", "no_kid", clause="HCERT 1.1.1 3.3.2"))
        return
    certificate.steps.append(done("kid", findings, detail=shown(kid)))
    keys = trust.keys_of(kid)
    refused = trust.refused(kid) if not keys else ()
    if refused:
        # the list has it, and not as a signer of documents: why not is what helps
        reasons = tuple(reason for refusal in refused for reason in refusal.reasons)
        detail = " ".join(sorted({refusal.country for refusal in refused}))
        certificate.steps.append(Step("trust", "fail", reasons, detail))
        return
    if not keys:
        near = trust.nearest(kid, issuer=issuer)
        known = [_in_words(key.country, key.environment, shown(key.kid)) for key in near]
        told = "; ".join(known) or "–"
        certificate.steps.append(
            failed("trust", "not_trusted", found=shown(kid), known=told, clause="HCERT 1.1.1 4")
        )
        return
    # ids of eight bytes collide: in WHO's list two of 181 occur twice (HCERT 1.1.1 3.3.2)
    certificate.key = next((key for key in keys if cose.is_signed_by(signed, key.key)), None)
    chosen = certificate.key or keys[0]
    detail = _in_words(chosen.country, chosen.domain, chosen.environment)
    countries = list(_countries(certificate, chosen, issuer))
    certificate.steps.append(done("trust", countries, detail=detail))
    if certificate.key is None:
        alg = str(signed.alg)
        certificate.steps.append(
            failed("signature", "wrong_signature", found=alg, clause="RFC 9052 4.4")
        )
    else:
        certificate.steps.append(
            fine("signature", "ES256" if signed.alg == cose.ES256 else "PS256")
        )


def _in_words(*words: str) -> str:
    """Returns what is known of a key; a list may lack any of it."""
    return " ".join(filter(None, words))


def _countries(certificate: Certificate, key: TrustedKey, issuer: str) -> Iterator[Finding]:
    """Yields where issuer, key and content name other countries: a key signs for its own alone."""
    clause = "HCERT 1.1.1 3.3.3"
    if issuer and key.country:
        is_same = are_same(issuer, key.country)
        if not is_same:
            params = {"where": "iss", "expected": key.country, "found": issuer, "clause": clause}
            is_other = is_same is False
            name = "other_issuer" if is_other else "issuer_not_compared"
            yield finding(name, "error" if is_other else "information", **params)
    # where the content stands for itself (no CWT), its country is held against the key's
    if certificate.dialect is not None:
        country = issuer or key.country
        yield from judge_countries(certificate.dialect, certificate.content, issuer=country)


def _kid(signed: cose.Sign1) -> tuple[bytes | None, list[Finding]]:
    """Returns the id of the key as bytes, and where it is not as specified."""
    findings = []
    kid = signed.kid
    if cose.KID not in signed.header:
        findings.append(finding("kid_unprotected", "warning", clause="HCERT 1.1.1 3.3.2"))
    # the event's service for health links writes the Base64 of the id as text
    if isinstance(kid, str):
        findings.append(finding("kid_text", "warning", found=kid[:40], clause="RFC 9052 3.1"))
        try:
            kid = from_base64(kid)
        except ValueError:
            kid = kid.encode()  # it is a text of its own
    if not isinstance(kid, bytes) or not kid:
        return None, findings
    if len(kid) != KID_BYTES:
        findings.append(
            finding(
                "kid_length",
                "warning",
                expected="8",
                found=str(len(kid)),
                clause="HCERT 1.1.1 3.3.2",
            )
        )
    return kid, findings


def validity(
    certificate: Certificate,
    claims: Claims,
    at: datetime,
    *,
    more: Sequence[Finding] = (),
    clause: str = "HCERT 1.1.1 3.3.4",
) -> None:
    """Judges the times of a certificate, and those of the key that has signed it: all must be in
    force now; `more` is what the content says of its own times, `clause` the rule of its family.
    """
    now = at.timestamp()
    findings = [*more]
    issued = claims.issued
    expires = claims.expires
    if issued is not None and issued > now:
        moments = {"found": _moment(issued), "expected": _moment(now)}
        findings.append(finding("not_yet", "error", where="iat", **moments, clause=clause))
    if claims.begins is not None and claims.begins > now:
        moments = {"found": _moment(claims.begins), "expected": _moment(now)}
        findings.append(
            finding("not_before", "error", where="nbf", **moments, clause="RFC 8392 3.1.5")
        )
    # HCERT 1.1.1 3.3.4 refuses what is after it, RFC 8392 3.1.4 the moment itself as well: at that
    # second the EU's own test data are valid
    if expires is not None and expires < now:
        moments = {"found": _moment(expires), "expected": _moment(now)}
        findings.append(finding("expired", "error", where="exp", **moments, clause=clause))
    if certificate.key is not None:
        findings += _times_of_key(certificate.key, claims, now)
    certificate.steps.append(done("validity", findings))


def _times_of_key(key: TrustedKey, claims: Claims, now: float) -> Iterator[Finding]:
    """Yields where the key is not in force, or was not when the certificate was issued.

    The network asks by the shell model: what a key has signed counts only while the key is in
    force, whenever it was signed.
    """
    issued = claims.issued
    expires = claims.expires
    if key.begins and issued is not None and issued < int(key.begins):
        moments = {"found": _moment(issued), "expected": _moment(key.begins)}
        yield finding("before_key", "warning", where="iat", **moments, clause="HCERT 1.1.1 3.3.5")
    if not key.is_in_force(now):
        is_over = key.begins <= now  # it has begun, and so it has ended
        name = "key_expired" if is_over else "key_not_yet"
        moments = {"found": _moment(key.ends if is_over else key.begins), "expected": _moment(now)}
        clause = "GDHCN certificate governance (shell model)"
        yield finding(name, "error", **moments, clause=clause)
    if key.ends and expires is not None and expires > key.ends:
        moments = {"found": _moment(expires), "expected": _moment(key.ends)}
        yield finding("longer_than_key", "warning", where="exp", **moments)


def _usage(certificate: Certificate) -> None:
    """Judges whether the key may sign this kind of certificate."""
    if certificate.key is not None and certificate.key.certificate is not None:
        # the usages 1 to 3 are those of the EU's v, t and r; WHO's forms have none of their own
        is_eu = certificate.dialect is not None and certificate.dialect.family == "eu"
        findings = key_usage(certificate.key.groups, certificate.content) if is_eu else []
        certificate.steps.append(done("key_usage", findings))


def key_usage(groups: frozenset[str], content: Any) -> list[Finding]:
    """Returns what is wrong where a key that is for some parts of a certificate (v, t, r) signs
    another one.
    """
    if not groups:
        return []
    is_map = isinstance(content, MAPS)
    groups_used = {group for group in "vtr" if is_map and group in content}
    if groups_used <= groups:
        return []
    expected = ", ".join(sorted(groups_used))
    met = ", ".join(sorted(groups))
    return [finding("key_usage", "error", expected=expected, found=met, clause="HCERT 1.1.1 A.6")]


def _revocation(certificate: Certificate, revoked: frozenset[str]) -> None:
    met = handles_of(certificate) & revoked if revoked else frozenset()
    taken = {"found": ", ".join(sorted(met)), "clause": "DCC Gateway 1.10.0 revocation list"}
    findings = [finding("revoked", "error", **taken)] if met else []
    certificate.steps.append(done("revocation", findings))


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
