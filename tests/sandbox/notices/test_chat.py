"""What is told in a chat: the bot alone subscribes there, for others and once; the sandbox says who hears of which run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.testbench.tracks import TRACKS
from tests.sandbox.api.test_gate import Event, an_event

HERE = {"carrier": "chat", "target": "slack:T1/C1", "topics": ["run", "review"]}


@dataclass(frozen=True)
class Place:
    """An event with a system of each team; the bot is a facilitator."""

    event: Event
    ids: dict[str, str]

    def ask(self, method: str, path: str, name: str = "Inés", **given: Any) -> Any:
        return self.event.ask(method, path, self.event.sessions[name], **given)

    def subscribe(self, name: str, **wish: Any) -> Any:
        body = {**HERE, "person": self.ids[name], **wish}
        made = self.ask("POST", "/api/subscriptions", json=body)
        assert made.status_code == 201, made.text
        return made.json()

    def hearing(self, run: str) -> list[str]:
        rows = self.ask("GET", f"/api/subscriptions?carrier=chat&run={run}").json()
        return [row["id"] for row in rows]

    def run(self, name: str, system: str) -> str:
        body = {"track": "mhd.source", "system": system}
        return str(self.ask("POST", "/api/runs", name, json=body).json()["id"])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with an_event(tmp_path) as event:
        people = event.ask("GET", "/api/people", event.sessions["Inés"]).json()
        place = Place(event, {row["name"]: row["id"] for row in people})
        for name, system in (("Ana", "ours"), ("Pia", "theirs")):
            body = {"name": system, "base": "http://127.0.0.1:9/fhir"}
            assert place.ask("POST", "/api/systems", name, json=body).status_code == 201
        yield place


def test_the_bot_alone_subscribes_a_channel_and_says_for_whom(place: Place) -> None:
    refused = place.ask("POST", "/api/subscriptions", "Ana", json=HERE)
    assert (refused.status_code, refused.json()["key"]) == (403, "notices.chat_by_bot")
    body = {
        **HERE,
        "person": place.ids["Pia"],
        "carrier": "webhook",
        "target": "https://h.example/",
    }
    refused = place.ask("POST", "/api/subscriptions", "Ana", json=body)
    assert (refused.status_code, refused.json()["key"]) == (403, "people.other_team")
    made = place.subscribe("Ana")
    assert (made["person_id"], made["by"], made["secret"]) == (place.ids["Ana"], "Ana", "")
    # it is hers: she sees and ends it, and nobody of another team does
    assert [row["id"] for row in place.ask("GET", "/api/subscriptions", "Ana").json()] == [
        made["id"]
    ]
    path = f"/api/subscriptions/{made['id']}"
    assert place.ask("DELETE", path, "Pia").status_code == 403
    assert place.ask("DELETE", path, "Ana").status_code == 200
    unknown = place.ask("POST", "/api/subscriptions", json={**HERE, "person": "nobody"})
    assert unknown.status_code == 404


def test_the_same_wish_is_one_subscription_however_often_and_from_wherever(place: Place) -> None:
    made: list[str] = []
    asking = [
        threading.Thread(target=lambda: made.append(place.subscribe("Ana")["id"])) for _ in range(4)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    others = [
        place.subscribe("Ana", hour=18),
        place.subscribe("Ana", target="slack:T2/C1"),
        place.subscribe("Ana", narrowed={"track": "mhd"}),
        place.subscribe("Pia"),
    ]
    assert len({*made, *(row["id"] for row in others)}) == 5
    assert len(place.ask("GET", "/api/subscriptions?carrier=chat").json()) == 5


def test_who_hears_of_a_run_is_decided_by_the_rights_of_today_and_what_was_asked_for(
    place: Place,
) -> None:
    ana, pia = place.subscribe("Ana"), place.subscribe("Pia")
    mhd = place.subscribe("Ana", narrowed={"track": "mhd.s", "team": "chile"})
    place.subscribe("Ana", narrowed={"track": "fhir"})
    place.subscribe("Ana", narrowed={"verdict": "pass"})
    run = place.run("Ana", "ours")
    assert place.hearing(run) == [ana["id"], mhd["id"]]
    theirs = place.run("Pia", "theirs")
    assert place.hearing(theirs) == [pia["id"]]
    removed = place.ask("POST", f"/api/people/{place.ids['Ana']}/remove", json={})
    assert removed.status_code == 200, removed.text
    assert place.hearing(run) == []
    missing = place.ask("GET", "/api/subscriptions?carrier=chat&run=none")
    assert missing.status_code == 404


def test_a_digest_is_asked_for_as_the_one_who_hears_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = place.subscribe("Ana", hour=7, narrowed={"track": "mhd"})
    with monkeypatch.context() as before:  # a later version has the track no more
        before.setitem(TRACKS, "no-such-track", TRACKS["fhir.basics"])
        gone = place.subscribe("Ana", narrowed={"track": "no-such-track"})
    run = place.run("Ana", "ours")
    place.run("Pia", "theirs")

    def heard(subscription: Any, **more: str) -> Any:
        path = f"/api/subscriptions/{subscription['id']}/runs"
        return place.ask("GET", path, params=more)

    assert [row["id"] for row in heard(daily).json()] == [run]
    assert heard(daily).headers["x-total-count"] == "1"
    assert heard(daily, since="2100-01-01").json() == []
    assert heard(gone).json() == []
    # of another team's nothing can be asked
    other = place.ask("GET", f"/api/subscriptions/{daily['id']}/runs", "Pia")
    assert other.status_code == 403


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        ({"hour": 24}, "notices.bad_hour"),
        ({"hour": True}, "notices.bad_hour"),
        ({"hour": "18"}, "notices.bad_hour"),
        (
            {"carrier": "webhook", "target": "https://hooks.example.org/", "hour": 18},
            "notices.bad_hour",
        ),
        ({"target": " "}, "notices.bad_chat"),
        ({"target": "slack:T1/<!channel>"}, "notices.bad_chat"),
        ({"target": "zulip:host:stream:1/" + "x" * 200}, "notices.bad_chat"),
        ({"target": "slack:T1/C1\u202e"}, "notices.bad_chat"),
    ],
)
def test_what_is_no_channel_or_hour_is_refused_for_its_own_reason(
    place: Place, wish: dict[str, Any], key: str
) -> None:
    refused = place.ask("POST", "/api/subscriptions", json={**HERE, **wish})
    assert refused.json().get("key") == key
    topic = "zulip:chat.example.org:stream:3/conexión día 2"
    assert (
        place.ask("POST", "/api/subscriptions", json={**HERE, "target": topic}).status_code == 201
    )


def test_an_announcement_that_is_asked_for_twice_is_made_once(place: Place) -> None:
    body = {"texts": {"en": "Lunch"}, "wakes": True}
    keys = ("k1", "k1", "k2", "", "")
    made = [
        place.ask("POST", "/api/announcements", json=body, headers={"Idempotency-Key": key}).json()
        for key in keys
    ]
    assert made[0] == made[1]
    assert len({row["id"] for row in made}) == 4
    assert all(row["wakes"] for row in made)
    refused = place.ask(
        "POST", "/api/announcements", "Ana", json=body, headers={"Idempotency-Key": "k1"}
    )
    assert refused.status_code == 403
