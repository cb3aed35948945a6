"""Verifies SD-JWT credentials (`dc+sd-jwt`): disclosures, the issuer's signature, the holder's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.credentials.envelopes import judge_signature
from sandbox.credentials.issuers import judge_trust, key_of_header
from sandbox.credentials.jose import is_signed_by, read_jws
from sandbox.credentials.keys import from_jwk
from sandbox.credentials.report import Asked, Known, Report, note
from sandbox.credentials.sdjwt.disclosures import BadDisclosure, digest_of
from sandbox.credentials.sdjwt.issuing import ALWAYS_SHOWN, TYP
from sandbox.credentials.sdjwt.presenting import KB_TYP, SdJwt, read_sdjwt
from sandbox.credentials.texts import Json
from sandbox.credentials.validity import LEEWAY, judge_numbers, moment_in, outside_numbers
from sandbox.findings import Finding

OLD_TYP = "vc+sd-jwt"
VC = "SD-JWT VC 2.2"
KB = "RFC 9901 7.3"
FRESH = timedelta(minutes=10)
"""How old the signature of a holder may be."""


def verify_sdjwt(
    report: Report, text: str, known: Known, at: datetime, asked: Asked | None
) -> None:
    """Adds the steps of an SD-JWT credential, as it was issued or as it is shown."""
    report.form = "dc+sd-jwt"
    try:
        sdjwt = read_sdjwt(text)
        claims = sdjwt.opened().claims
    except BadDisclosure as error:
        report.add("form", detail=report.form)
        report.claims = {}
        report.fail("disclosures", "bad_disclosure", found=str(error)[:80], clause="RFC 9901 7.1")
        return
    except ValueError:
        report.fail("form", "no_sdjwt", clause="RFC 9901 4")
        return
    header = sdjwt.jws.header
    report.claims = claims
    report.issuer = str(claims.get("iss", ""))
    report.add("form", _judge_typ(header), detail=report.form)
    report.add("schema", _judge_claims(claims))
    hidden = sorted(ALWAYS_SHOWN & {str(each.name) for each in sdjwt.disclosures} & set(claims))
    odd = [
        note("always_shown", "error", where=name, found=name, clause=f"{VC}.2.2")
        for name in hidden
        if name not in sdjwt.jws.payload
    ]
    report.add("disclosures", odd, detail=str(len(sdjwt.disclosures)))
    key = key_of_header(report, header, report.issuer, known)
    if key is not None:
        judge_signature(report, sdjwt.jws, key)
        judge_trust(report, key, known, at)
    judge_numbers(report, claims, at)
    _judge_holder(report, sdjwt, claims, at, asked)


def _judge_typ(header: Json) -> Iterator[Finding]:
    typ = str(header.get("typ", "–"))
    if typ == OLD_TYP:
        yield note("old_typ", "warning", where="typ", expected=TYP, found=typ, clause=f"{VC}.1")
    elif typ != TYP:
        yield note(
            "other_typ", "error", where="typ", expected=TYP, found=typ[:40], clause=f"{VC}.1"
        )


def _judge_claims(claims: Json) -> Iterator[Finding]:
    vct = claims.get("vct")
    if not isinstance(vct, str) or not vct:
        yield note("no_vct", "error", where="vct", found=str(vct)[:40], clause=f"{VC}.2.1")
    confirmation = claims.get("cnf")
    if confirmation is not None and not isinstance(confirmation, dict):
        yield note("bad_cnf", "error", where="cnf", clause="RFC 7800 3")


def _judge_holder(
    report: Report, sdjwt: SdJwt, claims: Json, at: datetime, asked: Asked | None
) -> None:
    """Adds whether the holder has signed what is shown, for this verifier and this request."""
    if not sdjwt.key_binding:
        if asked is None:
            report.skip("holder", "nobody_asked", clause=KB)
        elif asked.needs_holder:
            report.fail("holder", "no_holder", clause=KB)
        return
    confirmation = claims.get("cnf")
    try:
        key = from_jwk(confirmation.get("jwk") if isinstance(confirmation, dict) else None)
        signed = read_jws(sdjwt.key_binding)
    except ValueError:
        report.fail("holder", "bad_cnf", where="cnf", clause=KB)
        return
    if signed.header.get("typ") != KB_TYP:
        found = str(signed.header.get("typ", "–"))[:40]
        report.fail("holder", "other_typ", where="typ", expected=KB_TYP, found=found, clause=KB)
    if not is_signed_by(signed, key):
        report.fail("holder", "wrong_holder", clause=KB)
    if signed.payload.get("sd_hash") != digest_of(sdjwt.bound, sdjwt.algorithm):
        report.fail("holder", "other_hash", where="sd_hash", clause=KB)
    _judge_word(report, signed.payload, at, asked)
    report.add("holder")


def _judge_word(report: Report, payload: Json, at: datetime, asked: Asked | None) -> None:
    """Adds whether the holder's word is fresh, and meant for who asked."""
    moment = moment_in(payload.get("iat"))
    if moment is None or not at - FRESH - LEEWAY <= moment <= at + LEEWAY:
        found = str(payload.get("iat", "–"))[:40]
        report.fail("holder", "not_fresh", where="iat", found=found, clause=KB)
    # what a JWT says of its own time is to be heard, whoever has written it
    times: Json = {name: payload[name] for name in ("nbf", "exp") if name in payload}
    report.add("holder", outside_numbers(times, at, clause="RFC 7519 4.1"))
    if asked is None:
        # who has not asked cannot know for whom it is meant
        report.skip("holder", "nobody_asked", clause=KB)
        return
    for name, reason, wanted in (
        ("nonce", "other_challenge", asked.nonce),
        ("aud", "other_domain", asked.audience),
    ):
        if payload.get(name) != wanted:
            found = str(payload.get(name, "–"))[:80]
            report.fail("holder", reason, where=name, expected=wanted[:80], found=found, clause=KB)
