"""Health cards are read in each form in which they travel: parts are joined or asked for, lists of revoked ones judged."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.qr import ReadCode, codes_in, png_of
from sandbox.certificates.shc import faults_of_key, verify_card
from sandbox.certificates.shc_forms import (
    faults_of_codes,
    is_card,
    text_of_codes,
    texts_of,
)
from sandbox.certificates.steps import Certificate
from sandbox.certificates.unpacking import to_base64url
from sandbox.trust.pki import Pair, new_pki
from tests.sandbox.certificates.making import NOW, card, chile

ISSUER = "https://issuer.example"
BUNDLE = {
    "resourceType": "Bundle", "type": "collection",
    "entry": [{"fullUrl": "resource:0", "resource": {"resourceType": "Patient", "name": [{"family": "Rosa"}]}}],
}  # fmt: skip


def a_card(**members: Any) -> tuple[str, dict[str, Any]]:
    content = {
        "iss": ISSUER,
        "nbf": int(NOW.timestamp()) - 60,
        "vc": {
            "type": ["https://smarthealth.cards#health-card"],
            "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": BUNDLE},
            **members,
        },
    }
    return card(json.dumps(content, separators=(",", ":")).encode())


def digits(jws: str) -> str:
    return "".join(f"{ord(letter) - 45:02}" for letter in jws)


def chunks(jws: str, count: int) -> list[str]:
    size = -(-len(jws) // count)
    pieces = [jws[place : place + size] for place in range(0, len(jws), size)]
    return [f"shc:/{n}/{count}/{digits(piece)}" for n, piece in enumerate(pieces, start=1)]


def verified(text: str, key: dict[str, Any]) -> Certificate:
    return verify_card(text, {ISSUER: [key]}, at=NOW)


def told(found: Certificate, step: Any) -> list[str]:
    return [one.key.partition(".")[2] for one in found.step(step).findings]


def test_the_parts_of_a_card_are_joined_in_any_order_and_a_missing_one_is_asked_for() -> None:
    jws, key = a_card()
    assert verified(jws, key).verdict == "valid"
    parts = chunks(jws, 3)
    text = "\n".join([parts[2], parts[0], parts[1]])
    (joined,) = texts_of(text)
    found = verified(joined, key)
    assert (found.verdict, told(found, "prefix")) == ("deviates", ["chunks_joined"])
    lacking = verified("\n".join(parts[:1]), key)
    (reason,) = lacking.step("prefix").findings
    assert (lacking.verdict, reason.expected) == ("unreadable", "2, 3")
    mixed = verified("\n".join([*parts[:2], chunks(jws, 2)[0]]), key)
    assert told(mixed, "prefix") == ["chunked"]
    for other in ("shc:/1/3/1234", "shc:/0/3/1234"):
        assert told(verified("\n".join([*parts, other]), key), "prefix") == ["chunked"]
    assert told(verified("\n".join([*parts, parts[0]]), key), "prefix") == ["chunks_joined"]
    assert text_of_codes(parts) == "\n".join(parts)
    assert text_of_codes(["HC1:A", parts[0]]) == "HC1:A"


def test_the_answer_of_an_issuer_and_several_lines_are_several_cards() -> None:
    jws, key = a_card()
    answer = json.dumps(
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "verifiableCredential", "valueString": jws}] * 2
            + [{"name": "resourceLink", "part": []}],
        }
    )
    assert is_card(answer)
    assert texts_of(answer) == [jws, jws]
    line = f"shc:/{digits(jws)}"
    assert texts_of(f"{line}\n{line}\n") == [line, line]
    assert verified(line, key).verdict == "valid"
    for odd in ('{"verifiableCredential": 1}', '{"verifiableCredential": ', '{"resourceType": "Parameters", "parameter": {}}'):  # fmt: skip
        assert texts_of(odd) == [odd]


def test_a_byte_order_mark_is_named() -> None:
    jws, key = a_card()
    found = verified(f"\ufeff{jws}", key)
    assert (found.verdict, told(found, "prefix")) == ("deviates", ["bom"])
    file = json.dumps({"verifiableCredential": [jws, jws]})
    assert texts_of(f"\ufeff{file}") == [f"\ufeff{jws}"] * 2
    inside, other = card(
        b"\xef\xbb\xbf"
        + json.dumps({"iss": ISSUER, "nbf": 1, "vc": {"credentialSubject": {}}}).encode()
    )
    assert "bom" in told(verified(inside, other), "claims")


@pytest.mark.parametrize(
    ("rid", "is_right"), [("MKyCxh7p6uQ", True), ("a" * 25, False), ("a.b", False)]
)
def test_a_revocation_id_has_a_form(rid: Any, is_right: bool) -> None:
    jws, key = a_card(rid=rid)
    assert ("bad_rid" in told(verified(jws, key), "schema")) is not is_right


def a_jwk(pair: Pair, *issuers: Pair) -> dict[str, Any]:
    key = pair.certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    numbers = key.public_numbers()
    chain = [each.certificate.public_bytes(Encoding.DER) for each in (pair, *issuers)]
    return {
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "x": to_base64url(numbers.x.to_bytes(32)),
        "y": to_base64url(numbers.y.to_bytes(32)), "x5c": [base64.b64encode(each).decode() for each in chain],
    }  # fmt: skip


def test_the_certificates_of_a_key_stand_one_under_the_other() -> None:
    pki = chile()
    other = new_pki("PE", at=NOW).sca

    def reasons(jwk: dict[str, Any]) -> list[str]:
        return [one.key.partition(".")[2] for one in faults_of_key(jwk, issuer=ISSUER)]

    assert "broken_chain" not in reasons(a_jwk(pki.dsc[0], pki.sca))
    assert "broken_chain" in reasons(a_jwk(pki.dsc[0], other))
    assert "broken_chain" in reasons(
        {**a_jwk(pki.dsc[0]), "x5c": [*a_jwk(pki.dsc[0])["x5c"], "bm8="]}
    )


def test_a_code_says_how_dense_it_is() -> None:
    (code,) = codes_in(png_of("shc:/" + "5" * 3600, level="L"))
    assert code.version > 22
    assert [one.found for one in faults_of_codes([code, ReadCode("shc:/56", 22)])] == [
        str(code.version)
    ]
    assert list(faults_of_codes([ReadCode("HC1:A", 40)])) == []


def test_a_header_that_must_be_understood_or_has_another_algorithm_is_fatal() -> None:
    payload = json.dumps({"iss": ISSUER, "nbf": 1, "vc": {"credentialSubject": {}}}).encode()
    for member in ({"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"alg": "none"}):
        jws, key = card(payload, header={"zip": "DEF", "alg": "ES256", "kid": "x", **member})  # type: ignore[dict-item]
        found = verified(jws, key)
        assert found.step("jws").findings[0].severity == "fatal"
        assert found.verdict == "not_valid"


def test_a_payload_that_is_not_minified_is_told() -> None:
    content = {"iss": ISSUER, "nbf": 1, "vc": {"credentialSubject": {"fhirVersion": "a b"}}}
    small, key = card(json.dumps(content, separators=(",", ":")).encode())
    large, other = card(json.dumps(content).encode())
    assert "not_minified" not in told(verified(small, key), "claims")
    assert "not_minified" in told(verified(large, other), "claims")
