"""Slices in profiles that refine slices of their base, order, re-slicing, and how a slice is recognised."""

import json
from typing import Any

import pytest

from tests.builders import a_patient
from tests.sandbox.validation.profiles import a_profile, by_profile

BY_SYSTEM = [{"type": "value", "path": "system"}]


def sliced(**slicing: Any) -> list[dict[str, Any]]:
    return [
        {"path": "Patient.identifier", "slicing": {"discriminator": BY_SYSTEM, "rules": "open", **slicing}},
        {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a"},
        {"id": "Patient.identifier:a.system", "path": "Patient.identifier.system", "fixedUri": "urn:a"},
        {"id": "Patient.identifier:b", "path": "Patient.identifier", "sliceName": "b"},
        {"id": "Patient.identifier:b.system", "path": "Patient.identifier.system", "fixedUri": "urn:b"},
    ]


def a_patient_with(*systems: str) -> dict[str, Any]:
    return a_patient(identifier=[{"system": f"urn:{name}"} for name in systems])


@pytest.mark.parametrize(
    ("slicing", "right", "wrong"),
    [
        ({"ordered": True}, ["a", "b"], ["b", "a"]),
        ({"ordered": True}, ["a", "x", "b"], ["x", "b", "a"]),
        ({"rules": "openAtEnd"}, ["b", "a", "x"], ["a", "x", "b"]),
        ({"rules": "openAtEnd", "ordered": True}, ["a", "b", "x"], ["b", "a", "x"]),
    ],
)
def test_slices_stand_in_the_order_that_is_asked(slicing: dict[str, Any], right: list[str], wrong: list[str]) -> None:
    profile = a_profile(*sliced(**slicing))
    assert by_profile(a_patient_with(*right), profile) == []
    assert [key for key, _ in by_profile(a_patient_with(*wrong), profile)] == ["slice_order"]


def test_a_profile_refines_a_slice_of_its_base_by_the_discriminator_of_the_base() -> None:
    below = {**a_profile(*sliced()), "id": "below", "url": "http://example.org/below"}
    top = a_profile(
        {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a", "min": 1},
        {"id": "Patient.identifier:a.value", "path": "Patient.identifier.value", "min": 1},
        base="http://example.org/below",
    )
    right = a_patient(identifier=[{"system": "urn:a", "value": "1"}, {"system": "urn:b"}])
    assert by_profile(right, top, below) == []
    assert by_profile(a_patient_with("a", "b"), top, below) == [("missing", "Patient.identifier[0]")]
    assert by_profile(a_patient_with("b"), top, below) == [("missing_slice", "Patient")]


def test_a_re_slice_is_judged_within_its_slice() -> None:
    profile = a_profile(
        {
            "path": "Patient.identifier",
            "slicing": {"discriminator": [*BY_SYSTEM, {"type": "value", "path": "use"}], "rules": "open"},
        },
        {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a", "max": "2"},
        {"id": "Patient.identifier:a.system", "path": "Patient.identifier.system", "fixedUri": "urn:a"},
        {"id": "Patient.identifier:a/old", "path": "Patient.identifier", "sliceName": "a/old", "max": "1"},
        {"id": "Patient.identifier:a/old.system", "path": "Patient.identifier.system", "fixedUri": "urn:a"},
        {"id": "Patient.identifier:a/old.use", "path": "Patient.identifier.use", "fixedCode": "old"},
    )
    old, usual = {"system": "urn:a", "use": "old"}, {"system": "urn:a", "use": "usual"}
    assert by_profile(a_patient(identifier=[old, usual]), profile) == []
    assert by_profile(a_patient(identifier=[old, old]), profile) == [("too_many_in_slice", "Patient")]
    assert by_profile(a_patient(identifier=[old, usual, usual]), profile) == [("too_many_in_slice", "Patient")]


def test_a_missing_slice_says_by_what_it_would_be_recognised() -> None:
    from sandbox.validation import validate
    from tests.sandbox.validation.profiles import knowledge_of

    elements = sliced()
    elements[1]["min"] = 1
    profile = a_profile(*elements)
    (finding,) = validate(a_patient_with("b"), profiles=[profile["url"]], knowledge=knowledge_of(profile))
    assert finding.params["sign"] == "system urn:a"
    assert json.loads(finding.expected) == {"system": "urn:a"}


def test_additional_bindings_and_limits_by_quantity_and_duration_are_judged() -> None:
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    unit = {"system": "http://unitsofmeasure.org", "code": "kg"}
    limited = a_profile(
        {
            "path": "Observation.value[x]",
            "minValueQuantity": {"value": 2, **unit},
            "maxValueQuantity": {"value": 9, **unit},
        },
        type="Observation",
    )
    assert by_profile({**observation, "valueQuantity": {"value": 5, **unit}}, limited) == []
    assert by_profile({**observation, "valueQuantity": {"value": 1, **unit}}, limited) == [
        ("beyond_limit", "Observation.value")
    ]
    assert by_profile({**observation, "valueQuantity": {"value": 10, **unit}}, limited) == [
        ("beyond_limit", "Observation.value")
    ]
    assert by_profile({**observation, "valueQuantity": {"value": 5000, **unit, "code": "g"}}, limited) == []
    assert by_profile({**observation, "valueQuantity": {"value": 1999, **unit, "code": "g"}}, limited) == [
        ("beyond_limit", "Observation.value")
    ]
    lived = a_profile(
        {
            "path": "Patient.birthDate",
            "minValueDuration": {"value": 150, "code": "a"},
            "maxValueDuration": {"value": 0, "code": "a"},
        }
    )
    assert by_profile(a_patient(birthDate="1980-01-01"), lived) == []
    assert by_profile(a_patient(birthDate="1700-01-01"), lived) == [("beyond_limit", "Patient.birthDate")]
    assert by_profile(a_patient(birthDate="2999-01-01"), lived) == [("beyond_limit", "Patient.birthDate")]
    binding = {
        "strength": "example", "valueSet": "http://hl7.org/fhir/ValueSet/observation-codes",
        "additional": [{"purpose": "required", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"}],
    }  # fmt: skip
    bound = a_profile({"path": "Observation.code", "binding": binding}, type="Observation")
    gender = {"coding": [{"system": "http://hl7.org/fhir/administrative-gender", "code": "male"}]}
    assert by_profile({**observation, "code": gender}, bound) == []
    assert by_profile(observation, bound) == [("no_code", "Observation.code")]


def test_a_reference_may_have_to_lead_to_a_contained_resource() -> None:
    kind = {
        "code": "Reference",
        "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Organization"],
        "aggregation": ["contained"],
    }
    profile = a_profile({"path": "Patient.managingOrganization", "type": [kind]})
    held = [{"resourceType": "Organization", "id": "o", "name": "x"}]
    assert by_profile(a_patient(contained=held, managingOrganization={"reference": "#o"}), profile) == []
    assert by_profile(a_patient(managingOrganization={"reference": "Organization/1"}), profile) == [
        ("not_contained", "Patient.managingOrganization")
    ]


def told_by_value_set(value_set: str) -> dict[str, Any]:
    """A profile with a required slice of identifiers whose type is of a value set, and another told by its system."""
    binding = {"strength": "required", "valueSet": value_set}
    by_type = [{"type": "value", "path": "type"}, {"type": "value", "path": "system"}]
    return a_profile(
        {"path": "Patient.identifier", "slicing": {"discriminator": by_type, "rules": "open"}},
        {"id": "Patient.identifier:of", "path": "Patient.identifier", "sliceName": "of", "min": 1},
        {"id": "Patient.identifier:of.type", "path": "Patient.identifier.type", "binding": binding},
        {"id": "Patient.identifier:own", "path": "Patient.identifier", "sliceName": "own", "min": 1},
        {"id": "Patient.identifier:own.system", "path": "Patient.identifier.system", "fixedUri": "urn:own"},
    )


PASSPORT = {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PPN"}]}}
OWN = {"system": "urn:own", "value": "1"}


@pytest.mark.parametrize(
    ("value_set", "identifiers", "wrong"),
    [
        ("http://hl7.org/fhir/ValueSet/identifier-type", [OWN, PASSPORT], []),
        ("http://hl7.org/fhir/ValueSet/identifier-type", [OWN], ["missing_kind"]),
        ("http://example.org/not-at-hand", [OWN, PASSPORT], []),  # what cannot be known is no error
        ("http://example.org/not-at-hand", [OWN], ["missing_kind"]),  # nothing there could be it
        ("http://example.org/not-at-hand", [PASSPORT], ["missing_slice"]),  # and the other slice is still missed
    ],
)
def test_a_slice_told_by_a_value_set_that_is_not_at_hand_is_not_said_to_be_missing(
    value_set: str, identifiers: list[dict[str, Any]], wrong: list[str]
) -> None:
    profile = told_by_value_set(value_set)
    assert [key for key, _ in by_profile(a_patient(identifier=identifiers), profile)] == wrong
