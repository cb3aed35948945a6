"""The public compliance scenarios of DDCC: seventeen requests, each with the status and the content that it asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import VECTORS, a_sandbox

ROOT = VECTORS / "certificates" / "ddcc-compliance" / "features" / "fixtures"
pytestmark = pytest.mark.needs("vectors")
LANGUAGES = ["Arabic", "Chinese", "French", "Russian", "Spanish"]
SUBMIT, GENERATE = "submitHealthEvent", "generateHealthCertificate"
REFUSED = [
    ("/ddcc", f"{SUBMIT}/Bundle-DDCC-TX-SHE-bundle-example-invalid", 400),
    ("/fhir", f"{SUBMIT}/Bundle-DDCC-TX-SHE-bundle-example-invalid", 422),
    (
        f"/fhir/QuestionnaireResponse/${GENERATE}",
        f"{GENERATE}/Parameters-DDCC-VS-TX-SHE-Parameters-1-invalid",
        400,
    ),
    ("/fhir", "registerHealthCertificate/Bundle-ProvideDDCCDocument-400", 400),
    ("/fhir", "registerHealthCertificate/Bundle-ProvideDDCCDocument-422", 422),
    ("/fhir/Bundle", "storeHealthCertificate/Bundle-DDCCDocument-400", 400),
    ("/fhir/INVALIDTYPE", "storeHealthCertificate/Bundle-DDCCDocument-404", 404),
    ("/fhir/Bundle", "storeHealthCertificate/Bundle-DDCCDocument-422", 422),
]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        yield client


def content(name: str) -> Any:
    return json.loads((ROOT / f"{name}.json").read_text(encoding="utf-8"))


def holds(found: Any, wanted: Any) -> bool:
    """Tells whether all that is wanted is there: members of objects, and for each item of a list one like it."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            name in found and holds(found[name], one) for name, one in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and all(
            any(holds(each, one) for each in found) for one in wanted
        )
    return bool(found == wanted)


def test_what_holds_would_see_a_difference() -> None:
    assert holds({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]})
    assert not holds({"a": [{"b": 1}]}, {"a": [{"b": 2}]})


@pytest.mark.parametrize("address", ["/ddcc", "/fhir"])
@pytest.mark.parametrize("language", ["", *LANGUAGES])
def test_a_health_event_in_each_language(sandbox: TestClient, language: str, address: str) -> None:
    folder = f"{SUBMIT}/language-requests" if language else SUBMIT
    request = content(f"{folder}/Bundle-DDCC-TX-SHE-bundle-example-{language or '1'}")
    wanted = f"{SUBMIT}/language-responses/Submit{language}HealthEvent-response"
    wanted = wanted if language else f"{SUBMIT}/SubmitValidHealthEvent-response"
    reply = sandbox.post(address, json=request)
    assert reply.status_code == 200
    assert holds(reply.json(), content(wanted))
    assert reply.json()["entry"][0]["response"]["status"].startswith("201")


def test_a_certificate_is_generated(sandbox: TestClient) -> None:
    request = content(f"{GENERATE}/Parameters-DDCC-VS-TX-SHE-Parameters-1")
    reply = sandbox.post(f"/fhir/QuestionnaireResponse/${GENERATE}", json=request)
    assert reply.status_code == 201
    assert holds(reply.json(), content(f"{GENERATE}/GenerateValidHealthCertificate-response"))


def test_a_document_is_stored_and_read_as_it_was(sandbox: TestClient) -> None:
    document = content("storeHealthCertificate/Bundle-DDCCDocument")
    reply = sandbox.post("/fhir/Bundle", json=document)
    assert reply.status_code == 201
    stored = sandbox.get(f"/fhir/Bundle/{reply.json()['id']}").json()
    assert stored["entry"] == document["entry"]
    assert holds(
        stored, content("storeHealthCertificate/StoreHealthCertificate-GETRequest-Results")
    )


def test_a_document_is_registered_and_what_differs_from_mhd_is_said(sandbox: TestClient) -> None:
    reply = sandbox.post(
        "/fhir", json=content("registerHealthCertificate/Bundle-ProvideDDCCDocument")
    )
    assert reply.status_code == 200
    first = reply.json()["entry"][0]["response"]
    assert {one["severity"] for one in first["outcome"]["issue"]} == {"warning"}
    assert sandbox.get("/fhir/DocumentReference?status=current").json()["total"] == 1


@pytest.mark.parametrize(("address", "name", "status"), REFUSED)
def test_what_is_wrong_is_refused(
    sandbox: TestClient, address: str, name: str, status: int
) -> None:
    reply = sandbox.post(address, json=content(name))
    assert (reply.status_code, reply.json()["resourceType"]) == (status, "OperationOutcome")
