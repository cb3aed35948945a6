"""Issuers of credentials with one fault each: what they hand in, and what stands at the addresses that it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sandbox.clock import fhir_instant
from sandbox.credentials.did.lac1 import Lac1, encode
from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import to_jwk, to_multikey
from sandbox.credentials.proofs.contexts import V2
from sandbox.credentials.proofs.suites import SUITES, value_of
from sandbox.credentials.sdjwt.disclosures import digest_of, write_disclosure
from sandbox.credentials.status.bits import Bits, empty
from sandbox.credentials.texts import from_multibase, to_base58, to_base64url
from sandbox.credentials.vaccination import TERMS, TYPE, VCT
from sandbox.trust.pki import new_dsc
from tests.sandbox.certificates.making import NOW, chile
from tests.sandbox.credentials import making
from tests.sandbox.credentials.making import HOLDER, PLACE, STRANGER, W3C_LIST, did_of, method_of
from tests.sandbox.testbench.content_twins import LIST, Twin, a_list, own

Json = dict[str, Any]
KEY = own().key
DID = did_of(KEY)
WEB = "did:web:ministry.example"
WEB_ADDRESS = "https://ministry.example/.well-known/did.json"
OWN_CONTEXT = "https://ministry.example/contexts/vaccination/v1"
RESOLVER = "https://resolver.example/1.0/identifiers"
BEGINS, ENDS = (fhir_instant(NOW + timedelta(days=days)) for days in (-9, 90))
SUBJECT: Json = {
    "id": did_of(HOLDER),
    "type": "VaccinationEvent",
    "batchNumber": "B-77",
    "dateOfVaccination": "2026-02-02",
    "recipient": {"type": "VaccineRecipient", "name": "Rosa Fuenzalida"},
    "vaccine": {"type": "Vaccine", "medicinalProductName": "Stamaril"},
}
RIGHT: Json = {
    "@context": [V2, TERMS],
    "id": "urn:uuid:4a3c0e0e-1f5d-4c57-9f5b-0f6f9a7b9f10",
    "type": ["VerifiableCredential", TYPE],
    "issuer": DID,
    "validFrom": BEGINS,
    "validUntil": ENDS,
    "credentialSubject": SUBJECT,
    "credentialStatus": making.CREDENTIAL["credentialStatus"],
}
CLAIMS: Json = {
    "iss": DID,
    "iat": int((NOW - timedelta(days=1)).timestamp()),
    "exp": int((NOW + timedelta(days=90)).timestamp()),
    "vct": VCT,
    "cnf": {"jwk": to_jwk(HOLDER.public_key())},
    "name": "Rosa Fuenzalida",
    "vaccine": {"product": "Stamaril", "date": "2026-02-02"},
}
DISCLOSED = [["name"], ["vaccine"], ["vaccine", "product"]]


def changed(**changes: Any) -> Json:
    return making.changed(RIGHT, **changes)


def list_of(*places: int, key: Any = KEY, **more: Any) -> Json:
    bits = empty("most")
    for place in places:
        bits[place] = 1
    begins = {"validFrom": BEGINS}
    return making.w3c_list(bits, key, **begins, **more)


def handed(text: Any, **more: Any) -> Twin:
    """A credential with its status list, and the trust list that has its issuer's key."""
    answers = {LIST: a_list(own()), W3C_LIST: list_of(), **more.get("answers", {})}
    kept = {place: value for place, value in answers.items() if value is not None}
    given = {"credential": text if isinstance(text, str) else json.dumps(text), "trustlist": LIST}
    return Twin("", kept, {**given, **more.get("given", {})})


def proven(
    document: Json = RIGHT, key: Any = KEY, suite: str = "ecdsa-rdfc-2019", **more: Any
) -> Json:
    return making.signed(suite, key, document, **{"created": BEGINS, **more})


def with_value(change: Callable[[str], str], **more: Any) -> Json:
    document = proven(**more)
    value = change(document["proof"]["proofValue"])
    return {**document, "proof": {**document["proof"], "proofValue": value}}


