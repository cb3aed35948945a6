"""Two systems of a test instance meet through a recording proxy: all goes on, is kept, and is judged by the tests of both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.limits import THROUGH_EXCHANGES
from sandbox.settings import Settings
from sandbox.testbench.submissions import changed
from tests.conftest import a_sandbox
from tests.ready import a_prepared
from tests.sandbox.api.test_peers import FHIR, SUBMISSION
from tests.sandbox.event.closed_systems import Gate, serving

PLAN = "lacpass-2023"
CREDENTIAL = "Bearer canary-between-both"


@dataclass
class Meeting:
    """An instance of the bench with the gate before its recipient, and the address between both."""

    client: TestClient
    gate: Gate
    id: str
    address: str = ""

    def opened(self, asking: str = "source", answering: str = "recipient") -> Any:
        body = {"asking": asking, "answering": answering}
        return self.client.post(f"/api/instances/{self.id}/through", json=body)

    def sent(self, body: Any, **headers: str) -> Any:
        content = json.dumps(body).encode()
        return self.client.post(self.address, content=content, headers=FHIR | headers)

    def shown(self) -> Any:
        return self.client.get(f"/api/instances/{self.id}").json()

    def verdicts(self, track: str) -> dict[str, str | None]:
        runs = self.shown()["throughs"][-1]["runs"]
        run = next(row["run"] for row in runs if row["track"] == track)
        tests = self.client.get(f"/api/runs/{run}").json()["tests"]
        return {test["number"]: test["verdict"] for test in tests}


@contextmanager
def a_meeting(
    folder: Path, *, twin: str = "", grants: tuple[str, ...] = ("127.0.0.1",)
) -> Iterator[Meeting]:
    system = create_app(
        a_prepared(Settings(folder / "archive", seed="training", twin=twin, graders=0))
    )
    gate = Gate(system, lambda request: request.headers.get("authorization") == CREDENTIAL)
    with serving(gate) as base, a_sandbox(folder, grants=grants) as client:
        for name, address, country, actor in (
            ("clinic", "http://127.0.0.1:9/fhir", "CL", "document-source"),
            ("archive", f"{base}/fhir", "PE", "document-recipient"),
        ):
            body = {"name": name, "base": address, "team": f"Team {country}", "actors": [actor]}
            assert client.post("/api/systems", json=body).status_code == 201
        begin = {"event": PLAN, "test": "1.8", "system": "clinic", "partner": "archive"}
        id = client.post("/api/instances", json=begin).json()["id"]
        meeting = Meeting(client, gate, id)
        opened = meeting.opened()
        assert opened.status_code == 201, opened.text
        meeting.address = opened.json()["throughs"][-1]["address"]
        yield meeting


def test_what_both_say_is_carried_and_judged_for_both(tmp_path: Path) -> None:
    with a_meeting(tmp_path) as meeting:
        taken = meeting.sent(SUBMISSION, authorization=CREDENTIAL)
        assert taken.status_code == 200, taken.text
        asked = {"Accept": "application/fhir+json", "Authorization": CREDENTIAL}
        told = meeting.client.get(f"{meeting.address}/metadata", headers=asked)
        assert told.json()["resourceType"] == "CapabilityStatement"
        of_source = meeting.verdicts("mhd.source")
        assert of_source["SRC-02"] == "pass"
        assert meeting.verdicts("mhd.peers")["PEER-02"] == "pass"
        of_recipient = meeting.verdicts("mhd.recipient")
        shown = meeting.shown()["throughs"][-1]
        page = meeting.client.get(f"/instances/{meeting.id}").text
    judged = {number for number, verdict in of_recipient.items() if verdict == "pass"}
    assert judged, "the question of a test of the recipient was asked as that test asks it"
    assert shown["exchanges"] == 2
    row = next(row for row in shown["runs"] if row["track"] == "mhd.recipient")
    assert (row["checked"], row["checked"] + row["not_checked"]) == (len(judged), len(of_recipient))
    assert f"{meeting.address}</code>" in page


def test_the_fault_of_either_side_is_found_on_its_side(tmp_path: Path) -> None:
    wrong = changed(SUBMISSION, "type", "batch")
    with a_meeting(tmp_path / "source") as meeting:
        meeting.sent(wrong, authorization=CREDENTIAL)
        assert meeting.verdicts("mhd.source")["SRC-02"] == "fail"
    with a_meeting(tmp_path / "recipient", twin="forgets_location") as meeting:
        meeting.sent(SUBMISSION, authorization=CREDENTIAL)
        assert meeting.verdicts("mhd.source")["SRC-02"] == "pass"
        assert meeting.verdicts("mhd.peers")["PEER-02"] == "fail"


def test_credentials_reach_the_partner_and_no_evidence(tmp_path: Path) -> None:
    with a_meeting(tmp_path) as meeting:
        assert meeting.sent(SUBMISSION).status_code == 401
        assert meeting.sent(SUBMISSION, authorization=CREDENTIAL).status_code == 200
        assert meeting.gate.seen == ["", CREDENTIAL]
        for row in meeting.shown()["throughs"][-1]["runs"]:
            for number in (0, 1):
                told = meeting.client.get(f"/api/runs/{row['run']}/exchanges/{number}").text
                assert "canary" not in told
                assert meeting.address in told


def test_it_ends_with_its_instance_and_says_what_was_not_checked(tmp_path: Path) -> None:
    with a_meeting(tmp_path) as meeting:
        meeting.sent(SUBMISSION, authorization=CREDENTIAL)
        moved = meeting.client.post(f"/api/instances/{meeting.id}/abort", json={})
        assert moved.status_code == 200
        assert meeting.sent(SUBMISSION, authorization=CREDENTIAL).status_code == 404
        shown = moved.json()["throughs"][-1]
        assert shown["address"] == ""
        run = meeting.client.get(f"/api/runs/{shown['runs'][0]['run']}").json()
        of_recipient = meeting.verdicts("mhd.recipient")
        keys = {row["run"]: row for row in shown["runs"]}
    assert run["state"] == "done"
    assert set(of_recipient.values()) == {"skip"}
    assert all(row["checked"] + row["not_checked"] for row in keys.values())


def test_a_new_one_ends_the_old_one(tmp_path: Path) -> None:
    with a_meeting(tmp_path) as meeting:
        old = meeting.address
        meeting.address = meeting.opened().json()["throughs"][-1]["address"]
        assert meeting.client.get(f"{old}/metadata").status_code == 404
        assert meeting.client.get(f"{meeting.address}/metadata").status_code == 401


def test_the_guard_decides_where_it_leads(tmp_path: Path) -> None:
    with a_meeting(tmp_path, grants=()) as meeting:
        refused = meeting.sent(SUBMISSION, authorization=CREDENTIAL)
        assert refused.status_code == 502
        assert meeting.gate.seen == []
        assert meeting.client.get(f"{meeting.address}/../../metadata").status_code in (400, 404)


def test_who_knows_no_token_sends_nothing(tmp_path: Path) -> None:
    with a_meeting(tmp_path) as meeting:
        token = meeting.address.split("/")[2]
        for guess in (f"{meeting.id}.guess", "none.none", meeting.id):
            place = f"/through/{guess}/fhir/metadata"
            assert meeting.client.get(place).status_code == 404, guess
        # the inbox of a run takes nothing that did not go through
        assert meeting.client.post(f"/inbox/{token}/fhir", json=SUBMISSION).status_code == 404
        run = meeting.shown()["throughs"][-1]["runs"][0]["run"]
        secret = token.partition(".")[2]
        assert meeting.client.post(f"/inbox/{run}.{secret}/fhir", json={}).status_code == 404
        assert meeting.gate.seen == []


@pytest.mark.parametrize("roles", [("source", "nobody"), ("nobody", "recipient")])
def test_it_stands_between_two_roles_of_the_instance(
    tmp_path: Path, roles: tuple[str, str]
) -> None:
    with a_meeting(tmp_path) as meeting:
        assert meeting.opened(*roles).status_code == 404


def test_it_carries_so_much_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert THROUGH_EXCHANGES >= 100
    monkeypatch.setattr("sandbox.event.observing.THROUGH_EXCHANGES", 2)
    with a_meeting(tmp_path) as meeting:
        codes = [meeting.client.get(f"{meeting.address}/metadata").status_code for _ in range(3)]
    assert codes == [401, 401, 412]
