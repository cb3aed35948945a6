"""One thing is altered at a time, and nothing else."""

from __future__ import annotations

import pytest

from sandbox.errors import BadRequest
from sandbox.fhir.json import Json
from sandbox.twins.altering import Fault, altered, faults_of, read_fault

PATIENT: Json = {
    "resourceType": "Patient",
    "id": "7",
    "name": [{"family": "Conocida", "given": ["Rosa", "Inés"]}],
    "gender": "female",
    "birthDate": "1974-03-25",
    "managingOrganization": {"reference": "Organization/1"},
    "multipleBirthBoolean": False,
}
BUNDLE: Json = {
    "resourceType": "Bundle",
    "entry": [{"resource": PATIENT}, {"resource": {"resourceType": "Group", "gender": "female"}}],
}


@pytest.mark.parametrize(
    ("text", "element", "value"),
    [
        ("Patient.gender:other", "gender", "male"),
        ("Patient.gender:remove", "gender", None),
        ("Patient.birthDate:other", "birthDate", "1999-03-25"),
        ("Patient.multipleBirthBoolean:other", "multipleBirthBoolean", True),
        ("Patient.name.family:other", "name", [{"family": "Conocida-x", "given": ["Rosa", "Inés"]}]),
        ("Patient.name.given:duplicate", "name", [{"family": "Conocida", "given": ["Rosa", "Inés", "Inés"]}]),
        ("Patient.birthDate:somebody", "birthDate", "1931-12-01"),
        ("Patient.name.given:reorder", "name", [{"family": "Conocida", "given": ["Inés", "Rosa"]}]),
        (
            "Patient.managingOrganization.reference:somebody",
            "managingOrganization",
            {"reference": "Patient/somebody-else"},
        ),
    ],
)  # fmt: skip
def test_an_element_is_altered_in_each_resource_of_its_type(
    text: str, element: str, value: object
) -> None:
    came = altered(BUNDLE, read_fault(text))

    assert came["entry"][0]["resource"].get(element) == value
    assert came["entry"][1] == BUNDLE["entry"][1]
    untouched = PATIENT.keys() - {element}
    assert {name: came["entry"][0]["resource"][name] for name in untouched} == {
        name: PATIENT[name] for name in untouched
    }


def test_a_leap_day_becomes_one_of_another_year() -> None:
    born: Json = {"resourceType": "Patient", "birthDate": "1980-02-29"}
    assert altered(born, read_fault("Patient.birthDate:other"))["birthDate"] == "1996-02-29"


def test_what_is_not_there_changes_nothing() -> None:
    assert altered(BUNDLE, Fault("Patient", "photo", "remove")) == BUNDLE
    assert altered(BUNDLE, Fault("Condition", "code", "remove")) == BUNDLE


def test_each_fault_of_a_resource_alters_it_and_is_read_back() -> None:
    faults = list(faults_of(PATIENT))

    assert Fault("Patient", "name.family", "other") in faults
    assert len(set(faults)) == len(faults)
    for fault in faults:
        assert altered(PATIENT, fault) != PATIENT
        assert read_fault(str(fault)) == fault


@pytest.mark.parametrize(
    "text", ["", "Patient", "Patient.gender", "Patient.gender:burn", "gender:other"]
)
def test_what_is_no_fault_is_refused_with_the_actions(text: str) -> None:
    with pytest.raises(BadRequest) as error:
        read_fault(text)
    assert "duplicate" in str(error.value.params["known"])