def by_web(relation: str = "assertionMethod", controller: str = WEB) -> Twin:
    """A ministry that publishes its own DID document."""
    method = f"{WEB}#1"
    described = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": WEB,
        "verificationMethod": [
            {"id": method, "type": "Multikey", "controller": controller, "publicKeyMultibase": to_multikey(KEY.public_key())}
        ],
        relation: [method],
    }  # fmt: skip
    document = proven(changed(issuer=WEB), verificationMethod=method)
    return handed(document, answers={WEB_ADDRESS: described})


def unpublished() -> Twin:
    twin = by_web()
    return replace(
        twin, answers={place: one for place, one in twin.answers.items() if place != WEB_ADDRESS}
    )


def sdjwt(claims: Json = CLAIMS, key: Any = KEY, **header: Any) -> str:
    return making.issue(claims, DISCLOSED, key, {"kid": method_of(KEY), **header})


def with_hidden_end() -> str:
    """An SD-JWT whose end the holder may hide."""
    hidden = write_disclosure("a-salt-of-chance", "exp", CLAIMS["exp"])
    payload = {
        **making.changed(CLAIMS, exp=None),
        "_sd": [digest_of(hidden)],
        "_sd_alg": "sha-256",
    }
    signed = write_jws({"typ": "dc+sd-jwt", "kid": method_of(KEY)}, payload, KEY)
    return f"{signed}~{hidden}~"


def of_2023(*, is_mirrored: bool = False, **changes: Any) -> Twin:
    """A credential as the component of 2023 made it, with what its resolver says of the issuer."""
    did = encode(Lac1("0x" + "11" * 20, "0x" + "22" * 20, 648540))
    document = {
        "@context": [V2, "https://credentials-library.lacchain.net/credentials/health/vaccination/v3"],
        "id": "4a3c0e0e-1f5d-4c57-9f5b-0f6f9a7b9f10",
        "type": ["VerifiableCredential", TYPE],
        "issuer": did,
        "validFrom": BEGINS,
        "credentialSubject": {**SUBJECT, "vaccine": {**SUBJECT["vaccine"], "atcCode": "XM68M6"}},
        **changes,
    }  # fmt: skip
    method = f"{did}#vm-1"
    signed = proven(document, suite="ecdsa-jcs-2019", verificationMethod=method)
    # options were hashed alone
    value = resigned(document, signed["proof"])
    proof = {name: part for name, part in signed["proof"].items() if name != "@context"}
    jwk = to_jwk(KEY.public_key())
    if is_mirrored:
        numbers = KEY.public_key().public_numbers()
        field = 2**256 - 2**224 + 2**192 + 2**96 - 1
        jwk = {**jwk, "y": to_base64url((field - numbers.y).to_bytes(32))}
    described = {
        "id": did,
        "verificationMethod": [{"id": method, "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": jwk}],
        "assertionMethod": [method],
    }  # fmt: skip
    text = {**document, "proof": {**proof, "proofValue": value.removeprefix("z")}}
    answers = {f"{RESOLVER}/{did}": {"didDocument": described}}
    return handed(text, answers=answers, given={"resolver": RESOLVER})


def proof_in_der(value: str) -> str:
    return "z" + to_base58(making.in_der(from_multibase(value)))


def counted_from_the_other_end(place: int) -> Json:
    """A list in which another credential was taken back, as who counts from the least bit writes it."""
    bits = empty("least")
    bits[place] = 1
    return making.w3c_list(Bits(bits.content, "most"), KEY, validFrom=BEGINS)


def resigned(document: Json, proof: Json) -> str:
    options = {name: part for name, part in proof.items() if name not in ("@context", "proofValue")}
    return value_of(SUITES["ecdsa-jcs-2019"], document, options, KEY)


