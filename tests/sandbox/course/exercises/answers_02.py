"""Answers to the exercises of lesson 02, right and wrong."""

import copy
import json
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_02 import EXERCISES as EXERCISES
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


RIGHT: list[tuple[str, Any]] = [
    ("2.1", ["10160-0", "11450-4", "48765-2"]),
    ("2.2", DIABETES),
    ("2.3", NONE_KNOWN),
    ("2.4", SUMMARY),
    ("2.5", mended()),
    ("2.6", PREDICTIONS),
    *[(part, OPEN) for part in ("2.7a", "2.7b", "2.7c", "2.7d")],
    (
        "2.7c",
        build_summary(ARSENIO, SHOT, NONE_KNOWN | {"patient": {"reference": "Patient/nelida"}}),
    ),
]
WRONG: list[tuple[str, Any, str]] = [
    ("2.1", "11450-4", "no_list"),
    ("2.1", ["11450-4", "48765-2", "11369-6"], "optional"),
    ("2.1", ["11450-4", "48765-2", "problems"], "unknown"),
    ("2.1", ["11450-4", "48765-2"], "fewer"),
    ("2.2", {**DIABETES, "resourceType": "Observation"}, "type"),
    ("2.2", {**DIABETES, "clinicalStatus": {"text": "activa"}}, "status"),
    ("2.2", {**DIABETES, "code": {"coding": [{"system": "ICD-10", "code": "E11"}]}}, "code_name"),
    ("2.2", {**DIABETES, "code": {"coding": [{**E11, "system": "http://snomed.info/sct"}]}}, "other_system"),
    ("2.2", {**DIABETES, "code": {"coding": [{**E11, "code": "E10"}]}}, "code"),
    ("2.2", {**DIABETES, "onsetDateTime": "2011-01-01"}, "invented"),
    ("2.2", {**DIABETES, "onsetDateTime": 2011}, "onset"),
    ("2.3", [], "silence"),
    ("2.3", "NO REFIERE", "type"),
    ("2.3", {**NONE_KNOWN, "code": {"text": "Sin alergias conocidas"}}, "text_only"),
    ("2.3", {**NONE_KNOWN, "code": {"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}}, "other_code"),
    ("2.4", "Bundle/1", "reference"),
    ("2.4", NELIDA, "no_bundle"),
    ("2.4", {**SUMMARY, "type": "collection"}, "no_document"),
    ("2.4", {**SUMMARY, "entry": SUMMARY["entry"][1:]}, "errors"),
    ("2.4", build_summary(ARSENIO, DIABETES, NONE_KNOWN, METFORMIN), "other_patient"),
    ("2.4", build_summary(NELIDA, DIABETES, NONE_KNOWN), "missing"),
    ("2.4", build_summary(NELIDA, DIABETES, NONE_KNOWN, METFORMIN | {"medicationCodeableConcept": {"text": "x"}}),
     "medication"),
    ("2.4", build_summary(NELIDA, DIABETES, NONE_KNOWN, METFORMIN | {"effectivePeriod": {"start": "2012"}}), "since"),
    ("2.5", "Bundle/summary-from-abroad", "reference"),
    ("2.5", NELIDA, "no_bundle"),
    ("2.5", {**ABROAD, "type": "collection"}, "no_document"),
    ("2.5", SUMMARY, "other_document"),
    ("2.5", ABROAD, "errors"),
    ("2.5", without(mended(), "AllergyIntolerance"), "lost"),
    ("2.5", mended(lambda document: resource(document, "MedicationStatement").update(status="completed")), "lost"),
    ("2.5", mended(lambda document: section(document, "48765-2").pop("entry")), "errors"),
    ("2.5", changed(mended(), other_allergy), "unlinked"),
    ("2.6", {**PREDICTIONS, "text_only": "ok"}, "word"),
    ("2.6", {**PREDICTIONS, "no_allergies": "warning"}, "no_allergies"),
    ("2.6", {**PREDICTIONS, "local_gender": "nothing"}, "local_gender"),
    ("2.6", {**PREDICTIONS, "oid_with_dot": "error"}, "oid_with_dot"),
    ("2.6", {**PREDICTIONS, "text_only": "error"}, "text_only"),
    ("2.7a", "Bundle/1", "reference"),
    ("2.7a", SHOT, "no_bundle"),
    ("2.7a", {**OPEN, "type": "transaction"}, "no_document"),
    ("2.7a", {**OPEN, "entry": OPEN["entry"][1:]}, "errors"),
    ("2.7b", build_summary(ARSENIO), "no_vaccination"),
    ("2.7b", build_summary(ARSENIO, SHOT | {"vaccineCode": {"text": "fiebre amarilla"}}), "not_coded"),
    ("2.7b", build_summary(ARSENIO, SHOT | {"occurrenceDateTime": "hace poco"}), "no_date"),
    ("2.7b", changed(OPEN, lambda one: section(one, "11369-6").pop("entry")), "not_listed"),
    ("2.7c", changed(OPEN, lambda one: resource(one, "Composition").update(section=[])), "no_section"),
    ("2.7c", changed(OPEN, lambda one: section(one, "48765-2").pop("emptyReason")), "nothing_said"),
    ("2.7c", build_summary(ARSENIO, NONE_KNOWN | {"code": {"text": "polen"}}), "not_coded"),
    ("2.7d", SUMMARY, "same_patient"),
    ("2.7d", build_summary(ARSENIO | {"identifier": [{"system": "CI", "value": "1"}]}), "identifier"),
    ("2.7d", build_summary({key: value for key, value in ARSENIO.items() if key != "birthDate"}), "birth_date"),
]  # fmt: skip


def plant(client: TestClient) -> None:
    """The training seed holds the document from abroad already."""
