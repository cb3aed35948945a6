"""The inbox: a client sends as if to any server, and each assertion about a Document Source is judged at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.definitions.xml_writing import write_xml
from sandbox.exchange import Exchange
from sandbox.testbench.engine import judge_again
from sandbox.testbench.tracks import TRACKS
from sandbox.validation import knowledge_at_hand
from tests.conftest import a_sandbox
from tests.sandbox.mhd.submissions import (
    OTHER,
    RFC,
    a_document_reference,
    a_submission,
    a_submission_set,
    changed,
)

Json = dict[str, Any]
FHIR = {"Content-Type": "application/fhir+json"}
FAILED = ("fail", "warn")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, seed="training") as client:
        yield client


def an_inbox(client: TestClient) -> tuple[str, str]:
    """Starts a run for a client, and returns its id and the path of its inbox."""
    run = client.post("/api/runs", json={"track": "mhd.source", "system": "sandbox"}).json()
    assert (run["state"], run["verdict"]) == ("waiting", None)
    return run["id"], run["inbox"]


def sent(client: TestClient, body: Json | bytes, headers: dict[str, str] | None = None) -> dict[str, str]:
    """Sends one submission to a fresh inbox and returns the verdicts by number."""
    id, inbox = an_inbox(client)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    client.post(inbox, content=content, headers=headers or FHIR)
    return {one["number"]: one["verdict"] for one in client.get(f"/api/runs/{id}").json()["tests"]}


def not_passed(verdicts: dict[str, str]) -> set[str]:
    return {number for number, verdict in verdicts.items() if verdict != "pass"}


def without(path: str) -> Json:
    return changed(a_submission(), path)


def with_value(path: str, value: Any) -> Json:
    return changed(a_submission(), path, value)


REPLACING = a_document_reference(relatesTo=[{"code": "replaces", "target": {"reference": "DocumentReference/old"}}])
HEX = "OTNmNTgxZmJlYmM4NDY5ZjU2ZjFkZmY1YTEyNDIzZDBhNDY5ZGVkYg=="
ATTACHMENT = "entry.1.resource.content.0.attachment"
WRONG: list[tuple[str, Json]] = [
    ("SRC-02", with_value("type", "batch")),
    ("SRC-03", without("meta")),
    ("SRC-04", a_submission(listed=a_submission_set(code={"coding": [{"code": "worklist"}]}))),
    ("SRC-05", without("entry.1")),
    ("SRC-07", with_value("entry.2.fullUrl", "urn:uuid:0a1b2c3d-0000-4000-8000-000000000001")),
    ("SRC-08", without("entry.0.resource.entry")),
    ("SRC-09", with_value(f"{ATTACHMENT}.url", OTHER)),
    ("SRC-11", with_value(f"{ATTACHMENT}.contentType", "text/plain")),
    ("SRC-13", with_value(f"{ATTACHMENT}.size", 7)),
    ("SRC-13", with_value(f"{ATTACHMENT}.hash", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
    ("SRC-14", with_value("entry.2.resource", {"resourceType": "Bundle", "type": "document"})),
    ("SRC-15", without("entry.1.resource.masterIdentifier")),
    ("SRC-16", with_value("entry.1.resource.identifier", [{"use": "official", "system": RFC, "value": "x"}])),
    ("SRC-17", with_value("entry.1.resource.status", "entered-in-error")),
    ("SRC-19", with_value("entry.0.resource.subject", {"reference": "Patient/martin-bustos"})),
    ("SRC-20", without("entry.0.resource.date")),
    ("SRC-23", a_submission(REPLACING)),
    ("SRC-24", a_submission(None, {
        "fullUrl": "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000f",
        "resource": {"resourceType": "Parameters", "parameter": []},
        "request": {"method": "PATCH", "url": "List/folder"},
    })),
]  # fmt: skip


def test_a_right_client_passes_all_and_is_answered_as_by_any_server(served: TestClient) -> None:
    id, inbox = an_inbox(served)

    reply = served.post(inbox, json=a_submission(), headers=FHIR)

    assert (reply.status_code, reply.json()["type"]) == (200, "transaction-response")
    run = served.get(f"/api/runs/{id}").json()
    assert (run["verdict"], {one["verdict"] for one in run["tests"]}) == ("pass", {"pass"})
    found = served.get(f"{inbox}/DocumentReference?status=current").json()
    assert found["link"][0]["url"].startswith(f"http://sandbox.test{inbox}/DocumentReference")
    assert served.post(f"/api/runs/{id}/finish").json()["state"] == "done"
    assert served.post(inbox, json=a_submission(), headers=FHIR).status_code == 404


def test_xml_is_judged_as_well(served: TestClient) -> None:
    body = write_xml(a_submission(), knowledge_at_hand().types)
    assert not_passed(sent(served, body, {"Content-Type": "application/fhir+xml"})) == set()


@pytest.mark.parametrize(("number", "submission"), WRONG, ids=[f"{row[0]}-{index}" for index, row in enumerate(WRONG)])
def test_each_assertion_fails_for_the_client_that_breaks_it(served: TestClient, number: str, submission: Json) -> None:
    verdicts = sent(served, submission)
    assert verdicts[number] in FAILED, verdicts


def test_a_wrong_hash_fails_that_assertion_alone(served: TestClient) -> None:
    assert not_passed(sent(served, with_value(f"{ATTACHMENT}.hash", HEX))) <= {"SRC-12", "SRC-13"}


def test_the_content_type_is_asked_for(served: TestClient) -> None:
    verdicts = sent(served, a_submission(), {"Content-Type": "application/json"})
    assert not_passed(verdicts) == {"SRC-01"}


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"<Bundle", b'{"resourceType": "Patient"}'])
def test_what_is_no_submission_is_told_once_and_the_rest_is_left_open(served: TestClient, body: bytes) -> None:
    verdicts = sent(served, body)
    assert {number for number, verdict in verdicts.items() if verdict == "fail"} == {"SRC-02", "SRC-03"}
    assert {verdicts[one] for one in ("SRC-04", "SRC-15", "SRC-20")} == {"skip"}
    assert "error" not in verdicts.values()


def test_the_newest_submission_counts_and_what_no_test_looked_at_is_kept(served: TestClient) -> None:
    id, inbox = an_inbox(served)
    served.get(f"{inbox}/metadata")
    served.post(inbox, json=without("meta"), headers=FHIR)
    before = served.get(f"/api/runs/{id}").json()
    served.post(inbox, json=a_submission(), headers=FHIR)
    after = served.get(f"/api/runs/{id}").json()

    assert (before["verdict"], after["verdict"]) == ("warn", "pass")
    numbers = [[one["number"] for one in run["unmatched"]] for run in (before, after)]
    assert numbers == [[0], [0, 1]]
    assert [one["key"] for one in after["unmatched"]] == ["testbench.stray_far", "testbench.stray_older"]
    assert served.get(f"/api/runs/{id}/exchanges/0").json()["url"].endswith("/metadata")
    assert served.post(f"/api/runs/{id}/recheck").json()["changed"] == []
    page = served.get(f"/runs/{id}?lang=es").text
    assert f"http://sandbox.test{inbox}" in page
    assert "Ninguna prueba ha mirado: 2" in page
    assert "se juzgó un pedido más nuevo del mismo tipo" in page


def test_nobody_finds_an_inbox_by_guessing(served: TestClient) -> None:
    for secret in ("x", "", "../fhir"):
        assert served.get(f"/inbox/{secret}/fhir/metadata").status_code == 404


def test_tokens_of_a_client_are_not_kept(served: TestClient) -> None:
    id, inbox = an_inbox(served)
    served.post(inbox, json=a_submission(), headers={**FHIR, "Authorization": "Bearer canary"})
    assert "canary" not in served.get(f"/api/runs/{id}/events").text


def test_every_assertion_is_broken_by_a_client_here() -> None:
    numbers = {test.number for test in TRACKS["mhd.source"].tests}
    assert numbers - {number for number, _ in WRONG} == {"SRC-01", "SRC-12"}  # those two have tests of their own


ROSA = "patient.identifier=urn:oid:2.16.152%7C48215377-1"
JSON = {"Accept": "application/fhir+json"}
SEARCHES: list[tuple[str, str, dict[str, str]]] = [
    ("CON-01", "List?code=submissionset&status=current", JSON),
    ("CON-01", f"List?{ROSA}&status=current", JSON),
    ("CON-02", f"DocumentReference?{ROSA}", JSON),
    ("CON-02", "DocumentReference?status=current", JSON),
    ("CON-02", f"DocumentReference?{ROSA}&status=http://hl7.org/fhir/document-reference-status%7Ccurrent", JSON),
    ("CON-03", f"DocumentReference?{ROSA}&status=current", {"Accept": "*/*"}),
]


def consuming(client: TestClient, *asked: tuple[str, dict[str, str]]) -> dict[str, str | None]:
    """Asks an inbox as a Consumer does and returns the verdicts by number."""
    run = client.post("/api/runs", json={"track": "mhd.consumer", "system": "sandbox"}).json()
    for place, headers in asked:
        client.get(f"{run['inbox']}/{place}", headers=headers)
    return {one["number"]: one["verdict"] for one in client.get(f"/api/runs/{run['id']}").json()["tests"]}


def published(client: TestClient) -> str:
    """Publishes a document and returns where it can be fetched, below the base."""
    stored = client.post("/fhir", json=a_submission(), headers=FHIR).json()
    return str(stored["entry"][2]["response"]["location"]).partition("/_history")[0]


def test_a_right_consumer_passes_all(served: TestClient) -> None:
    place = published(served)
    verdicts = consuming(
        served, (f"List?{ROSA}&code=submissionset&status=current", JSON),
        (f"DocumentReference?{ROSA}&status=current", JSON), (place, {"Accept": "*/*"}),
    )  # fmt: skip
    assert set(verdicts.values()) == {"pass"}


@pytest.mark.parametrize(("number", "place", "headers"), SEARCHES)
def test_a_wrong_search_fails_its_assertion(
    served: TestClient, number: str, place: str, headers: dict[str, str]
) -> None:
    assert consuming(served, (place, headers))[number] == "fail"


def test_a_form_is_read_as_an_address_is(served: TestClient) -> None:
    run = served.post("/api/runs", json={"track": "mhd.consumer", "system": "sandbox"}).json()
    form = {"patient.identifier": "urn:oid:2.16.152|48215377-1", "status": "current"}
    served.post(f"{run['inbox']}/DocumentReference/_search", data=form, headers=JSON)
    tests = served.get(f"/api/runs/{run['id']}").json()["tests"]
    assert {one["number"]: one["verdict"] for one in tests}["CON-02"] == "pass"


@pytest.mark.parametrize(
    ("place", "headers"), [("Binary/made-up", {}), ("Bundle/20-broken-summary", {}), ("", {"If-Unmodified-Since": "x"})]
)
def test_a_retrieval_from_elsewhere_or_on_a_condition_fails(
    served: TestClient, place: str, headers: dict[str, str]
) -> None:
    told = published(served)
    search = (f"DocumentReference?{ROSA}&status=current", JSON)
    assert consuming(served, search, (place or told, headers))["CON-05"] == "fail"


def test_a_bar_that_is_not_encoded_is_warned_of() -> None:
    exchange = Exchange(
        "GET", "http://a/inbox/x/fhir/DocumentReference?patient.identifier=a|b", (), b"", 200, (), b"{}"
    )
    (test,) = [one for one in TRACKS["mhd.consumer"].tests if one.number == "CON-04"]
    assert asyncio.run(judge_again(test, {}, [exchange])).verdict == "warn"


def test_what_was_not_asked_has_no_verdict(served: TestClient) -> None:
    verdicts = consuming(served, (f"DocumentReference?{ROSA}&status=current", JSON))
    assert (verdicts["CON-02"], verdicts["CON-01"]) == ("pass", None)
