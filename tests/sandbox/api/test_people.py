"""With people known, the API and the pages let in those who are, and show each what is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.clock import utc_now
from sandbox.event.people import People
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import a_sandbox

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        yield client


@pytest.fixture
def known(tmp_path: Path) -> Iterator[People]:
    """The people of that sandbox as another process knows them, such as a command line."""
    partitions = Partitions(tmp_path / "sandbox", url="")
    yield People(RunStore(partitions.main), clock=utc_now)
    partitions.close()


def added(client: TestClient, name: str, role: str, *, team: str = "", by: str = "") -> str:
    """Adds a person, lets them in, and returns the secret of their session."""
    person = {"name": name, "role": role, "team": team}
    reply = client.post("/api/people", json=person, headers=as_one(by))
    assert reply.status_code == 201, reply.text
    entered = client.post(reply.json()["enter"], headers=FORM, follow_redirects=False)
    first = {"facilitator": "event", "monitor": "queue", "participant": "team"}[role]
    assert entered.headers["location"].startswith(f"../{first}?")
    assert "httponly" in entered.headers["set-cookie"].lower()
    secret = entered.cookies["connectathon_session"]
    client.cookies.clear()
    return str(secret)


def as_one(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"} if secret else {}


@pytest.fixture
def people(served: TestClient) -> dict[str, str]:
    """The sessions of a facilitator, two teams and two monitors."""
    first = added(served, "Inés", "facilitator")
    found = {"Inés": first}
    for name, role, team in (
        ("Ana", "participant", "Chile"), ("Pia", "participant", "Perú"), ("Mario", "monitor", "Perú"),
        ("Cata", "monitor", "Chile"),
    ):  # fmt: skip
        found[name] = added(served, name, role, team=team, by=first)
    return found


def registered(client: TestClient, secret: str, name: str = "hospital", **more: Any) -> Any:
    system = {"name": name, "base": "http://127.0.0.1:9/fhir", **more}
    return client.post("/api/systems", json=system, headers=as_one(secret))


def test_one_s_own_newest_run_is_asked_for_by_mine(
    served: TestClient, people: dict[str, str]
) -> None:
    registered(served, people["Ana"])
    id = finished(served, people["Ana"])

    def mine(name: str) -> list[str]:
        return [
            run["id"]
            for run in served.get("/api/runs?mine=yes", headers=as_one(people[name])).json()
        ]

    assert (mine("Ana"), mine("Inés"), mine("Cata")) == ([id], [], [])


def finished(client: TestClient, secret: str, system: str = "hospital") -> str:
    """A run of a client that ended without any request."""
    run = client.post(
        "/api/runs", json={"track": "mhd.source", "system": system}, headers=as_one(secret)
    )
    assert run.status_code == 201, run.text
    id = run.json()["id"]
    assert client.post(f"/api/runs/{id}/finish", headers=as_one(secret)).json()["state"] == "done"
    return str(id)


def test_who_asks(served: TestClient, people: dict[str, str]) -> None:
    me = served.get("/api/me", headers=as_one(people["Ana"])).json()
    assert {name: me[name] for name in ("name", "role", "team", "country")} == {
        "name": "Ana", "role": "participant", "team": "Chile", "country": "",
    }  # fmt: skip
    assert me["id"]
    assert me["team_id"]
    listed = served.get("/api/people", headers=as_one(people["Inés"])).json()
    assert [one["name"] for one in listed] == ["Inés", "Ana", "Cata", "Mario", "Pia"]


def test_a_new_person_of_an_old_name_sees_nothing_of_theirs(
    served: TestClient, people: dict[str, str], known: People
) -> None:
    registered(served, people["Ana"])
    id = finished(served, people["Ana"])
    known.remove("Ana")
    assert served.get("/api/me", headers=as_one(people["Ana"])).status_code == 401

    code = {"code": known.invite("Perú"), "name": "Ana"}
    later = as_one(served.post("/api/enter", json=code).json()["session"])

    for path in (f"/api/runs/{id}", f"/api/runs/{id}/report/evidence", f"/runs/{id}"):
        assert served.get(path, headers=later).status_code == 403
    assert served.get("/api/runs?mine=yes", headers=later).json() == []
    assert served.get("/api/systems", headers=later).json() == []


def test_a_newcomer_is_not_a_team_by_its_name(
    served: TestClient, people: dict[str, str], known: People
) -> None:
    registered(served, people["Ana"])
    finished(served, people["Ana"])
    code = known.invite("")
    form = {"name": "Eva", "team": "Chile"}

    refused = served.post(f"/enter/{code}", data=form)

    assert (refused.status_code, "connectathon_session" in refused.cookies) == (400, False)
    assert "Chile" in refused.text
    served.post(f"/enter/{code}", data={**form, "team": "Nova"}, follow_redirects=False)
    assert served.get("/api/me").json()["team"] == "Nova"
    assert served.get("/api/runs").json() == served.get("/api/systems").json() == []


@pytest.mark.parametrize(
    "path", ["/api/me", "/api/runs", "/api/systems", "/api/matrix", "/api/matrix.csv", "/api/queue", "/api/events", "/api/audit", "/audit",
             "/runs", "/matrix", "/report", "/team", "/queue", "/people"],
)  # fmt: skip
def test_nobody_unknown_sees_anything(
    served: TestClient, people: dict[str, str], path: str
) -> None:
    assert served.get(path).status_code == 401
    assert served.get(path, headers=as_one(people["Ana"] + "x")).status_code == 401


def test_a_team_sees_and_touches_its_own_alone(served: TestClient, people: dict[str, str]) -> None:
    assert (
        registered(served, people["Ana"], team="Perú").json()["team"] == "Chile"
    )  # whatever was written
    id = finished(served, people["Ana"])

    theirs = as_one(people["Pia"])
    for path in (
        "",
        "/events",
        "/exchanges/0",
        "/report/junit",
        "/report/evidence",
        "/report/curl",
        "/notebook/SRC-01",
    ):
        assert served.get(f"/api/runs/{id}{path}", headers=theirs).status_code == 403
    assert served.get(f"/runs/{id}", headers=theirs).status_code == 403
    assert served.get(f"/runs/{id}/0", headers=theirs).status_code == 403
    for path in ("cancel", "finish", "recheck"):
        assert served.post(f"/api/runs/{id}/{path}", headers=theirs).status_code == 403
    assert served.get("/api/runs", headers=theirs).json() == []
    assert served.get("/api/systems", headers=theirs).json() == []
    assert (
        served.post(
            "/api/runs", json={"track": "mhd.source", "system": "hospital"}, headers=theirs
        ).status_code
        == 403
    )
    assert (
        registered(served, people["Pia"]).status_code == 403
    )  # the alias is taken by another team
    assert served.get(f"/api/runs/{id}", headers=as_one(people["Mario"])).status_code == 200
    assert served.post(f"/api/runs/{id}/cancel", headers=as_one(people["Mario"])).status_code == 403


def test_a_monitor_claims_and_decides_and_never_for_the_own_team(
    served: TestClient, people: dict[str, str]
) -> None:
    registered(served, people["Ana"])
    id = finished(served, people["Ana"])
    act = f"/api/runs/{id}/review"
    assert (
        served.post(
            f"{act}/ask", json={"comment": "see 3"}, headers=as_one(people["Ana"])
        ).status_code
        == 200
    )

    assert served.get("/api/queue", headers=as_one(people["Cata"])).json() == []
    assert [
        one["id"] for one in served.get("/api/queue", headers=as_one(people["Mario"])).json()
    ] == [id]
    denied = served.post(f"{act}/claim", json={}, headers=as_one(people["Cata"]))
    assert (denied.status_code, denied.json()["key"]) == (403, "people.own_team")
    assert served.post(f"{act}/claim", json={}, headers=as_one(people["Mario"])).status_code == 200
    late = served.post(f"{act}/claim", json={}, headers=as_one(people["Inés"]))
    assert (late.status_code, late.json()["key"]) == (412, "people.claimed_by")
    decided = served.post(
        f"{act}/decide", json={"decision": "verified"}, headers=as_one(people["Mario"])
    )
    assert decided.json()["review"]["standing"] == "verified"

    log = served.get(f"/api/runs/{id}/events", headers=as_one(people["Ana"])).json()
    acts = [
        (one["kind"], one["body"]["by"])
        for one in log
        if one["kind"] in ("asked", "claimed", "decided")
    ]
    assert acts == [("asked", "Ana"), ("claimed", "Mario"), ("decided", "Mario")]


def test_only_a_facilitator_lets_people_in(served: TestClient, people: dict[str, str]) -> None:
    for name in ("Ana", "Mario"):
        reply = served.post(
            "/api/people", json={"name": "X", "role": "facilitator"}, headers=as_one(people[name])
        )
        assert (reply.status_code, reply.json()["key"]) == (403, "people.not_for_role")
        spanish = {**as_one(people[name]), "Accept-Language": "es"}
        told = served.post(
            "/api/people", json={"name": "X", "role": "facilitator"}, headers=spanish
        )
        role = {"Ana": "participante", "Mario": "monitor/a"}[name]
        assert told.json()["text"] == f"El rol {role} no permite eso."
        assert (
            served.post("/people", data={"name": "X"}, headers=as_one(people[name])).status_code
            == 403
        )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),  # no browser
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://sandbox.test"}, 303),
        ({"Origin": "http://sandbox.test"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.test"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://other.sandbox.test"}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),  # what a page below /fhir would send
    ],
)
def test_a_page_of_another_address_starts_nothing(
    served: TestClient, headers: dict[str, str], status: int
) -> None:
    form = {"track": "mhd.source", "system": "sandbox"}

    reply = served.post("/team/runs", data=form, headers=headers, follow_redirects=False)

    assert reply.status_code == status
    assert len(served.get("/api/runs").json()) == (status == 303)
    assert served.post("/api/runs/none/cancel", headers=headers).status_code == (
        404 if status == 303 else 403
    )


def test_a_link_that_is_looked_at_is_not_used_up(served: TestClient) -> None:
    place = served.post("/api/people", json={"name": "Inés", "role": "facilitator"}).json()["enter"]
    for _ in range(3):  # as a chat does that shows a preview
        assert "Inés" in served.get(place).text
    assert served.post(place, headers=FORM, follow_redirects=False).status_code == 303
    assert served.get(place).status_code == 403


def test_what_a_participant_stored_does_not_act_as_a_page(served: TestClient) -> None:
    script = b"<script>fetch('/api/people')</script>"
    place = served.post(
        "/fhir/Binary", content=script, headers={"Content-Type": "text/html"}
    ).headers["location"]

    reply = served.get(place, headers={"Accept": "text/html"})

    assert reply.content == script
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    assert served.get("/fhir/metadata").headers["x-content-type-options"] == "nosniff"


def test_a_form_is_refused_with_a_page_that_says_what_to_do(served: TestClient) -> None:
    reply = served.post("/team/systems?lang=es", data={"name": "12 !", "base": "http://a.test"})
    assert reply.status_code == 400
    assert "12 ! no puede ser el nombre corto" in reply.text
    assert "a a z, 0 a 9" in reply.text
    bad = served.post(
        "/team/runs", data={"track": "mhd.source", "system": "sandbox", "input.patient": "x"}
    )
    assert bad.status_code == 400
    assert served.get("/api/runs").json() == []
