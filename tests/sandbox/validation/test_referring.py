"""Reference.type against the reference (FHIR R4 references.html#Reference: both SHALL be consistent)."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import R4, errors

WHERE = "Patient.managingOrganization.type"
HELD = [{"resourceType": "Organization", "id": "o", "name": "x"}]
URN = "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11"


def judged(reference: dict[str, Any], **elements: Any) -> list[tuple[str, str]]:
    return errors(validate(a_patient(managingOrganization=reference, **elements)))


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Organization/1", "type": "Organization"},
        {"reference": "Organization/1/_history/2", "type": R4 + "Organization"},
        {"reference": "http://example.org/fhir/Organization/1", "type": "Organization"},
        {"reference": "http://example.org/other/1", "type": "Organization"},
        {"reference": "Organization/1", "type": "Resource"},
        {"reference": URN, "type": "Organization"},
        {"type": "Organization", "identifier": {"system": "http://example.org", "value": "1"}},
        {"identifier": {"system": "http://example.org", "value": "1"}},
        {"display": "x"},
    ],
)
def test_a_consistent_type_is_right(reference: dict[str, Any]) -> None:
    assert judged(reference) == []


@pytest.mark.parametrize(
    "reference",
    ["Organization/1", "Organization/1/_history/2", "http://example.org/fhir/Organization/1"],
)
def test_a_type_that_contradicts_the_reference_is_wrong(reference: str) -> None:
    assert judged({"reference": reference, "type": "Patient"}) == [("reference_type", WHERE)]


def test_a_type_that_contradicts_the_target_is_wrong() -> None:
    assert judged({"reference": "#o", "type": "Patient"}, contained=HELD) == [
        ("reference_type", WHERE)
    ]
    assert judged({"reference": "#o", "type": "Organization"}, contained=HELD) == []


def test_a_type_that_contradicts_the_target_in_the_bundle_is_wrong() -> None:
    def of(type: str) -> list[tuple[str, str]]:
        patient = a_patient(id="p", managingOrganization={"reference": URN, "type": type})
        entries = [
            {"fullUrl": "http://example.org/Patient/p", "resource": patient},
            {"fullUrl": URN, "resource": HELD[0]},
        ]
        return errors(validate({"resourceType": "Bundle", "type": "collection", "entry": entries}))

    assert of("Organization") == []
    assert of("Patient") == [
        ("reference_type", "Bundle.entry[0].resource.managingOrganization.type")
    ]


def test_a_type_that_r4_has_not_is_said_once() -> None:
    findings = validate(a_patient(managingOrganization={"display": "x", "type": "Organisation"}))
    assert [(one.severity, one.key, one.where) for one in findings] == [
        ("error", "validation.unknown_type", WHERE)
    ]


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ({"type": "Organization"}, ("reference_type_alone", "Patient.managingOrganization")),
        ({"type": "Organization", "display": "x"}, None),
        ({"reference": "Persona/1"}, ("unknown_type", "Patient.managingOrganization.reference")),
        ({"reference": "urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0"}, None),
        ({"reference": "Organization/1"}, None),
    ],
)
def test_a_reference_names_a_type_of_r4_and_says_more_than_a_type(
    reference: dict[str, str], fault: tuple[str, str] | None
) -> None:
    assert errors(validate(a_patient(managingOrganization=reference))) == ([fault] if fault else [])


def test_a_uuid_of_another_form_is_a_warning() -> None:
    (finding,) = validate(a_patient(managingOrganization={"reference": "urn:uuid:1234"}))
    assert (finding.severity, finding.key) == ("warning", "validation.reference_format")
