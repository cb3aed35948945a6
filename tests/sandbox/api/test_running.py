"""What tools that run much ask for: a plan, many runs at once, two runs compared, a system taken away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import Event, an_event

OURS = {"name": "ours", "base": "http://127.0.0.1:9/fhir"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, seed="training") as client:
        yield client


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def ended(client: TestClient, run: str) -> Any:
    while (view := client.get(f"/api/runs/{run}").json())["state"] != "done":
        pass
    return view


def test_a_plan_says_what_would_be_played_and_what_is_missing(served: TestClient) -> None:
    rows = served.get("/api/tracks/mhd.recipient/plan?system=sandbox").json()
    numbers = {test["number"] for test in _track(served, "mhd.recipient")["tests"]}
    assert {row["number"] for row in rows} == numbers
    assert any(row["lacks"] for row in rows)
    # it asks nobody
    assert served.get("/api/runs").json() == []
    assert served.get("/api/tracks/nothing/plan?system=sandbox").status_code == 404
    assert served.get("/api/tracks/mhd.recipient/plan?system=nobody").status_code == 404


def _track(served: TestClient, id: str) -> Any:
    return next(track for track in served.get("/api/tracks").json() if track["id"] == id)


def test_a_batch_starts_a_run_of_each_track_and_again_by_its_key_none(served: TestClient) -> None:
    body = {"system": "sandbox", "tracks": ["fhir.basics", "mhd.source", "fhir.basics"]}
    replies = [
        served.post("/api/batches", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    first, second = ([run["id"] for run in reply.json()] for reply in replies)
    assert replies[0].status_code == 201
    assert [run["track"] for run in replies[0].json()] == ["fhir.basics", "mhd.source"]
    assert first == second
    assert len(served.get("/api/runs").json()) == 2


@pytest.mark.parametrize(
    ("tracks", "inputs", "status"),
    [
        (["fhir.basics", "nothing"], {}, 404),
        ([], {}, 400),
        (["fhir.basics"], {"patiend": "1"}, 400),
    ],
)
def test_a_batch_of_which_one_cannot_be_starts_none(
    served: TestClient, tracks: list[str], inputs: dict[str, str], status: int
) -> None:
    body = {"system": "sandbox", "tracks": tracks, "inputs": inputs}
    reply = served.post("/api/batches", json=body)
    assert reply.status_code == status
    assert served.get("/api/runs").json() == []


def test_two_runs_are_compared_and_the_system_is_told_as_the_cause(served: TestClient) -> None:
    served.post("/api/systems", json=OURS)
    body = {"track": "fhir.basics", "tests": ["BAS-01"]}
    before, now = (
        ended(served, served.post("/api/runs", json={**body, "system": name}).json()["id"])
        for name in ("ours", "sandbox")
    )
    (change,) = served.get(f"/api/runs/{now['id']}/changes?since={before['id']}").json()
    assert (change["now"], change["cause"]) == ("pass", "system")
    assert change["was"] != "pass"
    assert served.get(f"/api/runs/{now['id']}/changes?since={now['id']}").json() == []
    other = served.post("/api/runs", json={"track": "mhd.source", "system": "sandbox"}).json()
    reply = served.get(f"/api/runs/{now['id']}/changes?since={other['id']}")
    assert (reply.status_code, reply.json()["key"]) == (400, "testbench.other_track")


def test_a_system_is_taken_away_by_its_team_alone_and_its_runs_stay(event: Event) -> None:
    own, foreign = event.sessions["Ana"], event.sessions["Pia"]
    event.ask("POST", "/api/systems", own, json=OURS)
    run = event.ask("POST", "/api/runs", own, json={"track": "mhd.source", "system": "ours"})
    assert event.ask("DELETE", "/api/systems/ours", foreign).status_code == 403
    plan = "/api/tracks/mhd.recipient/plan?system="
    assert event.ask("GET", f"{plan}ours", foreign).status_code == 403
    assert event.ask("GET", f"{plan}sandbox", foreign).status_code == 200
    assert event.ask("DELETE", "/api/systems/ours", own).json()["name"] == "ours"
    assert event.ask("DELETE", "/api/systems/ours", own).status_code == 404
    assert event.ask("GET", f"/api/runs/{run.json()['id']}", own).status_code == 200


def test_a_run_of_another_team_is_compared_with_none(event: Event) -> None:
    ids = []
    for name in ("Ana", "Pia"):
        session = event.sessions[name]
        event.ask("POST", "/api/systems", session, json={**OURS, "name": f"of-{name.lower()}"})
        body = {"track": "mhd.source", "system": f"of-{name.lower()}"}
        ids.append(event.ask("POST", "/api/runs", session, json=body).json()["id"])
    path = f"/api/runs/{ids[0]}/changes?since={ids[1]}"
    assert event.ask("GET", path, event.sessions["Ana"]).status_code == 403


def test_what_did_not_pass_is_played_again_as_a_run_of_its_own(served: TestClient) -> None:
    body = {"track": "fhir.basics", "system": "sandbox"}
    old = ended(served, served.post("/api/runs", json=body).json()["id"])
    path = f"/api/runs/{old['id']}/again"
    headers = {"Idempotency-Key": "k"}
    first, second = (served.post(path, json={}, headers=headers).json() for _ in range(2))
    assert first["id"] == second["id"] != old["id"]
    assert [test["number"] for test in first["tests"]] == [test["number"] for test in old["tests"]]
    refused = served.post(path, json={"failed": "yes"})
    assert refused.json()["key"] == "testbench.bad_request"
    ended(served, first["id"])
    waiting = served.post("/api/runs", json={"track": "mhd.source", "system": "sandbox"}).json()
    served.post(f"/api/runs/{waiting['id']}/finish")
    again = served.post(f"/api/runs/{waiting['id']}/again", json={"failed": True}).json()
    left = [test["number"] for test in waiting["tests"]]
    assert [test["number"] for test in again["tests"]] == left
