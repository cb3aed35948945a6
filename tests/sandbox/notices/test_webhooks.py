"""What happens reaches a receiver by others, signed, once, to whom it may; what does not get through is tried again and stopped."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from sandbox.notices import courier
from sandbox.store.jobs import LOGGER
from tests.bench.cluster import until
from tests.receivers.running import Receiver, running
from tests.sandbox.api.test_gate import Event, an_event

pytestmark = pytest.mark.needs("receivers")
ALL = ["run", "review", "instance", "graded", "announcement"]


@dataclass(frozen=True)
class Place:
    """An event whose team Chile may be reached at a receiver on this machine."""

    event: Event
    receiver: Receiver

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.receiver.port}/{path}"

    def ask(self, method: str, path: str, name: str, body: Any = None) -> Any:
        given = {} if body is None else {"json": body}
        return self.event.ask(method, path, self.event.sessions[name], **given)

    def subscribe(self, path: str, name: str = "Ana", **wish: Any) -> Any:
        body = {"carrier": "webhook", "target": self.address(path), "topics": ALL, **wish}
        made = self.ask("POST", "/api/subscriptions", name, body)
        assert made.status_code == 201, made.text
        secrets = {f"/{path}": made.json()["secret"]}
        httpx.post(self.address("secret"), json=secrets).raise_for_status()
        return made.json()

    def said(self) -> Any:
        """What the receiver gets next, which is as the description has it."""
        told = self.receiver.next()
        described = self.event.client.get("/api/openapi.json").json()
        said = json.loads(told["body"])
        stated = described["webhooks"][said["type"]]["post"]
        assert {row["name"] for row in stated["parameters"]} <= set(told["headers"])
        schema = stated["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(said, {**schema, "components": described["components"]})
        return said

    def start(self, name: str, system: str) -> str:
        body = {"track": "mhd.source", "system": system}
        return str(self.ask("POST", "/api/runs", name, body).json()["id"])

    def sent(self, subscription: Any, name: str = "Ana") -> Any:
        path = f"/api/subscriptions/{subscription['id']}/notices"
        return self.ask("GET", path, name).json()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with running("standardwebhooks") as receiver:
        yield receiver


@pytest.fixture
def place(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(courier, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(courier, "DELAYS", (0, 0))
    with an_event(tmp_path, grants=("127.0.0.1",)) as event:
        place = Place(event, receiver)
        for name, system in (("Ana", "ours"), ("Pia", "theirs")):
            body = {"name": system, "base": "http://127.0.0.1:9/fhir"}
            assert place.ask("POST", "/api/systems", name, body).status_code == 201
        yield place


def test_what_happens_is_signed_as_a_library_by_others_verifies_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.subscribe("in", whose="team")
    with caplog.at_level(logging.INFO, LOGGER):
        run = place.start("Ana", "ours")
        told = place.receiver.next()
        until(lambda: any(record.name == LOGGER for record in caplog.records))
    (line,) = [vars(record) for record in caplog.records if record.name == LOGGER]
    assert (line["message"], line["attempt"]) == ("a notice: sent", 1)
    assert told["verified"]
    said = json.loads(told["body"])
    assert said["type"] == "run.started"
    assert said["data"] == {
        "id": run,
        "track": "mhd.source",
        "system": "ours",
        "team": "Chile",
        "state": "waiting",
        "verdict": None,
        "href": f"http://sandbox.test/api/runs/{run}",
    }
    assert told["headers"]["webhook-id"].startswith("msg_")
    assert place.ask("GET", said["data"]["href"], "Ana").json()["id"] == run


def test_a_secret_that_was_not_given_out_verifies_nothing(place: Place) -> None:
    place.subscribe("other")
    httpx.post(place.address("secret"), json={"/other": "whsec_" + "B" * 44})
    place.start("Ana", "ours")
    assert not place.receiver.next()["verified"]


def test_each_hears_what_they_may_see_and_asked_for(place: Place) -> None:
    place.subscribe("chile", whose="team")
    place.subscribe("narrow", narrowed={"system": "theirs"})
    place.subscribe("reviews", topics=["review"])
    place.subscribe("lead", "Inés", topics=["run"])
    theirs = place.start("Pia", "theirs")
    told = place.receiver.next()
    assert told["path"] == "/lead"
    assert json.loads(told["body"])["data"]["id"] == theirs
    ours = place.start("Ana", "ours")
    heard = [place.receiver.next() for _ in range(2)]
    assert {row["path"] for row in heard} == {"/chile", "/lead"}
    assert {json.loads(row["body"])["data"]["id"] for row in heard} == {ours}
    place.ask("POST", f"/api/runs/{ours}/finish", "Ana")
    ends = [place.receiver.next() for _ in range(2)]
    assert {json.loads(row["body"])["type"] for row in ends} == {"run.ended"}
    place.ask("POST", f"/api/runs/{ours}/review/ask", "Ana", {})
    asked = [place.receiver.next() for _ in range(2)]
    assert {row["path"] for row in asked} == {"/chile", "/reviews"}
    assert {json.loads(row["body"])["data"]["standing"] for row in asked} == {"to_verify"}


def test_an_announcement_reaches_all_who_asked_in_each_language(place: Place) -> None:
    place.subscribe("in", "Pia", topics=["announcement"])
    texts = {"en": "Lunch.", "es": "Almuerzo."}
    place.ask("POST", "/api/announcements", "Inés", {"texts": texts})
    said = place.said()
    assert said["type"] == "announcement.made"
    assert said["data"]["texts"] == texts


def test_what_is_not_taken_is_tried_again_under_the_same_id_then_stopped(place: Place) -> None:
    broken = place.subscribe("503", whose="team")
    place.subscribe("in", whose="team", topics=["announcement"])
    place.start("Ana", "ours")
    told = [place.receiver.next() for _ in range(4)]
    tries = [row for row in told if row["path"] == "/503"]
    assert len({row["headers"]["webhook-id"] for row in tries}) == 1
    assert all(row["verified"] for row in tries)
    said = json.loads(told[-1]["body"])
    assert said["type"] == "subscription.disabled"
    assert said["data"]["id"] == broken["id"]
    assert said["data"]["reason"] == "503"
    state = place.ask("GET", f"/api/subscriptions/{broken['id']}", "Ana").json()
    assert (state["state"], state["reason"]) == ("disabled", "503")
    (notice,) = place.sent(broken)
    assert notice["state"] == "dead"
    assert [row["outcome"] for row in notice["tries"]] == ["503"] * 3
    page = place.ask("GET", "/notifications?lang=es", "Ana").text
    assert "Suspendida: estado HTTP 503" in page


def test_one_that_was_stopped_is_set_to_work_and_says_what_it_had_to(place: Place) -> None:
    gone = place.subscribe("410")
    place.start("Ana", "ours")
    first = place.receiver.next()
    path = f"/api/subscriptions/{gone['id']}"
    while place.ask("GET", path, "Ana").json()["state"] != "disabled":
        pass
    # 410 says that nothing more is wanted: no second try
    (notice,) = place.sent(gone)
    assert len(notice["tries"]) == 1
    assert place.ask("POST", f"{path}/enable", "Ana").json()["state"] == "active"
    assert place.ask("POST", f"{path}/again", "Ana", {}).json() == {"count": 1}
    again = place.receiver.next()
    assert again["headers"]["webhook-id"] == first["headers"]["webhook-id"]
    assert again["body"] == first["body"]


@pytest.mark.parametrize("status", ["302-in", "307-in", "200-in"])
def test_a_redirect_is_followed_nowhere(place: Place, status: str) -> None:
    made = place.subscribe(status)
    place.ask("POST", f"/api/subscriptions/{made['id']}/try", "Ana")
    assert place.receiver.next()["path"] == f"/{status}"
    while not (tries := place.sent(made)[0]["tries"]):
        pass
    assert tries[0]["outcome"] == status[:3]
    assert place.sent(made)[0]["state"] == ("sent" if status.startswith("2") else "dead")
    assert place.receiver.nothing_more()
    # a trial that fails stops nothing
    assert place.ask("GET", f"/api/subscriptions/{made['id']}", "Ana").json()["state"] == "active"


def test_no_private_address_is_dialled_unless_it_was_allowed(place: Place) -> None:
    there = f"http://localhost:{place.receiver.port}/in"
    for target, outcome in (
        (there, "testbench.address_private"),
        ("http://169.254.169.254/latest", "testbench.address_never"),
        ("http://127.0.0.1:22/", "testbench.port_refused"),
    ):
        made = place.subscribe("in", target=target)
        place.ask("POST", f"/api/subscriptions/{made['id']}/try", "Ana")
        while not (tries := place.sent(made)[0]["tries"]):
            pass
        assert tries[0]["outcome"] == outcome
    assert place.receiver.nothing_more()
    body = {"kind": "address", "whose": "Chile", "what": "localhost", "reason": "a receiver here", "until": "2026-07-28"}  # fmt: skip
    assert place.ask("POST", "/api/allowances", "Inés", body).status_code == 201
    made = place.subscribe("in", target=there, whose="team")
    place.ask("POST", f"/api/subscriptions/{made['id']}/try", "Ana")
    assert json.loads(place.receiver.next()["body"])["type"] == "subscription.tried"


def test_who_has_left_is_told_nothing_more(place: Place) -> None:
    place.subscribe("gone", "Pia")
    place.subscribe("in", "Inés", topics=["run"])
    people = {row["name"]: row["id"] for row in place.ask("GET", "/api/people", "Inés").json()}
    removed = place.ask("POST", f"/api/people/{people['Pia']}/remove", "Inés", {})
    assert removed.status_code == 200, removed.text
    place.start("Inés", "theirs")
    assert place.receiver.next()["path"] == "/in"
    assert place.receiver.nothing_more()


def test_what_is_wrong_is_refused_for_its_own_reason(place: Place) -> None:
    right = {"carrier": "webhook", "target": "https://hooks.example.org/in", "topics": ["run"]}
    for change, key in (
        ({"target": "ftp://hooks.example.org/"}, "notices.bad_webhook"),
        ({"target": "https://u:p@hooks.example.org/"}, "testbench.userinfo"),
        ({"target": "https:///in"}, "notices.bad_webhook"),
        ({"carrier": "pigeon"}, "notices.bad_carrier"),
        ({"topics": []}, "notices.bad_topics"),
        ({"topics": ["run", "everything"]}, "notices.bad_topics"),
        ({"language": "xx"}, "notices.bad_language"),
        ({"narrowed": {"patient": "1"}}, "testbench.bad_request"),
        ({"carrier": "mail", "target": "ana@example.org"}, "notices.no_mail"),
        ({"carrier": "chat", "target": "<!channel>"}, "notices.bad_chat"),
    ):
        refused = place.ask("POST", "/api/subscriptions", "Ana", {**right, **change})
        assert refused.json()["key"] == key, change
    assert place.ask("POST", "/api/subscriptions", "Ana", right).status_code == 201
    assert "secret" not in place.ask("GET", "/api/subscriptions", "Ana").text


def test_an_instance_and_results_are_told_as_the_description_has_it(place: Place) -> None:
    node = {"name": "node", "base": "http://127.0.0.1:9/fhir", "actors": ["document-recipient"]}
    assert place.ask("POST", "/api/systems", "Ana", node).status_code == 201
    place.subscribe("in", whose="team", topics=["run", "review", "instance"])
    body = {"event": "lacpass-2026", "test": "1.1.1", "system": "node"}
    begun = place.ask("POST", "/api/instances", "Ana", body)
    assert begun.status_code == 201, begun.text
    said = place.said()
    assert said["type"] == "instance.moved"
    assert said["data"]["id"] == begun.json()["id"]
    assert (said["data"]["systems"], said["data"]["state"]) == (["node"], "started")
    run = place.start("Ana", "ours")
    assert place.said()["type"] == "run.started"
    place.ask("POST", f"/api/runs/{run}/cancel", "Ana")
    said = place.said()
    assert (said["type"], said["data"]["state"]) == ("run.cancelled", "cancelled")
