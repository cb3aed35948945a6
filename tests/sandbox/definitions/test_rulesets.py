from typing import Any

import pytest

from sandbox.definitions.rulesets import profile_url, ruleset, years
from sandbox.errors import BadRequest
from sandbox.validation import validate
from tests.builders import a_bundle, a_patient


def a_coded(system: str) -> dict[str, Any]:
    return a_patient(maritalStatus={"coding": [{"system": system, "code": "x"}]})


def test_each_event_year_asks_for_its_document_and_its_submission() -> None:
    assert years() == [2023, 2024, 2025, 2026]
    document = {"resourceType": "Bundle", "type": "document"}
    assert ruleset(2023).profile_of(document) == profile_url("lac-2023")
    assert ruleset(2025).profile_of(document) == profile_url("ips")
    assert ruleset(2026).profile_of(document) == profile_url("lac-2026")
    assert ruleset(2026).profile_of(a_bundle()) == profile_url("lac-2026-mhd")
    assert ruleset(2026).profile_of(a_patient()) == ""


def test_a_year_without_ruleset_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        ruleset(1999)
    assert caught.value.params["known"] == "2023, 2024, 2025, 2026"


@pytest.mark.parametrize(
    ("year", "found", "expected"),
    [
        (2023, "urn:oid.2.16.152", "urn:oid:2.16.152"),
        (2026, "http://id.who.int/icd11/mms", "http://id.who.int/icd/release/11/mms"),
        (2023, "http://id.who.int/icd/release/11/mms", "http://id.who.int/icd11/mms"),
        (
            2026,
            "http://worldhealthorganization.github.io/ddcc/CodeSystem/x",
            "http://smart.who.int/ddcc/CodeSystem/x",
        ),
        (
            2026,
            "http://smart.who.int/pcmt/CodeSystem/PreQualProductIDs",
            "http://smart.who.int/pcmt/CodeSystem/PreQualProductIds",
        ),
    ],
)
def test_a_tolerated_deviation_is_read_as_meant_and_said_as_a_warning(
    year: int, found: str, expected: str
) -> None:
    read, findings = ruleset(year).read(a_coded(found))
    assert read["maritalStatus"]["coding"][0]["system"] == expected
    (warning,) = findings
    assert (warning.severity, warning.found, warning.expected) == ("warning", found, expected)
    assert warning.where == "Patient.maritalStatus.coding[0].system"
    assert warning.clause


def test_the_right_spelling_gives_no_warning() -> None:
    assert ruleset(2026).read(a_coded("urn:oid:2.16.152"))[1] == []


def test_a_dotted_oid_meets_the_lac_patient_of_2023_with_a_warning_and_the_right_one_without() -> (
    None
):
    profile = "http://lacpass.racsel.org/StructureDefinition/lac-patient"
    v2 = "http://terminology.hl7.org/CodeSystem/v2-0203"

    def findings(system: str) -> list[tuple[str, str]]:
        patient = a_patient(
            birthDate="1958",
            identifier=[
                {
                    "use": "official",
                    "type": {"coding": [{"system": v2, "code": "PPN"}]},
                    "system": system,
                    "value": "1",
                },
                {
                    "type": {"coding": [{"system": v2, "code": "TAX"}]},
                    "system": system,
                    "value": "2",
                },
            ],
        )
        found = validate(patient, profiles=[profile], ruleset=ruleset(2023))
        return [(one.severity, one.key) for one in found if one.severity != "information"]

    assert findings("urn:oid:2.16.152") == []
    assert set(findings("urn:oid.2.16.152")) == {("warning", "definitions.deviation")}
    assert ("error", "validation.invariant") in findings("http://example.org/passports")
