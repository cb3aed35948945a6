"""Answers to the exercises of lesson 03, right and wrong, and what participants published."""

import base64
import hashlib
from typing import Any

from starlette.testclient import TestClient

from sandbox.course.document_source import submission
from sandbox.course.exercises.lesson_03 import EXERCISES as EXERCISES
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


RIGHT: list[tuple[str, Any]] = [
    ("3.1", WHO),
    ("3.1", {name: value.lower().replace("-", " ") for name, value in WHO.items()}),
    ("3.2", {"size": len(CONTENT), "hash": HASH}),
    ("3.3", "DocumentReference/right"),
    ("3.4", QUERY),
    ("3.4", QUERY.replace("patient.", "subject.").replace("|", "%7C")),
    ("3.5", DOCUMENT),
    ("3.6", "DocumentReference/newer"),
    ("3.7", CODES),
    *[(part, OPEN) for part in ("3.8a", "3.8b", "3.8c", "3.8d")],
]
WRONG: list[tuple[str, Any, str]] = [
    ("3.1", {**WHO, "find": "ITI-66"}, "sets"),
    ("3.1", {**WHO, "publish": "POST"}, "none_of_them"),
    ("3.1", {**WHO, "retrieve": "ITI-67"}, "metadata"),
    ("3.1", {**WHO, "publish": "ITI-68"}, "swapped"),
    ("3.2", {"size": 44, "hash": HASH}, "characters"),
    ("3.2", {"size": 60, "hash": HASH}, "size_of_base64"),
    ("3.2", {"size": "45", "hash": HASH}, "size"),
    ("3.2", {"size": 45, "hash": DIGEST.hexdigest()}, "hexadecimal"),
    ("3.2", {"size": 45, "hash": DIGEST.hexdigest().upper()}, "hexadecimal"),
    (
        "3.2",
        {"size": 45, "hash": base64.b64encode(DIGEST.hexdigest().encode()).decode()},
        "base64_of_hex",
    ),
    ("3.2", {"size": 45, "hash": SHA256}, "sha256"),
    ("3.2", {"size": 45, "hash": base64.b64encode(CONTENT).decode()}, "no_hash"),
    ("3.2", {"size": 45, "hash": ""}, "hash"),
    ("3.3", {"resourceType": "DocumentReference"}, "whole_resource"),
    ("3.3", "DocumentReference/right/_history/1", "version_place"),
    ("3.3", "Binary/right", "other_place"),
    ("3.3", "DocumentReference/nowhere", "not_there"),
    ("3.3", "DocumentReference/luzia", "other_patient"),
    ("3.3", "DocumentReference/silent", "no_hash"),
    ("3.4", "48215377-1", "not_a_search"),
    ("3.4", "DocumentReference?patient=Patient/rosa-fuenzalida&status=current", "by_id"),
    ("3.4", "DocumentReference?patient.identifier=48215377-1&status=current", "no_system"),
    ("3.4", QUERY.removesuffix("&status=current"), "no_status"),
    ("3.4", QUERY + "&colour=blue", "refused"),
    ("3.4", QUERY.replace("152", "76"), "nothing"),
    ("3.4", QUERY.replace("=current", "=superseded"), "others"),
    ("3.5", {"resourceType": "DocumentReference"}, "metadata"),
    ("3.5", {"resourceType": "Binary", "data": "e30="}, "wrapper"),
    ("3.5", "Bundle/1", "no_bundle"),
    ("3.5", {**DOCUMENT, "type": "searchset"}, "search_result"),
    ("3.5", SUMMARY, "other_patient"),
    ("3.6", {"resourceType": "DocumentReference"}, "whole_resource"),
    ("3.6", "DocumentReference/newer/_history/1", "version_place"),
    ("3.6", "List/newer", "other_place"),
    ("3.6", "DocumentReference/nowhere", "not_there"),
    ("3.6", "DocumentReference/right", "no_relation"),
    ("3.6", "DocumentReference/half", "still_current"),
    ("3.6", "DocumentReference/past", "not_current"),
    ("3.7", {**CODES, "wrong_hash": "400"}, "word"),
    ("3.7", {**CODES, "wrong_hash": "accepted"}, "wrong_hash"),
    ("3.7", {**CODES, "lost_binary": "XDSRegistryMetadataError"}, "lost_binary"),
    ("3.7", {**CODES, "two_patients": "XDSRegistryMetadataError"}, "two_patients"),
    ("3.7", {**CODES, "no_profile": "XDSRegistryMetadataError"}, "no_profile"),
    ("3.8a", handed_in("nowhere"), "not_there"),
    ("3.8a", handed_in("o-past"), "not_current"),
    ("3.8a", handed_in("o-type"), "type"),
    ("3.8a", handed_in("right"), "subject"),
    ("3.8b", handed_in("o-right", content="Binary/nowhere"), "not_there"),
    ("3.8b", handed_in("o-url"), "url"),
    ("3.8b", handed_in("o-hash"), "hash"),
    ("3.8c", handed_in("o-text"), "not_readable"),
    ("3.8c", handed_in("o-faulty"), "errors"),
    ("3.8c", handed_in("o-rosa"), "other_patient"),
    ("3.8d", handed_in("o-unlisted"), "no_set"),
    ("3.8d", handed_in("o-set"), "subject"),
    ("3.8d", handed_in("o-source"), "no_source"),
]


def plant(client: TestClient) -> None:
    """Stores what participants published, resource by resource, so that it can be faulty."""
    assert put(client, "/Patient/arsenio", {**ARSENIO, "id": "arsenio"}).status_code == 201
    for resource in (one for published in STORED for one in published):
        assert (
            put(client, f"/{resource['resourceType']}/{resource['id']}", resource).status_code
            == 201
        )
