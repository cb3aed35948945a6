"""Transactions, batches, their responses, and histories (FHIR R4 http.html#transaction, #history)."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_bundle, a_patient, an_entry
from tests.sandbox.validation.profiles import errors

BASE = "http://example.org/fhir"


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_request_that_stores_something_brings_it(kind: str, method: str) -> None:
    entry = an_entry(a_patient(id="p"), method=method, url="Patient/p")
    assert errors(validate(a_bundle(entry, type=kind))) == []
    del entry["resource"]
    assert errors(validate(a_bundle(entry, type=kind))) == [
        ("request_without_resource", "Bundle.entry[0]")
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_other_requests_bring_nothing(method: str) -> None:
    assert errors(validate(a_bundle({"request": {"method": method, "url": "Patient/p"}}))) == []


@pytest.mark.parametrize(
    ("status", "is_right"),
    [("200", True), ("201 Created", True), ("Created", False), ("20", False)],
)
def test_the_status_of_a_response_begins_with_its_number(status: str, is_right: bool) -> None:
    bundle = a_bundle({"response": {"status": status}}, type="transaction-response")
    assert errors(validate(bundle)) == (
        [] if is_right else [("response_status", "Bundle.entry[0].response.status")]
    )


def a_version(version: str, method: str = "PUT") -> dict[str, Any]:
    return {
        "fullUrl": f"{BASE}/Patient/p", "resource": a_patient(id="p", meta={"versionId": version}),
        "request": {"method": method, "url": "Patient/p"}, "response": {"status": "200"},
    }  # fmt: skip


def test_a_history_has_each_version_once() -> None:
    deleted = {"fullUrl": f"{BASE}/Patient/p", "request": {"method": "DELETE", "url": "Patient/p"}, "response": {"status": "204"}}  # fmt: skip
    history = a_bundle(deleted, a_version("2"), a_version("1", "POST"), type="history")
    assert errors(validate(history)) == []
    history["entry"].append(a_version("2"))
    assert errors(validate(history)) == [("version_twice", "Bundle.entry[3]")]


@pytest.mark.parametrize("missing", ["request", "response"])
def test_an_entry_of_a_history_has_both_request_and_response(missing: str) -> None:
    entry = a_version("1")
    del entry[missing]
    found = validate(a_bundle(entry, type="history"))
    assert [one.params["name"] for one in found] == ["bdl-3" if missing == "request" else "bdl-4"]


def test_a_type_of_another_shape_is_a_finding_and_no_crash() -> None:
    bundle = a_bundle(an_entry(a_patient(id="p"), method="PUT", url="Patient/p")) | {
        "type": {"text": "batch"}
    }
    assert any(where == "Bundle.type" for _, where in errors(validate(bundle)))
    bundle = a_bundle({"request": {"method": ["PUT"], "url": "Patient/p"}})
    assert errors(validate(bundle))
