"""What a learner of lesson 02 has at hand."""

import copy
import json
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from sandbox.fhir.json import Json
from sandbox.ips.building import build_summary
from tests.places import PROJECT

NELIDA: Json = {
    "resourceType": "Patient",
    "id": "nelida",
    "gender": "female",
    "birthDate": "1961-02-14",
    "name": [{"family": "Oyarzún Cárcamo", "given": ["Nélida"]}],
    "identifier": [{"system": "urn:oid:2.16.152", "value": "48612309-5"}],
}
ACTIVE = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
    ]
}
E11 = {"system": "http://hl7.org/fhir/sid/icd-10", "code": "E11"}
DIABETES: Json = {
    "resourceType": "Condition",
    "subject": {"reference": "Patient/nelida"},
    "clinicalStatus": ACTIVE,
    "code": {"coding": [E11], "text": "Diabetes mellitus tipo 2"},
    "onsetDateTime": "2011",
}
NONE_KNOWN: Json = {
    "resourceType": "AllergyIntolerance",
    "patient": {"reference": "Patient/nelida"},
    "clinicalStatus": {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                "code": "active",
            }
        ]
    },
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "716186003"}]},
}
METFORMIN: Json = {
    "resourceType": "MedicationStatement",
    "status": "active",
    "subject": {"reference": "Patient/nelida"},
    "effectivePeriod": {"start": "2012-05"},
    "medicationCodeableConcept": {
        "coding": [{"system": "http://www.whocc.no/atc", "code": "A10BA02"}]
    },
}
SUMMARY = build_summary(NELIDA, DIABETES, NONE_KNOWN, METFORMIN)
PREDICTIONS = {
    "no_allergies": "error",
    "local_gender": "error",
    "oid_with_dot": "warning",
    "text_only": "nothing",
}
ARSENIO = {
    **NELIDA,
    "birthDate": "1990-05-02",
    "identifier": [{"system": "urn:oid:2.16.600", "value": "5123987"}],
}
SHOT: Json = {
    "resourceType": "Immunization",
    "status": "completed",
    "occurrenceDateTime": "2024-03-11",
    "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BL01"}]},
}
OPEN = build_summary(ARSENIO, SHOT)
SEED = PROJECT / "datasets" / "seeds" / "training" / "20-broken-summary.json"
ABROAD: Json = json.loads(SEED.read_text(encoding="utf-8"))["entry"][0]["resource"]


def resource(bundle: Json, type: str) -> Json:
    return next(
        dict_of
        for entry in bundle["entry"]
        if (dict_of := entry["resource"])["resourceType"] == type
    )


def section(bundle: Json, code: str) -> Json:
    held = resource(bundle, "Composition")["section"]
    return next(one for one in held if one["code"]["coding"][0]["code"] == code)


def mended(change: Callable[[Json], Any] = lambda _: None) -> Json:
    """Returns the document from abroad without its faults, changed further."""
    document = copy.deepcopy(ABROAD)
    document["entry"].sort(key=lambda entry: entry["resource"]["resourceType"] != "Composition")
    resource(document, "Patient")["gender"] = "female"
    text = '<div xmlns="http://www.w3.org/1999/xhtml">Levotiroxina</div>'
    section(document, "10160-0")["text"] = {"status": "generated", "div": text}
    allergy = next(
        one for one in document["entry"] if one["resource"]["resourceType"] == "AllergyIntolerance"
    )
    section(document, "48765-2")["entry"] = [{"reference": allergy["fullUrl"]}]
    change(document)
    return document


def changed(document: Json, change: Callable[[Json], Any]) -> Json:
    copied = copy.deepcopy(document)
    change(copied)
    return copied


def without(document: Json, type: str) -> Json:
    """Returns a document without the entries of a type and without the references to them."""
    copied = copy.deepcopy(document)
    gone = {one["fullUrl"] for one in copied["entry"] if one["resource"]["resourceType"] == type}
    copied["entry"] = [one for one in copied["entry"] if one["fullUrl"] not in gone]
    reason = {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/list-empty-reason",
                "code": "unavailable",
            }
        ]
    }
    for one in resource(copied, "Composition")["section"]:
        kept = [each for each in one.pop("entry", []) if each["reference"] not in gone]
        one |= {"entry": kept} if kept else {"emptyReason": reason}
    return copied


def other_allergy(document: Json) -> None:
    """Lets the allergy section refer to a second allergy that says something else."""
    second = {
        "resourceType": "AllergyIntolerance",
        "patient": resource(document, "AllergyIntolerance")["patient"],
    }
    second |= {"clinicalStatus": NONE_KNOWN["clinicalStatus"], "code": {"text": "Polen"}}
    document["entry"].append(
        {"fullUrl": "urn:uuid:11111111-1111-4111-8111-111111111111", "resource": second}
    )
    section(document, "48765-2")["entry"] = [
        {"reference": "urn:uuid:11111111-1111-4111-8111-111111111111"}
    ]


KEEPER = "urn:uuid:7f0c7c0e-3b1e-4f0a-9a3e-0a6f6d1f9c52"


def identifier(kind: str, system: str, value: str) -> Json:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": kind}
    return {"use": "official", "type": {"coding": [coding]}, "system": system, "value": value}


def regional(change: Callable[[Json], Any] = lambda _: None) -> Json:
    """Returns Nélida's summary as the region has it, changed further."""
    document = copy.deepcopy(SUMMARY)
    passport = "urn:oid:2.16.840.1.113883.4.330.152"
    resource(document, "Patient")["identifier"] = [
        identifier("NI", "urn:oid:2.16.152", "48612309-5"),
        identifier("PPN", passport, "P48612309"),
    ]
    ministry = {"resourceType": "Organization", "name": "Ministerio de Salud"}
    ministry |= {"address": [{"country": "CL"}]}
    document["entry"].append({"fullUrl": KEEPER, "resource": ministry})
    resource(document, "Composition")["custodian"] = {"reference": KEEPER}
    change(document)
    return document


def plant(client: TestClient) -> None:
    """The training seed holds the document from abroad already."""
