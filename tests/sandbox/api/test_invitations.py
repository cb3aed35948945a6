"""Over HTTP: invitations of a team are made, listed and revoked by who may, and a session is over when it is ended, idle or its person removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.api.test_gate import Event, an_event

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def asked(event: Event, who: str, method: str, path: str, **given: Any) -> Any:
    return event.ask(method, path, event.sessions[who], **given)


def invited(event: Event, who: str, **terms: Any) -> Any:
    return asked(event, who, "POST", "/api/invitations", json=terms)


def joined(event: Event, link: str, name: str) -> Any:
    code = link.rpartition("/")[2]
    return event.client.post("/api/enter", json={"code": code, "name": name})


def test_an_invitation_is_made_listed_and_revoked(event: Event) -> None:
    made = invited(event, "Inés", team="Chile", uses=5, days=2)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    link = made.json()["enter"]
    assert joined(event, link, "Eva").json()["team"] == "Chile"

    (row,) = asked(event, "Inés", "GET", "/api/invitations").json()
    told = {name: row[name] for name in ("team", "by", "used", "most")}
    assert told == {"team": "Chile", "by": "Inés", "used": 1, "most": 5}
    assert "enter" not in row
    assert link.rpartition("/")[2] not in str(row)

    revoke = f"/api/invitations/{row['id']}/revoke"
    assert asked(event, "Pia", "POST", revoke).status_code == 404
    assert asked(event, "Inés", "POST", revoke).status_code == 200
    late = joined(event, link, "Olga")
    assert (late.status_code, late.json()["key"]) == (403, "people.no_code")


def test_a_member_invites_once_a_facilitator_says_so(event: Event) -> None:
    denied = invited(event, "Ana", team="Chile")
    assert (denied.status_code, denied.json()["key"]) == (403, "people.no_contact")
    me = asked(event, "Ana", "GET", "/api/me").json()
    contact = f"/api/people/{me['id']}/contact"
    assert asked(event, "Ana", "POST", contact, json={"contact": True}).status_code == 403

    assert asked(event, "Inés", "POST", contact, json={"contact": True}).json()["is_contact"]

    assert invited(event, "Ana", team="Chile").status_code == 201
    assert invited(event, "Ana", team="Perú").json()["key"] == "people.other_team"
    assert len(asked(event, "Ana", "GET", "/api/invitations").json()) == 1
    assert asked(event, "Pia", "GET", "/api/invitations").json() == []


@pytest.mark.parametrize("terms", [{"uses": "5"}, {"uses": True}, {"days": 0}, {"uses": 501}])
def test_terms_that_cannot_be_are_refused(event: Event, terms: dict[str, Any]) -> None:
    assert invited(event, "Inés", team="Chile", **terms).status_code == 400


def test_sessions_are_listed_with_their_browser_and_ended(event: Event) -> None:
    link = invited(event, "Inés", team="Chile").json()["enter"].rpartition("/")[2]
    agent = {"User-Agent": FIREFOX}
    eva = event.client.post("/api/enter", json={"code": link, "name": "Eva"}, headers=agent).json()
    first = eva["session"]

    (row,) = event.ask("GET", "/api/sessions", first).json()

    assert (row["browser"], row["is_this"]) == ("Firefox", True)
    assert asked(event, "Ana", "POST", f"/api/sessions/{row['id']}/end").status_code == 404
    assert event.ask("POST", f"/api/sessions/{row['id']}/end", first).status_code == 200
    assert event.ask("GET", "/api/me", first).status_code == 401


def test_a_removed_person_is_out_at_once(event: Event) -> None:
    ana = asked(event, "Ana", "GET", "/api/me").json()
    token = event.sessions["Ana"]
    assert event.ask("GET", "/api/runs", token).status_code == 200

    removed = asked(event, "Inés", "POST", f"/api/people/{ana['id']}/remove")

    assert removed.status_code == 200
    for path in ("/api/runs", "/api/me", "/api/events", "/t/chile/fhir/Patient", "/team"):
        assert event.ask("GET", path, token).status_code == 401, path
    assert asked(event, "Pia", "POST", f"/api/people/{ana['id']}/remove").status_code == 403
