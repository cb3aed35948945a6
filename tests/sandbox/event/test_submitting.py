"""Who hands in what waits at an inbox need not end its run first: it is ended and judged, and the history says which it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.limits import INSTANCE_WORDS
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.mhd.submissions import a_submission

PLAN = "lacpass-2023"
FHIR = {"Content-Type": "application/fhir+json"}


@dataclass(frozen=True)
class Waiting:
    """An instance whose only run waits at an inbox."""

    event: Event
    id: str
    run: str
    inbox: str

    @property
    def ana(self) -> str:
        return self.event.sessions["Ana"]

    def send(self, body: Any) -> None:
        content = json.dumps(body).encode()
        self.event.client.post(self.inbox, content=content, headers=FHIR)

    def hand_in(self, door: str = "/api", who: str = "Ana") -> Any:
        path = f"{door}/instances/{self.id}/submit"
        sent: dict[str, Any] = {"json": {}} if door else {"headers": FORM, "content": ""}
        return self.event.ask(
            "POST", path, self.event.sessions[who], follow_redirects=False, **sent
        )

    @property
    def shown(self) -> Any:
        return self.event.ask("GET", f"/api/instances/{self.id}", self.ana).json()

    @property
    def run_state(self) -> str:
        return str(self.event.ask("GET", f"/api/runs/{self.run}", self.ana).json()["state"])

    @property
    def ended(self) -> list[tuple[str, str]]:
        return [
            (one["by"], one["words"]) for one in self.shown["history"] if one["kind"] == "ended"
        ]


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    with an_event(tmp_path) as event:
        ana = event.sessions["Ana"]
        base = "http://127.0.0.1:9/fhir"
        body = {"name": "clinic", "base": base, "country": "CL", "actors": ["document-source"]}
        assert event.ask("POST", "/api/systems", ana, json=body).status_code == 201
        what = {"event": PLAN, "test": "1.4", "system": "clinic"}
        shown = event.ask("POST", "/api/instances", ana, json=what).json()
        role = shown["parts"][0]["role"]
        path = f"/api/instances/{shown['id']}/runs"
        begun = event.ask("POST", path, ana, json={"role": role}).json()
        run = begun["bench"][0]["last_run"]
        inbox = event.ask("GET", f"/api/runs/{run}", ana).json()["inbox"]
        yield Waiting(event, shown["id"], run, inbox)


@pytest.mark.parametrize("door", ["/api", ""])
def test_a_run_that_was_sent_all_is_ended_and_what_came_is_judged(
    waiting: Waiting, door: str
) -> None:
    waiting.send(a_submission())
    reply = waiting.hand_in(door)
    assert reply.status_code in (200, 303), reply.text
    assert waiting.run_state == "done"
    (result,) = waiting.shown["bench"]
    assert (result["run"], result["verdict"]) == (waiting.run, "pass")
    assert waiting.shown["state"] == "to_verify"
    assert waiting.ended == [("Ana", waiting.run)]
    page = waiting.event.ask("GET", f"/instances/{waiting.id}?lang=en", waiting.ana).text
    assert f"ended the run that waited: {waiting.run}" in page


def test_what_fails_stays_open_and_the_refusal_says_what_was_found(waiting: Waiting) -> None:
    waiting.send({"resourceType": "Bundle"})
    for _ in range(2):
        reply = waiting.hand_in()
        assert reply.status_code == 412
        assert reply.json()["key"] == "instances.failing_so_far"
        assert "SRC-0" in reply.json()["text"]
        assert (waiting.run_state, waiting.ended) == ("waiting", [])
    # what is mended is sent to the same address, and counts
    waiting.send(a_submission())
    assert waiting.hand_in().status_code == 200
    assert (waiting.run_state, waiting.shown["state"]) == ("done", "to_verify")


def test_what_nothing_has_come_to_waits_on(waiting: Waiting) -> None:
    for body in (None, {"resourceType": "Patient"}):
        if body:
            waiting.event.client.get(f"{waiting.inbox}/Patient?name=x")
        reply = waiting.hand_in()
        assert reply.status_code == 412
        assert reply.json()["key"] == "instances.not_run"
        assert (waiting.run_state, waiting.ended) == ("waiting", [])


def test_what_is_refused_for_its_words_ends_nothing(waiting: Waiting) -> None:
    waiting.send(a_submission())
    path, words = f"/api/instances/{waiting.id}/submit", "x" * (INSTANCE_WORDS + 1)
    reply = waiting.event.ask("POST", path, waiting.ana, json={"words": words})
    assert (reply.status_code, reply.json()["key"]) == (400, "people.too_long")
    assert (waiting.run_state, waiting.ended) == ("waiting", [])


def test_who_may_not_hand_in_ends_nothing(waiting: Waiting) -> None:
    waiting.send(a_submission())
    assert waiting.hand_in(who="Pia").status_code in (403, 404)
    event = waiting.event
    assert (
        event.ask("POST", f"/api/instances/{waiting.id}/pause", waiting.ana, json={}).status_code
        == 200
    )
    event.ask("POST", f"/api/instances/{waiting.id}/abort", waiting.ana, json={})
    assert waiting.hand_in().status_code == 412
    assert (waiting.run_state, waiting.ended) == ("waiting", [])
