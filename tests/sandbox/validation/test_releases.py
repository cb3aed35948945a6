"""Resources of other releases of FHIR are said to be so, once and without guesses."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import errors

R5_STATEMENT = {
    "resourceType": "MedicationStatement", "status": "recorded", "subject": {"reference": "Patient/1"},
    "medication": {"concept": {"text": "x"}}, "adherence": {"code": {"text": "taking"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("resource", "release", "sign"),
    [
        (R5_STATEMENT, "R5", "MedicationStatement.medication"),
        ({"resourceType": "Transport", "status": "planned"}, "R5", "Transport"),
        ({"resourceType": "SubscriptionTopic", "status": "draft"}, "R4B / R5", "SubscriptionTopic"),
        ({"resourceType": "Sequence", "type": "dna"}, "STU3", "Sequence"),
        (a_patient(animal={"species": {"text": "dog"}}), "STU3", "Patient.animal"),
    ],
)
def test_another_release_is_named_by_what_r4_lacks(
    resource: dict[str, Any], release: str, sign: str
) -> None:
    said = [finding for finding in validate(resource) if finding.key == "validation.other_release"]
    assert [finding.params["release"] for finding in said] == [release]
    assert sign in said[0].found
    assert not {"misspelt", "unknown_property", "missing", "unknown_type"} & {
        key for key, _ in errors(validate(resource))
    }


def test_a_definition_for_another_release_is_known_by_its_fhir_version() -> None:
    statement = {
        "resourceType": "CapabilityStatement", "status": "draft", "date": "2024-01-01", "kind": "requirements",
        "format": ["json"], "description": "x", "rest": [{"mode": "server"}],
    }  # fmt: skip
    assert errors(validate({**statement, "fhirVersion": "5.0.0"})) == [
        ("other_release", "CapabilityStatement")
    ]
    assert errors(validate({**statement, "fhirVersion": "4.0.1"})) == []


def test_a_misspelt_element_of_r4_is_still_a_guess() -> None:
    assert errors(validate(a_patient(birthdate="1958"))) == [("misspelt", "Patient.birthdate")]


def test_only_the_resource_of_the_other_release_is_folded() -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "http://e.x/MedicationStatement/1", "resource": R5_STATEMENT},
        {"fullUrl": "http://e.x/Patient/2", "resource": a_patient(birthdate="1958", id="2")},
    ]}  # fmt: skip
    found = errors(validate(bundle))
    assert ("other_release", "Bundle.entry[0].resource") in found
    assert ("misspelt", "Bundle.entry[1].resource.birthdate") in found


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ([], "no_object"),
        ("x", "no_object"),
        (None, "no_object"),
        (1, "no_object"),
        ({}, "no_type"),
        ({"resourceType": 1}, "no_type"),
    ],
)
def test_what_is_no_resource_is_said_in_one_sentence(value: Any, key: str) -> None:
    (said,) = validate(value)
    assert said.key == f"validation.{key}"
    assert "None" not in said.found


def test_what_is_wrong_in_every_release_is_not_folded() -> None:
    extended = {**R5_STATEMENT, "extension": [{"valueString": "x"}]}
    more = set(errors(validate(extended))) - set(errors(validate(R5_STATEMENT)))
    assert more == {("missing", "MedicationStatement.extension[0]")}
