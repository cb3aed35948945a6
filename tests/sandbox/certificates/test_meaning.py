"""What a certificate says of times, dates, doses and countries is judged; each fault has its right twin."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.certificates import base45, cose
from sandbox.certificates.claims import Claims, written
from sandbox.certificates.hcert import as_text, encoded
from sandbox.certificates.issuing import issue, signer_of
from sandbox.certificates.keys import kid_of
from sandbox.certificates.meaning import days_of
from sandbox.certificates.steps import Certificate
from sandbox.certificates.verifying import verify
from sandbox.errors import BadRequest
from tests.conftest import CASES
from tests.sandbox.certificates.making import CONTENTS, NOW, chile, claims, listed, signed

RECOVERY = {"tg": "840539006", "fr": "2026-06-01", "co": "CL", "is": "MINSAL", "df": "2026-06-12", "du": "2026-12-01", "ci": "URN:UVCI:01:CL:R1"}  # fmt: skip


def eu(**dose: Any) -> dict[str, Any]:
    content: dict[str, Any] = copy.deepcopy(CONTENTS["eu_dcc"])
    content["v"][0] |= dose
    return content


def recovery(**members: Any) -> dict[str, Any]:
    content = {name: value for name, value in CONTENTS["eu_dcc"].items() if name != "v"}
    return {**content, "r": [{**RECOVERY, **members}]}


def ddcc(**members: Any) -> dict[str, Any]:
    content: dict[str, Any] = copy.deepcopy(CONTENTS["ddcc_vs"])
    for path, value in members.items():
        place, _, name = path.rpartition("__")
        (content[place] if place else content)[name] = value
    return content


def icvp(**dose: Any) -> dict[str, Any]:
    content: dict[str, Any] = copy.deepcopy(CONTENTS["icvp_2025"])
    content["v"] |= dose
    return content


def keys_of(found: Certificate) -> dict[str, str]:
    return {
        told.key.partition(".")[2]: told.severity for step in found.steps for told in step.findings
    }


def test_right_content_is_valid_without_a_word() -> None:
    assert verify(signed(recovery(), 1), listed(), at=NOW).verdict == "valid"
    period = ddcc(
        certificate__period={"start": "2026-10-01", "end": "2026-11-26"}, vaccination__totalDoses=1
    )
    for content, number in ((eu(), 1), (period, 3), (icvp(vle="2026-11-26"), -6)):
        found = verify(signed(content, number), listed(), at=NOW)
        assert (found.verdict, keys_of(found)) == ("valid", {})


WRONG: list[tuple[dict[str, Any], int, str, str, str]] = [
    (ddcc(certificate__period={"end": "2025-10-01"}), 3, "content_over", "error", "not_valid"),
    (ddcc(certificate__period={"start": "2027-10-01"}), 3, "content_not_yet", "error", "not_valid"),
    ({**CONTENTS["ddcc_vs_flat"], "valid_until": "2025-10-01"}, 1, "content_over", "error", "not_valid"),
    (recovery(du="2026-11-01"), 1, "content_over", "warning", "deviates"),
    (recovery(du="0001-01-01"), 1, "content_over", "warning", "deviates"),
    (recovery(df="2026-12-09"), 1, "period_reversed", "warning", "deviates"),
    (recovery(df="2026-11-30"), 1, "content_not_yet", "warning", "deviates"),
    (recovery(fr="2030-01-01"), 1, "future_date", "warning", "deviates"),
    (icvp(vle="2026-01-01"), -6, "content_over", "warning", "deviates"),
    (eu(dt="2031-01-01"), 1, "future_date", "warning", "deviates"),
    (ddcc(vaccination__date="2031-10-01"), 3, "future_date", "warning", "deviates"),
    ({**eu(), "dob": "2030"}, 1, "future_date", "warning", "deviates"),
    ({**eu(), "dob": "2025-12"}, 1, "before_birth", "warning", "deviates"),
    (ddcc(birthDate="2026-01-01"), 3, "before_birth", "warning", "deviates"),
    (eu(dn=3, sd=2), 1, "dose_beyond", "warning", "deviates"),
    (ddcc(vaccination__dose=3, vaccination__totalDoses=2), 3, "dose_beyond", "warning", "deviates"),
    (eu(co="UY"), 1, "other_place", "warning", "deviates"),
    (ddcc(vaccination__country={"code": "URY"}), 3, "other_place", "warning", "deviates"),
    ({**eu(), "ver": "2.0.0"}, 1, "field_value", "warning", "deviates"),
    (recovery(df="2026-05-20"), 1, "before_event", "warning", "deviates"),
    (icvp(vls="2020-01-01"), -6, "before_event", "warning", "deviates"),
    (ddcc(vaccination__nextDose="2020-01-01"), 3, "before_event", "warning", "deviates"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "number", "key", "severity", "verdict"), WRONG)
def test_what_content_means_is_judged(
    content: dict[str, Any], number: int, key: str, severity: str, verdict: str
) -> None:
    found = verify(signed(content, number), listed(), at=NOW)
    assert keys_of(found)[key] == severity
    assert found.verdict == verdict


def of(issuer: str, *, issued: datetime = NOW - timedelta(hours=1)) -> Certificate:
    """A certificate of an issuer under the key of Chile."""
    pair = chile().dsc[0]
    held = Claims(issuer, int(issued.timestamp()), int((NOW + timedelta(9)).timestamp()), {1: eu()})
    return verify(encoded(held, pair.key, kid=kid_of(pair.certificate)), listed(), at=NOW)


def test_a_key_signs_for_its_own_country_alone() -> None:
    assert of("CL").verdict == "valid"
    found = of("UY")
    assert (found.verdict, keys_of(found)["other_issuer"]) == ("not_valid", "error")
    assert keys_of(of("CHL")) == {"iss_no_country": "warning"}
    found = of("XCL")  # a virtual participant: whose it is nobody can tell here
    assert (found.verdict, keys_of(found)["issuer_not_compared"]) == ("deviates", "information")


def test_what_does_not_say_when_it_was_issued_is_told() -> None:
    pair = chile().dsc[0]
    held = Claims("CL", None, int((NOW + timedelta(9)).timestamp()), {1: eu()})
    text = encoded(held, pair.key, kid=kid_of(pair.certificate))
    assert keys_of(verify(text, listed(), at=NOW)) == {"no_iat": "warning"}


def test_what_was_issued_before_the_key_is_told() -> None:
    assert keys_of(of("CL", issued=NOW - timedelta(hours=23))) == {}
    assert keys_of(of("CL", issued=NOW - timedelta(days=900))) == {"before_key": "warning"}


def with_headers(protected: dict[Any, Any], unprotected: dict[Any, Any]) -> str:
    """A certificate with the headers given, rightly signed over the protected one."""
    pair = chile().dsc[0]
    payload = written(claims(eu(), 1))
    header = cbor2.dumps({1: -7, 4: kid_of(pair.certificate), **protected})
    r, s = decode_dss_signature(
        pair.key.sign(cose.to_be_signed(header, payload), ec.ECDSA(SHA256()))
    )
    value = r.to_bytes(32) + s.to_bytes(32)
    return as_text(cbor2.dumps(cbor2.CBORTag(18, [header, unprotected, payload, value])))


@pytest.mark.parametrize("crit", [[99], ["x"], [], 1, [1, -65537], [3], [[1]]])
def test_an_unknown_critical_parameter_is_fatal(crit: Any) -> None:
    found = verify(with_headers({2: crit, 99: 1, "x": 1, -65537: 1}, {}), listed(), at=NOW)
    assert (found.verdict, keys_of(found)["critical"]) == ("not_valid", "fatal")


def test_a_known_critical_parameter_is_none() -> None:
    assert verify(with_headers({2: [1, 4]}, {}), listed(), at=NOW).verdict == "valid"
    outside = verify(with_headers({}, {2: [1]}), listed(), at=NOW)
    assert keys_of(outside)["critical"] == "fatal"


def test_an_unprotected_algorithm_never_wins() -> None:
    found = verify(with_headers({}, {1: -37}), listed(), at=NOW)
    assert (found.step("signature").status, keys_of(found)) == ("ok", {"both_headers": "warning"})
    found = verify(with_headers({1: -37}, {1: -7}), listed(), at=NOW)
    assert found.verdict == "not_valid"


def raw() -> bytes:
    return zlib.decompress(base45.decode(signed(eu(), 1)[4:]))


BEHIND: list[tuple[Callable[[], bytes], str]] = [
    (lambda: zlib.compress(raw() + b"\0"), "cose"),
    (lambda: zlib.compress(raw()) + b"more", "inflate"),
]


@pytest.mark.parametrize(("make", "step"), BEHIND)
def test_bytes_behind_are_told(make: Callable[[], bytes], step: str) -> None:
    found = verify("HC1:" + base45.encode(make()), listed(), at=NOW)
    assert [told.key for told in found.step(step).findings] == ["certificates.bytes_behind"]  # type: ignore[arg-type]
    assert found.verdict == "deviates"


def test_bytes_behind_the_claims_are_told() -> None:
    pair = chile().dsc[0]
    payload = written(claims(eu(), 1)) + b"\xf6"
    text = as_text(cose.sign1(payload, pair.key, kid=kid_of(pair.certificate)))
    found = verify(text, listed(), at=NOW)
    assert [told.key for told in found.step("claims").findings] == ["certificates.bytes_behind"]


def test_what_is_issued_ends_with_the_period_of_its_content() -> None:
    signer = signer_of(chile().dsc[0].certificate, chile().dsc[0].key)
    year = NOW + timedelta(days=365)
    for period, ends in (
        ({"end": "2027-01-05"}, datetime(2027, 1, 5, 23, 59, 59, tzinfo=UTC)),
        ({"end": "2027-01"}, datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ({"end": "2031-01-05"}, year),
        ({}, year),
    ):
        text = issue(ddcc(certificate__period=period), signer, at=NOW, ends=year)
        found = verify(text, listed(), at=NOW)
        assert found.claims is not None
        assert found.claims.expires == int(ends.timestamp())
        assert found.verdict == "valid"


@pytest.mark.needs("cases")
def test_the_period_of_the_case_is_over() -> None:
    content = json.loads((CASES / "certificates" / "ddcc-period-over.json").read_text("utf-8"))
    found = verify(signed(content, 3), listed(), at=NOW)
    assert (found.verdict, keys_of(found)) == ("not_valid", {"content_over": "error"})
    signer = signer_of(chile().dsc[0].certificate, chile().dsc[0].key)
    text = issue(content, signer, at=NOW, ends=NOW + timedelta(days=365))
    issued = verify(text, listed(), at=NOW)
    # it is signed with its own end, so that it is over from the first moment
    assert {"expired", "content_over"} <= set(keys_of(issued))
    assert issued.verdict == "not_valid"


LATER = {"content_not_yet", "other_place", "field_value", "before_event"}
"""What is no reason not to sign: a beginning that comes, a dose from abroad, a newer code, and days
in an order that WHO's own compliance tests have signed."""


