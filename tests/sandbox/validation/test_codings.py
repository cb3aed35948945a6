from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient, an_observation
from tests.sandbox.validation.profiles import errors

MARITAL = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"


def a_married(**coding: Any) -> dict[str, Any]:
    return a_patient(maritalStatus={"coding": [{"system": MARITAL, "code": "M", **coding}]})


def test_a_code_that_its_system_lacks_is_an_error_whatever_the_binding() -> None:
    assert errors(validate(a_married())) == []
    assert ("unknown_code", "Patient.maritalStatus.coding[0]") in errors(validate(a_married(code="MARRIED")))


def test_a_code_of_another_version_or_of_an_unknown_system_is_not_judged() -> None:
    assert errors(validate(a_married(code="NEW", version="9.9"))) == []
    other = a_patient(maritalStatus={"coding": [{"system": "http://example.org/x", "code": "x"}]})
    assert errors(validate(other)) == []


@pytest.mark.parametrize(("display", "remarks"), [("Married", 0), ("married ", 0), ("Casada", 1)])
def test_another_display_is_a_remark(display: str, remarks: int) -> None:
    found = [one.severity for one in validate(a_married(display=display)) if one.key == "validation.other_display"]
    assert found == ["information"] * remarks


@pytest.mark.parametrize(("code", "key"), [("mg/dL", ""), ("MG/DL", "unknown_unit"), ("tablets", "unknown_unit")])
def test_a_unit_is_one_of_ucum(code: str, key: str) -> None:
    quantity = {"value": 1, "system": "http://unitsofmeasure.org", "code": code}
    found = errors(validate(an_observation(code={"text": "x"}, valueQuantity=quantity)))
    assert [name for name, _ in found] == ([key] if key else [])


@pytest.mark.parametrize(
    "text",
    [
        "Patient/1",
        "#p",
        "http://a.b/fhir/Patient/1/_history/2",
        "urn:oid:1.2.3",
        "Patient?identifier=x|1",
        "Patient/1#x",
    ],
)
def test_a_reference_of_a_known_form_is_right(text: str) -> None:
    found = errors(validate(an_observation(code={"text": "x"}, subject={"reference": text})))
    assert [name for name, _ in found if name == "reference_format"] == []


@pytest.mark.parametrize(
    "text", ["Patient", "patient/1", "Patient/1/2/3", "urn:uuid:['Patient', '9']", "1", "Organization/Organization/1"]
)
def test_a_reference_of_no_form_is_found(text: str) -> None:
    found = errors(validate(an_observation(code={"text": "x"}, subject={"reference": text})))
    assert ("reference_format", "Observation.subject.reference") in found
