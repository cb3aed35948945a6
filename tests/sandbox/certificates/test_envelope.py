"""What the envelope and the claims of a certificate must not be (RFC 9052, RFC 8392, RFC 8949), each beside its right twin."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from sandbox.certificates import cose
from sandbox.certificates.hcert import as_text
from sandbox.certificates.keys import kid_of
from sandbox.certificates.steps import Certificate
from sandbox.certificates.verifying import verify
from tests.sandbox.certificates.making import CONTENTS, NOW, chile, listed

SECONDS = int(NOW.timestamp())
PAIR = chile().dsc[0]
KID = kid_of(PAIR.certificate)
EU = CONTENTS["eu_dcc"]
CLAIMS = {1: "CL", 4: SECONDS + 3600, 6: SECONDS - 3600, -260: {1: EU}}


def pairs(*members: tuple[Any, Any]) -> bytes:
    """A map as CBOR, in which a key may stand twice."""
    return bytes([0xA0 + len(members)]) + b"".join(
        cbor2.dumps(part) for pair in members for part in pair
    )


def judged(payload: bytes) -> Certificate:
    return verify(as_text(cose.sign1(payload, PAIR.key, kid=KID)), listed(), at=NOW)


def claimed(**changed: Any) -> Certificate:
    numbers = {"iss": 1, "exp": 4, "nbf": 5, "iat": 6, "hcert": -260}
    return judged(cbor2.dumps(CLAIMS | {numbers[name]: value for name, value in changed.items()}))


def keys_of(found: Certificate) -> dict[str, str]:
    return {
        told.key.partition(".")[2]: told.severity for step in found.steps for told in step.findings
    }


def test_right_claims_are_valid_without_a_word() -> None:
    assert (claimed().verdict, keys_of(claimed(nbf=SECONDS - 60))) == ("valid", {})


HEADERS: list[Callable[[], tuple[bytes, bytes]]] = [
    lambda: (pairs((1, -7), (4, b"12345678"), (4, KID)), pairs()),
    lambda: (pairs((1, -37), (4, KID), (1, -7)), pairs()),
    lambda: (pairs((1, -7), (4, KID)), pairs((5, b"a"), (5, b"b"))),
]


@pytest.mark.parametrize("headers", HEADERS)
def test_a_label_that_stands_twice_makes_a_message_malformed(headers: Any) -> None:
    protected, unprotected = headers()
    payload = cbor2.dumps(CLAIMS)
    whole = cose.read_sign1(cose.sign1(payload, PAIR.key, kid=KID))
    parts = [
        cbor2.dumps(protected),
        unprotected,
        cbor2.dumps(payload),
        cbor2.dumps(whole.signature),
    ]
    found = verify(as_text(b"\xd2\x84" + b"".join(parts)), listed(), at=NOW)
    assert (found.verdict, keys_of(found)) == ("unreadable", {"same_key": "error"})


@pytest.mark.parametrize("twice", [(1, "PE"), (4, SECONDS + 10**8), (-260, {1: {}})])
def test_a_claim_that_stands_twice_is_believed_in_neither_form(twice: tuple[Any, Any]) -> None:
    found = judged(pairs(twice, *CLAIMS.items()))
    assert (found.verdict, keys_of(found)) == ("unreadable", {"same_key": "error"})


def test_nobody_accepts_a_certificate_before_its_time() -> None:
    found = claimed(nbf=SECONDS + 60)
    assert (found.verdict, keys_of(found)) == ("not_valid", {"not_before": "error"})


def test_a_time_with_a_tag_and_an_issuer_that_is_no_text_are_told() -> None:
    found = claimed(exp=cbor2.CBORTag(1, SECONDS + 60))
    assert (found.verdict, keys_of(found)) == ("deviates", {"time_tagged": "warning"})
    assert keys_of(claimed(exp=cbor2.CBORTag(1, SECONDS - 60)))["expired"] == "error"
    assert keys_of(claimed(iss=152)) == {"iss_no_country": "warning"}


def test_a_second_content_is_told_since_only_one_is_judged() -> None:
    found = claimed(hcert={1: EU, 3: CONTENTS["ddcc_vs"]})
    assert (found.verdict, keys_of(found)) == ("deviates", {"several_contents": "warning"})


@pytest.mark.parametrize("day", ["1990-02-30", "1990-13", "1990-13-01"])
def test_a_birth_on_no_day_of_the_calendar_is_told(day: str) -> None:
    content = {**copy.deepcopy(EU), "dob": day}
    found = claimed(hcert={1: content})
    assert (found.verdict, keys_of(found)) == ("deviates", {"no_such_day": "warning"})
    assert keys_of(claimed(hcert={1: {**content, "dob": ""}})) == {}


@pytest.mark.parametrize("seconds", [float(SECONDS + 60), SECONDS + 60.5])
def test_a_time_that_is_no_integer_is_told(seconds: float) -> None:
    found = claimed(exp=seconds)
    assert (found.verdict, keys_of(found)) == ("deviates", {"time_float": "warning"})
    assert keys_of(claimed(exp=SECONDS - 60.5))["expired"] == "error"


def test_an_issuer_of_no_letters_is_told() -> None:
    assert keys_of(claimed(iss="")) == {"iss_no_country": "warning"}


@pytest.mark.parametrize("tag", sorted(cose.OTHER_MESSAGES))
def test_a_message_that_is_tagged_as_another_is_refused(tag: int) -> None:
    signed = cbor2.loads(cose.sign1(cbor2.dumps(CLAIMS), PAIR.key, kid=KID))
    found = verify(as_text(cbor2.dumps(cbor2.CBORTag(tag, list(signed.value)))), listed(), at=NOW)
    assert (found.verdict, keys_of(found)) == ("not_valid", {"tags": "fatal"})


def test_claims_with_a_tag_around_them_are_read_as_those_without() -> None:
    found = judged(cbor2.dumps(cbor2.CBORTag(61, CLAIMS)))
    assert (found.verdict, keys_of(found)) == ("valid", {})
    revoked = frozenset([EU["v"][0]["ci"]])
    text = as_text(cose.sign1(cbor2.dumps(cbor2.CBORTag(61, CLAIMS)), PAIR.key, kid=KID))
    assert verify(text, listed(), at=NOW, revoked=revoked).verdict == "not_valid"
