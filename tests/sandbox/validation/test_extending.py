"""What holds for every Extension, its definition known or not (FHIR R4 extensibility.html, ext-1)."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient, an_observation
from tests.sandbox.validation.profiles import errors

UNKNOWN = "http://example.org/national"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
VALUE = {"url": UNKNOWN, "valueString": "x"}


@pytest.mark.parametrize(
    "extension",
    [
        VALUE,
        {"url": "urn:oid:1.2.3", "valueBoolean": False},
        {"url": UNKNOWN, "_valueString": {"extension": [VALUE]}},
        {"url": UNKNOWN, "extension": [{"url": "part", "valueString": "x"}]},
        {
            "url": UNKNOWN,
            "extension": [{"url": "part", "extension": [{"url": "inner", "valueString": "x"}]}],
        },
        {"url": UNKNOWN, "extension": [{"url": "http://example.org/part", "valueString": "x"}]},
    ],
)
def test_an_extension_with_a_value_or_parts_is_right(extension: dict[str, Any]) -> None:
    assert errors(validate(a_patient(extension=[extension]))) == []


PLACE = "Patient.extension[0]"


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ({"url": UNKNOWN}, ("extension_empty", PLACE)),
        ({"url": UNKNOWN, "id": "x"}, ("extension_empty", PLACE)),
        ({**VALUE, "extension": [VALUE]}, ("extension_both", PLACE)),
        ({"url": UNKNOWN, "extension": [{"url": "part"}]}, ("extension_empty", PLACE + ".extension[0]")),
        ({"url": UNKNOWN, "extension": [{**VALUE, "url": "a", "extension": [{**VALUE, "url": "b"}]}]}, ("extension_both", PLACE + ".extension[0]")),
        ({"url": BIRTH_PLACE}, ("extension_empty", PLACE)),
        ({"valueString": "x"}, ("missing", PLACE)),
        ({"url": "foo", "valueString": "x"}, ("extension_url", PLACE + ".url")),
        ({"url": "foo/bar", "valueString": "x"}, ("extension_url", PLACE + ".url")),
        ({"url": UNKNOWN, "valueFoo": "x"}, ("misspelt", PLACE + ".valueFoo")),
        ({"url": UNKNOWN, "valueString": "x", "_valueString": {"extension": [{"url": "part", "valueString": "x"}]}}, ("extension_url", PLACE + ".value.extension[0].url")),
        ({}, ("empty_object", PLACE)),
    ],
)  # fmt: skip
def test_a_fault_of_an_extension_is_said_once(
    extension: dict[str, Any], expected: tuple[str, str]
) -> None:
    found = [
        one
        for one in errors(validate(a_patient(extension=[extension])))
        if one != ("missing", PLACE)
    ]
    assert found == [expected] if expected[0] != "missing" else not found


def test_the_rules_hold_wherever_an_extension_stands() -> None:
    nameless = {"url": UNKNOWN}
    observation = an_observation(
        code={"text": "x", "extension": [nameless]}, status="final", _status={"extension": [nameless]},
        modifierExtension=[nameless], component=[{"code": {"text": "y"}, "modifierExtension": [nameless]}],
    )  # fmt: skip
    [finding] = [one for one in validate(observation) if one.severity == "error"]
    assert (finding.key, finding.count) == ("validation.extension_empty", 4)


def test_an_unknown_modifier_is_not_checked_and_a_data_type_has_none() -> None:
    findings = validate(a_patient(modifierExtension=[VALUE]))
    assert [(one.severity, one.key) for one in findings] == [
        ("information", "validation.unknown_extension")
    ]
    found = errors(validate(a_patient(name=[{"family": "x", "modifierExtension": [VALUE]}])))
    assert found == [("misspelt", "Patient.name[0].modifierExtension")]
