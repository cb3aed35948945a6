from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient, an_observation
from tests.sandbox.validation.profiles import errors

R4 = "http://hl7.org/fhir/StructureDefinition/"
BIRTH_PLACE = {"url": R4 + "patient-birthPlace", "valueAddress": {"city": "Lima"}}
BIRTH_TIME = {"url": R4 + "patient-birthTime", "valueDateTime": "1958-03-21T10:00:00-05:00"}
NATIONALITY = R4 + "patient-nationality"
SIGNATURE_TYPE = {"url": R4 + "iso21090-EN-use", "valueCode": "SNDX"}


def a_nationality(*parts: dict[str, Any]) -> dict[str, Any]:
    return a_patient(extension=[{"url": NATIONALITY, "extension": list(parts)}])


@pytest.mark.parametrize(
    "resource",
    [
        a_patient(extension=[BIRTH_PLACE]),
        a_patient(birthDate="1958-03-21", _birthDate={"extension": [BIRTH_TIME]}),
        a_patient(name=[{"family": "x", "extension": [SIGNATURE_TYPE]}]),
        a_patient(
            contained=[a_patient(id="p", birthDate="1958-03-21", _birthDate={"extension": [BIRTH_TIME]})],
            link=[{"type": "seealso", "other": {"reference": "#p"}}],
        ),
        a_nationality({"url": "code", "valueCodeableConcept": {"text": "PE"}}),
        a_patient(extension=[{"url": "http://example.org/national", "valueString": "x"}]),
    ],
    ids=["on the resource", "on a primitive", "on a data type", "in a contained resource", "parts", "unknown"],
)
def test_an_extension_in_its_place_is_right(resource: dict[str, Any]) -> None:
    assert errors(validate(resource)) == []


@pytest.mark.parametrize(
    ("resource", "key", "where"),
    [
        (an_observation(extension=[BIRTH_PLACE], code={"text": "x"}), "extension_context", "Observation.extension[0]"),
        (
            a_patient(name=[{"family": "x", "extension": [BIRTH_PLACE]}]),
            "extension_context",
            "Patient.name[0].extension[0]",
        ),
        (a_patient(extension=[BIRTH_TIME]), "extension_context", "Patient.extension[0]"),
        (
            a_patient(extension=[{"url": R4 + "patient-birthPlace", "valueString": "Lima"}]),
            "wrong_type",
            "Patient.extension[0].value",
        ),
        (a_nationality({"url": "land", "valueString": "PE"}), "unknown_part", "Patient.extension[0].extension[0]"),
    ],
)
def test_an_extension_out_of_its_place_is_found(resource: dict[str, Any], key: str, where: str) -> None:
    assert (key, where) in errors(validate(resource))


def test_an_unknown_extension_is_said_as_not_checked() -> None:
    findings = validate(a_patient(extension=[{"url": "http://example.org/national", "valueString": "x"}]))
    assert [(one.severity, one.key) for one in findings] == [("information", "validation.unknown_profile")]
