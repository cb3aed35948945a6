"""When a certificate and its key are in force, whose key it is, and what it may sign."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.certificates import cose
from sandbox.certificates.claims import Claims
from sandbox.certificates.hcert import as_text
from sandbox.certificates.keys import KeyList, Refusal, TrustedKey, shown
from sandbox.certificates.steps import Certificate, Step, finding
from sandbox.certificates.verifying import key_usage, validity, verify
from tests.sandbox.certificates.making import CONTENTS, NOW, chile, listed

PRIVATE = ec.generate_private_key(ec.SECP256R1())
NOON = int(NOW.timestamp())
KID = b"12345678"
DCC = CONTENTS["eu_dcc"]


def a_key(**changes: Any) -> TrustedKey:
    return replace(TrustedKey(KID, PRIVATE.public_key(), "CL", "DCC", "test"), **changes)


def told(step: Step) -> dict[str, tuple[str, str, str]]:
    """Severity, what is expected and what was found, by reason."""
    return {
        one.key.partition(".")[2]: (one.severity, one.expected, one.found) for one in step.findings
    }


def timed(
    *,
    key: TrustedKey | None = None,
    at: datetime = NOW,
    issued: int | None = NOON - 60,
    expires: int | None = NOON + 60,
    begins: int | None = None,
) -> Step:
    certificate = Certificate("", key=key)
    validity(certificate, Claims("CL", issued, expires, {}, begins), at)
    (step,) = certificate.steps
    return step


def at(seconds: int) -> str:
    return datetime.fromtimestamp(NOON + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, {}),
        # the moments themselves are within (HCERT 1.1.1 3.3.4: rejected after its expiration); the EU's
        # own test data have certificates that are valid at the second of `exp`
        ({"issued": NOON, "begins": NOON, "expires": NOON}, {}),
        ({"issued": NOON + 1}, {"not_yet": ("error", at(0), at(1))}),
        # before which it must not be accepted (RFC 8392 3.1.5)
        ({"begins": NOON + 1}, {"not_before": ("error", at(0), at(1))}),
        ({"expires": NOON - 1}, {"expired": ("error", at(0), at(-1))}),
        ({"issued": None, "expires": None}, {}),
        (
            {"issued": NOON + 1, "expires": NOON - 1},
            {"not_yet": ("error", at(0), at(1)), "expired": ("error", at(0), at(-1))},
        ),
        # a moment that no calendar has is shown as it stands
        ({"issued": 10**15}, {"not_yet": ("error", at(0), str(10**15))}),
    ],
)
def test_a_certificate_is_in_force_from_its_first_to_its_last_moment(
    times: dict[str, int | None], expected: dict[str, Any]
) -> None:
    step = timed(**times)  # type: ignore[arg-type]
    assert told(step) == expected
    assert (step.name, step.status) == ("validity", "fail" if expected else "ok")


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        (0, 0, {}),
        (NOON - 3600, NOON + 3600, {}),
        # the shell model: the key is in force now, from its first to its last moment
        (NOON, NOON + 3600, {"before_key": ("warning", at(0), at(-60))}),
        (NOON - 3600, NOON, {"longer_than_key": ("warning", at(0), at(60))}),
        (NOON - 3600, NOON - 1, {
            "key_expired": ("error", at(0), at(-1)), "longer_than_key": ("warning", at(-1), at(60)),
        }),
        (NOON + 1, NOON + 3600, {
            "key_not_yet": ("error", at(0), at(1)), "before_key": ("warning", at(1), at(-60)),
        }),
        (NOON + 1, 0, {
            "key_not_yet": ("error", at(0), at(1)), "before_key": ("warning", at(1), at(-60)),
        }),
        # a key that ended before it began
        (NOON, NOON - 1, {
            "before_key": ("warning", at(0), at(-60)), "key_expired": ("error", at(0), at(-1)),
            "longer_than_key": ("warning", at(-1), at(60)),
        }),
        # a key without an end, and one without a beginning
        (NOON - 3600, 0, {}),
        (0, NOON + 3600, {}),
        # issued in the very second in which the key begins, and ended with it
        (NOON - 60, NOON + 60, {}),
        (NOON - 59.5, NOON + 60, {}),
        (NOON - 59, NOON + 60, {"before_key": ("warning", at(-59), at(-60))}),
        (NOON - 60, NOON + 59, {"longer_than_key": ("warning", at(59), at(60))}),
    ],
)  # fmt: skip
def test_a_certificate_counts_while_its_key_is_in_force(
    begins: float, ends: float, expected: dict[str, Any]
) -> None:
    """GDHCN certificate governance; HCERT 1.1.1 3.3.5 for what was issued before the key."""
    assert told(timed(key=a_key(begins=begins, ends=ends))) == expected


def test_times_that_are_not_said_are_not_held_against_those_of_the_key() -> None:
    key = a_key(begins=NOON - 3600, ends=NOON + 3600)
    assert told(timed(key=key, issued=None, expires=None)) == {}
    # the key says of no moment that it begins then, not even of 1970
    assert told(timed(key=a_key(), issued=-1)) == {}


def test_what_the_content_says_of_its_times_stands_beside() -> None:
    certificate = Certificate("")
    more = [finding("not_yet_content", "error")]
    validity(certificate, Claims("CL", None, NOON - 1, {}), NOW, more=more, clause="a clause")
    (step,) = certificate.steps
    assert list(told(step)) == ["not_yet_content", "expired"]
    assert step.findings[1].clause == "a clause"


def a_text(*, issuer: str = "CL", kid: Any = KID, content: Any = DCC) -> str:
    claims = {1: issuer, 4: NOON + 60, 6: NOON - 60, -260: {1: content}}
    payload = cbor2.dumps({name: value for name, value in claims.items() if value})
    return as_text(cose.sign1(payload, PRIVATE, kid=kid))


def judged(
    text: str, *keys: TrustedKey, refused: Iterable[Refusal] = (), **more: Any
) -> Certificate:
    trust = KeyList(keys, refused=[*refused])
    return verify(text, trust, at=more.pop("at", NOW), **more)


@pytest.mark.parametrize(
    ("kid", "expected"),
    [
        (KID, {}),
        (b"1234567", {"kid_length": ("warning", "8", "7")}),
        (b"123456789", {"kid_length": ("warning", "8", "9")}),
        # as text it is Base64, or a text of its own (RFC 9052 3.1)
        (base64.b64encode(KID).decode(), {"kid_text": ("warning", "", "MTIzNDU2Nzg=")}),
        ("ñandú-72", {"kid_text": ("warning", "", "ñandú-72"), "kid_length": ("warning", "8", "10")}),
        ("ñ" * 50, {"kid_text": ("warning", "", "ñ" * 40), "kid_length": ("warning", "8", "100")}),
    ],
)  # fmt: skip
def test_the_id_of_a_key_is_eight_bytes(kid: Any, expected: dict[str, Any]) -> None:
    """HCERT 1.1.1 3.3.2; what is another is read, and told."""
    raw = kid if isinstance(kid, bytes) else kid.encode() if "ñ" in kid else KID
    found = judged(a_text(kid=kid), a_key(kid=raw))
    assert (found.key is not None, told(found.step("kid"))) == (True, expected)
    assert found.step("kid").detail == shown(raw)


@pytest.mark.parametrize("kid", [b"", "", 7, ["a"], None])
def test_what_is_no_id_of_a_key_ends_the_search_for_it(kid: Any) -> None:
    found = judged(a_text(kid=kid), a_key())
    assert told(found.step("kid"))["no_kid"][0] == "error"
    assert found.step("trust").status == "skipped"
    assert found.verdict == "not_valid"


def test_what_is_refused_by_a_list_says_why_and_whose_it_is() -> None:
    reasons = (finding("expired", "error"), finding("revoked", "error"))
    refused = [
        Refusal(KID, "PE", "test", reasons[:1]),
        Refusal(KID, "CL", "test", reasons[1:]),
    ]
    found = judged(a_text(), refused=refused)
    step = found.step("trust")
    assert (step.status, step.detail, list(told(step))) == ("fail", "CL PE", ["expired", "revoked"])
    assert found.step("signature").status == "skipped"


def test_a_key_that_no_list_has_is_told_with_those_that_may_be_meant() -> None:
    own = a_key(kid=b"87654321", environment="")
    (reason,) = told(judged(a_text(), own).step("trust")).items()
    assert reason == ("not_trusted", ("error", "", shown(KID)))
    (said,) = judged(a_text(), own).step("trust").findings
    assert said.params["known"] == f"CL {shown(b'87654321')}"
    (nobody,) = judged(a_text()).step("trust").findings
    assert nobody.params["known"] == "–"


@pytest.mark.parametrize(
    ("issuer", "country", "status", "reason"),
    [
        ("CL", "CL", "ok", {}),
        ("CL", "CHL", "ok", {}),
        ("PE", "CL", "fail", {"other_issuer": ("error", "CL", "PE")}),
        ("QQ", "CL", "ok", {"issuer_not_compared": ("information", "CL", "QQ")}),
        ("CL", "", "ok", {}),
    ],
)
def test_a_key_signs_for_its_own_country_alone(
    issuer: str, country: str, status: str, reason: dict[str, Any]
) -> None:
    """HCERT 1.1.1 3.3.3; codes that nobody knows cannot be compared."""
    found = judged(a_text(issuer=issuer, content=CONTENTS["ddcc_vs_flat"]), a_key(country=country))
    assert {name: value for name, value in told(found.step("trust")).items() if "iss" in name} == (
        reason
    )
    assert found.step("signature").status == "ok"
    assert found.step("trust").status == status


@pytest.mark.parametrize(("country", "is_right"), [("CL", True), ("PE", False)])
def test_content_without_claims_is_held_against_the_country_of_the_key(
    country: str, is_right: bool
) -> None:
    """Where nobody is named as issuer, the country in the content is to be that of the key."""
    text = as_text(cose.sign1(cbor2.dumps(DCC), PRIVATE, kid=KID))
    found = judged(text, a_key(country=country))
    assert found.step("signature").status == "ok"
    assert (found.step("trust").status == "ok") is is_right


@pytest.mark.parametrize(("issuer", "is_right"), [("CL", True), ("PE", False)])
def test_where_a_list_names_no_country_of_a_key_content_is_held_against_the_issuer(
    issuer: str, is_right: bool
) -> None:
    found = judged(a_text(issuer=issuer), a_key(country=""))
    assert ("other_place" in told(found.step("trust"))) is not is_right


def test_content_that_no_family_has_is_held_against_no_country() -> None:
    """It is not understood; whose key has signed it is told all the same."""
    found = judged(a_text(content={"unheard": "of"}), a_key())
    assert [found.step(name).status for name in ("dialect", "trust", "signature")] == [
        "fail",
        "ok",
        "ok",
    ]


def test_the_first_of_several_keys_is_named_where_none_has_signed() -> None:
    others = [
        a_key(key=ec.generate_private_key(ec.SECP256R1()).public_key(), country=country)
        for country in ("CL", "PE")
    ]
    found = judged(a_text(), *others)
    assert found.key is None
    assert found.step("trust").detail == "CL DCC test"
    assert told(found.step("signature")) == {"wrong_signature": ("error", "", "-7")}
    assert told(found.step("validity")) == {}
    assert found.step("key_usage").status == "skipped"
    right = judged(a_text(), *others, a_key())
    assert (right.key, right.step("signature").detail) == (a_key(), "ES256")


@pytest.mark.parametrize(
    ("groups", "content", "expected"),
    [
        ("", {"v": []}, None),
        ("v", {"v": []}, None),
        ("v", {"t": [], "r": []}, ("error", "r, t", "v")),
        ("tr", {"v": []}, ("error", "v", "r, t")),
        ("v", {"nam": {}}, None),
        ("v", "vtr", None),  # what is no map has no parts
        ("v", cbor2.frozendict({"t": []}), ("error", "t", "v")),
    ],
)
def test_a_key_signs_the_parts_that_it_is_for(groups: str, content: Any, expected: Any) -> None:
    """HCERT 1.1.1 A.6."""
    found = key_usage(frozenset(groups), content)
    assert [(one.severity, one.expected, one.found) for one in found] == (
        [expected] if expected else []
    )


def test_the_usages_are_those_of_the_european_form_alone() -> None:
    """1 to 3 are its v, t and r: in WHO's forms these letters mean something else."""
    certificate = chile().dsc[0].certificate
    limited = a_key(groups=frozenset("t"), certificate=certificate)
    assert told(judged(a_text(), limited).step("key_usage")) == {"key_usage": ("error", "v", "t")}
    icvp = judged(
        as_text(
            cose.sign1(
                cbor2.dumps(
                    {1: "CL", 4: NOON + 60, 6: NOON - 60, -260: {-6: CONTENTS["icvp_2025"]}}
                ),
                PRIVATE,
                kid=KID,
            )
        ),
        limited,
    )
    assert icvp.dialect is not None
    assert icvp.step("key_usage").status == "ok"
    # of a key without certificate it is not known
    bare = judged(a_text(), a_key(groups=frozenset("t")))
    assert bare.step("key_usage").status == "skipped"


def test_what_was_taken_back_is_told_by_each_of_its_handles() -> None:
    handle = DCC["v"][0]["ci"]
    found = judged(a_text(), a_key(), revoked=frozenset([handle, f"kid:{KID.hex()}", "other"]))
    assert told(found.step("revocation")) == {
        "revoked": ("error", "", ", ".join(sorted([handle, f"kid:{KID.hex()}"])))
    }
    for others in (frozenset(["other"]), frozenset[str]()):
        assert judged(a_text(), a_key(), revoked=others).step("revocation").status == "ok"


def test_a_certificate_is_judged_for_now_where_no_moment_is_given() -> None:
    """What ended long before today is over today, and was not in its time."""
    claims = {1: "CL", 4: 1_500_000_000, 6: 1_400_000_000, -260: {1: DCC}}
    text = as_text(cose.sign1(cbor2.dumps(claims), PRIVATE, kid=KID))
    assert "expired" in told(verify(text, KeyList([a_key()])).step("validity"))
    then = datetime.fromtimestamp(1_450_000_000, UTC)
    assert "expired" not in told(verify(text, KeyList([a_key()]), at=then).step("validity"))
    assert verify(text, listed(), at=then + timedelta(days=3000)).verdict == "not_valid"
