"""AuditEvents: one for each transaction, right by the published audit profiles, readable like any resource."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.definitions.build import compile_package
from sandbox.definitions.store import Definitions, core_resources
from sandbox.mhd.auditing import TRANSACTIONS
from sandbox.validation import Options, validate
from sandbox.validation.knowledge import Knowledge
from tests.conftest import VECTORS, a_sandbox
from tests.sandbox.mhd.submissions import PROFILES, RFC, a_document_reference, a_submission

Json = dict[str, Any]
ROSA = "Patient/rosa-fuenzalida"


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[TestClient]:
    """A sandbox that keeps an account, with one document."""
    with a_sandbox(tmp_path, seed="training", audit=True) as client:
        yield client


def events(client: TestClient, number: str) -> list[Json]:
    found = client.get(f"/fhir/AuditEvent?subtype=urn:ihe:event-type-code|{number}").json()
    return [entry["resource"] for entry in found.get("entry", [])]


def publish(client: TestClient) -> str:
    reply = client.post("/fhir", json=a_submission())
    assert reply.status_code == 200, reply.text
    return str(reply.json()["entry"][2]["response"]["location"]).partition("/_history")[0]


def simplified(client: TestClient) -> None:
    data = base64.b64encode(b"{}").decode()
    content = [{"attachment": {"contentType": "application/fhir+json", "data": data}}]
    meta = {"profile": [f"{PROFILES}IHE.MHD.SimplifiedPublish.DocumentReference"]}
    one = a_document_reference(content=b"", meta=meta) | {"content": content}
    assert client.post("/fhir/DocumentReference", json=one).status_code == 201


def generated(client: TestClient) -> None:
    document = client.get(f"/fhir/{ROSA}/$summary").json()
    given = {
        "resourceType": "Parameters",
        "parameter": [{"name": "document", "resource": document}],
    }
    assert client.post("/fhir/DocumentReference/$generate-metadata", json=given).status_code == 200


ASKED: list[tuple[str, Callable[[TestClient], Any]]] = [
    ("ITI-65", publish),
    (
        "ITI-66",
        lambda client: client.get(f"/fhir/List?patient={ROSA}&code=submissionset&status=current"),
    ),
    (
        "ITI-66",
        lambda client: client.post(
            "/fhir/List/_search", data={"patient": ROSA, "status": "current"}
        ),
    ),
    ("ITI-67", lambda client: client.get(f"/fhir/DocumentReference?patient={ROSA}&status=current")),
    (
        "ITI-67",
        lambda client: client.get(
            "/fhir/DocumentReference?patient.identifier=urn:oid:1.2|7&status=current"
        ),
    ),
    ("ITI-68", lambda client: client.get(f"/fhir/{publish(client)}")),
    ("ITI-105", simplified),
    ("ITI-106", generated),
]


@cache
def published() -> Knowledge:
    """The audit profiles as IHE published them; their snapshots count, for their bases are not among the vectors."""
    profiles = []
    for file in (VECTORS / "mhd-4.2.3" / "conformance").glob("StructureDefinition-*.Audit.*.json"):
        one = json.loads(file.read_text(encoding="utf-8"))
        one["baseDefinition"] = "http://hl7.org/fhir/StructureDefinition/AuditEvent"
        elements = one["snapshot"]["element"]
        one["differential"] = {
            "element": [each for each in elements if not each["id"].endswith("AuditEvent.id")]
        }
        profiles.append(one)
    return Knowledge(Definitions([*core_resources(), *compile_package(profiles)]))


@pytest.mark.needs("vectors")
@pytest.mark.parametrize(("number", "ask"), ASKED)
def test_each_transaction_leaves_an_event_that_meets_its_published_profile(
    audited: TestClient, number: str, ask: Callable[[TestClient], Any]
) -> None:
    ask(audited)

    (event,) = events(audited, number)

    assert event["outcome"] == "0"
    assert PROFILES in event["meta"]["profile"][0]
    found = validate(event, knowledge=published())
    assert [(one.key, one.where) for one in found if one.severity == "error"] == []


@pytest.mark.needs("vectors")
def test_the_published_profile_would_find_what_is_missing(audited: TestClient) -> None:
    publish(audited)
    (event,) = events(audited, "ITI-65")
    for name in ("subtype", "entity", "agent", "outcome"):
        without = {key: value for key, value in event.items() if key != name}
        assert any(one.severity == "error" for one in validate(without, knowledge=published())), (
            name
        )


@pytest.mark.parametrize(
    ("number", "path"),
    [
        ("ITI-78", "Patient?family=Fuenzalida"),
        ("ITI-83", "Patient/$ihe-pix?sourceIdentifier=urn:oid:2.16.152|48215377-1"),
        ("ITI-95", "ValueSet?url=http://hl7.org/fhir/ValueSet/administrative-gender"),
        ("ITI-96", "CodeSystem?url=http://snomed.info/sct"),
        ("ITI-97", "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender"),
        ("ITI-98", "CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male"),
        (
            "ITI-99",
            "CodeSystem/$validate-code?url=http://hl7.org/fhir/administrative-gender&code=male",
        ),
        ("ITI-100", "ConceptMap?source-system=http://snomed.info/sct"),
        ("ITI-101", "ConceptMap/$translate?system=http://snomed.info/sct&code=1"),
    ],
)
def test_other_transactions_leave_one_too(audited: TestClient, number: str, path: str) -> None:
    audited.get(f"/fhir/{path}")

    (event,) = events(audited, number)

    query = next(one["query"] for one in event["entity"] if "query" in one)
    assert path.partition("?")[0] in base64.b64decode(query).decode()
    assert [
        one.key
        for one in validate(event, options=Options(declared=False))
        if one.severity == "error"
    ] == []


def test_every_transaction_of_the_table_is_tried() -> None:
    tried = (
        {number for number, _ in ASKED}
        | {"ITI-78", "ITI-83", "ITI-119"}
        | {f"ITI-{n}" for n in range(95, 102)}
    )
    assert {row[0] for row in TRANSACTIONS.values()} == tried


def test_a_refused_submission_is_told_as_a_failure(audited: TestClient) -> None:
    wrong = a_submission(
        a_document_reference(masterIdentifier={"system": RFC, "value": "urn:oid:2.999.1"})
    )

    assert audited.post("/fhir", json=wrong).status_code == 400

    (event,) = events(audited, "ITI-65")
    assert (event["outcome"], event["outcomeDesc"]) == ("4", "400 Bad Request")


def test_what_is_no_transaction_leaves_nothing(audited: TestClient) -> None:
    for path in (ROSA, "Observation", "metadata", "Patient/nobody", "AuditEvent"):
        audited.get(f"/fhir/{path}")
    binary = audited.post(
        "/fhir/Binary", json={"resourceType": "Binary", "contentType": "text/plain", "data": "aGk="}
    )
    audited.get(f"/fhir/Binary/{binary.json()['id']}")  # no DocumentReference leads there

    assert audited.get("/fhir/AuditEvent").json()["total"] == 0


def test_no_header_of_a_request_is_kept_but_the_name_of_the_client(audited: TestClient) -> None:
    audited.get(
        f"/fhir/List?patient={ROSA}",
        headers={"Authorization": "Bearer canary", "User-Agent": "ministry/1.0"},
    )

    (event,) = events(audited, "ITI-66")

    assert "canary" not in json.dumps(event)
    assert event["agent"][0]["who"]["display"] == "ministry/1.0"


def test_the_events_of_a_patient_are_found(audited: TestClient) -> None:
    publish(audited)
    assert audited.get(f"/fhir/AuditEvent?patient={ROSA}").json()["total"] == 1


def test_without_the_wish_there_are_none(trained: TestClient) -> None:
    publish(trained)
    assert trained.get("/fhir/AuditEvent").json()["total"] == 0
