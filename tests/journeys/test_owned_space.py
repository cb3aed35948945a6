"""On a space with an owner the bench's tracks and the lessons' solutions pass as on one without, and nobody hands out a secret."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sandbox.cli.stored import services_of
from sandbox.clock import utc_now
from sandbox.course.connection import start_server
from sandbox.course.sources import read_lesson
from sandbox.event.people import People, Person
from sandbox.event.tokens import Tokens
from sandbox.server.seeding import plant_seed
from sandbox.store.partitions import Partitions, Tenant
from sandbox.store.runs import RunStore

PATIENCE = 120
TEAMS = {"Ana": "Chile", "Pia": "Perú"}


@dataclass(frozen=True)
class Event:
    url: str
    sessions: dict[str, str]
    token: str
    """Chile's."""

    def ask(self, method: str, path: str, name: str, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.sessions[name]}"}
        answer = httpx.request(method, f"{self.url}{path}", headers=headers, timeout=60, **given)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def run(self, track: str, name: str, system: str, **inputs: str) -> dict[str, Any]:
        body = {"track": track, "system": system, "inputs": inputs}
        id = self.ask("POST", "/api/runs", name, json=body)["id"]
        deadline = time.monotonic() + PATIENCE
        while True:
            run: dict[str, Any] = self.ask("GET", f"/api/runs/{id}", name)
            if run["state"] not in ("queued", "running"):
                return run
            assert time.monotonic() < deadline
            time.sleep(0.2)


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Event]:
    folder = tmp_path_factory.mktemp("event")
    partitions = Partitions(folder)
    partitions.add(Tenant("chile", "off", 0))
    plant_seed("training", services_of(partitions, "chile"))
    store = RunStore(partitions.main)
    people = People(store, clock=utc_now)
    people.add(Person("Inés", "facilitator"))
    sessions = {
        name: people.enter(people.add(Person(name, "participant", team)))
        for name, team in TEAMS.items()
    }
    _, token = Tokens(store, people, clock=utc_now).make("Chile", "lessons", scope="write")
    partitions.close()
    server = start_server({"CONNECTATHON_DATA": str(folder), "CONNECTATHON_READING": "team"})
    url = server.connection.url
    event = Event(url, sessions, token)
    for name, system in (("Ana", "hospital"), ("Pia", "rival")):
        known = {"name": system, "base": f"{url}/t/chile/fhir"}
        event.ask("POST", "/api/systems", name, json=known)
    yield event
    server.stop()


@pytest.mark.parametrize(
    "track", ["fhir.basics", "mhd.recipient", "pdqm.supplier", "svcm.repository"]
)
def test_a_track_passes_on_the_space_of_its_own_team(event: Event, track: str) -> None:
    run = event.run(track, "Ana", "hospital")
    wrong = [(test["id"], test["verdict"]) for test in run["tests"] if test["verdict"] == "fail"]
    assert wrong == []
    assert run["verdict"] in ("pass", "warn")


def test_a_track_of_another_team_gets_no_further_than_that_team(event: Event) -> None:
    run = event.run("fhir.basics", "Pia", "rival")
    assert run["verdict"] == "fail"
    statuses = {
        event.ask("GET", f"/api/runs/{run['id']}/exchanges/{number}", "Pia")["status"]
        for test in run["tests"]
        for number in test["exchanges"]
    }
    assert 403 in statuses
    # what the server can do is told to everybody
    assert statuses <= {200, 403}


@pytest.mark.parametrize("space", ["chile", ""])
@pytest.mark.parametrize("name", ["01_fhir", "02_ips", "07_links"])
def test_a_lesson_is_solved_on_it(
    event: Event, name: str, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_URL", event.url)
    monkeypatch.setenv("CONNECTATHON_SPACE", space)
    monkeypatch.setenv("CONNECTATHON_TEAM_TOKEN", event.token)
    # the last cells call a system of one's own, which no solution has
    monkeypatch.setenv("CONNECTATHON_GRADING", "1")
    names: dict[str, Any] = {}
    try:
        for cell in read_lesson(name):
            if not cell.is_prose:
                exec(cell.solution, names)  # the notebook's own code
    finally:
        names["L"].client.close()
    results = names["L"].results
    assert {id: result.outcome for id, result in results.items()} == dict.fromkeys(
        results, "passed"
    )
    assert len(results) > 3