@pytest.mark.parametrize(("content", "number", "key", "severity", "verdict"), WRONG)
def test_what_would_be_called_wrong_later_is_not_issued(
    content: dict[str, Any], number: int, key: str, severity: str, verdict: str
) -> None:
    signer = signer_of(chile().dsc[0].certificate, chile().dsc[0].key)
    form = "ddcc_vs_flat_claims" if "pha" in content else ""
    if key in LATER or (key == "content_over" and severity == "error"):
        assert issue(content, signer, at=NOW, ends=NOW + timedelta(days=30), dialect=form)
        return
    with pytest.raises(BadRequest) as refused:
        issue(content, signer, at=NOW, ends=NOW + timedelta(days=30), dialect=form)
    assert refused.value.key == "certificates.not_issued"


def test_a_date_of_which_parts_are_missing_has_a_first_and_a_last_day() -> None:
    assert [str(day) for day in days_of("2024-02") or ()] == ["2024-02-01", "2024-02-29"]
    assert [str(day) for day in days_of("2024") or ()] == ["2024-01-01", "2024-12-31"]
    assert [str(day) for day in days_of("2024-02-03T10:00:00Z") or ()] == ["2024-02-03"] * 2
    assert [days_of(value) for value in ("", "2024-13", "x", None, 2024)] == [None] * 5


@pytest.mark.parametrize("value", ["2200000000", "99999-01-01", "10000", "0000-01-01"])
def test_a_year_that_no_calendar_holds_is_no_date_and_breaks_nothing(value: str) -> None:
    assert days_of(value) is None
    found = verify(signed(eu(dt=value), 1), listed(), at=NOW)
    assert (found.verdict, keys_of(found)) == ("not_conformant", {"field_kind": "error"})
