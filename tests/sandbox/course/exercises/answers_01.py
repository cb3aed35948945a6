"""Answers to the exercises of lesson 01, right and wrong, and what participants left on the server."""

from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_01 import EXERCISES as EXERCISES
from tests.builders import put

MARISOL: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:oid:2.16.600", "value": "4567012"}],
    "name": [{"family": "Ayala Benítez", "given": ["Marisol"]}],
    "gender": "female",
    "birthDate": "1992-07-14",
}
LOINC_WEIGHT = {"system": "http://loinc.org", "code": "29463-7"}
KILOGRAMS = {"value": 62.4, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
WEIGHT: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [LOINC_WEIGHT]},
    "subject": {"reference": "Patient/marisol"},
    "valueQuantity": KILOGRAMS,
}
SHOT: dict[str, Any] = {
    "resourceType": "Immunization",
    "status": "completed",
    "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BL01"}]},
    "patient": {"reference": "Patient/marisol"},
    "occurrenceDateTime": "2024-03-11",
}
HBA1C = "Observation?patient=Patient/rosa-fuenzalida&code=http://loinc.org|4548-4"
URN = "urn:uuid:0b6a7f0e-52a4-4f0b-8a39-3f5a1c2d4e77"

# What participants have put on the server: id → resource
ON_SERVER: dict[str, dict[str, Any]] = {
    "marisol": MARISOL,
    "someone": {"resourceType": "Patient", "name": [{"family": "X"}]},
    "bare-number": {**MARISOL, "identifier": [{"system": "CI", "value": "1"}]},
    "nameless": {"resourceType": "Patient", "identifier": MARISOL["identifier"]},
    "w-right": WEIGHT,
    "w-nobody": {**WEIGHT, "subject": {}},
    "w-bare": {**WEIGHT, "subject": {"reference": "marisol"}},
    "w-other": {**WEIGHT, "subject": {"reference": "Patient/someone"}},
    "w-code": {**WEIGHT, "code": {"text": "peso"}},
    "w-text": {**WEIGHT, "valueQuantity": {**KILOGRAMS, "value": "62.4"}},
    "w-string": {key: value for key, value in WEIGHT.items() if key != "valueQuantity"} | {"valueString": "62.4 kg"},
    "w-unit": {**WEIGHT, "valueQuantity": {"value": 62.4, "unit": "kg"}},
    "w-value": {**WEIGHT, "valueQuantity": {**KILOGRAMS, "value": 624}},
    "i-right": SHOT,
    "i-status": {**SHOT, "status": "done"},
    "i-vaccine": {**SHOT, "vaccineCode": {"text": "fiebre amarilla"}},
    "i-other": {**SHOT, "patient": {"reference": "Patient/someone"}},
    "i-name": {**SHOT, "patient": {"reference": "Marisol"}},
    "i-nobody": {**SHOT, "patient": {}},
    "i-early": {**SHOT, "occurrenceDateTime": "1990-01-01"},
    "i-format": {**SHOT, "occurrenceDateTime": "11/03/2024"},
    "i-undated": {key: value for key, value in SHOT.items() if key != "occurrenceDateTime"},
}  # fmt: skip
# Later versions, for exercise 1.6
UPDATES: dict[str, dict[str, Any]] = {
    "v-right": {**MARISOL, "telecom": [{"system": "phone", "value": "+595 981 555 014"}]},
    "v-lost": {"resourceType": "Patient", "telecom": [{"system": "phone", "value": "1"}]},
    "v-phone": {**MARISOL, "telecom": [{"system": "teléfono", "value": "1"}]},
}


