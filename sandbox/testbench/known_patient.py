"""A patient of whom everything is known, since a test has written her record itself: whatever a
summary of her says otherwise was changed on the way.

Codes are of SNOMED CT's International Patient Set, ATC and the required value sets of FHIR R4.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.fhir.json import Json
from sandbox.testbench.submissions import PATIENTS, coded, urn

SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
STATES = "http://terminology.hl7.org/CodeSystem"
V2 = "http://terminology.hl7.org/CodeSystem/v2"
WORD = "known"


def known_record(given: Mapping[str, str]) -> dict[str, list[Json]]:
    """Returns the patient of a run, and an allergy, problems, a medication and an immunization of
    hers, by type.
    """
    her = {"reference": urn(given, WORD, "Patient")}
    return {
        "Patient": [_patient(given)],
        "AllergyIntolerance": [_allergy() | {"patient": her}],
        "Condition": [problem | {"subject": her} for problem in (_problem(), _past_problem())],
        "MedicationStatement": [_medication() | {"subject": her}],
        "Immunization": [_immunization() | {"patient": her}],
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


def _patient(given: Mapping[str, str]) -> Json:
    return {
        "resourceType": "Patient",
        "identifier": [
            {
                "use": "official",
                "type": coded(f"{V2}-0203", "NI"),
                "system": PATIENTS,
                "value": f"{given['run']}-known",
            }
        ],
        "name": [{"use": "official", "family": "Conocida", "given": ["Rosa", "Inés"]}],
        "telecom": [{"system": "phone", "value": "+56220000007", "use": "home"}],
        "gender": "female",
        "birthDate": "1974-03-25",
        "address": [{"use": "home", "line": ["Calle 7"], "city": "Arica", "country": "CL"}],
        "communication": [{"language": coded("urn:ietf:bcp:47", "es"), "preferred": True}],
        "generalPractitioner": [{"display": "Consultorio 7"}],
        "managingOrganization": {"display": "Hospital 7"},
    }


def _allergy() -> Json:
    manifestation = [coded(SNOMED, "39579001")]  # anaphylaxis
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": coded(f"{STATES}/allergyintolerance-clinical", "active"),
        "verificationStatus": coded(f"{STATES}/allergyintolerance-verification", "confirmed"),
        "type": "allergy",
        "category": ["medication"],
        "criticality": "high",
        "code": coded(SNOMED, "91936005") | {"text": "Penicilina"},  # allergy to penicillin
        "onsetDateTime": "1998-05-04",
        "reaction": [{"manifestation": manifestation, "severity": "severe"}],
    }


def _problem() -> Json:
    return {
        "resourceType": "Condition",
        "clinicalStatus": coded(f"{STATES}/condition-clinical", "active"),
        "verificationStatus": coded(f"{STATES}/condition-ver-status", "confirmed"),
        "category": [coded(f"{STATES}/condition-category", "problem-list-item")],
        "severity": coded(SNOMED, "6736007"),  # moderate
        "code": coded(SNOMED, "38341003") | {"text": "Hipertensión"},  # hypertension
        "onsetDateTime": "2015-09-12",
    }


def _past_problem() -> Json:
    return {
        "resourceType": "Condition",
        "clinicalStatus": coded(f"{STATES}/condition-clinical", "resolved"),
        "verificationStatus": coded(f"{STATES}/condition-ver-status", "confirmed"),
        "category": [coded(f"{STATES}/condition-category", "problem-list-item")],
        "code": coded(SNOMED, "233604007") | {"text": "Neumonía"},
        "onsetDateTime": "2009-06-02",
        "abatementDateTime": "2009-06-30",
    }


def _medication() -> Json:
    once_a_day = {"frequency": 1, "period": 1, "periodUnit": "d"}
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": coded(ATC, "C09AA02") | {"text": "Enalapril"},  # enalapril
        "effectivePeriod": {"start": "2016-01-20"},
        "dosage": [{"text": "10 mg", "timing": {"repeat": once_a_day}}],
    }


def _immunization() -> Json:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": coded(ATC, "J07BD52") | {"text": "Triple viral"},  # MMR
        "occurrenceDateTime": "1975-06-30",
        "lotNumber": "LOTE-7",
        "performer": [{"actor": {"display": "Vacunatorio 7"}}],
        "protocolApplied": [{"doseNumberPositiveInt": 1}],
    }
