"""Each team's space is a world of its own: nothing of another one is read, found, counted or referred to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.store.partitions import Partitions, Tenant
from tests.builders import (
    a_bundle,
    a_patient,
    an_entry,
    an_observation,
    issue_of,
    post,
    put,
    stored,
)
from tests.conftest import a_sandbox

WRONG = a_patient(gender="woman")


@pytest.fixture
def teams(tmp_path: Path, database_url: str) -> Iterator[TestClient]:
    """A sandbox with the spaces of two teams; that of Peru refuses errors, that of Chile warns."""
    partitions = Partitions(tmp_path / "sandbox", url=database_url)
    partitions.add(Tenant("chile", "warn", 1))
    partitions.add(Tenant("peru", "reject", 1))
    partitions.close()
    with a_sandbox(tmp_path, database_url=database_url) as client:
        yield client


def of_chile(client: TestClient, path: str, body: object) -> dict[str, object]:
    reply = client.post(
        f"/t/chile/fhir{path}", json=body, headers={"Content-Type": "application/fhir+json"}
    )
    assert reply.status_code in (200, 201), reply.text
    return dict(reply.json())


def test_what_a_team_stores_no_other_one_sees(teams: TestClient) -> None:
    created = of_chile(teams, "/Patient", a_patient())
    place = f"/Patient/{created['id']}"
    assert teams.get(f"/t/chile/fhir{place}").json() == created
    for other in ("/fhir", "/t/peru/fhir"):
        assert teams.get(f"{other}{place}").status_code == 404
        assert teams.get(f"{other}/Patient").json()["total"] == 0
        assert teams.get(f"{other}/_history").json()["total"] == 0
    assert teams.get("/t/chile/fhir/Patient?name=mu").json()["total"] == 1


def test_addresses_in_replies_are_those_of_the_team(teams: TestClient) -> None:
    reply = teams.post(
        "/t/chile/fhir/Patient", json=a_patient(), headers={"Content-Type": "application/fhir+json"}
    )
    assert reply.headers["Location"].startswith("http://sandbox.test/t/chile/fhir/Patient/")
    bundle = teams.get("/t/chile/fhir/Patient").json()
    assert bundle["entry"][0]["fullUrl"].startswith("http://sandbox.test/t/chile/fhir/Patient/")
    assert (
        teams.get("/t/chile/fhir/metadata").json()["implementation"]["url"]
        == "http://sandbox.test/t/chile/fhir"
    )


def test_a_reference_leads_nowhere_outside_of_its_space(teams: TestClient) -> None:
    put(teams, "/Patient/p", a_patient(id="p"))
    of_chile(teams, "/Observation", an_observation(subject={"reference": "Patient/p"}))
    assert teams.get("/t/chile/fhir/Observation?subject=Patient/p").json()["total"] == 1
    assert teams.get("/t/chile/fhir/Observation?patient.name=mu").json()["total"] == 0
    assert teams.get("/fhir/Patient?_has:Observation:patient:code=29463-7").json()["total"] == 0


def test_an_unknown_team_is_404_with_the_nearest_name(teams: TestClient) -> None:
    reply = teams.get("/t/chila/fhir/Patient")
    assert reply.status_code == 404
    assert "chile" in issue_of(reply)["details"]["text"]


def test_an_unknown_team_with_no_name_near_names_none(teams: TestClient) -> None:
    reply = teams.get("/t/zzzzzzzzzz/fhir/Patient")
    assert reply.status_code == 404
    assert "nor for one with a name like it" in reply.json()["issue"][0]["details"]["text"]


def test_a_team_that_is_removed_takes_its_data_along(
    teams: TestClient, tmp_path: Path, database_url: str
) -> None:
    of_chile(teams, "/Patient", a_patient())
    partitions = Partitions(tmp_path / "sandbox", url=database_url)
    assert partitions.remove("chile")
    assert not partitions.remove("chile")
    assert teams.get("/t/chile/fhir/Patient").status_code == 404
    partitions.add(Tenant("chile", "off", 2))
    partitions.close()
    assert teams.get("/t/chile/fhir/Patient").json()["total"] == 0


def test_reject_refuses_a_resource_with_errors_and_names_them(teams: TestClient) -> None:
    headers = {"Content-Type": "application/fhir+json"}
    reply = teams.post("/t/peru/fhir/Patient", json=WRONG, headers=headers)
    assert reply.status_code == 422
    issues = reply.json()["issue"]
    assert issues[0]["details"]["coding"][0]["code"] == "server.not_conformant"
    assert issues[1]["expression"] == ["Patient.gender"]
    assert teams.get("/t/peru/fhir/Patient").json()["total"] == 0
    assert (
        teams.post(
            "/t/peru/fhir/Patient", json=a_patient(gender="female"), headers=headers
        ).status_code
        == 201
    )


def test_reject_names_the_entry_of_a_transaction_and_keeps_nothing_of_it(teams: TestClient) -> None:
    bundle = a_bundle(an_entry(a_patient()), an_entry(WRONG))
    reply = teams.post(
        "/t/peru/fhir", json=bundle, headers={"Content-Type": "application/fhir+json"}
    )
    assert reply.status_code == 422
    assert "Bundle.entry[1].resource.gender" in [
        issue["expression"][0] for issue in reply.json()["issue"]
    ]
    assert teams.get("/t/peru/fhir/Patient").json()["total"] == 0


def test_warn_stores_it_and_says_what_is_wrong(teams: TestClient) -> None:
    headers = {"Content-Type": "application/fhir+json", "Prefer": "return=OperationOutcome"}
    reply = teams.post("/t/chile/fhir/Patient", json=WRONG, headers=headers)
    assert reply.status_code == 201
    assert reply.headers["X-Validation-Errors"] == "1"
    assert "Patient.gender" in [issue.get("expression", [""])[0] for issue in reply.json()["issue"]]
    answer = of_chile(teams, "", a_bundle(an_entry(WRONG)))
    assert answer["entry"][0]["response"]["outcome"]["issue"][0]["expression"] == ["Patient.gender"]  # type: ignore[index]  # JSON


def test_off_takes_it_as_it_comes(teams: TestClient) -> None:
    reply = post(teams, "/Patient", WRONG)
    assert reply.status_code == 201
    assert "X-Validation-Errors" not in reply.headers
    assert stored(teams, a_patient())["id"]