def a_transaction(**changes: Any) -> dict[str, Any]:
    """Returns the right answer to 1.7, changed at `reference`, `full_url`, `request`, `type` or `entries`."""
    patient = {
        "fullUrl": changes.get("full_url", URN),
        "resource": {"resourceType": "Patient", "name": [{"family": "Rojas Vera"}]},
        "request": changes.get("request", {"method": "POST", "url": "Patient"}),
    }
    condition = {
        "resource": {
            "resourceType": "Condition",
            "subject": {"reference": changes.get("reference", URN)},
        },
        "request": {"method": "POST", "url": "Condition"},
    }
    entries = changes.get("entries", [patient, condition])
    return {"resourceType": "Bundle", "type": changes.get("type", "transaction"), "entry": entries}


STATUSES = {"unknown_type": 404, "wrong_body": 400, "deleted": 410, "stale": 412}
OPEN = {"patient": "Patient/marisol", "immunization": "Immunization/i-right"}
RIGHT: list[tuple[str, Any]] = [
    ("1.1", MARISOL),
    ("1.1", {**MARISOL, "telecom": [{"system": "phone", "value": "1"}]}),
    ("1.2", "Patient/marisol"),
    ("1.3", LOINC_WEIGHT),
    ("1.3", {**LOINC_WEIGHT, "display": "Body weight"}),
    ("1.4", "Observation/w-right"),
    ("1.5", f"{HBA1C}&date=ge2024"),
    ("1.5", "Observation?patient.family=fuenzalida&code=4548-4&date=2024"),
    ("1.6", "Patient/v-right"),
    ("1.7", a_transaction()),
    ("1.8", STATUSES),
    *[(part, OPEN) for part in ("1.9a", "1.9b", "1.9c", "1.9d")],
]
WRONG: list[tuple[str, Any, str]] = [
    ("1.1", "Marisol", "type"),
    ("1.1", {**MARISOL, "resourceType": "Person"}, "type"),
    ("1.1", {**MARISOL, "name": {"family": "Ayala Benítez"}}, "name_not_list"),
    ("1.1", {**MARISOL, "name": [{"text": "Marisol Ayala"}]}, "name_parts"),
    ("1.1", {**MARISOL, "gender": "F"}, "gender_local"),
    ("1.1", {**MARISOL, "gender": "femenino"}, "gender_local"),
    ("1.1", {**MARISOL, "gender": "male"}, "gender"),
    ("1.1", {**MARISOL, "birthDate": "14/07/1992"}, "date_format"),
    ("1.1", {**MARISOL, "birthDate": "1992-14-07"}, "date_format"),
    ("1.1", {**MARISOL, "birthDate": "1992-07-04"}, "date_other"),
    ("1.1", {**MARISOL, "identifier": [{"value": "4567012"}]}, "identifier"),
    ("1.2", MARISOL, "whole_resource"),
    ("1.2", "marisol", "id_only"),
    ("1.2", "Patient/marisol/_history/1", "version_place"),
    ("1.2", "http://sandbox.test/fhir/Patient/marisol", "absolute"),
    ("1.2", "Observation/w-right", "other_type"),
    ("1.2", "Patient/nobody", "not_there"),
    ("1.2", "Patient/rosa-fuenzalida", "other_patient"),
    ("1.3", [LOINC_WEIGHT], "list"),
    ("1.3", {**LOINC_WEIGHT, "system": "LOINC"}, "name_not_uri"),
    ("1.3", {**LOINC_WEIGHT, "system": "https://loinc.org"}, "uri_differs"),
    ("1.3", {**LOINC_WEIGHT, "system": "http://www.loinc.org/"}, "uri_differs"),
    ("1.3", {**LOINC_WEIGHT, "code": "8302-2"}, "other_code"),
    ("1.4", WEIGHT, "whole_resource"),
    ("1.4", "w-right", "id_only"),
    ("1.4", "Observation/nothing", "not_there"),
    ("1.4", "Observation/w-nobody", "no_subject"),
    ("1.4", "Observation/w-bare", "bare_id"),
    ("1.4", "Observation/w-other", "other_subject"),
    ("1.4", "Observation/w-code", "code"),
    ("1.4", "Observation/w-text", "value_text"),
    ("1.4", "Observation/w-string", "value_text"),
    ("1.4", "Observation/w-unit", "unit"),
    ("1.4", "Observation/w-value", "value"),
    ("1.5", "Observation/rosa-fuenzalida-hba1c-2024", "not_a_search"),
    ("1.5", 2024, "not_a_search"),
    ("1.5", "Observation?_id=rosa-fuenzalida-hba1c-2024", "by_id"),
    ("1.5", f"{HBA1C}&fecha=2024", "refused"),
    ("1.5", f"{HBA1C}&date=gt2030", "nothing"),
    ("1.5", HBA1C, "too_many"),
    ("1.5", "Observation?code=8302-2", "others"),
    ("1.6", UPDATES["v-right"], "whole_resource"),
    ("1.6", "Patient/rosa-fuenzalida", "other_patient"),
    ("1.6", "Patient/nobody", "other_patient"),
    ("1.6", "Patient/marisol", "one_version"),
    ("1.6", "Patient/v-lost", "lost"),
    ("1.6", "Patient/v-phone", "no_phone"),
    ("1.7", a_transaction(type="collection"), "bundle_type"),
    ("1.7", a_transaction(entries=[]), "entries"),
    ("1.7", a_transaction(request={}), "request"),
    ("1.7", a_transaction(request={"method": "PUT", "url": "Patient"}), "request"),
    ("1.7", a_transaction(full_url="Patient/1"), "full_url"),
    ("1.7", a_transaction(reference="Patient/marisol"), "real_reference"),
    ("1.7", a_transaction(reference=URN.upper()), "dangling"),
    ("1.8", {**STATUSES, "unknown_type": "404"}, "text"),
    ("1.8", {**STATUSES, "unknown_type": 500}, "blames_server"),
    ("1.8", {**STATUSES, "wrong_body": 200}, "accepts"),
    ("1.8", {**STATUSES, "unknown_type": 400}, "unknown_type"),
    ("1.8", {**STATUSES, "wrong_body": 422}, "wrong_body"),
    ("1.8", {**STATUSES, "deleted": 404}, "deleted"),
    ("1.8", {**STATUSES, "stale": 409}, "stale"),
    ("1.9a", {**OPEN, "patient": "Patient/nobody"}, "not_there"),
    ("1.9a", {**OPEN, "patient": "Patient/bare-number"}, "identifier"),
    ("1.9a", {**OPEN, "patient": "Patient/nameless"}, "incomplete"),
    ("1.9b", {**OPEN, "immunization": "Immunization/nothing"}, "not_there"),
    ("1.9b", {**OPEN, "immunization": "Immunization/i-status"}, "status"),
    ("1.9b", {**OPEN, "immunization": "Immunization/i-vaccine"}, "vaccine"),
    ("1.9c", {**OPEN, "immunization": "Immunization/i-other"}, "other_reference"),
    ("1.9c", {**OPEN, "immunization": "Immunization/i-name"}, "not_a_reference"),
    ("1.9c", {**OPEN, "immunization": "Immunization/i-nobody"}, "no_reference"),
    ("1.9d", {**OPEN, "immunization": "Immunization/i-early"}, "before_birth"),
    ("1.9d", {**OPEN, "immunization": "Immunization/i-format"}, "date_format"),
    ("1.9d", {**OPEN, "immunization": "Immunization/i-undated"}, "no_date"),
]


def plant(client: TestClient) -> None:
    """Puts the participants' resources on a server."""
    for id, resource in ON_SERVER.items():
        assert (
            put(client, f"/{resource['resourceType']}/{id}", {**resource, "id": id}).status_code
            == 201
        )
    for id, resource in UPDATES.items():
        assert put(client, f"/Patient/{id}", {**MARISOL, "id": id}).status_code == 201
        assert put(client, f"/Patient/{id}", {**resource, "id": id}).status_code == 200
