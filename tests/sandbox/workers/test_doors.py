"""What a stranger sends is judged by a worker; one that never comes back stops nobody."""

import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.testclient import TestClient

import sandbox.workers.pool as pools
from sandbox.clock import utc_now
from sandbox.errors import NotFinished
from sandbox.trust import cms
from sandbox.trust.folder import TrustFolder
from sandbox.trust.gateway import Gateway
from sandbox.trust.pki import new_anchor, new_dsc
from sandbox.workers import Budget, Pool, pool_of
from tests.conftest import a_sandbox
from tests.sandbox.ddcc.making import a_response, a_summary

PATIENT = {"resourceType": "Patient", "id": "p"}
FHIR = {"Content-Type": "application/fhir+json"}


@pytest.fixture(params=["off", "warn", "reject"])
def validating(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, validation=request.param) as client:
        client.headers["X-Test-Validation"] = request.param
        yield client


@pytest.fixture
def without_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every job take longer than it may, as a document that takes too long would."""
    run = Pool.run

    def asleep(self: Pool, budget: Budget, *_: object, **__: object) -> None:
        # A small job would now and then be done before the clock has begun.
        run(self, Budget(budget.cpu, 0, budget.is_patient), time.sleep, 60)

    monkeypatch.setattr(pools.Pool, "run", asleep)


@pytest.mark.usefixtures("without_time")
def test_what_is_not_finished_is_said_and_is_not_valid(empty: TestClient) -> None:
    body = empty.post("/api/validations", json=PATIENT, headers=FHIR).json()
    assert body["valid"] is False
    assert [one["key"] for one in body["findings"]] == ["workers.not_finished"]
    issue = empty.post("/fhir/Patient/$validate", json=PATIENT).json()["issue"][0]
    assert (issue["severity"], issue["code"]) == ("fatal", "too-costly")
    page = empty.post("/validate", data={"document": "{}", "profile": "automatic"})
    assert page.status_code in (200, 422)


@pytest.mark.usefixtures("without_time")
def test_what_is_not_finished_is_stored_where_the_judge_only_warns(validating: TestClient) -> None:
    mode = validating.headers["X-Test-Validation"]
    reply = validating.put("/fhir/Patient/p", json=PATIENT)
    assert reply.status_code == {"off": 201, "warn": 201, "reject": 422}[mode]


@pytest.mark.usefixtures("without_time")
@pytest.mark.parametrize(
    ("place", "kind", "body"),
    [
        ("/certificates/picture", "application/octet-stream", b"no picture"),
        ("/certificates", "application/x-www-form-urlencoded", b"text=HC1:x"),
    ],
)
def test_pictures_and_certificates_too(
    empty: TestClient, place: str, kind: str, body: bytes
) -> None:
    reply = empty.post(place, content=body, headers={"Content-Type": kind})
    assert reply.status_code == 422
    assert re.search("not finished", reply.text)


@pytest.mark.usefixtures("without_time")
@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("/v2/vshcIssuance", {"jsonContent": "{}"}),
        ("/fhir/QuestionnaireResponse/$generateHealthCertificate", a_response()),
        ("/fhir/Bundle/$generateHealthCertificate", a_summary()),
        ("/ddcc/QuestionnaireResponse/$generateHealthCertificate", a_response()),
    ],
)
def test_what_is_signed_for_strangers_too(
    empty: TestClient, place: str, body: dict[str, Any]
) -> None:
    refused = empty.post(place, json=body)
    assert refused.status_code == 422
    assert "not finished" in refused.text
    assert empty.get("/fhir/DocumentReference?_summary=count").json()["total"] == 0


def test_what_comes_over_the_gateway_too(
    tmp_path: Path, without_time: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = TrustFolder(tmp_path)
    pki = folder.init("CL", at=utc_now())
    signer = new_dsc("CL", pki.sca, at=utc_now())
    upload = cms.signed(signer.certificate.public_bytes(Encoding.DER), pki.up)
    gateway = Gateway(folder, new_anchor(at=utc_now()), pool_of(1))
    for refused in (partial(gateway.upload, at=utc_now()), gateway.delete):
        with pytest.raises(NotFinished):
            refused("CL", upload)
    assert list(folder.uploads()) == []
    monkeypatch.undo()
    gateway.upload("CL", upload, at=utc_now())
    assert len(list(folder.uploads())) == 1


def test_with_time_all_is_as_it_was(validating: TestClient) -> None:
    assert validating.put("/fhir/Patient/p", json=PATIENT).status_code == 201
    assert validating.post("/api/validations", json=PATIENT, headers=FHIR).json()["valid"] is True
