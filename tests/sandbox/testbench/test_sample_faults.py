"""What an event's own published sample has wrong is a warning with its reason, by the preset of the event and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.fhir.json import Json
from sandbox.testbench.submissions import REFERENCE, changed
from sandbox.testbench.submitted_documents import a_submission_of_a_document

GIVEN = {"run": "sample", "now": "2026-07-27T09:00:00.000Z"}
PLACE = f"entry.{REFERENCE}.resource"
ATTACHMENT = f"{PLACE}.content.0.attachment"
FAULTS = {"SRC-14", "SRC-15"}


def the_sample() -> Json:
    """As RACSEL's sample and LACPASS 0.2 have it: no use of the identifier, a hash on a FHIR document."""
    sample = a_submission_of_a_document(GIVEN, "sample")
    sample = changed(sample, f"{PLACE}.masterIdentifier.use")
    sample = changed(sample, f"{ATTACHMENT}.hash", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=")
    return dict(changed(sample, f"{ATTACHMENT}.size", 24))


def told(app: TestClient, sent: Json, **inputs: str) -> tuple[dict[str, str], set[str]]:
    """Returns verdicts by number, and the keys of the findings of the two tests."""
    body: dict[str, Any] = {"track": "mhd.source", "system": "sandbox", "inputs": inputs}
    run = app.post("/api/runs", json=body).json()
    app.post(run["inbox"], json=sent, headers={"Content-Type": "application/fhir+json"})
    tests = app.get(f"/api/runs/{run['id']}").json()["tests"]
    verdicts = {test["number"]: test["verdict"] for test in tests if test["number"] in FAULTS}
    findings = [
        finding["key"] for test in tests if test["number"] in FAULTS for finding in test["findings"]
    ]
    return verdicts, set(findings)


@pytest.mark.parametrize("preset", ["lacpass-2023", "lacpass-2026"])
def test_the_events_preset_knows_the_faults_of_its_sample(empty: TestClient, preset: str) -> None:
    verdicts, keys = told(empty, the_sample(), preset=preset)
    assert verdicts == dict.fromkeys(FAULTS, "warn")
    assert {"source.sample_fault", "mhd.fhir_document"} <= keys


def test_without_the_preset_they_are_faults(empty: TestClient) -> None:
    verdicts, keys = told(empty, the_sample())
    assert verdicts == dict.fromkeys(FAULTS, "fail")
    assert "source.sample_fault" not in keys


def test_a_fault_that_the_sample_does_not_have_stays_one(empty: TestClient) -> None:
    sent = changed(the_sample(), f"{PLACE}.masterIdentifier")
    verdicts, _ = told(empty, sent, preset="lacpass-2023")
    assert verdicts == {"SRC-14": "warn", "SRC-15": "fail"}


def test_a_right_submission_is_told_nothing(empty: TestClient) -> None:
    sent = a_submission_of_a_document(GIVEN, "right")
    verdicts, keys = told(empty, sent, preset="lacpass-2023")
    assert verdicts == dict.fromkeys(FAULTS, "pass")
    assert keys == set()
