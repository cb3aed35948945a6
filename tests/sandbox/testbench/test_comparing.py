"""What came back is compared with what was sent, element by element."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.fhir.json import Json
from sandbox.testbench.comparing import Comparison, same_place, told

HER = "urn:uuid:0a1b2c3d-0000-4000-8000-000000000001"
SENT: Json = {
    "resourceType": "AllergyIntolerance",
    "patient": {"reference": HER},
    "code": {
        "coding": [{"system": "http://snomed.info/sct", "code": "91936005"}],
        "text": "Penicilina",
    },
    "recordedDate": "2026-07-27T09:00:00.000Z",
    "category": ["medication", "food"],
}
KEPT: Json = {**SENT, "patient": {"reference": "http://server.test/fhir/Patient/7/_history/1"}}


NAMED: Json = {
    "resourceType": "Patient",
    "name": [{"family": "Conocida", "given": ["Rosa", "Inés"], "use": "official"}],
}


def test_the_order_of_given_names_says_something() -> None:
    """HumanName.given has an orderMeaning; AllergyIntolerance.category has none."""
    other = {**NAMED, "name": [{**NAMED["name"][0], "given": ["Inés", "Rosa"]}]}
    assert [where for where, *_ in found(other, NAMED)] == ["Patient.name[0].given"]
    assert found(NAMED, NAMED) == []


def found(came: Any, sent: Json = SENT) -> list[tuple[str, str, str]]:
    comparison = Comparison(places={HER: "Patient/7"})
    return [(each.where, each.sent, each.came) for each in comparison.differences(sent, came)]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"id": "1", "meta": {"versionId": "1"}, "text": {"status": "generated"}},
        {"recordedDate": "2026-07-27T06:00:00-03:00"},
        {"category": ["food", "medication"]},
        {"patient": {"reference": "Patient/7", "display": "Rosa"}},
    ],
)
def test_what_a_server_may_do_is_no_difference(change: Json) -> None:
    assert found({**KEPT, **change}) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "716186003"}]}},
            ("AllergyIntolerance.code.coding[0].code", "91936005", "716186003"),
        ),
        (
            {"patient": {"reference": "Patient/8"}},
            ("AllergyIntolerance.patient.reference", HER, "Patient/8"),
        ),
        (
            {"recordedDate": "1999-07-27T09:00:00.000Z"},
            (
                "AllergyIntolerance.recordedDate",
                "2026-07-27T09:00:00.000Z",
                "1999-07-27T09:00:00.000Z",
            ),
        ),
        ({"category": ["food"]}, ("AllergyIntolerance.category[0]", "medication", "")),
        (
            {"category": ["medication", "food", "food"]},
            ("AllergyIntolerance.category[2]", "", "food"),
        ),
        ({"criticality": "low"}, ("AllergyIntolerance.criticality", "", "low")),
    ],
)
def test_what_was_changed_is_told_with_both_values(
    change: Json, difference: tuple[str, str, str]
) -> None:
    assert difference in found({**KEPT, **change})


def test_what_did_not_come_back_is_a_difference() -> None:
    assert found(None) == [("AllergyIntolerance", "AllergyIntolerance", "")]


def test_several_of_a_type_come_in_any_order() -> None:
    other = {**SENT, "code": {"text": "Maní"}}
    comparison = Comparison(places={HER: "Patient/7"})
    came = [{**other, "patient": KEPT["patient"]}, KEPT]

    assert list(comparison.items("AllergyIntolerance", [SENT, other], came)) == []
    assert [each.where for each in comparison.items("AllergyIntolerance", [SENT], came)] == [
        "AllergyIntolerance[1]"
    ]


def test_what_was_added_may_be_less_grave() -> None:
    findings = list(
        told(
            Comparison().differences({"resourceType": "List"}, {"resourceType": "List", "a": 1}),
            "",
            added="warning",
        )
    )
    assert [(each.severity, each.where, each.found) for each in findings] == [
        ("warning", "List.a", "1")
    ]


@pytest.mark.parametrize(
    ("reference", "is_same"),
    [
        ("Patient/7", True),
        ("https://server.test/fhir/Patient/7", True),
        ("Patient/7/_history/3", True),
        ("Patient/77", False),
        ("Practitioner/7", False),
        ("", False),
    ],
)
def test_a_place_is_type_and_id(reference: str, is_same: bool) -> None:
    assert same_place("Patient/7/_history/1", reference) is is_same


def of_patient(id: str, family: str, *, refers_to: str) -> Json:
    return {
        "resourceType": "DocumentReference",
        "contained": [{"resourceType": "Patient", "id": id, "name": [{"family": family}]}],
        "context": {"sourcePatientInfo": {"reference": refers_to}},
    }


WITH_PATIENT = of_patient("whose", "Conocida", refers_to="#whose")


def test_what_a_resource_holds_inside_may_have_another_id() -> None:
    """FHIR R4 references.html#contained: the id is the resource's own affair."""
    assert found(of_patient("1", "Conocida", refers_to="#1"), WITH_PATIENT) == []


@pytest.mark.parametrize(
    ("refers_to", "family", "difference"),
    [
        ("#nobody", "Conocida", (".reference", "#whose (Patient)", "#nobody")),
        ("Patient/1", "Conocida", (".reference", "#whose (Patient)", "Patient/1")),
        ("#whose", "Ajena", (".resolve().name[0].family", "Conocida", "Ajena")),
    ],
)
def test_a_reference_inside_has_to_lead_to_the_same(
    refers_to: str, family: str, difference: tuple[str, str, str]
) -> None:
    came = of_patient("whose", family, refers_to=refers_to)
    where, sent, came_back = difference
    place = f"DocumentReference.context.sourcePatientInfo{where}"
    assert found(came, WITH_PATIENT) == [(place, sent, came_back)]


def test_a_reference_that_leads_nowhere_names_its_clause() -> None:
    came = of_patient("whose", "Conocida", refers_to="#nobody")
    (finding,) = told(Comparison().differences(WITH_PATIENT, came), "MHD 3:4.65.4.1.3")
    assert finding.clause == "FHIR R4 references.html#contained; dom-3"
