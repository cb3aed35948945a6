"""The builder for programs: fhir.resources objects or dicts in, a valid IPS document out."""

from typing import Any

import pytest
from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.patient import Patient

from sandbox.errors import InvalidResource
from sandbox.ips.building import build_summary
from sandbox.validation import validate

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"


def a_patient() -> Patient:
    return Patient(id="wara", name=[{"family": "Mamani", "given": ["Wara"]}], birthDate="1990-01")


def a_condition(**elements: Any) -> Condition:
    about = {"subject": {"reference": "Patient/wara"}, **elements}
    active = {"coding": [{"system": CLINICAL, "code": "active"}]}
    return Condition(code={"text": "Asma"}, clinicalStatus=active, **about)


def test_objects_of_fhir_resources_become_a_document_without_errors() -> None:
    active = {"coding": [{"system": ALLERGY, "code": "active"}]}
    allergy = AllergyIntolerance(
        patient={"reference": "Patient/wara"}, code={"text": "Penicilina"}, clinicalStatus=active
    )
    document = build_summary(a_patient(), a_condition(), allergy, language="es")
    assert [
        one for one in validate(document, profiles=["ips"]) if one.severity in ("error", "fatal")
    ] == []
    composition = document["entry"][0]["resource"]
    assert [len(one.get("entry", ())) for one in composition["section"][:2]] == [1, 1]
    assert composition["section"][0]["title"] == "Problemas de salud"


def test_dicts_and_objects_give_the_same_document() -> None:
    plain = {
        "resourceType": "Patient",
        "id": "wara",
        "name": [{"family": "Mamani", "given": ["Wara"]}],
    }
    made = build_summary(plain | {"birthDate": "1990-01"}, a_condition())
    same = build_summary(a_patient(), a_condition())
    assert [one["fullUrl"] for one in made["entry"][1:]] == [
        one["fullUrl"] for one in same["entry"][1:]
    ]
    assert made["entry"][1]["resource"]["birthDate"] == "1990-01"


def test_what_does_not_say_whom_it_is_about_is_about_the_patient() -> None:
    vaccination = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"text": "Fiebre amarilla"},
    }
    document = build_summary(a_patient(), vaccination | {"occurrenceDateTime": "2020"})
    by_type = {one["resource"]["resourceType"]: one for one in document["entry"]}
    assert by_type["Immunization"]["resource"]["patient"] == {
        "reference": by_type["Patient"]["fullUrl"]
    }


@pytest.mark.parametrize(
    ("patient", "others", "key"),
    [
        (
            a_patient(),
            [a_condition(subject={"reference": "Patient/somebody-else"})],
            "ips.other_patient",
        ),
        (a_condition(), [], "ips.not_a_patient"),
        (a_patient(), ["Asma"], "ips.not_a_resource"),
        (a_patient(), [{"code": {"text": "Asma"}}], "ips.not_a_resource"),
    ],
)
def test_what_does_not_belong_into_one_summary_is_refused(
    patient: Any, others: list[Any], key: str
) -> None:
    with pytest.raises(InvalidResource) as refused:
        build_summary(patient, *others)
    assert refused.value.key == key
