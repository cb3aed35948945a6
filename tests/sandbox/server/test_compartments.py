"""Searches in a compartment, and merge patches as clients of other servers send them."""

import pytest
from starlette.testclient import TestClient

from tests.builders import a_patient, an_observation, ids_of, issue_of, put


@pytest.fixture
def compartment(empty: TestClient) -> TestClient:
    for id in ("p", "q"):
        put(empty, f"/Patient/{id}", a_patient(id=id))
    put(empty, "/Observation/o", an_observation(id="o", subject={"reference": "Patient/p"}))
    put(empty, "/Observation/x", an_observation(id="x", subject={"reference": "Patient/q"}))
    put(empty, "/Observation/by", an_observation(id="by", performer=[{"reference": "Patient/p"}]))
    put(
        empty,
        "/Encounter/e",
        {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {},
            "subject": {"reference": "Patient/p"},
        },
    )
    return empty


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("Patient/p/Observation", ["by", "o"]),
        ("Patient/p/Observation?subject=Patient/p", ["o"]),
        ("Patient/p/Observation?code=none", []),
        ("Patient/q/Observation", ["x"]),
        ("Patient/p/*", ["by", "e", "o", "p"]),
        ("Patient/p/*?_type=Encounter", ["e"]),
        ("Patient/p/Patient", ["p"]),
        ("Patient/p/Organization", []),
        ("Patient/none/Observation", []),
    ],
)
def test_a_compartment_holds_what_belongs_to_its_owner(
    compartment: TestClient, path: str, ids: list[str]
) -> None:
    assert sorted(ids_of(compartment.get(f"/fhir/{path}"))) == ids


def test_pages_of_a_compartment_stay_in_it(compartment: TestClient) -> None:
    first = compartment.get("/fhir/Patient/p/Observation?_count=1").json()
    assert first["total"] == 2
    following = first["link"][1]["url"]
    assert following.startswith("http://sandbox.test/fhir/Patient/p/Observation?")
    assert ids_of(compartment.get(following)) == ["by"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("Organization/1/Patient", 404), ("Patient/p/Observatoin", 404), ("Patient/p/*?name=x", 400)],
)
def test_what_has_no_compartment_says_so(compartment: TestClient, path: str, status: int) -> None:
    assert compartment.get(f"/fhir/{path}").status_code == status


@pytest.mark.parametrize("content_type", ["application/merge-patch+json", "application/json"])
def test_a_merge_patch_changes_what_it_names(compartment: TestClient, content_type: str) -> None:
    body = b'{"gender": "female", "name": null, "maritalStatus": {"text": "x"}}'
    reply = compartment.patch(
        "/fhir/Patient/p", content=body, headers={"Content-Type": content_type}
    )
    assert reply.status_code == 200
    changed = reply.json()
    assert (changed["gender"], changed["maritalStatus"], "name" in changed) == (
        "female",
        {"text": "x"},
        False,
    )
    assert changed["meta"]["versionId"] == "2"


def test_part_of_a_resource_is_no_patch(compartment: TestClient) -> None:
    body = b'{"resourceType": "Patient", "gender": "female"}'
    reply = compartment.patch(
        "/fhir/Patient/p", content=body, headers={"Content-Type": "application/json"}
    )
    assert reply.status_code == 400
    assert issue_of(reply)["details"]["coding"][0]["code"] == "server.no_patch"
    assert "gender" not in compartment.get("/fhir/Patient/p").json()
