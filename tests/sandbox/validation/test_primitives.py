"""Primitive values by the letter of FHIR R4 datatypes.html#primitive."""

from typing import Any

import pytest

from sandbox.fhir.json import LONE_SURROGATE, parse_json
from sandbox.validation import validate
from sandbox.validation.primitives import LONGEST, advice_on, fault_of
from sandbox.validation.validate import validate_source
from tests.builders import a_patient

RIGHT: list[tuple[str, Any]] = [
    ("string", " "), ("string", " x "), ("string", "a\u0007b"), ("string", "\u00a0"), ("string", "x" * LONGEST),
    ("markdown", "# x\n"), ("code", "a b"), ("code", "a\u00a0b"), ("id", "A-1.b"), ("id", "x" * 64),
    ("uri", "any"), ("url", "https://example.org/a#b"), ("canonical", "http://example.org/a|1#b"),
    ("uri", "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11#x"), ("oid", "urn:oid:1.2.840"),
    ("uuid", "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11"),
    ("instant", "2016-12-31T23:59:60Z"), ("instant", "2016-12-31T23:59:59.123456789+14:00"),
    ("dateTime", "2016-12-31T23:59:60-03:00"), ("dateTime", "2016"), ("date", "2024-02-29"), ("time", "23:59:60"),
    ("base64Binary", "QUJD"), ("base64Binary", "QUJD REVG"), ("base64Binary", "\nQUJD\r\nREU=\n"),
    ("integer", -(2**31)), ("positiveInt", 1), ("unsignedInt", 0),
    ("decimal", parse_json(b"1.50")), ("decimal", parse_json(b"-1E-7")), ("decimal", 1), ("boolean", False),
]  # fmt: skip


@pytest.mark.parametrize(("type", "value"), RIGHT)
def test_what_the_format_admits_is_right(type: str, value: Any) -> None:
    assert fault_of(type, value) == ""


WRONG: list[tuple[str, Any, str]] = [
    ("base64Binary", "QUJD\u00a0QUJD", "format"), ("base64Binary", "QUJD\u2028QUJD", "format"),
    ("string", "", "empty"), ("string", "x" * (LONGEST + 1), "long"), ("markdown", "x" * (LONGEST + 1), "long"),
    ("code", " a", "format"), ("code", "a ", "format"), ("code", "a  b", "format"), ("code", " ", "format"),
    ("id", "a\n", "format"), ("id", "a_b", "format"), ("id", "x" * 65, "format"),
    ("uri", "a b", "format"), ("url", "http://a \n", "format"), ("canonical", "\thttp://a", "format"),
    ("uri", "urn:uuid:6F1C5E0A-0F5C-4A4E-9D4C-0A3B7F6D2C11", "format"), ("uri", "urn:oid:1.02", "format"),
    ("oid", "1.2.840", "format"), ("uuid", "6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11", "format"),
    ("instant", "2016-12-31T23:59:61Z", "format"), ("instant", "2016-12-31T23:59:59", "format"),
    ("instant", "2016-12-31", "format"), ("dateTime", "2016-12-31T23:59Z", "format"), ("dateTime", "2016-12-31T24:00:00Z", "format"),
    ("dateTime", "2016-12T10:00:00Z", "format"), ("date", "2023-02-29", "format"), ("date", "0000", "format"),
    ("date", "2023-02-28\n", "format"), ("time", "10:00", "format"), ("time", "10:00:00Z", "format"),
    ("base64Binary", "QU JD", "format"), ("base64Binary", "QUJ", "format"), ("base64Binary", "QQ==QUJD", "format"),
    ("base64Binary", "A===", "format"), ("base64Binary", "QUJ-", "format"), ("base64Binary", " ", "format"),
    ("integer", 2**31, "range"), ("integer", parse_json(b"12345678901234567890"), "range"), ("integer", parse_json(b"1.0"), "kind"),
    ("integer", parse_json(b"-0"), "kind"), ("integer", "1", "kind"), ("integer", True, "kind"),
    ("positiveInt", 0, "range"), ("unsignedInt", -1, "range"), ("decimal", "1.5", "kind"), ("boolean", "true", "kind"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "value", "fault"), WRONG)
def test_what_the_format_excludes_is_wrong(type: str, value: Any, fault: str) -> None:
    assert fault_of(type, value) == fault


@pytest.mark.parametrize(
    ("type", "value", "advice"),
    [
        ("string", "a\u0007b", "control"),
        ("code", "a\u0000b", "control"),
        ("string", " ", "blank"),
        ("markdown", "\n\t", "blank"),
        ("string", "\u00a0", ""),
        ("string", " x\t\r\n", ""),
    ],
)
def test_what_is_advised_against_is_told_apart(type: str, value: str, advice: str) -> None:
    assert advice_on(type, value) == advice


def test_a_long_text_that_is_no_base64_is_refused_at_once() -> None:
    assert fault_of("base64Binary", "QUJD\n" * 400_000 + "!") == "format"


def test_a_control_character_is_a_warning_and_the_rest_is_judged() -> None:
    body = b'{"resourceType": "Patient", "gender": "femal", "name": [{"family": "a\\u0007b"}]}'
    found = [(one.severity, one.key, one.where, one.line) for one in validate_source(body)]
    assert ("warning", "validation.string_control", "Patient.name[0].family", 1) in found
    assert ("error", "validation.not_in_value_set", "Patient.gender", 1) in found


@pytest.mark.parametrize(("family", "keys"), [("  ", ["string_blank"]), (" a", []), ("a ", [])])
def test_a_text_of_blanks_alone_is_a_warning(family: str, keys: list[str]) -> None:
    findings = validate(a_patient(name=[{"family": family}]))
    assert [finding.key.removeprefix("validation.") for finding in findings] == keys
    assert {finding.severity for finding in findings} <= {"warning"}


def test_a_finding_carries_no_control_character() -> None:
    """A report in XML could not be written with it."""
    body = b'{"resourceType": "Patient", "birthDate": "19\\u00075", "favourite\\u0007": "x"}'
    for finding in validate(parse_json(body, refused=LONE_SURROGATE)):
        assert "\u0007" not in finding.where + finding.found + str(finding.params)


def test_a_lone_surrogate_is_refused_still() -> None:
    (finding,) = validate_source(b'{"resourceType": "Patient", "name": [{"family": "\\ud800"}]}')
    assert finding.key == "server.bad_character"


def test_a_number_out_of_range_is_told_with_its_range() -> None:
    findings = validate(a_patient(multipleBirthInteger=2**31))
    (finding,) = [one for one in findings if one.severity == "error"]
    assert (finding.key, finding.expected) == (
        "validation.primitive_range",
        "-2147483648 … 2147483647",
    )
