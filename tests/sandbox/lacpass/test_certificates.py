"""The event's certificate mediators: batches, one event, stored summaries, signatures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.certificates.verifying import verify
from sandbox.ddcc.document import texts_of
from sandbox.trust.folder import TrustFolder
from tests.conftest import a_sandbox
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
    assert sandbox.post("/ddcc/submitIPS", json=a_summary()).status_code == 201


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
