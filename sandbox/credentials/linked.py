"""Verifies credentials and presentations with Data Integrity proofs (`ldp_vc`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sandbox.credentials.datamodel import is_presentation, judge_model, moment_of
from sandbox.credentials.issuers import Named, judge_trust, key_of_method
from sandbox.credentials.keys import PublicKey, curve_of, is_signed
from sandbox.credentials.lacchain.judging import is_of_2023, judge_registry, mirrored
from sandbox.credentials.proofs.canonical import NotCanonical
from sandbox.credentials.proofs.contexts import UnknownContext
from sandbox.credentials.proofs.detached import (
    SUITE,
    UNENCODED,
    NotDetached,
    read_detached,
    signed_bytes,
)
from sandbox.credentials.proofs.secured import BadChain, Proof, proofs_of
from sandbox.credentials.proofs.suites import SUITES, TYPE, Suite, is_proven
from sandbox.credentials.report import Asked, Known, Report, note
from sandbox.credentials.texts import Json, as_list
from sandbox.credentials.validity import LEEWAY, judge_dates
from sandbox.limits import CREDENTIAL_PROOFS

INTEGRITY = "VC Data Integrity 1.0"


def verify_linked(
    report: Report, document: Json, known: Known, at: datetime, asked: Asked | None
) -> None:
    """Adds the steps of a document with its proofs; what it presents is verified elsewhere."""
    is_shown = is_presentation(document)
    report.form = "ldp_vp" if is_shown else "ldp_vc"
    report.claims = document
    owner = document.get("holder" if is_shown else "issuer", "")
    report.issuer = str(owner.get("id", "") if isinstance(owner, dict) else owner)
    report.add("form", detail=report.form)
    report.add("schema", judge_model(document))
    proofs = _proofs(report, document)
    relation = "authentication" if is_shown else "assertionMethod"
    keys = [_verify_proof(report, proof, relation, known, at) for proof in proofs]
    if is_shown:
        _judge_holder(report, proofs, asked)
        return
    judge_dates(report, document, at)
    for proof, key in zip(proofs, keys, strict=True):
        if key is None:
            continue
        if known.chain is not None and is_of_2023(proof.proof):
            judge_registry(report, document, key, known.chain, at)
        judge_trust(report, key, known, at)


def _proofs(report: Report, document: Json) -> list[Proof]:
    """Returns the proofs whose suite is known, and adds the step that says so."""
    listed = as_list(document.get("proof"))
    if not listed:
        report.fail("suite", "no_proof", clause=f"{INTEGRITY} 4.4")
        return []
    if len(listed) > CREDENTIAL_PROOFS or not all(isinstance(proof, dict) for proof in listed):
        report.fail("suite", "bad_proof", found=str(len(listed)), clause=f"{INTEGRITY} 2.1")
        return []
    try:
        proofs = [*proofs_of(document)]
    except BadChain as error:
        report.fail("suite", "bad_chain", found=str(error), clause=f"{INTEGRITY} 2.1.2")
        return []
    known = []
    for proof in proofs:
        kind = str(proof.proof.get("type"))
        name = str(proof.proof.get("cryptosuite"))
        suite = _suite_of(proof)
        if suite is None:
            shown = f"{kind} {name}" if kind == TYPE else kind
            report.fail("suite", "unknown_suite", found=shown[:80], clause=f"{INTEGRITY} 2.1")
            continue
        known.append(proof)
        report.add("suite", detail=suite.name)
        # the ministries' component of 2023 hashed its options so
        if suite.is_json and "@context" not in proof.proof:
            odd = note("no_context_in_proof", "warning", where="proof", clause=suite.clause)
            report.add("suite", [odd])
    return known


def _suite_of(proof: Proof) -> Suite | None:
    kind = proof.proof.get("type")
    if kind == SUITE.name:
        return SUITE
    return SUITES.get(str(proof.proof.get("cryptosuite"))) if kind == TYPE else None


def _verify_proof(
    report: Report, proof: Proof, relation: str, known: Known, at: datetime
) -> PublicKey | None:
    """Returns the key of a proof where it has signed."""
    suite = _suite_of(proof) or SUITE
    purpose = str(proof.proof.get("proofPurpose"))
    if purpose != relation:
        report.fail(
            "relation",
            "other_purpose",
            expected=relation,
            found=purpose[:40],
            clause=f"{INTEGRITY} 2.1",
        )
    _judge_times(report, proof, at)
    key = key_of_method(report, Named(proof.method, relation, report.issuer), known)
    if key is None:
        return None
    if curve_of(key) not in suite.curves:
        found = curve_of(key).crv
        report.fail(
            "signature", "other_curve", found=found, expected=suite.name, clause=suite.clause
        )
        return None
    return key if _is_right(report, suite, proof, key) else None


def _is_right(report: Report, suite: Suite, proof: Proof, key: PublicKey) -> bool:
    if suite is not SUITE and not proof.value.startswith("z"):
        named = {"found": proof.value[:12], "clause": suite.clause}
        if not proof.value or not is_of_2023(proof.proof):
            return report.fail("signature", "no_z", **named)
        # the ministries' component of 2023 wrote all its proofs so
        report.add("signature", [note("no_z", "warning", **named)])
        proof = replace(proof, value=f"z{proof.value}")
    try:
        is_right = _is_by(suite, proof, key)
    except NotDetached as error:
        found = str(error)
        return report.fail("signature", error.reason, found=found, clause=UNENCODED)
    except UnknownContext as error:
        return report.skip(
            "signature", "unknown_context", found=str(error)[:120], clause="VCDM 2.0 B.1"
        )
    except NotCanonical as error:
        return report.fail(
            "signature", "not_canonical", found=str(error)[:120], clause=suite.clause
        )
    if suite.is_json and not _is_read_so(proof):
        return report.fail("signature", "other_contexts", where="proof", clause=suite.clause)
    other = None if is_right or suite is SUITE else mirrored(key)
    if other is not None and _is_by(suite, proof, other):
        return report.fail("signature", "lost_y", found=proof.method[:120], clause="RFC 7518 6.2.1")
    if not is_right:
        return report.fail("signature", "wrong_proof", found=suite.name, clause=suite.clause)
    return report.add("signature", detail=suite.name)


def _is_by(suite: Suite, proof: Proof, key: PublicKey) -> bool:
    if suite is not SUITE:
        return is_proven(suite, proof.document, proof.options, proof.value, key)
    head, signature = read_detached(proof.proof.get("jws"), alg=curve_of(key).alg)
    return is_signed(key, signed_bytes(proof, head), signature)


def _is_read_so(proof: Proof) -> bool:
    """Tells whether a document begins with the contexts of its proof (VC-DI-ECDSA 3.3.2)."""
    named = as_list(proof.proof.get("@context"))
    return as_list(proof.document.get("@context"))[: len(named)] == named


def _judge_times(report: Report, proof: Proof, at: datetime) -> None:
    created, expires = (proof.proof.get(name) for name in ("created", "expires"))
    clause = f"{INTEGRITY} 2.1"
    for name, value in (("created", created), ("expires", expires)):
        if value is not None and moment_of(value) is None:
            odd = note(
                "no_stamp", "error", where=f"proof.{name}", found=str(value)[:40], clause=clause
            )
            report.add("validity", [odd])
    begins, ends = (moment_of(value) for value in (created, expires))
    if begins and begins - LEEWAY > at:
        report.fail("validity", "not_yet", where="proof.created", found=str(created), clause=clause)
    if ends and ends + LEEWAY < at:
        report.fail("validity", "expired", where="proof.expires", found=str(expires), clause=clause)


def _judge_holder(report: Report, proofs: list[Proof], asked: Asked | None) -> None:
    """Adds whether the holder has signed for this verifier and this request."""
    if asked is None:
        report.skip("holder", "nobody_asked", clause="OpenID4VP 1.0 14.1")
        return
    for proof in proofs:
        for name, wanted in (("challenge", asked.nonce), ("domain", asked.audience)):
            met = as_list(proof.proof.get(name))
            if wanted not in met:
                where = f"proof.{name}"
                shown = str(met[0] if met else "–")[:80]
                report.fail(
                    "holder",
                    f"other_{name}",
                    where=where,
                    expected=wanted[:80],
                    found=shown,
                    clause="OpenID4VP 1.0 B.1.3.2.3",
                )
    report.add("holder")
