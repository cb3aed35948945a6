"""Patients of whom everything is known, since a test has written their records itself: whatever a
summary or a document says otherwise was changed on the way.

The input `known` chooses one of `known_patients.json`, so that a system which answers for everybody
with the same is found.  Codes are of SNOMED CT's International Patient Set, ATC and the required
value sets of FHIR R4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sandbox.fhir.json import Json
from sandbox.testbench.submissions import PATIENTS, coded, urn

NATIONAL = coded("http://terminology.hl7.org/CodeSystem/v2-0203", "NI")
OF_PATIENT = ("AllergyIntolerance", "Immunization")  # they say `patient`, the others `subject`
WORD = "known"


def known_record(given: Mapping[str, str]) -> dict[str, list[Json]]:
    """Returns the patient of a run, and an allergy, problems, a medication and an immunization of
    hers, by type.
    """
    (person,) = _known(given)["Patient"]
    number = {"use": "official", "type": NATIONAL, "system": PATIENTS}
    identifier = [number | {"value": f"{given['run']}-known"}]
    patient = {"resourceType": "Patient", "identifier": identifier, **person}
    return {"Patient": [patient], **known_facts(given, urn(given, WORD, "Patient"))}


def known_facts(given: Mapping[str, str], her: str) -> dict[str, list[Json]]:
    """Returns what is known of a patient, by type.

    Args:
        given: What the test takes.
        her: How the patient is referred to.
    """
    return {
        type: [
            resource | {"patient" if type in OF_PATIENT else "subject": {"reference": her}}
            for resource in resources
        ]
        for type, resources in _known(given).items()
        if type != "Patient"
    }


def loading(given: Mapping[str, str]) -> Json:
    """Returns the transaction that writes the record; the patient is its first entry."""
    entries = [
        {
            "fullUrl": urn(given, WORD, type, *(["more"] * number)),
            "resource": resource,
            "request": {"method": "POST", "url": type},
        }
        for type, resources in known_record(given).items()
        for number, resource in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _known(given: Mapping[str, str]) -> Mapping[str, list[Json]]:
    return _records()[given.get("known") or "1"]


@cache
def _records() -> Mapping[str, Mapping[str, list[Json]]]:
    file = Path(__file__).with_name("known_patients.json")
    records: Mapping[str, Mapping[str, list[Json]]] = json.loads(file.read_text(encoding="utf-8"))
    return records
