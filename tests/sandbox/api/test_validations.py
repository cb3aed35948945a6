"""A document that is sent to be judged: every answer, every refusal, and that nothing of it stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import a_patient

WRONG = a_patient(gender="F")
XML = b'<Patient xmlns="http://hl7.org/fhir">\n <gender value="F"/>\n</Patient>'


def sent(
    client: TestClient,
    content: Any = WRONG,
    kind: str = "application/fhir+json",
    query: str = "",
    **headers: str,
) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(
        f"/api/validations{query}", content=body, headers={"Content-Type": kind, **headers}
    )


def test_a_right_document_is_valid_and_a_wrong_one_says_where(empty: TestClient) -> None:
    right = sent(empty, a_patient()).json()
    assert (right["valid"], right["findings"]) == (True, [])
    wrong = sent(empty, query="?language=es").json()
    assert wrong["valid"] is False
    (finding,) = wrong["findings"]
    assert (finding["where"], finding["line"]) == ("Patient.gender", 1)
    assert "no está en el conjunto de valores" in finding["text"]


@pytest.mark.parametrize("kind", ["application/fhir+xml", "application/xml"])
def test_xml_is_judged_like_json(empty: TestClient, kind: str) -> None:
    (finding,) = sent(empty, XML, kind).json()["findings"]
    assert (finding["where"], finding["line"]) == ("Patient.gender", 2)


def test_whoever_asks_for_fhir_gets_an_operation_outcome_in_their_language(
    empty: TestClient,
) -> None:
    reply = sent(empty, **{"Accept": "application/fhir+json", "Accept-Language": "pt-BR"})
    assert reply.headers["content-type"] == "application/fhir+json"
    assert reply.json()["issue"][0]["expression"] == ["Patient.gender"]
    assert "não está no conjunto de valores" in reply.json()["issue"][0]["details"]["text"]


def test_profiles_and_the_ruleset_of_a_year_count(empty: TestClient) -> None:
    bundle = {"resourceType": "Bundle", "type": "document"}
    assert sent(empty, bundle, query="?profile=ips").json()["profiles"] == ["ips"]
    by_profile, by_year = (
        len(sent(empty, bundle, query=query).json()["findings"]) for query in ("", "?ruleset=2025")
    )
    assert by_year > by_profile
    spelled = a_patient(identifier=[{"system": "urn:oid.2.16.152", "value": "1"}])
    found = sent(empty, spelled, query="?ruleset=2025").json()
    assert (found["valid"], found["ruleset"], found["findings"][0]["severity"]) == (
        True,
        2025,
        "warning",
    )


@pytest.mark.parametrize(
    ("kind", "query", "content", "status", "key"),
    [
        ("text/csv", "", b"{}", 415, "validations.bad_type"),
        ("text/plain", "", b"{}", 415, "validations.bad_text"),
        ("application/json", "?profile=nothing", b"{}", 400, "validations.no_profile"),
        ("application/json", "?ruleset=1999", b"{}", 400, "validations.bad_ruleset"),
        ("application/json", "", b" " * (5 * 1024 * 1024 + 1), 413, "validations.too_large"),
    ],
)
def test_a_refusal_says_what_is_wrong(
    empty: TestClient, kind: str, query: str, content: bytes, status: int, key: str
) -> None:
    reply = sent(empty, content, kind, query)
    assert (reply.status_code, reply.json()["key"]) == (status, key)
    members = {"type", "title", "status", "detail", "key", "where", "text", "fix"}
    assert set(reply.json()) == members
    assert reply.headers["content-type"] == "application/problem+json"


def test_an_unknown_profile_is_answered_with_those_that_are_known(empty: TestClient) -> None:
    assert "lac-2026" in sent(empty, query="?profile=nothing").json()["fix"]


def test_what_cannot_be_read_is_a_finding_and_no_refusal(empty: TestClient) -> None:
    reply = sent(empty, b"{")
    assert reply.status_code == 200
    assert reply.json()["findings"][0]["key"] == "server.broken_json"


def test_a_worker_goes_on_after_a_refusal(empty: TestClient) -> None:
    assert sent(empty, query="?profile=nothing").status_code == 400
    assert sent(empty).status_code == 200


def test_no_terminology_server_that_a_request_names_is_asked(empty: TestClient) -> None:
    with_address = sent(empty, query="?tx=http://127.0.0.1:9/fhir").json()
    assert with_address == sent(empty).json()


def test_a_page_of_another_origin_may_not_have_documents_judged(empty: TestClient) -> None:
    assert sent(empty, **{"Origin": "https://elsewhere.example"}).status_code == 403


def test_nothing_of_a_document_stays(empty: TestClient) -> None:
    sent(empty)
    assert empty.get("/fhir/Patient").json()["total"] == 0
