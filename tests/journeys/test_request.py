"""Journey 1, the request: bytes → request → route → interaction → store → reply → bytes, and the way of an error.

A system of a team registers a patient and a vaccination in one transaction, finds them again, corrects one, and is told
in its own language what it did wrong.
"""

import json

from starlette.testclient import TestClient

FHIR = {"Content-Type": "application/fhir+json", "Accept-Language": "pt-BR"}
TRANSACTION = b"""
{"resourceType": "Bundle", "type": "transaction", "entry": [
  {"fullUrl": "urn:uuid:6f1c1a52-7a3f-4c55-9f0e-0d4f2a5b9c01", "request": {"method": "POST", "url": "Patient"},
   "resource": {"resourceType": "Patient", "identifier": [{"system": "urn:oid:2.16.76", "value": "99902431577"}],
                "name": [{"family": "Nogueira", "given": ["In\xc3\xaas"]}], "birthDate": "1990-05"}},
  {"request": {"method": "POST", "url": "Immunization"},
   "resource": {"resourceType": "Immunization", "status": "completed", "occurrenceDateTime": "2024-03-11",
                "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BL01"}]},
                "doseQuantity": {"value": 0.50, "unit": "mL"},
                "patient": {"reference": "urn:uuid:6f1c1a52-7a3f-4c55-9f0e-0d4f2a5b9c01"}}}]}
"""


def test_a_system_registers_finds_corrects_and_is_corrected(trained: TestClient) -> None:
    done = trained.post("/fhir", content=TRANSACTION, headers=FHIR)
    assert [entry["response"]["status"] for entry in done.json()["entry"]] == [
        "201 Created",
        "201 Created",
    ]

    by_name = trained.get("/fhir/Immunization?patient.name=ines&date=ge2024&vaccine-code=J07BL01")
    assert by_name.json()["total"] == 1
    assert b'"value":0.50' in by_name.content
    (entry,) = by_name.json()["entry"]
    reference = entry["resource"]["patient"]["reference"]

    patient = trained.get(f"/fhir/{reference}")
    corrected = json.dumps({**patient.json(), "birthDate": "1990-05-17"})
    guard = {**FHIR, "If-Match": patient.headers["ETag"]}
    assert trained.put(f"/fhir/{reference}", content=corrected, headers=guard).status_code == 200

    late = trained.put(f"/fhir/{reference}", content=corrected, headers=guard)
    assert late.status_code == 412
    (issue,) = late.json()["issue"]
    assert issue["code"] == "conflict"
    assert issue["expression"] == ["If-Match"]
    assert "alguém foi mais rápido" in issue["details"]["text"]
    assert 'If-Match: W/"2"' in issue["diagnostics"]
    assert trained.get(f"/fhir/{reference}/_history").json()["total"] == 2
