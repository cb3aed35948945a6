"""What goes into a health card: the person, what belongs together, and nothing that costs room or means somebody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.certificates.shc_making import (
    Choice,
    Record,
    codes_of_content,
    contents_of,
    record_of,
)

CVX = "http://hl7.org/fhir/sid/cvx"
KIND = "https://smarthealth.cards#"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient", "id": "rosa", "meta": {"versionId": "1"}, "text": {"status": "generated"},
    "extension": [{"url": "http://x", "valueString": "y"}], "identifier": [{"value": "1-9"}],
    "name": [{"family": "Alias"}, {"use": "official", "family": "Fuenzalida", "given": ["Rosa"], "_family": {"id": "f"}}],
    "birthDate": "1958-03-07", "gender": "female",
}  # fmt: skip
NAMES = frozenset({"Patient/rosa"})


def a_dose(code: str = "207", **changes: Any) -> dict[str, Any]:
    coding = {"system": CVX, "code": code, "display": "a vaccine", "userSelected": True}
    dose = {
        "resourceType": "Immunization", "id": "d", "meta": {"versionId": "1"}, "text": {"status": "generated"},
        "status": "completed", "vaccineCode": {"coding": [coding], "text": "words"}, "patient": {"reference": "Patient/rosa"},
        "occurrenceDateTime": "2026-03-14", "lotNumber": "A1", "note": [{"text": "private"}],
        "performer": [{"actor": {"reference": "Organization/1", "display": "Clínica Sur"}}],
        "encounter": {"reference": "Encounter/1"},
    }  # fmt: skip
    return {**dose, **changes}


def a_result(**changes: Any) -> dict[str, Any]:
    result = {
        "resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/rosa"},
        "category": [{"coding": [{"code": "laboratory"}]}], "code": {"coding": [{"system": "http://loinc.org", "code": "1"}]},
        "effectiveDateTime": "2026-02-01", "valueQuantity": {"value": 1, "unit": "g"},
    }  # fmt: skip
    return {**result, **changes}


def made(*resources: dict[str, Any], **choice: Any) -> list[Any]:
    return contents_of(Record(PATIENT, NAMES, resources), Choice(**choice))


def test_a_card_holds_the_person_and_the_dose_as_small_as_they_can_be() -> None:
    (content,) = made(a_dose())
    person, dose = content.resources
    assert person == {
        "resourceType": "Patient",
        "name": [{"family": "Fuenzalida", "given": ["Rosa"]}],
        "birthDate": "1958-03-07",
    }
    assert dose == {
        "resourceType": "Immunization", "status": "completed", "vaccineCode": {"coding": [{"system": CVX, "code": "207"}]},
        "patient": {"reference": "resource:0"}, "occurrenceDateTime": "2026-03-14", "lotNumber": "A1",
        "performer": [{"actor": {"display": "Clínica Sur"}}],
    }  # fmt: skip
    assert content.types == (f"{KIND}health-card", f"{KIND}immunization", f"{KIND}covid19")
    assert [entry["fullUrl"] for entry in content.bundle["entry"]] == ["resource:0", "resource:1"]
    assert list(codes_of_content(content)) == [(CVX, "207")]


def test_doses_against_one_disease_share_a_card_and_results_have_their_own() -> None:
    found = made(a_dose(), a_dose("208"), a_dose("3"), a_result())
    assert sorted(len(content.resources) for content in found) == [2, 2, 3]
    disease = {"targetDisease": [{"coding": [{"code": "measles"}]}], "doseNumberPositiveInt": 1}
    found = made(a_dose("3", protocolApplied=[disease]), a_dose("4", protocolApplied=[disease]))
    assert [len(content.resources) for content in found] == [3]


@pytest.mark.parametrize(
    "resource",
    [
        a_dose(status="entered-in-error"),
        a_dose(status="not-done"),
        a_dose(patient={"reference": "Patient/other"}),
        a_dose(patient={"display": "Rosa"}),
        a_dose(patient={"reference": "http://elsewhere.example/fhir/Patient/rosa"}),
        a_dose(modifierExtension=[{"url": "http://x", "valueBoolean": True}]),
        a_dose(performer=[{"actor": {"display": "x"}, "modifierExtension": [{"url": "http://x"}]}]),
        a_result(status="preliminary"),
        a_result(category=[{"coding": [{"code": "vital-signs"}]}]),
        {"resourceType": "Condition", "subject": {"reference": "Patient/rosa"}},
    ],
)
def test_what_is_not_true_not_theirs_or_changed_in_meaning_is_on_no_card(
    resource: dict[str, Any],
) -> None:
    assert made(resource) == []


def test_cards_have_every_type_that_is_asked_for() -> None:
    both = (a_dose(), a_dose("3"), a_result())
    assert len(made(*both, types=frozenset({f"{KIND}immunization"}))) == 2
    assert len(made(*both, types=frozenset({f"{KIND}immunization", f"{KIND}covid19"}))) == 1
    assert made(*both, types=frozenset({f"{KIND}immunization", f"{KIND}laboratory"})) == []


def test_only_what_happened_since_a_moment() -> None:
    february = 1_769_904_000_000
    both = (a_dose(), a_dose("3", occurrenceDateTime="2025"), a_dose("4", occurrenceDateTime=None))
    assert len(made(*both, since=february)) == 1


def test_the_identity_that_is_asked_for_and_no_more() -> None:
    (content,) = made(a_dose(), identity=("birthDate", "identifier"))
    assert set(content.resources[0]) == {"resourceType", "birthDate", "identifier"}


def a_bundle(*entries: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    rows = [{"fullUrl": url, "resource": resource} for url, resource in entries]
    return {"resourceType": "Bundle", "type": "collection", "entry": rows}


def test_the_record_of_a_summary_is_that_of_its_subject() -> None:
    composition = {"resourceType": "Composition", "subject": {"reference": "urn:uuid:1"}}
    other = {"resourceType": "Patient", "id": "other"}
    mine, theirs = ("urn:uuid:1", PATIENT), ("urn:uuid:2", other)
    record = record_of(a_bundle(("urn:uuid:0", composition), mine, theirs))
    assert record is not None
    assert (record.patient["id"], record.names) == (
        "rosa",
        frozenset({"urn:uuid:1", "Patient/rosa"}),
    )
    assert record_of(a_bundle(mine, theirs)) is None
    assert record_of(json.loads("[]")) is None
    assert record_of({"entry": [None, {"resource": 1}]}) is None
