"""`$summary` on the server: by id and by identifier, in the patient's or the asked language, stored on request."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.validation import validate
from tests.builders import a_patient, issue_of, post, put

ROSA = "/fhir/Patient/rosa-fuenzalida/$summary"


def title(reply: Any) -> str:
    assert reply.status_code == 200, reply.text
    return str(reply.json()["entry"][0]["resource"]["title"])


def test_a_summary_is_a_document_that_the_judge_finds_no_error_in(trained: TestClient) -> None:
    for entry in trained.get("/fhir/Patient?_count=50").json()["entry"]:
        document = trained.get(f"/fhir/Patient/{entry['resource']['id']}/$summary").json()
        assert document["type"] == "document"
        assert [
            one for one in validate(document, profiles=["ips"]) if one.severity == "error"
        ] == []


def test_it_speaks_the_asked_language_else_that_of_the_patient(trained: TestClient) -> None:
    assert title(trained.get(ROSA)) == "Resumen Internacional del Paciente"
    assert (
        title(trained.get(ROSA, headers={"Accept-Language": "pt-BR"}))
        == "Sumário Internacional do Paciente"
    )
    put(trained, "/Patient/x", a_patient(id="x"))
    assert title(trained.get("/fhir/Patient/x/$summary")) == "International Patient Summary"


def test_a_patient_is_found_by_identifier(trained: TestClient) -> None:
    patient = trained.get("/fhir/Patient/rosa-fuenzalida").json()
    number = f"{patient['identifier'][0]['system']}|{patient['identifier'][0]['value']}"
    document = trained.get("/fhir/Patient/$summary", params={"identifier": number}).json()
    assert document["entry"][1]["resource"]["id"] == "rosa-fuenzalida"
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "identifier", "valueString": number}],
    }
    again = post(trained, "/Patient/$summary", parameters).json()
    assert again["entry"][1]["resource"]["id"] == "rosa-fuenzalida"


def test_a_summary_is_stored_on_request_and_only_by_post(trained: TestClient) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "persist", "valueBoolean": True}]}
    reply = post(trained, "/Patient/rosa-fuenzalida/$summary", body)
    address = reply.headers["Content-Location"]
    assert trained.get(address).json() == reply.json()
    assert trained.get("/fhir/Bundle").json()["total"] == 2  # the seed holds one
    assert trained.get(f"{ROSA}?persist=true").status_code == 400
    post(trained, "/Patient/rosa-fuenzalida/$summary", {"resourceType": "Parameters"})
    assert trained.get("/fhir/Bundle").json()["total"] == 2  # the seed holds one


@pytest.mark.parametrize(
    ("path", "status", "key"),
    [
        ("Patient/none/$summary", 404, "server.no_resource"),
        ("Patient/$summary", 400, "server.operation_needs"),
        ("Patient/$summary?identifier=urn:x|none", 404, "server.no_match"),
        (
            "Patient/rosa-fuenzalida/$summary?profile=http://none.example",
            400,
            "server.unknown_profile",
        ),
    ],
)
def test_what_cannot_be_summarized_says_why(
    trained: TestClient, path: str, status: int, key: str
) -> None:
    reply = trained.get(f"/fhir/{path}")
    assert reply.status_code == status
    assert issue_of(reply)["details"]["coding"][0]["code"] == key


def test_two_patients_of_one_identifier_are_412(trained: TestClient) -> None:
    for id in ("a", "b"):
        put(
            trained,
            f"/Patient/{id}",
            a_patient(id=id, identifier=[{"system": "urn:x", "value": "1"}]),
        )
    assert trained.get("/fhir/Patient/$summary?identifier=urn:x|1").status_code == 412


# No passport.
LACKING = {
    "lac-2023": ["domingo-ixcoy", "wara-mamani"],
    "lac-2026": ["domingo-ixcoy", "wara-mamani"],
}


@pytest.mark.parametrize("profile", LACKING)
def test_a_summary_meets_the_rules_of_an_event_or_says_what_the_record_lacks(
    trained: TestClient, profile: str
) -> None:
    patients = [
        one["resource"]["id"] for one in trained.get("/fhir/Patient?_count=50").json()["entry"]
    ]
    replies = {id: trained.get(f"/fhir/Patient/{id}/$summary?profile={profile}") for id in patients}
    assert (
        sorted(id for id, reply in replies.items() if reply.status_code != 200) == LACKING[profile]
    )
    refused = replies["wara-mamani"]
    assert refused.status_code == 422
    found = [
        (one["details"]["coding"][0]["code"], one["expression"][0])
        for one in refused.json()["issue"]
    ]
    assert found[0][0] == "ips.profile_not_met"
    assert (
        "validation.missing_slice",
        "Bundle.entry[1].resource",
    ) in found  # the passport, on the patient itself


NOTHING_KNOWN = {"no-problem-info", "no-allergy-info", "no-medication-info"}


def test_a_required_section_without_data_says_so_as_the_asked_release_of_ips_wants(
    trained: TestClient,
) -> None:
    patient = trained.get("/fhir/Patient/ana-etcheverry").json()
    put(trained, "/Patient/empty", {**patient, "id": "empty"})
    for profile, are_entries in (
        ("lac-2023", True),
        ("ips@1.1.0", True),
        ("lac-2026", False),
        ("ips", False),
    ):
        reply = trained.get(f"/fhir/Patient/empty/$summary?profile={profile}")
        assert reply.status_code == 200, reply.text
        resources = {entry["fullUrl"]: entry["resource"] for entry in reply.json()["entry"]}
        sections = next(iter(resources.values()))["section"]
        assert len(sections) == 3
        assert all(("emptyReason" in section) != are_entries for section in sections)
        entries = [
            resources[one["reference"]] for section in sections for one in section.get("entry", ())
        ]
        assert {one["id"] for one in entries} == (NOTHING_KNOWN if are_entries else set())


def test_the_profile_of_an_event_is_named_in_the_document(trained: TestClient) -> None:
    profiles = trained.get(f"{ROSA}?profile=lac-2026").json()["meta"]["profile"]
    assert profiles[1:] == ["http://racsel.org/StructureDefinition/LACBundleIPS"]
    assert len(trained.get(f"{ROSA}?profile=ips").json()["meta"]["profile"]) == 1


def test_the_operation_is_declared(trained: TestClient) -> None:
    (rest,) = trained.get("/fhir/metadata").json()["rest"]
    patient = next(one for one in rest["resource"] if one["type"] == "Patient")
    definition = "http://hl7.org/fhir/uv/ips/OperationDefinition/summary"
    assert {"name": "summary", "definition": definition} in patient["operation"]
