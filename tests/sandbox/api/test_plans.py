"""Over HTTP: what is planned in the reader's language and in full moments, and a facilitator's changes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import Event, an_event

PLAN = "/api/plans/lacpass-2023"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        yield client


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def table_of(client: TestClient) -> dict[str, Any]:
    """The whole plan as JSON, as a client that edits it has it."""
    table = tomllib.loads(client.get(f"{PLAN}/file").text)
    plain: dict[str, Any] = json.loads(json.dumps(table, default=str))
    return plain


def test_the_plan_is_told_in_the_language_of_the_asker(served: TestClient) -> None:
    plan = served.get(PLAN, headers={"Accept-Language": "es"}).json()
    assert plan["title"] == "Conectatón LACPASS 2023"
    assert [track["id"] for track in plan["tracks"]] == ["1", "2a", "2b"]
    test = next(test for test in plan["tests"] if test["id"] == "1.9")
    assert [role["actor"] for role in test["roles"]] == [
        "document-source",
        "document-recipient",
        "document-consumer",
    ]
    assert test["roles"][0]["inputs"] == {"recipient": "recipient", "consumer": "consumer"}
    assert (test["partners"], test["meetings"], test["proof"]) == (2, 3, "both")


def test_moments_of_the_agenda_have_the_offset_of_the_zone(served: TestClient) -> None:
    agenda = served.get(PLAN).json()["agenda"]
    assert agenda[0]["start"] == "2023-11-12T09:00-03:00"
    assert agenda[0]["end"] == "2023-11-12T09:45-03:00"
    panama = served.get("/api/plans/lacpass-2026").json()["agenda"]
    assert panama[0]["start"] == "2026-07-27T09:00-05:00"


def test_a_system_is_told_what_it_has_to_do(served: TestClient) -> None:
    system = {"name": "clinic", "base": "http://127.0.0.1:9/fhir", "actors": ["vhl-receiver"]}
    served.post("/api/systems", json=system)
    to_do = served.get("/api/plans/lacpass-2026/to-do?system=clinic").json()
    assert [(row["test"]["id"], row["role"]) for row in to_do] == [
        ("1.1.13", "receiver"),
        ("1.1.14", "receiver"),
    ]
    assert served.get(f"{PLAN}/to-do?system=nobody").status_code == 404


def test_a_whole_plan_takes_the_place_of_another(served: TestClient) -> None:
    body = table_of(served)
    assert served.put(PLAN, json=body).json()["changes"] == [
        {"kind": "added", "place": "lacpass-2023", "before": "", "after": ""}
    ]
    body["last"] = "2023-11-15"
    told = served.put(f"{PLAN}?dry=yes", json=body).json()
    change = {"kind": "changed", "place": "last", "before": "2023-11-14", "after": "2023-11-15"}
    assert told == {"id": "lacpass-2023", "is_saved": False, "changes": [change]}
    assert served.get(PLAN).json()["last"] == "2023-11-14"
    assert served.put(PLAN, json=body).json() == {**told, "is_saved": True}
    assert served.get(PLAN).json()["last"] == "2023-11-15"


def test_all_faults_of_a_plan_are_told(served: TestClient) -> None:
    body = table_of(served) | {"zone": "America/Macondo", "retention_days": 0}
    refused = served.put(PLAN, json=body, headers={"Accept-Language": "pt"})
    assert refused.status_code == 400
    assert refused.json()["key"] == "plan.refused"
    assert [(part["where"], part["key"]) for part in refused.json()["also"]] == [
        ("zone", "plan.no_zone"),
        ("retention_days", "plan.too_small"),
    ]
    assert "fuso" in refused.json()["also"][0]["text"]
    other = served.put(PLAN, json=table_of(served) | {"id": "other"})
    assert other.json()["key"] == "plan.other_id"


def test_the_next_event_is_made_and_runs(served: TestClient) -> None:
    body = {"id": "lacpass-2027", "template": "lacpass-2026", "first": "2027-08-02", "days": 2}
    made = served.post("/api/plans", json=body)
    assert made.status_code == 201
    assert made.json()["last"] == "2027-08-03"
    assert served.post("/api/plans", json=body).json()["key"] == "plan.there_already"
    assert served.post("/api/plans/lacpass-2027/now").json()["is_current"]
    rows = served.get("/api/plans").json()
    assert [(row["id"], row["is_loaded"], row["is_current"]) for row in rows] == [
        ("lacpass-2027", True, True),
        ("ap-ips", False, False),
        ("lacpass-2026", False, False),
        ("lacpass-2023", False, False),
    ]
    assert served.post("/api/plans/ap-ips/now").json()["key"] == "plan.not_loaded"


@pytest.mark.parametrize(
    "wrong",
    [{"first": "soon"}, {"days": True}, {"days": 0}, {"id": "LACPASS"}, {"first": "0001-01-01"}],
)
def test_an_event_that_cannot_be_is_refused(served: TestClient, wrong: dict[str, object]) -> None:
    body = {"id": "lacpass-2027", "template": "lacpass-2026", "first": "2027-08-02"}
    assert served.post("/api/plans", json=body | wrong).status_code == 400
    assert served.post("/api/plans", json=body).status_code == 201


def test_participants_read_and_facilitators_change(event: Event) -> None:
    body = {"id": "lacpass-2027", "template": "lacpass-2026", "first": "2027-08-02"}
    for who, status in (("Ana", 403), ("Inés", 201)):
        made = event.ask("POST", "/api/plans", event.sessions[who], json=body)
        assert made.status_code == status
    assert event.ask("GET", "/api/plans/lacpass-2027", event.sessions["Ana"]).status_code == 200
    assert event.ask("GET", "/api/plans/lacpass-2027", "").status_code == 401
    for path in ("/api/plans/lacpass-2027/now",):
        assert event.ask("POST", path, event.sessions["Ana"]).status_code == 403
    audit = event.ask("GET", "/api/audit", event.sessions["Inés"]).json()
    loaded = next(entry for entry in audit if entry["act"] == "event.loaded")
    assert (loaded["who"], loaded["details"]) == ("Inés", {"event": "lacpass-2027"})
