"""At an event with people a space is written by its own team, and read by those whom the event lets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.server.registry import INTERACTIONS
from sandbox.store.partitions import Partitions, Tenant
from tests.builders import issue_of
from tests.conftest import a_sandbox

PATIENT = {"resourceType": "Patient", "name": [{"family": "Rojas"}]}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SPACES = ("chile", "peru")


@dataclass(frozen=True)
class Event:
    """A sandbox with two spaces; `sessions` by name, empty while nobody is known."""

    client: TestClient
    sessions: dict[str, str]

    def token(self, team: str, scope: str = "write") -> str:
        made = self.ask(
            "POST", f"/api/teams/{team}/tokens", self.sessions["Inés"],
            json={"name": "hospital", "scope": scope},
        )  # fmt: skip
        assert made.status_code == 201, made.text
        return str(made.json()["secret"])

    def ask(self, method: str, path: str, secret: str = "", **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return self.client.request(
            method, path, headers=headers | given.pop("headers", {}), **given
        )


@contextmanager
def an_event(folder: Path, *, has_people: bool = True, **settings: Any) -> Iterator[Event]:
    partitions = Partitions(folder / "sandbox")
    for space in SPACES:
        partitions.add(Tenant(space, "off", 0))
    partitions.close()
    with a_sandbox(folder, **settings) as client:
        sessions: dict[str, str] = {}
        if has_people:
            for name, role, team in (
                ("Inés", "facilitator", ""), ("Ana", "participant", "Chile"),
                ("Pia", "participant", "Perú"), ("Mario", "monitor", ""),
            ):  # fmt: skip
                sessions[name] = entered(client, name, role, team, by=sessions.get("Inés", ""))
        yield Event(client, sessions)


def entered(client: TestClient, name: str, role: str, team: str, *, by: str) -> str:
    """Adds a person, lets them in, and returns the secret of their session."""
    headers = {"Authorization": f"Bearer {by}"} if by else {}
    person = {"name": name, "role": role, "team": team}
    added = client.post("/api/people", json=person, headers=headers).json()
    code = added["enter"].removeprefix("/enter/")
    return str(client.post("/api/enter", json={"code": code}).json()["session"])


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def test_without_people_every_space_is_open_to_whoever_asks(tmp_path: Path) -> None:
    with an_event(tmp_path, has_people=False) as event:
        for base in ("/fhir", "/t/chile/fhir"):
            assert event.ask("POST", f"{base}/Patient", json=PATIENT).status_code == 201
            assert event.ask("GET", f"{base}/Patient").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/t/chile/fhir/Patient/secret1"),
        ("GET", "/t/chile/fhir/Patient"),
        ("GET", "/t/chile/fhir"),
        ("DELETE", "/t/chile/fhir/Patient/1"),
        ("GET", "/t/chile/fhir/Patient/1/$summary"),
        ("POST", "/t/chile/fhir/Patient/_search"),
        ("GET", "/t/chile/ips/patient/1"),
        ("POST", "/t/chile/mediator/fhir/Bundle"),
        ("GET", "/t/chile/mediator/verify/1"),
        ("POST", "/t/chile/ddcc/QuestionnaireResponse/$generateHealthCertificate"),
        ("GET", "/t/nobody/fhir/Patient"),
        ("POST", "/t/chile/fhir%0A"),
        ("POST", "/fhir%0A"),
        ("POST", "/ddcc%0A"),
        ("POST", "/fhir/Patient"),
        ("GET", "/fhir/Patient"),
        ("GET", "/regional/fhir/List"),
        ("POST", "/v2/vshcIssuance"),
    ],
)
def test_nobody_comes_in_without_saying_who_they_are(event: Event, method: str, path: str) -> None:
    refused = event.ask(method, path, **({} if method == "GET" else {"json": PATIENT}))
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")
    assert "invalid_token" not in refused.headers["WWW-Authenticate"]
    issue = issue_of(refused)
    assert issue["code"] == "login"
    assert path.removesuffix("%0A") in issue["details"]["text"]
    assert "connectathon tokens add" in issue["diagnostics"]


def test_health_and_what_the_server_can_do_are_told_to_anybody(event: Event) -> None:
    for path in ("/health", "/fhir/metadata", "/t/chile/fhir/metadata"):
        assert event.ask("GET", path).status_code == 200


def test_a_team_writes_its_own_space_by_token_and_by_session(event: Event) -> None:
    for secret in (event.token("Chile"), event.sessions["Ana"], event.sessions["Inés"]):
        reply = event.ask("POST", "/t/chile/fhir/Patient", secret, json=PATIENT)
        assert reply.status_code == 201
    for header in ("X-Connectathon-Session", "Cookie"):
        value = event.sessions["Ana"]
        given = {header: f"connectathon_session={value}" if header == "Cookie" else value}
        reply = event.ask("POST", "/t/chile/fhir/Patient", json=PATIENT, headers=given)
        assert reply.status_code == 201


def test_another_team_reads_an_open_space_and_changes_nothing_in_it(event: Event) -> None:
    for secret in (event.token("Perú"), event.sessions["Pia"]):
        assert event.ask("GET", "/t/chile/fhir/Patient", secret).status_code == 200
        refused = event.ask("POST", "/t/chile/fhir/Patient", secret, json=PATIENT)
        assert refused.status_code == 403
        text = issue_of(refused)["details"]["text"]
        assert "Chile" in text
        assert "Perú" in text


def test_a_closed_space_is_read_by_its_team_and_by_those_who_judge(tmp_path: Path) -> None:
    with an_event(tmp_path, reading="team") as event:
        for name, status in (("Ana", 200), ("Pia", 403), ("Mario", 200), ("Inés", 200)):
            reply = event.ask("GET", "/t/chile/fhir/Patient", event.sessions[name])
            assert (name, reply.status_code) == (name, status)


def test_a_token_for_reading_neither_writes_nor_signs(event: Event) -> None:
    secret = event.token("Chile", "read")
    assert event.ask("GET", "/t/chile/fhir/Patient", secret).status_code == 200
    search = event.ask("POST", "/t/chile/fhir/Patient/_search", secret, headers=FORM)
    assert search.status_code == 200
    for method, path in (
        ("POST", "/t/chile/fhir/Patient"),
        ("GET", "/t/chile/fhir/Patient/1/$generate-vhl"),
        ("GET", "/t/chile/fhir/Composition/1/$document?persist=true"),
        ("GET", "/t/chile/mediator/fhir/Bundle/1/$ddcc"),
        ("GET", "/t/chile/mediator/fhir/Bundle/1/$ddcc%0A"),
        ("POST", "/t/chile/fhir/Patient/1/$summary"),
        ("POST", "/v2/vshcIssuance"),
    ):
        refused = event.ask(method, path, secret)
        assert (path, refused.status_code) == (path, 403)
        assert "write" in issue_of(refused)["diagnostics"]


def operations_by_post(*, affects_state: bool) -> list[str]:
    """Returns the paths of all operations of the server that say so, each of one type and one id."""
    patterns = {
        "/".join(known.pattern)
        for known in INTERACTIONS
        if known.level == "operation" and known.affects_state is affects_state
    }
    return sorted(path.replace("{type}", "Patient").replace("{id}", "1") for path in patterns)


@pytest.mark.parametrize("path", operations_by_post(affects_state=False))
def test_a_token_for_reading_asks_by_post_what_stores_nothing(event: Event, path: str) -> None:
    secret = event.token("Chile", "read")
    given = {"resourceType": "Parameters"}
    reply = event.ask("POST", f"/t/chile/fhir/{path}", secret, json=given)
    # what is asked for is not there or not enough: it came through
    assert reply.status_code in (200, 400, 404, 422), reply.text


@pytest.mark.parametrize("path", operations_by_post(affects_state=True))
def test_a_token_for_reading_asks_by_post_nothing_that_stores(event: Event, path: str) -> None:
    given = {"resourceType": "Parameters"}
    reply = event.ask("POST", f"/t/chile/fhir/{path}", event.token("Chile", "read"), json=given)
    assert reply.status_code == 403, reply.text


def test_operations_of_both_kinds_are_tried() -> None:
    assert "Observation/$lastn" in operations_by_post(affects_state=False)
    assert "Patient/1/$summary" in operations_by_post(affects_state=True)


def test_a_token_that_is_none_is_told_apart_from_no_token(event: Event) -> None:
    refused = event.ask("GET", "/t/chile/fhir/Patient", "connectathon_wrong")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_space_that_was_given_to_a_team_is_that_team_s_whatever_its_name(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        lead = event.sessions["Inés"]
        entered(event.client, "Ciro", "participant", "Équipe", by=lead)
        given = event.ask("POST", "/api/spaces/peru/owner", lead, json={"team": "Équipe"})
        assert given.status_code == 200
        refused = event.ask("POST", "/t/peru/fhir/Patient", event.sessions["Pia"], json=PATIENT)
        assert refused.status_code == 403
        given = event.ask("POST", "/t/peru/fhir/Patient", event.token("Équipe"), json=PATIENT)
        assert given.status_code == 201


def test_a_page_of_somebody_else_writes_nothing_by_the_cookie_of_a_member(event: Event) -> None:
    cookie = {"Cookie": f"connectathon_session={event.sessions['Ana']}"}
    forged = cookie | {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    refused = event.ask("POST", "/t/chile/fhir/Patient", json=PATIENT, headers=forged)
    assert refused.status_code == 403
    own = cookie | {"Origin": "http://sandbox.test", "Sec-Fetch-Site": "same-origin"}
    assert event.ask("POST", "/t/chile/fhir/Patient", json=PATIENT, headers=own).status_code == 201


def test_a_browser_is_told_in_a_sentence(event: Event) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "es"}
    refused = event.ask("GET", "/t/chile/ips/patient/1", headers=headers)
    assert refused.status_code == 401
    assert refused.headers["content-type"].startswith("text/plain")
    assert "entra con tu enlace" in refused.text


def test_the_token_of_the_event_stands_apart_from_those_of_teams_and_sessions(
    tmp_path: Path,
) -> None:
    with an_event(tmp_path, has_people=False, token="wall") as event:
        assert event.ask("GET", "/health").status_code == 200
        assert event.ask("GET", "/fhir/Patient").status_code == 401
        wall = {"Authorization": "Bearer wall"}
        person = {"name": "Inés", "role": "facilitator"}
        added = event.client.post("/api/people", json=person, headers=wall).json()
        code = {"code": added["enter"].removeprefix("/enter/")}
        session = event.client.post("/api/enter", json=code, headers=wall).json()["session"]
        assert event.ask("GET", "/fhir/Patient", "wall").status_code == 401
        both = wall | {"X-Connectathon-Session": session}
        for path in ("/fhir/Patient", "/api/me"):
            assert event.client.get(path, headers=both).status_code == 200
            assert event.ask("GET", path, session).status_code == 200


def test_who_has_not_come_in_is_told_how_by_the_api_too(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        reply = event.ask("GET", "/api/runs")
        assert (reply.status_code, reply.json()["key"]) == (401, "people.unknown")
        # RFC 9110 11.6.1; and RFC 9457 for the body
        assert reply.headers["www-authenticate"] == 'Bearer realm="connectathon sandbox"'
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["title"] == "Unauthorized"
        assert (
            "www-authenticate" not in event.ask("GET", "/api/runs", event.sessions["Ana"]).headers
        )
