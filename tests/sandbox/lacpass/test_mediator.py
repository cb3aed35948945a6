"""The mediator's shapes: a bare document in, a whole submission stored; faulty ones refused with the reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.course.connection import start_server
from tests.conftest import a_sandbox

PUBLISH = "/mediator/fhir/Bundle"
NUMBER = "urn:oid:2.16.152|48215377-1"
FIND = f"/fhir/DocumentReference?patient.identifier={NUMBER}&status=current"


def the_summary(client: TestClient) -> dict[str, Any]:
    return dict(client.get("/fhir/Patient/rosa-fuenzalida/$summary").json())


@pytest.fixture
def vague(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, seed="training", faults=frozenset({"vague_refusal"})) as client:
        yield client


def test_a_document_becomes_a_submission_that_is_found_at_once(trained: TestClient) -> None:
    document = the_summary(trained)
    reply = trained.post(PUBLISH, json=document)
    assert (reply.status_code, reply.json()["type"]) == (200, "transaction-response"), reply.text
    kinds = [one["response"]["location"].partition("/")[0] for one in reply.json()["entry"]]
    assert kinds == ["Patient", "Bundle", "DocumentReference", "List"]
    (found,) = trained.get(FIND).json()["entry"]
    address = found["resource"]["content"][0]["attachment"]["url"]
    retrieved = trained.get(address.removeprefix("http://sandbox.test")).json()
    assert retrieved["identifier"] == document["identifier"]
    assert trained.get("/fhir/Patient?_summary=count").json()["total"] == 12  # no second Rosa
    kept = trained.get("/fhir/Patient/rosa-fuenzalida").json()
    assert kept["managingOrganization"] == {
        "reference": "Organization/cesfam-amanecer"
    }  # and hers is as it was
    assert kept["meta"]["versionId"] == "1"


@pytest.mark.parametrize(
    ("identifier", "master"),
    [
        ({"system": "urn:ietf:rfc:4122", "value": "5BDC8B4A-52C5-4D3F-8E5D-3A4D1A2B6C7D"}, "urn:uuid:5bdc8b4a-52c5-4d3f-8e5d-3a4d1a2b6c7d"),
        ({"system": "urn:ietf:rfc:3986", "value": "urn:uuid:5bdc8b4a-52c5-4d3f-8e5d-3a4d1a2b6c7d"}, "urn:uuid:5bdc8b4a-52c5-4d3f-8e5d-3a4d1a2b6c7d"),
        ({"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.7"}, "urn:oid:2.999.7"),
        ({"system": "urn:oid:2.999", "value": "2.999.7"}, "urn:oid:2.999.7"),
        ({"system": "http://hospital.example/documents", "value": "A 17"}, "urn:uuid:"),
    ],
)  # fmt: skip
def test_a_document_is_published_by_whatever_identifier_it_has(
    trained: TestClient, identifier: dict[str, str], master: str
) -> None:
    """A masterIdentifier is a URI (MHD 3:4.65.4.1.2.1); the identifier of a document need not be one."""
    document = {**the_summary(trained), "identifier": identifier}
    for _ in range(2):
        reply = trained.post(PUBLISH, json=document)
        assert reply.status_code == 200, reply.text
    (found,) = trained.get(FIND).json()["entry"]
    assert found["resource"]["masterIdentifier"]["value"].startswith(master)
    address = found["resource"]["content"][0]["attachment"]["url"]
    kept = trained.get(address.removeprefix("http://sandbox.test")).json()
    assert kept["identifier"] == identifier


def test_a_document_that_comes_again_is_not_stored_again(trained: TestClient) -> None:
    document = the_summary(trained)
    first, second = (trained.post(PUBLISH, json=document).json()["entry"] for _ in range(2))
    assert [one["response"]["status"][:3] for one in first] == ["200", "201", "201", "201"]
    assert [one["response"]["status"][:3] for one in second] == ["200", "200", "200", "201"]
    assert trained.get(FIND).json()["total"] == 1


def test_a_faulty_document_is_refused_with_the_place_and_nothing_is_stored(
    trained: TestClient,
) -> None:
    document = the_summary(trained)
    document["entry"].append(document["entry"].pop(0))
    before = trained.get("/fhir/Bundle?_summary=count").json()["total"]
    reply = trained.post(PUBLISH, json=document)
    assert reply.status_code == 400
    assert "bdl-11" in reply.text
    assert trained.get("/fhir/Bundle?_summary=count").json()["total"] == before
    assert trained.get(FIND).json()["total"] == 0


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"resourceType": "Bundle", "type": "collection"}', "lacpass.no_document"),
        (b'{"resourceType": "Patient"}', "server.other_type"),
        (b"{", "server.broken_json"),
        (b"<Bundle/>", "server.broken_json"),
    ],
)
def test_what_is_no_document_gets_a_reason(trained: TestClient, body: bytes, key: str) -> None:
    reply = trained.post(PUBLISH, content=body)
    assert reply.status_code == 400
    assert reply.json()["issue"][0]["details"]["coding"][0]["code"] == key


def test_more_than_five_megabytes_are_too_much(trained: TestClient) -> None:
    assert trained.post(PUBLISH, content=b" " * (5 * 1024 * 1024 + 1)).status_code == 413


def test_the_known_fault_hides_the_reason(vague: TestClient) -> None:
    reply = vague.post(PUBLISH, json={"resourceType": "Bundle", "type": "collection"})
    assert (reply.status_code, reply.text) == (400, "ERROR")
    assert vague.post(PUBLISH, json=the_summary(vague)).status_code == 200


@contextmanager
def a_mediator_with(fault: str, folder: Path) -> Iterator[TestClient]:
    with a_sandbox(folder, seed="training", faults=frozenset({fault})) as client:
        yield client


def test_the_late_address_leads_astray_before_it_leads_to_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.lacpass.faults.LATE_SECONDS", 0)
    with a_mediator_with("late_address", tmp_path) as client:
        reply = client.post(PUBLISH, json=the_summary(client)).json()
        place = reply["entry"][2]["response"]["location"].partition("/_history")[0]

        versions = [client.get(f"/fhir/{place}/_history/{number}").json() for number in (2, 3)]

        astray, right = (
            one["content"][0]["attachment"]["url"].partition("/fhir")[2] for one in versions
        )
        assert client.get(f"/fhir{astray}").status_code in (400, 404)
        assert client.get(f"/fhir{right}").json()["type"] == "document"


def test_the_undefined_patient_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    with a_mediator_with("undefined_patient", tmp_path) as client:
        for patient in ("rosa-fuenzalida", "martin-bustos"):
            document = client.get(f"/fhir/Patient/{patient}/$summary").json()
            for entry in document["entry"]:
                if entry["resource"]["resourceType"] == "Patient":
                    del entry["resource"]["id"]
            assert client.post(PUBLISH, json=document).status_code == 200

        assert client.get("/fhir/Patient/undefined").json()["name"][0]["family"] == "Bustos Aráoz"
        assert client.get("/fhir/DocumentReference?patient=undefined").json()["total"] == 2


def test_duplicates_are_made_where_the_fault_is_on(tmp_path: Path) -> None:
    with a_mediator_with("duplicates", tmp_path) as client:
        document = the_summary(client)
        for _ in range(2):
            assert client.post(PUBLISH, json=document).status_code == 200

        assert client.get(FIND).json()["total"] == 2


def test_the_hanging_refusal_never_answers(tmp_path: Path) -> None:
    server = start_server({
        "CONNECTATHON_DATA": str(tmp_path), "CONNECTATHON_SEED": "training", "CONNECTATHON_FAULTS": "hanging_refusal",
    })  # fmt: skip
    try:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{server.connection.url}{PUBLISH}",
                json={"resourceType": "Bundle"},
                timeout=1,
                trust_env=False,
            )
        health = httpx.get(f"{server.connection.url}/health", trust_env=False)
        assert health.status_code == 200  # and the process lives on
    finally:
        server.stop()
