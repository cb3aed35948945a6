"""Every cell of who may do what, tried over HTTP: as each role of one team on what is its own and another's, and as nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from sandbox.event.people import ROLES
from sandbox.event.rights import RIGHTS, Act
from tests.conftest import TickingClock
from tests.rights import COLUMNS, PAGE, SAYS, may_touch, page
from tests.sandbox.api.test_gate import PATIENT, Event, an_event, entered

TEAMS = {"Chile": "chile", "Perú": "peru"}
UNTIL = (TickingClock().now + timedelta(days=9)).date().isoformat()


@dataclass(frozen=True)
class Place:
    """An event in which each role has somebody of Chile, each team a system and a run."""

    event: Event
    closed: Event
    sessions: dict[str, str]
    closed_sessions: dict[str, str]

    def ask(self, method: str, path: str, role: str, body: Any = None) -> int:
        secret = self.sessions.get(role, "")
        return int(self.event.ask(method, path, secret, json=body).status_code)

    def run_of(self, team: str) -> str:
        """A run that a member of the team has begun and asks to have verified."""
        secret = self.sessions[team]
        body = {"track": "mhd.source", "system": TEAMS[team]}
        id = self.event.ask("POST", "/api/runs", secret, json=body).json()["id"]
        self.event.ask("POST", f"/api/runs/{id}/finish", secret)
        asked = self.event.ask("POST", f"/api/runs/{id}/review/ask", secret, json={})
        assert asked.status_code == 200, asked.text
        return str(id)

    def move(self, team: str, act: str, role: str) -> int:
        """Somebody says a word about a test instance that a member of the team has begun."""
        body = {"event": "lacpass-2026", "test": "1.1.1", "system": f"{TEAMS[team]}-node"}
        begun = self.event.ask("POST", "/api/instances", self.sessions[team], json=body)
        assert begun.status_code == 201, begun.text
        return self.ask("POST", f"/api/instances/{begun.json()['id']}/{act}", role, {})


def people_of(event: Event) -> dict[str, str]:
    """Sessions by role, each of somebody of Chile, and by team, of the member whose work it is."""
    lead = event.sessions["Inés"]
    roles = {role: entered(event.client, f"A {role}", role, "Chile", by=lead) for role in ROLES}
    roles["contact"] = entered(event.client, "A contact", "participant", "Chile", by=lead)
    who = event.ask("GET", "/api/me", roles["contact"]).json()["id"]
    event.ask("POST", f"/api/people/{who}/contact", lead, json={"contact": True})
    return roles | {"Chile": event.sessions["Ana"], "Perú": event.sessions["Pia"]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ExitStack() as opened:
        event = opened.enter_context(an_event(tmp_path_factory.mktemp("open")))
        closed = opened.enter_context(an_event(tmp_path_factory.mktemp("closed"), reading="team"))
        place = Place(event, closed, people_of(event), people_of(closed))
        for team, name in TEAMS.items():
            system = {"name": name, "base": "http://127.0.0.1:9/fhir"}
            assert place.ask("POST", "/api/systems", team, system) == 201
            node = {**system, "name": f"{name}-node", "actors": ["document-recipient"]}
            assert place.ask("POST", "/api/systems", team, node) == 201
        yield place


def _see_run(place: Place, role: str, team: str) -> int:
    return place.ask("GET", f"/api/runs/{place.run_of(team)}", role)


def _register(place: Place, role: str, team: str) -> int:
    system = {"name": TEAMS[team], "base": "http://127.0.0.1:9/fhir", "team": team}
    return place.ask("POST", "/api/systems", role, system)


def _start(place: Place, role: str, team: str) -> int:
    return place.ask("POST", "/api/runs", role, {"track": "mhd.source", "system": TEAMS[team]})


def _review(act: str) -> Callable[[Place, str, str], int]:
    def attempt(place: Place, role: str, team: str) -> int:
        return place.ask("POST", f"/api/runs/{place.run_of(team)}/review/{act}", role, {})

    return attempt


def _allow_address(place: Place, role: str, team: str) -> int:
    body = {"kind": "address", "whose": team, "what": "10.0.0.5", "reason": "r", "until": UNTIL}
    return place.ask("POST", "/api/allowances", role, body)


def _read_closed(place: Place, role: str, team: str) -> int:
    secret = place.closed_sessions.get(role, "")
    return int(place.closed.ask("GET", f"/t/{TEAMS[team]}/fhir/Patient", secret).status_code)


def _subscribe(place: Place, role: str, team: str) -> int:
    """Somebody reads what was sent to a subscription that a member of the team has made."""
    target = "https://hooks.example.org/in"
    body = {"carrier": "webhook", "target": target, "topics": ["run"], "whose": "team"}
    made = place.event.ask("POST", "/api/subscriptions", place.sessions[team], json=body)
    assert made.status_code == 201, made.text
    return place.ask("GET", f"/api/subscriptions/{made.json()['id']}/notices", role)


ATTEMPTS: dict[Act, Callable[[Place, str, str], int]] = {
    "see_results": lambda place, role, _: place.ask("GET", "/api/matrix", role),
    "see_run": _see_run,
    "register": _register,
    "start": _start,
    "ask": _review("ask"),
    "verify": _review("claim"),
    "manage_people": lambda place, role, _: place.ask("GET", "/api/people", role),
    "invite": lambda place, role, team: place.ask("POST", "/api/invitations", role, {"team": team}),
    "allow_address": _allow_address,
    "pair_up": lambda place, role, _: place.ask("POST", "/api/peers", role),
    "see_audit": lambda place, role, _: place.ask("GET", "/api/audit", role),
    "read_space": lambda place, role, team: place.ask(
        "GET", f"/t/{TEAMS[team]}/fhir/Patient", role
    ),
    "read_closed_space": _read_closed,
    "write_space": lambda place, role, team: place.ask(
        "POST", f"/t/{TEAMS[team]}/fhir/Patient", role, PATIENT
    ),
    "read_shared": lambda place, role, _: place.ask("GET", "/fhir/Patient", role),
    "write_shared": lambda place, role, _: place.ask("POST", "/fhir/Patient", role, PATIENT),
    "manage_tokens": lambda place, role, team: place.ask("GET", f"/api/teams/{team}/tokens", role),
    "take_part": lambda place, role, team: place.move(team, "pause", role),
    "manage_event": lambda place, role, team: place.move(team, "hurry", role),
    "subscribe": _subscribe,
}


@pytest.mark.parametrize("act", RIGHTS)
def test_every_cell_is_what_the_server_does(place: Place, act: Act) -> None:
    tried = {
        (role, team): ATTEMPTS[act](place, role, team)
        for role in (*COLUMNS, "nobody")
        for team in TEAMS
    }
    told = {key: status not in (401, 403) for key, status in tried.items()}
    said = {
        (role, team): may_touch(role, act, is_own=team == "Chile")
        for role in COLUMNS
        for team in TEAMS
    }
    assert told == said | {("nobody", team): False for team in TEAMS}, tried
    assert {tried["nobody", team] for team in TEAMS} == {401}
    assert max(tried.values()) < 500


def test_the_page_says_what_the_table_says() -> None:
    assert list(SAYS) == list(RIGHTS) == list(ATTEMPTS)
    assert PAGE.read_text(encoding="utf-8") == page()
