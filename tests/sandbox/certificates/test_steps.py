"""Each step of verifying fails for its own reason alone, and deviations are read and said."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cbor2
import pytest

from sandbox.certificates import base45, cose
from sandbox.certificates.claims import written
from sandbox.certificates.hcert import as_text, encoded
from sandbox.certificates.keys import KeyList, kid_of
from sandbox.certificates.steps import HCERT, Certificate
from sandbox.certificates.verifying import key_usage, verify
from sandbox.i18n import LANGUAGES
from sandbox.sentences import fix_of, text_of
from sandbox.trust.pki import new_dsc
from tests.sandbox.certificates.making import CONTENTS, NOW, NUMBERS, chile, claims, listed, signed

DCC = CONTENTS["eu_dcc"]


def verified(text: str, **more: Any) -> Certificate:
    return verify(text, more.pop("trust", listed()), at=more.pop("at", NOW), **more)


def faults(found: Certificate) -> list[tuple[str, str, str]]:
    """Name, status and reason of every finding."""
    return [
        (one.name, one.status, told.key.partition(".")[2])
        for one in found.steps
        for told in one.findings
    ]


def test_a_right_certificate_has_every_step_right_in_its_order() -> None:
    found = verified(signed(DCC, 1))
    assert [one.name for one in found.steps] == list(HCERT)
    assert {one.status for one in found.steps} == {"ok"}
    assert found.verdict == "valid"


def test_what_ends_early_has_every_step_as_well() -> None:
    found = verified("HC1:no certificate")
    assert [step.name for step in found.steps] == list(HCERT)
    assert found.steps[-1].status == "skipped"


def test_a_key_that_a_list_has_both_right_and_refused_is_trusted() -> None:
    """What one list refuses, another may rightly have: the right entry decides."""
    from sandbox.certificates.keys import Refusal, trusted

    certificate = chile().dsc[0].certificate
    kid = kid_of(certificate)
    refusal = Refusal(kid, "CL", "", ())
    both = KeyList([trusted(certificate)], refused=[refusal])
    assert verified(signed(DCC, 1), trust=both).verdict == "valid"
    alone = verified(signed(DCC, 1), trust=KeyList([], refused=[refusal]))
    assert alone.step("trust").status == "fail"


@pytest.mark.parametrize("name", CONTENTS)
def test_every_dialect_is_known_by_what_it_holds(name: str) -> None:
    if name in NUMBERS:
        text = signed(CONTENTS[name], NUMBERS[name])
    else:  # without claims
        key = chile().dsc[0]
        text = as_text(
            cose.sign1(cbor2.dumps(CONTENTS[name]), key.key, kid=kid_of(key.certificate))
        )
    found = verified(text)
    assert found.dialect is not None
    assert found.dialect.name == name
    assert found.step("schema").status == "ok", faults(found)
    assert found.verdict == ("valid" if name in NUMBERS else "deviates")


def changed(**names: Any) -> str:
    return signed({**DCC, **names}, 1)


def a_dose(**names: Any) -> str:
    return changed(v=[{**DCC["v"][0], **names}])


def with_header(protected: dict[int, Any], unprotected: dict[int, Any]) -> str:
    """A certificate with other headers, rightly signed over them."""
    key, payload = chile().dsc[0], written(claims(DCC, 1))
    one = cose.read_sign1(cose.sign1(payload, key.key, kid=b"x"))
    header = cbor2.dumps(protected) if protected else b""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    r, s = decode_dss_signature(
        key.key.sign(cose.to_be_signed(header, payload), ec.ECDSA(SHA256()))
    )
    signature = r.to_bytes(32) + s.to_bytes(32)
    return as_text(cbor2.dumps(cbor2.CBORTag(18, [header, unprotected, one.payload, signature])))


def with_payload(payload: Any) -> str:
    key = chile().dsc[0]
    return as_text(cose.sign1(cbor2.dumps(payload), key.key, kid=kid_of(key.certificate)))


def deflated(content: bytes) -> str:
    return "HC1:" + base45.encode(zlib.compress(content))


def tampered() -> str:
    one = cose.read_sign1(zlib.decompress(base45.decode(signed(DCC, 1)[4:])))
    other = written(claims({**DCC, "dob": "1999-01-01"}, 1))
    return as_text(cbor2.dumps(cbor2.CBORTag(18, [one.protected, {}, other, one.signature])))


KID = kid_of(chile().dsc[0].certificate)
TIME = {1: "CL", 6: 1_790_000_000, 4: 1_900_000_000}
FAULTS: list[tuple[Callable[[], str], str, str, str, str]] = [
    # what was made, and step, its status, reason and verdict
    (lambda: "HC2:" + signed(DCC, 1)[4:], "prefix", "fail", "no_prefix", "not_conformant"),
    (lambda: signed(DCC, 1)[4:], "prefix", "fail", "no_prefix", "not_conformant"),
    (lambda: "HC1:" + "A" * 70_000, "prefix", "fail", "too_long", "unreadable"),
    (lambda: signed(DCC, 1).lower().replace("hc1:", "HC1:"), "base45", "fail", "not_base45", "unreadable"),
    (lambda: "HC1:BB8A", "base45", "fail", "base45_cut", "unreadable"),
    (lambda: "HC1:" + base45.encode(b"not compressed"), "inflate", "fail", "not_zlib", "unreadable"),
    (lambda: "HC1:" + base45.encode(zlib.compress(b"x" * 900)[:-6]), "inflate", "fail", "cut_off", "unreadable"),
    (lambda: deflated(b"\0" * 2_000_000), "inflate", "fail", "too_large", "unreadable"),
    (lambda: deflated(b"\xff\xff"), "cose", "fail", "not_cbor", "unreadable"),
    (lambda: deflated(b"\x81" * 5000 + b"\0"), "cose", "fail", "not_cbor", "unreadable"),
    (lambda: deflated(cbor2.dumps({1: 2})), "cose", "fail", "not_four", "unreadable"),
    (lambda: deflated(cbor2.dumps([b"", {}, "text", b""])), "cose", "fail", "not_bytes", "unreadable"),
    (lambda: deflated(cbor2.dumps([b"", [], b"", b""])), "cose", "fail", "not_headers", "unreadable"),
    (lambda: with_payload("text"), "claims", "fail", "claims_no_map", "unreadable"),
    (lambda: with_payload({1: "CL", 6: 1}), "claims", "fail", "no_hcert", "unreadable"),
    (lambda: with_payload({**TIME, -260: {99: {"x": 1}}}), "dialect", "fail", "no_dialect", "not_conformant"),
    (lambda: signed({**CONTENTS["icvp_2025"]}, 7), "dialect", "warn", "elsewhere", "deviates"),
    (lambda: changed(dob="1815-08-24"), "schema", "fail", "field_kind", "not_conformant"),
    (lambda: changed(t=[]), "schema", "fail", "field_one_of", "not_conformant"),
    (lambda: a_dose(dn=0), "schema", "fail", "field_size", "not_conformant"),
    (lambda: a_dose(dn=True), "schema", "fail", "field_kind", "not_conformant"),
    (lambda: a_dose(co="XY"), "schema", "warn", "field_value", "deviates"),
    (lambda: a_dose(co="cl"), "schema", "fail", "field_pattern", "not_conformant"),
    (lambda: a_dose(mp="EU/9/99/9999"), "schema", "warn", "field_value", "deviates"),
    (lambda: a_dose(dt="2025-11-03T00:00:00"), "schema", "warn", "date_with_time", "deviates"),
    (lambda: a_dose(ci=None), "schema", "fail", "field_missing", "not_conformant"),
    (lambda: changed(nam={"fnt": "Ñ"}), "schema", "fail", "field_pattern", "not_conformant"),
    (lambda: with_payload({**TIME, 1: "XCL", -260: {1: DCC}}), "claims", "warn", "iss_no_country", "deviates"),
    (lambda: with_payload({1: "CL", 6: 1, -260: {1: DCC}}), "claims", "warn", "no_exp", "deviates"),
    (lambda: with_payload({**TIME, 4: float("nan"), -260: {1: DCC}}), "claims", "warn", "time_no_number", "deviates"),
    (lambda: with_payload({**TIME, 6: 1_790_000_000_000, -260: {1: DCC}}), "claims", "warn", "time_milliseconds", "deviates"),
    (lambda: with_payload({"1": "CL", "4": 1_900_000_000, "6": 1, "-260": {"1": DCC}}), "claims", "warn", "text_key", "deviates"),
    (lambda: with_header({1: -7}, {4: KID}), "kid", "warn", "kid_unprotected", "deviates"),
    (lambda: with_header({4: KID}, {1: -7}), "cose", "warn", "alg_unprotected", "deviates"),
    (lambda: with_header({1: -7}, {}), "kid", "fail", "no_kid", "not_valid"),
    (lambda: with_header({1: -7, 4: b"11"}, {4: KID}), "trust", "fail", "not_trusted", "not_valid"),
    (lambda: with_header({1: -37, 4: KID}, {}), "signature", "fail", "wrong_signature", "not_valid"),
    (tampered, "signature", "fail", "wrong_signature", "not_valid"),
    (lambda: signed(DCC, 1, days=-1 / 48), "validity", "fail", "expired", "not_valid"),
    (lambda: signed(DCC, 1, days=9999), "validity", "warn", "longer_than_key", "deviates"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "step", "status", "reason", "verdict"), FAULTS)
def test_each_fault_is_told_where_it_is(
    make: Callable[[], str], step: str, status: str, reason: str, verdict: str
) -> None:
    found = verified(make())
    assert (step, status, reason) in faults(found)
    assert found.verdict == verdict
    before = [one for one in found.steps if HCERT.index(one.name) < HCERT.index(step)]  # type: ignore[arg-type]
    assert not [one for one in before if one.status == "fail" and one.name != "schema"]
    for told in (told for one in found.steps for told in one.findings):
        for language in LANGUAGES:
            assert "{" not in text_of(told, language) + fix_of(told, language).replace(
                "{1: iss", ""
            ).replace("{3: …", "")


def test_a_key_id_as_text_is_read_and_said() -> None:
    import base64

    found = verified(with_header({1: -7, 4: base64.b64encode(KID).decode()}, {}))
    assert ("kid", "warn", "kid_text") in faults(found)
    assert found.verdict == "deviates"


def test_a_signature_in_der_is_no_es256() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    key, payload = chile().dsc[0], written(claims(DCC, 1))
    header = cbor2.dumps({1: -7, 4: KID})
    der = key.key.sign(cose.to_be_signed(header, payload), ec.ECDSA(SHA256()))
    found = verified(as_text(cbor2.dumps(cbor2.CBORTag(18, [header, {}, payload, der]))))
    assert ("signature", "fail", "wrong_signature") in faults(found)


def test_a_key_that_is_for_tests_alone_signs_no_vaccination() -> None:
    from sandbox.certificates.keys import trusted

    for groups, verdict in ((("t",), "not_valid"), (("t", "v"), "valid"), ((), "valid")):
        pair = new_dsc("CL", chile().sca, at=NOW, groups=groups)
        text = encoded(claims(DCC, 1), pair.key, kid=kid_of(pair.certificate))
        found = verified(text, trust=KeyList([trusted(pair.certificate)]))
        assert found.verdict == verdict
        assert (("key_usage", "fail", "key_usage") in faults(found)) is (verdict == "not_valid")


@pytest.mark.parametrize(
    ("groups", "is_enough"), [("v", False), ("t", False), ("vt", True), ("vtr", True), ("", True)]
)
def test_a_key_must_be_for_every_part_that_it_signs(groups: str, is_enough: bool) -> None:
    """HCERT 1.1.1 A.6: for one of two parts is not for both."""
    content: dict[str, Any] = {"ver": "1.3.0", "v": [{}], "t": [{}]}
    assert (key_usage(frozenset(groups), content) == []) is is_enough


def test_what_was_taken_back_is_told_by_its_identifier() -> None:
    found = verified(signed(DCC, 1), revoked=frozenset({"URN:UVCI:01:CL:ABC123"}))
    assert faults(found) == [("revocation", "fail", "revoked")]
    assert verified(signed(DCC, 1), revoked=frozenset({"another"})).verdict == "valid"
    for name in ("ddcc_vs", "ddcc_vs_flat_claims"):
        found = verified(signed(CONTENTS[name], NUMBERS[name]), revoked=frozenset({"HC-1"}))
        assert ("revocation", "fail", "revoked") in faults(found)


def test_of_two_keys_with_one_id_the_one_that_signed_counts() -> None:
    mine, other = listed().keys_of(KID)[0], new_dsc("PE", chile().sca, at=NOW)
    false_friend = replace(mine, key=other.key.public_key(), country="PE")
    found = verified(signed(DCC, 1), trust=KeyList([false_friend, mine]))
    assert found.verdict == "valid"
    assert found.step("trust").detail == "CL DCC test"


def test_for_an_unknown_key_those_of_the_issuer_are_named() -> None:
    other = new_dsc("CL", chile().sca, at=NOW)
    text = encoded(claims(DCC, 1), other.key, kid=kid_of(other.certificate))
    (told,) = verified(text).step("trust").findings
    assert KID.hex() in text_of(told, "en")
    assert kid_of(other.certificate).hex() in text_of(told, "es")


def test_the_clock_decides() -> None:
    text = signed(DCC, 1)
    assert faults(verified(text, at=NOW - timedelta(hours=2))) == [("validity", "fail", "not_yet")]
    key = chile().dsc[0]
    long = encoded(claims(DCC, 1, days=1000), key.key, kid=KID)
    ended = verified(
        long, at=NOW + timedelta(days=800)
    )  # it is in force, and the certificate of its key no more
    assert ("validity", "fail", "key_expired") in faults(ended)
    assert ended.verdict == "not_valid"
    late = verified(text, at=NOW + timedelta(days=4000))
    assert {reason for _, _, reason in faults(late)} == {"expired", "key_expired"}
    early = verified(text, at=NOW - timedelta(days=3))
    assert {reason for _, _, reason in faults(early)} == {"not_yet", "key_not_yet"}
    # the moment from which the key counts, and the one until which it did
    limits = {
        told.key.partition(".")[2]: told.found
        for step in (*early.steps, *late.steps)
        for told in step.findings
    }
    begins, ends = (
        moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        for moment in (key.certificate.not_valid_before_utc, key.certificate.not_valid_after_utc)
    )
    assert (limits["key_not_yet"], limits["key_expired"]) == (begins, ends)
