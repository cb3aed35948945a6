"""The event's certificate mediators: batches, one event, stored summaries, signatures."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.certificates.qr import texts_in
from sandbox.certificates.verifying import verify
from sandbox.ddcc.document import texts_of
from sandbox.trust.folder import TrustFolder
from tests.conftest import a_sandbox
from tests.places import PROJECT
from tests.sandbox.certificates.making import NOW
from tests.sandbox.ddcc.making import a_response, a_summary, an_icvp_response

GENERATE = "QuestionnaireResponse/$generateHealthCertificate"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL") as client:
        yield client


def a_batch(*resources: dict[str, Any], url: str = GENERATE) -> dict[str, Any]:
    entries = [{"resource": one, "request": {"method": "POST", "url": url}} for one in resources]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


FIRST_REQUEST = """
import sys
from pathlib import Path
from starlette.testclient import TestClient
from sandbox.app import create_app
from sandbox.settings import Settings

with TestClient(create_app(Settings(Path(sys.argv[1])))) as client:
    print(client.get("/fhir/metadata").text)
"""


def test_the_operations_are_there_with_the_first_request(tmp_path: Path) -> None:
    # a process of its own: in this one other tests have loaded what registers them
    ended = subprocess.run(
        [sys.executable, "-c", FIRST_REQUEST, str(tmp_path)], cwd=PROJECT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "generateHealthCertificate" in ended.stdout


def test_a_batch_answers_each_event_by_itself(sandbox: TestClient) -> None:
    reply = sandbox.post(
        "/ddcc", json=a_batch(a_response(), a_response(("lot",)), an_icvp_response())
    )
    statuses = [one["response"]["status"][:3] for one in reply.json()["entry"]]
    assert (reply.status_code, statuses) == (200, ["201", "422", "201"])
    place = reply.json()["entry"][0]["response"]["location"].partition("/_history")[0]
    assert sandbox.get(f"/fhir/{place}").json() == reply.json()["entry"][0]["resource"]


@pytest.mark.parametrize(
    "body",
    [
        a_batch(),
        a_batch(a_response(), url="Patient"),
        {**a_batch(a_response()), "type": "transaction"},
    ],
)
def test_what_is_no_health_event_is_refused(sandbox: TestClient, body: dict[str, Any]) -> None:
    assert sandbox.post("/ddcc", json=body).status_code == 400


@pytest.mark.parametrize(
    "path", [f"/ddcc/{GENERATE}", f"/icvp/{GENERATE}", f"/t/nobody/ddcc/{GENERATE}"]
)
def test_one_event(sandbox: TestClient, path: str) -> None:
    assert sandbox.post(path, json=a_response()).status_code == (404 if "nobody" in path else 201)


@pytest.mark.parametrize(
    ("name", "form"), [("$ddcc", "ddcc_vs"), ("$icvp", "icvp_2025"), ("$dvc", "icvp_2023")]
)
def test_the_certificate_of_a_stored_summary(
    sandbox: TestClient, tmp_path: Path, name: str, form: str
) -> None:
    place = sandbox.post("/fhir/Bundle", json=a_summary()).json()["id"]
    reply = sandbox.get(
        f"/mediator/fhir/Bundle/{place}/{name}?immunizationId=dose-1&organizationId=minsal"
    )
    assert reply.status_code == 200, reply.text
    found = verify(
        texts_of(reply.json())[0], TrustFolder(tmp_path / "sandbox" / "trust").trust(), at=NOW
    )
    assert (found.form, found.verdict) == (form, "valid")
    assert sandbox.get(f"/mediator/fhir/Bundle/{place}/{name}?immunizationId=x").status_code == 404
    assert sandbox.get(f"/mediator/fhir/Bundle/nothing/{name}").status_code == 404


def test_a_summary_is_submitted(sandbox: TestClient) -> None:
    for place in ("/ddcc/submitIPS", "/ddcc/Bundle/$generateHealthCertificate"):
        assert sandbox.post(place, json=a_summary()).status_code == 201


def test_signatures_are_told_true_from_false(sandbox: TestClient) -> None:
    document = sandbox.post(f"/ddcc/{GENERATE}", json=a_response()).json()
    said = sandbox.post("/ddcc/Bundle/$signValidation", json=document).json()["parameter"]
    assert [one.get("valueBoolean", one.get("valueCode")) for one in said] == [True, "signed"]
    forged = {**document, "timestamp": "2026-01-01T00:00:00Z"}
    said = sandbox.post("/ddcc/Bundle/$signValidation", json=forged).json()["parameter"]
    assert said[0]["valueBoolean"] is False
    assert sandbox.post("/ddcc/Bundle/$signValidation", json=a_summary()).status_code == 412
    assert sandbox.get(f"/mediator/verify/{document['id']}").json() == {
        "verified": True,
        "reason": "signed",
    }


def test_lists_and_references_are_read_there_too(sandbox: TestClient) -> None:
    sandbox.post(f"/ddcc/{GENERATE}", json=a_response())
    assert sandbox.get("/ddcc/List?code=folder").json()["total"] == 1
    (about,) = sandbox.get("/fhir/DocumentReference").json()["entry"]
    assert (
        sandbox.get(f"/ddcc/DocumentReference/{about['resource']['id']}").json()
        == about["resource"]
    )


def an_overview(*statements: dict[str, Any]) -> dict[str, Any]:
    document = a_summary()
    document["entry"] = [
        entry for entry in document["entry"] if entry["resource"]["resourceType"] != "Immunization"
    ]
    document["entry"] += [
        {
            "fullUrl": f"urn:uuid:m{number}",
            "resource": {"resourceType": "MedicationStatement", "id": f"m-{number}", **row},
        }
        for number, row in enumerate(statements)
    ]
    return document


METFORMIN = {
    "status": "active", "effectivePeriod": {"start": "2025-01-01", "end": "2027-01-01"}, "dateAsserted": "2026-01-02",
    "medicationCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "1", "display": "Metformina 850 mg"}]},
    "dosage": [{"text": "1 al día"}], "reasonCode": [{"text": "Diabetes"}],
}  # fmt: skip
NOT_TAKEN = {"status": "not-taken", "medicationCodeableConcept": {"text": "Nada"}}


def held_in(reference: dict[str, Any]) -> dict[str, bytes]:
    rows = [content["attachment"] for content in reference["content"]]
    return {row["contentType"]: base64.b64decode(row["data"]) for row in rows}


def test_the_medication_overview_of_a_stored_document(sandbox: TestClient, tmp_path: Path) -> None:
    atorvastatin = {"status": "active", "medicationCodeableConcept": {"text": "Atorvastatina"}}
    document = an_overview(METFORMIN, NOT_TAKEN, atorvastatin)
    place = sandbox.post("/fhir/Bundle", json=document).json()["id"]
    reply = sandbox.get(f"/mediator/fhir/Bundle/{place}/$meow")
    assert reply.status_code == 200, reply.text
    held = held_in(reply.json())
    found = verify(
        held["text/plain"].decode(), TrustFolder(tmp_path / "sandbox" / "trust").trust(), at=NOW
    )
    assert (found.form, found.verdict) == ("meow", "valid")
    assert found.content == {
        "n": "Rosa Catalina Fuenzalida Painemal", "dob": "1958-03-21", "s": "female", "id": "48215377-1", "dt": "NI",
        "m": [
            {"m": "Metformina 850 mg", "es": "2025-01-01", "ee": "2027-01-01", "da": "2026-01-02", "d": "1 al día", "r": "Diabetes"},
            {"m": "Atorvastatina"},
        ],
    }  # fmt: skip
    assert texts_in(held["image/png"]) == [held["text/plain"].decode()]
    one = sandbox.get(f"/mediator/fhir/Bundle/{place}/$meow?medicationStatementId=m-2").json()
    assert b"Metformina" not in held_in(one)["application/json"]


@pytest.mark.parametrize(
    ("statements", "query", "status"),
    [
        ((), "", 400),
        ((NOT_TAKEN,), "", 400),
        ((METFORMIN, NOT_TAKEN), "?medicationStatementId=m-1", 404),
        (({"status": "active"},), "", 422),
    ],
)
def test_an_overview_states_only_what_is_there(
    sandbox: TestClient, statements: tuple[dict[str, Any], ...], query: str, status: int
) -> None:
    place = sandbox.post("/fhir/Bundle", json=an_overview(*statements)).json()["id"]
    reply = sandbox.get(f"/mediator/fhir/Bundle/{place}/$meow{query}")
    assert (reply.status_code, reply.json()["resourceType"]) == (status, "OperationOutcome")
