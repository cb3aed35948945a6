"""Every form of credential is verified in steps; each fault is refused for its own reason, and its twin is valid."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import sign, to_jwk
from sandbox.credentials.proofs.canonical import rdfc
from sandbox.credentials.proofs.contexts import V1
from sandbox.credentials.proofs.secured import with_proof
from sandbox.credentials.report import Known, Report
from sandbox.credentials.texts import to_base64url
from sandbox.credentials.verifying import is_credential
from sandbox.i18n import LANGUAGES, say
from sandbox.limits import CREDENTIAL_CHARACTERS
from sandbox.sentences import fix_of, text_of
from tests.sandbox.credentials.making import (
    ASKED,
    AT,
    CREDENTIAL,
    EDWARDS,
    HOLDER,
    ISSUER,
    KNOWN,
    LARGE,
    OLD_CREDENTIAL,
    STRANGER,
    changed,
    did_of,
    judged,
    jwt,
    method_of,
    options,
    reasons,
    signed,
    w3c_list,
)

NBF = int((AT - timedelta(days=30)).timestamp())
VP = "VerifiablePresentation"


def old_jwt(**more: Any) -> str:
    payload = {
        "iss": did_of(ISSUER),
        "sub": did_of(HOLDER),
        "nbf": NBF,
        "vc": OLD_CREDENTIAL,
        **more,
    }
    return write_jws({"typ": "JWT", "kid": method_of(ISSUER)}, payload, ISSUER)


JWS_2020 = "https://w3id.org/security/suites/jws-2020/v1"


def detached(*, key: Any = ISSUER, header: Any = None, **more: Any) -> dict[str, Any]:
    """A credential with a JsonWebSignature2020, signed as the suite says."""
    document = {**OLD_CREDENTIAL, "issuer": did_of(ISSUER), "issuanceDate": "2026-01-01T00:00:00Z"}
    document["@context"] = [*document["@context"], JWS_2020]
    stated = {
        "type": "JsonWebSignature2020", "created": "2026-01-01T00:00:00Z", "verificationMethod": method_of(ISSUER),
        "proofPurpose": "assertionMethod",
    }  # fmt: skip
    fields = header or {"alg": "ES256", "b64": False, "crit": ["b64"]}
    head = to_base64url(json.dumps(fields).encode())
    parts = [{**stated, "@context": document["@context"]}, document]
    hashes = b"".join(hashlib.sha256(rdfc(part)).digest() for part in parts)
    signature = to_base64url(sign(key, head.encode() + b"." + hashes))
    return {**document, **more, "proof": {**stated, "jws": f"{head}..{signature}"}}


def test_a_credential_with_a_detached_signature_is_verified() -> None:
    found = judged(detached())
    assert [step.detail for step in found.steps if step.name == "signature"] == [
        "JsonWebSignature2020"
    ]
    assert "wrong_proof" in reasons(judged(detached(credentialSubject={"dose": "3"})))


def by(key: Any, suite: str) -> dict[str, Any]:
    return signed(suite, key, changed(CREDENTIAL, issuer=did_of(key)))


RIGHT: dict[str, Any] = {
    "ecdsa-rdfc-2019": signed(),
    "ecdsa-jcs-2019": signed("ecdsa-jcs-2019"),
    "ecdsa-rdfc-2019 P-384": by(LARGE, "ecdsa-rdfc-2019"),
    "ecdsa-jcs-2019 P-384": by(LARGE, "ecdsa-jcs-2019"),
    "eddsa-rdfc-2022": by(EDWARDS, "eddsa-rdfc-2022"),
    "eddsa-jcs-2022": by(EDWARDS, "eddsa-jcs-2022"),
    "a set": with_proof(signed(), ISSUER, options("ecdsa-jcs-2019", ISSUER)),
    "a chain": with_proof(
        signed(id="urn:uuid:1"),
        ISSUER,
        options("ecdsa-jcs-2019", ISSUER, previousProof="urn:uuid:1"),
    ),
    "vc+jwt": jwt(),
    "vc+jwt P-384": jwt(changed(CREDENTIAL, issuer=did_of(LARGE)), LARGE),
    "vc+jwt Ed25519": jwt(changed(CREDENTIAL, issuer=did_of(EDWARDS)), EDWARDS),
    "jwt_vc_json": old_jwt(),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_credential_is_valid_with_every_step_done(name: str) -> None:
    report = judged(RIGHT[name])
    assert report.verdict == "valid", reasons(report)
    assert {step.name for step in report.steps if step.status != "ok"} <= {"holder", "disclosures"}
    assert report.step("trust").detail == "Chile"
    assert not report.wanted
    assert is_credential(report.text)


def proof(**changes: Any) -> dict[str, Any]:
    document = signed()
    return {**document, "proof": changed(document["proof"], **changes)}


def shown(part: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {**part, name: value}


JCS = RIGHT["ecdsa-jcs-2019"]
TOMORROW = (AT + timedelta(days=1)).isoformat()
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "another claim": (lambda: shown(signed(), "credentialSubject", {"dose": "3"}), "wrong_proof"),
    "a claim more": (lambda: shown(signed(), "extra", "x"), "not_canonical"),
    "a claim more in JSON": (lambda: shown(JCS, "extra", "x"), "wrong_proof"),
    "another option": (lambda: proof(created="2026-01-01T00:00:01Z"), "wrong_proof"),
    "no z": (lambda: proof(proofValue=signed()["proof"]["proofValue"][1:]), "no_z"),
    "no value": (lambda: proof(proofValue=None), "no_z"),
    "no proof": (lambda: CREDENTIAL, "no_proof"),
    "an unknown suite": (lambda: proof(cryptosuite="ecdsa-sd-2023"), "unknown_suite"),
    "a detached signature of another": (lambda: detached(key=STRANGER), "wrong_proof"),
    "a detached signature over an encoded payload": (lambda: detached(header={"alg": "ES256"}), "not_unencoded"),
    "a detached signature by another algorithm": (
        lambda: detached(header={"alg": "ES384", "b64": False, "crit": ["b64"]}),
        "detached_alg",
    ),
    "a signature with its payload": (
        lambda: shown(detached(), "proof", {**detached()["proof"], "jws": "e30.e30.AAAA"}),
        "not_detached",
    ),
    "an old suite": (lambda: proof(type="Ed25519Signature2020"), "unknown_suite"),
    "a suite of another key": (lambda: proof(cryptosuite="eddsa-rdfc-2022"), "other_curve"),
    "another purpose": (lambda: signed(proofPurpose="authentication"), "other_purpose"),
    "an expired proof": (lambda: signed(expires="2026-02-01T00:00:00Z"), "expired"),
    "a proof of tomorrow": (lambda: signed(created=TOMORROW), "not_yet"),
    "half a chain": (lambda: proof(previousProof="urn:uuid:1"), "bad_chain"),
    "a key of somebody else": (lambda: signed(key=STRANGER), "other_owner"),
    "an unknown method": (lambda: proof(verificationMethod="did:ion:abc#1"), "no_method"),
    "another key of the document": (lambda: proof(verificationMethod=did_of(ISSUER) + "#2"), "no_such_key"),
    "no DID": (lambda: proof(verificationMethod="https://example.org/#1"), "bad_did"),
    "a registry that was not asked": (lambda: proof(verificationMethod="did:ebsi:z2"), "bad_did"),
    "other contexts": (
        lambda: shown(JCS, "@context", list(reversed(JCS["@context"]))),
        "other_contexts",
    ),
    "expired": (lambda: signed(document=changed(CREDENTIAL, validUntil="2026-11-29T11:00:00Z")), "expired"),
    "not yet": (lambda: signed(document=changed(CREDENTIAL, validFrom="2026-11-29T13:00:00Z")), "not_yet"),
    "an issuer whom nobody believes": (lambda: by(STRANGER, "ecdsa-jcs-2019"), "not_believed"),
    "another payload": (lambda: jwt(changed(CREDENTIAL, id="urn:x")).rpartition(".")[0] + "." + jwt().rpartition(".")[2], "wrong_jws"),
    "a JWT by somebody else": (lambda: jwt(key=STRANGER), "other_owner"),
    "another algorithm": (lambda: jwt(alg="ES384"), "other_alg"),
    "no algorithm": (lambda: jwt(alg="none"), "other_alg"),
    "a secret that all know": (lambda: jwt(alg="HS256"), "other_alg"),
    "no key named": (lambda: jwt(changed(CREDENTIAL, issuer="urn:x"), kid=""), "no_key_named"),
    "two issuers": (lambda: jwt({**CREDENTIAL, "iss": did_of(STRANGER)}), "contradicts"),
    "an expired JWT": (lambda: old_jwt(exp=NBF + 1), "expired"),
    "milliseconds": (lambda: old_jwt(exp=NBF * 1000), "no_number"),
    "a time as text": (lambda: old_jwt(exp="2027-01-01"), "no_number"),
    "two issuers of 1.1": (lambda: old_jwt(vc={**OLD_CREDENTIAL, "issuer": "did:example:1"}), "other_owner"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_is_refused_for_its_own_reason(name: str) -> None:
    make, reason = WRONG[name]
    report = judged(make())
    assert report.verdict == "not_valid"
    assert reason in reasons(report)


@pytest.mark.parametrize("name", [*WRONG])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_its_sentence_and_what_to_do(name: str, language: Any) -> None:
    for step in judged(WRONG[name][0]()).steps:
        assert "credentials." not in say(f"credentials.step.{step.name}", language)
        for finding in step.findings:
            assert finding.clause
            for sentence in (text_of(finding, language), fix_of(finding, language)):
                assert sentence
                assert not re.search(r"\{[a-z]+\}", sentence), sentence
                assert "credentials." not in sentence


@pytest.mark.parametrize(
    "text",
    ["", "hello", "a.b.c", "~", "a~b", "{}", '{"a": 1, "a": 2}', "[]", "{" * 5000, '{"a":' * 500 + "1" + "}" * 500,
     write_jws({"typ": "JWT"}, {"a": 1}, ISSUER), write_jws({"typ": "vc+jwt", "crit": ["b64"]}, CREDENTIAL, ISSUER),
     "{" + " " * CREDENTIAL_CHARACTERS + "}", jwt() + "=", jwt().replace(".", "..", 1)],
)  # fmt: skip
def test_what_is_no_credential_is_said_to_be_none(text: str) -> None:
    report = judged(text)
    assert report.verdict in ("unreadable", "not_valid")
    assert reasons(report)


def test_a_warning_is_no_reason_to_refuse() -> None:
    document = changed(CREDENTIAL, issuanceDate="2026-01-01T00:00:00Z")
    report = judged(signed("ecdsa-jcs-2019", document=document))
    assert report.verdict == "deviates"
    assert reasons(report) == {"old_date"}


def test_a_fault_of_the_content_alone_is_another_thing_than_a_wrong_signature() -> None:
    report = judged(signed("ecdsa-jcs-2019", document=changed(CREDENTIAL, id="4a3c0e0e-1f5d")))
    assert report.verdict == "not_conformant"
    assert reasons(report) == {"not_url"}


def test_a_context_that_is_not_here_leaves_the_signature_unchecked() -> None:
    document = changed(
        CREDENTIAL, **{"@context": [*CREDENTIAL["@context"], "https://example.org/v1"]}
    )
    unsigned = {**document, "proof": signed()["proof"]}
    report = judged(unsigned)
    assert report.verdict == "unverified"
    assert report.step("signature").status == "skipped"
    # a suite of JSON needs no context to be known
    assert judged(signed("ecdsa-jcs-2019", document=document)).verdict == "valid"


def test_nobody_is_believed_where_nobody_was_asked_about() -> None:
    report = judged(signed(), Known(documents=KNOWN.documents))
    assert report.verdict == "unverified"
    assert report.step("trust").status == "skipped"


def test_a_document_that_is_not_at_hand_is_wanted_and_never_taken_for_right() -> None:
    did = "did:web:salud.example"
    address = "https://salud.example/.well-known/did.json"
    key = {
        "id": f"{did}#1",
        "type": "JsonWebKey",
        "controller": did,
        "publicKeyJwk": to_jwk(ISSUER.public_key()),
    }
    document = {"id": did, "verificationMethod": [key], "assertionMethod": ["#1"]}
    credential = signed(
        "ecdsa-jcs-2019", document=changed(CREDENTIAL, issuer=did), verificationMethod=f"{did}#1"
    )
    unasked = judged(credential)
    assert unasked.verdict == "unverified"
    assert unasked.wanted == {address}

    def known(document: Any) -> Known:
        return replace(
            KNOWN,
            documents={**KNOWN.documents, address: document},
            issuers={**(KNOWN.issuers or {}), did: "Panamá"},
        )

    assert judged(credential, known(document)).verdict == "valid"
    assert "no_relation" in reasons(judged(credential, known({**document, "assertionMethod": []})))
    stolen = {**document, "verificationMethod": [{**key, "controller": did_of(STRANGER)}]}
    assert "other_controller" in reasons(judged(credential, known(stolen)))
    private = {
        **document,
        "verificationMethod": [{**key, "publicKeyJwk": {**key["publicKeyJwk"], "d": "x"}}],
    }  # type: ignore[dict-item]
    assert "bad_key" in reasons(judged(credential, known(private)))


def presentation(key: Any = HOLDER, credentials: Any = None, **more: Any) -> dict[str, Any]:
    document = {
        "@context": [V1 if more.pop("is_old", False) else CREDENTIAL["@context"][0]],
        "type": [VP],
        "holder": did_of(key),
        "verifiableCredential": credentials or [signed("ecdsa-jcs-2019")],
    }
    said = {
        "proofPurpose": "authentication",
        "challenge": ASKED.nonce,
        "domain": ASKED.audience,
        **more,
    }
    return signed("ecdsa-jcs-2019", key, document, **said)


def vp_jwt(**more: Any) -> str:
    envelope = {
        "@context": CREDENTIAL["@context"][0],
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+jwt,{jwt()}",
    }
    document = {
        "@context": [CREDENTIAL["@context"][0]],
        "type": [VP],
        "holder": did_of(HOLDER),
        "verifiableCredential": [envelope],
    }
    return jwt(
        {**document, "nonce": ASKED.nonce, "aud": ASKED.audience, **more}, HOLDER, typ="vp+jwt"
    )


@pytest.mark.parametrize("make", [presentation, vp_jwt])
def test_a_presentation_is_as_good_as_what_it_shows(make: Callable[[], Any]) -> None:
    report = judged(make(), asked=ASKED)
    assert report.verdict == "valid", reasons(report)
    assert [part.verdict for part in report.parts] == ["valid"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: presentation(challenge="another"), "other_challenge"),
        (lambda: presentation(domain="redirect_uri:http://127.0.0.1:8400/other"), "other_domain"),
        (lambda: presentation(key=STRANGER), "not_holder"),
        (lambda: presentation(proofPurpose="assertionMethod"), "other_purpose"),
        (lambda: presentation(credentials=[CREDENTIAL]), "no_proof"),
        (lambda: presentation(credentials=[presentation()]), "no_credential"),
        (lambda: presentation(credentials=[signed("ecdsa-jcs-2019")] * 21), "too_many"),
        (lambda: vp_jwt(nonce="another"), "other_challenge"),
        (lambda: vp_jwt(aud="another"), "other_domain"),
        (lambda: vp_jwt(aud=None), "other_domain"),
    ],
)
def test_a_presentation_for_somebody_else_or_by_somebody_else_is_refused(
    make: Callable[[], Any], reason: str
) -> None:
    report = judged(make(), asked=ASKED)
    assert report.verdict in ("not_valid", "unreadable")
    assert reason in reasons(report)


def test_who_has_asked_nothing_does_not_know_for_whom_a_presentation_is() -> None:
    report = judged(presentation())
    assert report.verdict == "unverified"
    assert report.step("holder").status == "skipped"


def test_a_report_can_be_read_by_a_program() -> None:
    report: Report = judged(json.dumps(w3c_list()))
    assert report.form == "ldp_vc"
    assert report.issuer == did_of(ISSUER)
