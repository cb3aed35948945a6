"""What a stranger sends is judged by a worker; one that never comes back stops nobody."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import sandbox.workers.pool as pools
from sandbox.workers import Budget, Pool
from tests.conftest import a_sandbox

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


def test_with_time_all_is_as_it_was(validating: TestClient) -> None:
    assert validating.put("/fhir/Patient/p", json=PATIENT).status_code == 201
    assert validating.post("/api/validations", json=PATIENT, headers=FHIR).json()["valid"] is True