CREDENTIALS: dict[str, Callable[[], Twin]] = {
    "right": lambda: handed(proven()),
    "writes_a_bare_uuid": lambda: handed(proven(changed(id="4a3c0e0e-1f5d-4c57-9f5b-0f6f9a7b9f10"), suite="ecdsa-jcs-2019")),
    "forgets_the_type": lambda: handed(proven(changed(type=[TYPE]), suite="ecdsa-jcs-2019")),
    "forgets_the_issuer": lambda: handed(proven(changed(issuer=None))),
    "says_a_name_twice": lambda: handed(json.dumps(proven())[:-1] + ', "id": "urn:x:1"}'),
    "writes_the_old_date": lambda: handed(proven(changed(validFrom=None, issuanceDate=BEGINS), suite="ecdsa-jcs-2019")),
    "writes_no_zone": lambda: handed(proven(changed(validUntil="2027-01-01T00:00:00"), suite="ecdsa-jcs-2019")),
    "names_the_drafts_typ": lambda: handed(sdjwt(typ="vc+sd-jwt")),
    "forgets_the_vct": lambda: handed(sdjwt(making.changed(CLAIMS, vct=None))),
    "lets_the_end_be_hidden": lambda: handed(with_hidden_end()),
    "adds_a_disclosure": lambda: handed(sdjwt() + write_disclosure("x", "name", "Ana") + "~"),
    "forgets_the_proof": lambda: handed(RIGHT),
    "signs_by_a_suite_of_its_own": lambda: handed({**RIGHT, "proof": {**proven()["proof"], "cryptosuite": "own-2026"}}),
    "changes_a_letter": lambda: handed({**proven(), "validUntil": fhir_instant(NOW + timedelta(days=91))}),
    "signs_in_der": lambda: handed(making.jws_in_der(sdjwt())),
    "proves_in_der": lambda: handed(with_value(proof_in_der)),
    "names_a_context_of_its_own": lambda: handed(
        {**RIGHT, "@context": [V2, OWN_CONTEXT], "proof": proven()["proof"]}, answers={OWN_CONTEXT: {"@context": TERMS}}),
    "writes_no_multibase": lambda: handed(with_value(lambda value: value[1:])),
    "signs_the_options_alone": lambda: handed({**proven(suite="ecdsa-jcs-2019"), "proof": {
        name: part for name, part in proven(suite="ecdsa-jcs-2019")["proof"].items() if name != "@context"}}),
    "signs_with_another_key": lambda: handed(sdjwt(key=STRANGER)),
    "signs_for_another": lambda: handed(proven(key=STRANGER)),
    "publishes_no_document": unpublished,
    "publishes_a_key_for_logins": lambda: by_web("authentication"),
    "publishes_a_key_of_another": lambda: by_web(controller="did:web:another.example"),
    "is_over": lambda: handed(proven(changed(validUntil=BEGINS, validFrom=None))),
    "begins_later": lambda: handed(proven(changed(validFrom=ENDS))),
    "was_taken_back": lambda: handed(proven(), answers={W3C_LIST: list_of(PLACE)}),
    "loses_its_list": lambda: handed(proven(), answers={W3C_LIST: None}),
    "counts_bits_from_the_other_end": lambda: handed(proven(), answers={W3C_LIST: counted_from_the_other_end(PLACE // 8 * 8 + 7 - PLACE % 8)}),
    "has_a_list_by_another": lambda: handed(proven(), answers={W3C_LIST: {**list_of(), "validFrom": ENDS}}),
    "counts_places_as_numbers": lambda: handed(proven(changed(credentialStatus={
        **RIGHT["credentialStatus"], "statusListIndex": PLACE}))),
    "is_of_no_list": lambda: handed(proven(), answers={LIST: a_list(new_dsc("CL", chile().sca, at=NOW))}),
    "has_no_trust_list": lambda: handed(proven(), answers={LIST: None}),
    "is_of_2023": of_2023,
    "is_of_2023_with_another_y": lambda: of_2023(is_mirrored=True),
    "is_of_2023_without_a_resolver": lambda: replace(of_2023(), given={**of_2023().given, "resolver": ""}),
    "is_of_2023_in_local_hours": lambda: of_2023(validFrom=fhir_instant(NOW - timedelta(days=9) + timedelta(hours=3))),
    "says_more_than_is_needed": lambda: handed(proven(changed(credentialSubject={
        **SUBJECT, "recipient": {**SUBJECT["recipient"], "telecom": "+56 2 2222"}}), suite="ecdsa-jcs-2019")),
    "shows_a_telephone": lambda: handed(sdjwt({**CLAIMS, "phone": "+56 2 2222"})),
}  # fmt: skip
