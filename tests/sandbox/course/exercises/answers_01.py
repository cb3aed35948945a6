"""What a learner of lesson 01 has at hand, and what participants left on the server."""

from typing import Any

from starlette.testclient import TestClient

from tests.builders import put

MARISOL: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:oid:2.16.600", "value": "4567012"}],
    "name": [{"family": "Ayala Benítez", "given": ["Marisol"]}],
    "gender": "female",
    "birthDate": "1992-07-14",
}
LOINC_WEIGHT = {"system": "http://loinc.org", "code": "29463-7"}
VITAL_SIGNS = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "vital-signs",
}
KILOGRAMS = {"value": 62.4, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
WEIGHT: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "category": [{"coding": [VITAL_SIGNS]}],
    "code": {"coding": [LOINC_WEIGHT]},
    "effectiveDateTime": "2026-11-02",
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
