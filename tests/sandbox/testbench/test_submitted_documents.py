"""The documents that the bench submits: right ones, about three patients who have nothing in common."""

from __future__ import annotations

from itertools import combinations

import pytest

from sandbox.fhir.json import Json
from sandbox.testbench.known_patient import known_record
from sandbox.testbench.submitted_documents import a_document, a_submission_of_a_document
from sandbox.validation import validate

GIVEN = {"run": "a-run", "now": "2026-07-27T09:00:00Z"}
KNOWN = ("1", "2", "3")


def document(known: str) -> Json:
    return a_document({**GIVEN, "known": known}, "word")


@pytest.mark.parametrize("known", KNOWN)
def test_a_document_about_each_patient_is_right(known: str) -> None:
    findings = validate(document(known), profiles=["ips"])
    assert [each for each in findings if each.severity in ("error", "fatal")] == []


@pytest.mark.parametrize("known", KNOWN)
def test_each_section_leads_to_all_that_is_known(known: str) -> None:
    entries = document(known)["entry"]
    composition = entries[0]["resource"]
    named = {item["reference"] for section in composition["section"] for item in section["entry"]}
    held = {entry["fullUrl"] for entry in entries[3:]}
    assert named == held
    assert len(held) == 5


@pytest.mark.parametrize("pair", list(combinations(KNOWN, 2)))
def test_no_two_patients_share_what_is_known(pair: tuple[str, str]) -> None:
    first, second = (known_record({**GIVEN, "known": known}) for known in pair)
    for type, elements in (
        ("Patient", ("name", "birthDate", "telecom", "address")),
        ("AllergyIntolerance", ("code", "onsetDateTime")),
        ("Condition", ("code", "onsetDateTime")),
        ("MedicationStatement", ("medicationCodeableConcept", "effectivePeriod")),
        ("Immunization", ("vaccineCode", "occurrenceDateTime", "lotNumber")),
    ):
        for element in elements:
            assert first[type][0][element] != second[type][0][element]


def test_without_a_choice_the_first_patient_is_meant() -> None:
    assert a_document(GIVEN, "word") == document("1")


def test_a_submitted_document_states_neither_hash_nor_size() -> None:
    submission = a_submission_of_a_document(GIVEN, "word")
    attachment = submission["entry"][1]["resource"]["content"][0]["attachment"]
    assert attachment.keys() == {"contentType", "url"}
    assert submission["entry"][2]["resource"] == a_document(GIVEN, "word")
