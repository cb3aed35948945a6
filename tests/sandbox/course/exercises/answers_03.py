"""What a learner of lesson 03 has at hand, and what participants published."""

import base64
import hashlib
from typing import Any

from starlette.testclient import TestClient

from sandbox.course.document_source import submission
from sandbox.fhir.json import Json, write_json
from sandbox.ips.building import build_summary
from tests.builders import put
from tests.sandbox.course.exercises.answers_02 import ARSENIO, NELIDA

ROSA: Json = {
    **NELIDA,
    "id": "rosa",
    "identifier": [{"system": "urn:oid:2.16.152", "value": "48215377-1"}],
}
CONTENT = "Rosa Fuenzalida: alergia a la penicilina, sí".encode()
DIGEST = hashlib.sha1(CONTENT, usedforsecurity=False)
HASH = base64.b64encode(DIGEST.digest()).decode()
SHA256 = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
WHO = {"publish": "ITI-65", "find": "ITI-67", "retrieve": "ITI-68"}
CODES = {
    "wrong_hash": "XDSRegistryMetadataError",
    "lost_binary": "XDSMissingDocument",
    "two_patients": "XDSPatientIdDoesNotMatch",
    "no_profile": "accepted",
}
QUERY = "DocumentReference?patient.identifier=urn:oid:2.16.152|48215377-1&status=current"
DOCUMENT = build_summary(ROSA)
OPEN = {
    "patient": "Patient/arsenio",
    "document": "DocumentReference/o-right",
    "content": "Binary/o-right",
}


def published(id: str, document: Json, patient: str, **changes: Any) -> list[Json]:
    """Returns the three resources of a submission as a server stores them; `changes` are of the DocumentReference."""
    listed, reference, binary = (
        one["resource"] for one in submission(document, patient=patient)["entry"]
    )
    reference["content"][0]["attachment"]["url"] = f"http://sandbox.test/fhir/Binary/{id}"
    listed["entry"] = [{"item": {"reference": f"DocumentReference/{id}"}}]
    return [{**one, "id": id} for one in (listed, {**reference, **changes}, binary)]


def replacing(*targets: str) -> dict[str, Any]:
    return {"relatesTo": [{"code": "replaces", "target": {"reference": one}} for one in targets]}


def with_attachment(resources: list[Json], **changes: Any) -> list[Json]:
    resources[1]["content"][0]["attachment"] |= changes
    return resources


def with_set(resources: list[Json], **changes: Any) -> list[Json]:
    resources[0] |= changes
    return resources


def with_data(resources: list[Json], content: bytes) -> list[Json]:
    resources[2]["data"] = base64.b64encode(content).decode()
    return resources


CHILE, MINE = "Patient/rosa-fuenzalida", "Patient/arsenio"
SUMMARY = build_summary(ARSENIO)
STORED: list[list[Json]] = [
    published("right", DOCUMENT, CHILE),
    published("old", DOCUMENT, CHILE, status="superseded"),
    published("newer", DOCUMENT, CHILE, **replacing("DocumentReference/old")),
    published("half", DOCUMENT, CHILE, **replacing("DocumentReference/right")),
    published("past", DOCUMENT, CHILE, status="superseded", **replacing("DocumentReference/old")),
    published("luzia", DOCUMENT, "Patient/luzia-nogueira"),
    with_attachment(published("silent", DOCUMENT, CHILE), hash=""),
    published("o-right", SUMMARY, MINE),
    published("o-past", SUMMARY, MINE, status="superseded"),
    published("o-type", SUMMARY, MINE, type={"text": "resumen"}),
    with_attachment(
        published("o-url", SUMMARY, MINE), url="http://sandbox.test/fhir/Binary/elsewhere"
    ),
    with_attachment(published("o-hash", SUMMARY, MINE), hash=HASH),
    with_data(published("o-text", SUMMARY, MINE), b"Arsenio"),
    with_data(
        published("o-faulty", SUMMARY, MINE), write_json({**SUMMARY, "entry": SUMMARY["entry"][1:]})
    ),
    with_data(published("o-rosa", SUMMARY, MINE), write_json(DOCUMENT)),
    with_set(published("o-set", SUMMARY, MINE), subject={"reference": CHILE}),
    with_set(published("o-source", SUMMARY, MINE), extension=[]),
]


def handed_in(id: str, **others: str) -> dict[str, str]:
    return {**OPEN, "document": f"DocumentReference/{id}", "content": f"Binary/{id}", **others}


def plant(client: TestClient) -> None:
    """Stores what participants published, resource by resource, so that it can be faulty."""
    assert put(client, "/Patient/arsenio", {**ARSENIO, "id": "arsenio"}).status_code == 201
    for resource in (one for published in STORED for one in published):
        assert (
            put(client, f"/{resource['resourceType']}/{resource['id']}", resource).status_code
            == 201
        )
