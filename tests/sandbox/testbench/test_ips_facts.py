"""A summary that says otherwise than the record (track ips.server, IPS-03 and IPS-07)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testbench.tracks.ips_facts import FACTS, contradictions, lacking

ALLERGIES, PROBLEMS, STATEMENTS, _ = FACTS
SNOMED = "http://snomed.info/sct"


def an_allergy(code: str, state: str = "active", **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"code": state}]},
        "code": {"coding": [{"system": SNOMED, "code": code, "display": f"allergy {code}"}]},
        **elements,
    }


PENICILLIN = an_allergy("91936005")
LATEX = an_allergy("300916003")
NONE_KNOWN = an_allergy("716186003")
REFUTED = {"verificationStatus": {"coding": [{"code": "refuted"}]}}


@pytest.mark.parametrize(
    ("record", "document", "words", "is_all"),
    [
        ([PENICILLIN], [PENICILLIN], [], False),
        ([PENICILLIN], [NONE_KNOWN], ["allergy 91936005"], True),
        ([PENICILLIN], [], ["allergy 91936005"], True),
        ([PENICILLIN, LATEX], [LATEX], ["allergy 91936005"], False),
        ([NONE_KNOWN], [], [], True),
        ([an_allergy("1", "resolved"), an_allergy("2", **REFUTED)], [NONE_KNOWN], [], True),
        ([], [NONE_KNOWN], [], True),
    ],
)
def test_known_allergies_are_told(
    record: list[dict[str, Any]], document: list[dict[str, Any]], words: list[str], is_all: bool
) -> None:
    assert lacking(ALLERGIES, record, document) == (words, is_all)


def test_a_medication_may_be_told_in_a_resource_of_its_own() -> None:
    code = {"coding": [{"system": "http://www.whocc.no/atc", "code": "H03AA01"}]}
    statement = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": code,
    }
    medication = {"resourceType": "Medication", "code": code}
    assert lacking(STATEMENTS, [statement], [medication]) == ([], False)
    assert lacking(STATEMENTS, [statement], []) == (["H03AA01"], True)


def test_a_diagnosis_of_an_encounter_need_not_be_told() -> None:
    diagnosis = {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": SNOMED, "code": "38341003"}]},
        "category": [{"coding": [{"code": "encounter-diagnosis"}]}],
    }
    assert lacking(PROBLEMS, [diagnosis], [])[0] == []


def test_only_what_both_say_can_contradict() -> None:
    known = {"gender": "female", "birthDate": "1980-02-29"}
    assert list(contradictions(known, known)) == []
    assert list(contradictions(known, {"birthDate": "1980"})) == []
    assert list(contradictions(known, {"gender": "male", "birthDate": "1980-02-28"})) == [
        ("gender", "female", "male"),
        ("birthDate", "1980-02-29", "1980-02-28"),
    ]
