"""Verifies credentials and presentations in JWTs: `vc+jwt` and `vp+jwt`, whose payload is the
document (W3C VC-JOSE-COSE), and the older `jwt_vc_json`, which has it in a claim (VCDM 1.1 6.3.1).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.credentials.datamodel import judge_model
from sandbox.credentials.issuers import judge_trust, key_of_header
from sandbox.credentials.jose import Jws, is_algorithm, is_signed_by
from sandbox.credentials.keys import PublicKey, curve_of
from sandbox.credentials.report import Asked, Known, Report, note
from sandbox.credentials.texts import Json, as_list
from sandbox.credentials.validity import judge_dates, judge_numbers, moment_in
from sandbox.findings import Finding

JOSE = "W3C VC-JOSE-COSE 3.1"
OLD = "VCDM 1.1 6.3.1"
# claims of a JWT, and what they say of the document; an issuer may be an object with this id
CLAIMS = {"iss": "issuer", "jti": "id"}


def is_enveloped(jws: Jws) -> bool:
    """Tells whether a JWT is a credential or a presentation of one."""
    types = {"vc", "vp"} & set(jws.payload)
    return bool(types) or jws.header.get("typ") in ("vc+jwt", "vp+jwt", "vc+ld+jwt", "vp+ld+jwt")


def verify_enveloped(
    report: Report, jws: Jws, known: Known, at: datetime, asked: Asked | None
) -> None:
    """Adds the steps of a JWT; what it presents is verified elsewhere."""
    typ = str(jws.header.get("typ", ""))
    is_old = "vc" in jws.payload or "vp" in jws.payload
    is_shown = "vp" in jws.payload if is_old else typ.startswith("vp")
    report.form = "vp+jwt" if is_shown else "jwt_vc_json" if is_old else "vc+jwt"
    document = jws.payload.get("vp" if is_shown else "vc") if is_old else jws.payload
    if not isinstance(document, dict):
        report.fail("form", "no_document", clause=OLD)
        return
    report.add("form", detail=report.form)
    document = _merged(document, jws.payload) if is_old and not is_shown else document
    report.claims = document
    owner = document.get("holder" if is_shown else "issuer", jws.payload.get("iss", ""))
    report.issuer = str(owner.get("id", "") if isinstance(owner, dict) else owner)
    report.add("schema", judge_model(document))
    contradictions = _contradictions(document, jws.payload)
    if contradictions:
        report.add("controller", contradictions)
    relation = "authentication" if is_shown else "assertionMethod"
    key = key_of_header(report, jws.header, report.issuer, known, relation=relation)
    if key is not None:
        judge_signature(report, jws, key)
    judge_numbers(report, jws.payload, at)
    if is_shown:
        _judge_holder(report, jws.payload, asked)
        return
    judge_dates(report, document, at)
    if key is not None:
        judge_trust(report, key, known, at)


def judge_signature(report: Report, jws: Jws, key: PublicKey) -> bool:
    """Adds whether a key has signed a JWS, with its own algorithm."""
    alg = str(jws.header.get("alg", "–"))[:20]
    report.add("suite", detail=alg)
    if not is_algorithm(jws.header, key):
        return report.fail(
            "suite", "other_alg", expected=curve_of(key).alg, found=alg, clause="RFC 7515 10.7"
        )
    if not is_signed_by(jws, key):
        return report.fail("signature", "wrong_jws", found=alg, clause="RFC 7515 5.2")
    return report.add("signature", detail=alg)


def _merged(credential: Json, payload: Json) -> Json:
    """Returns the credential of 1.1 with what stands in claims of the JWT instead."""
    merged: dict[str, Any] = {**credential}
    for claim, name in CLAIMS.items():
        if claim in payload and name not in merged:
            merged[name] = payload[claim]
    for claim, name in (("nbf", "issuanceDate"), ("exp", "expirationDate")):
        moment = moment_in(payload.get(claim))
        if moment is not None and name not in merged and "validFrom" not in merged:
            merged[name] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    subject = merged.get("credentialSubject")
    if "sub" in payload and isinstance(subject, dict) and "id" not in subject:
        merged["credentialSubject"] = {"id": payload["sub"], **subject}
    return merged


def _contradictions(document: Json, payload: Json) -> list[Finding]:
    """Returns where a claim of the JWT contradicts the document (VC-JOSE-COSE 3.1.3)."""
    subject = document.get("credentialSubject")
    said = {
        "iss": document.get("issuer", document.get("holder")),
        "jti": document.get("id"),
        "sub": subject.get("id") if isinstance(subject, dict) else None,
    }
    findings = []
    for claim, value in said.items():
        value = value.get("id") if isinstance(value, dict) else value
        if claim in payload and value is not None and payload[claim] != value:
            found = str(payload[claim])[:80]
            params = {"where": claim, "found": found, "expected": str(value)[:80]}
            findings.append(note("contradicts", "error", **params, clause=f"{JOSE}.3"))
    return findings


def _judge_holder(report: Report, payload: Json, asked: Asked | None) -> None:
    if asked is None:
        report.skip("holder", "nobody_asked", clause="OpenID4VP 1.0 14.1")
        return
    clause = "OpenID4VP 1.0 B.1.3.1.5"
    for name, reason, wanted in (
        ("nonce", "other_challenge", asked.nonce),
        ("aud", "other_domain", asked.audience),
    ):
        met = as_list(payload.get(name))
        if wanted not in met:
            shown = str(met[0] if met else "–")[:80]
            report.fail(
                "holder", reason, where=name, expected=wanted[:80], found=shown, clause=clause
            )
    report.add("holder")
