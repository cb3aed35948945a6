from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import a_patient, issue_of, post, stored

IPS_PATIENT = "http://hl7.org/fhir/uv/ips/StructureDefinition/Patient-uv-ips"


def keys(reply: Any) -> list[tuple[str, str]]:
    assert reply.status_code == 200, reply.text
    return [
        (issue["severity"], issue["details"]["coding"][0]["code"])
        for issue in reply.json()["issue"]
    ]


def test_a_right_resource_is_said_to_be_right(empty: TestClient) -> None:
    assert keys(post(empty, "/Patient/$validate", a_patient())) == [("information", "server.valid")]


def test_a_wrong_one_gets_its_findings_and_is_not_stored(empty: TestClient) -> None:
    reply = post(empty, "/Patient/$validate", a_patient(gender="F"), **{"Accept-Language": "es"})
    assert keys(reply) == [("error", "validation.not_in_value_set")]
    assert issue_of(reply)["expression"] == ["Patient.gender"]
    assert issue_of(reply)["details"]["text"].startswith("Esto no está en el conjunto de valores")
    assert empty.get("/fhir/Patient").json()["total"] == 0


def test_a_profile_is_taken_from_the_query_or_from_parameters(empty: TestClient) -> None:
    by_query = post(empty, f"/Patient/$validate?profile={IPS_PATIENT}", a_patient())
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": a_patient()},
            {"name": "profile", "valueUri": IPS_PATIENT},
        ],
    }
    by_parameters = post(empty, "/Patient/$validate", parameters)
    assert keys(by_query) == keys(by_parameters) == [("error", "validation.missing")]
    right = post(empty, f"/Patient/$validate?profile={IPS_PATIENT}", a_patient(birthDate="1958"))
    assert keys(right) == [("information", "server.valid")]


def test_a_stored_resource_is_judged_as_it_is(empty: TestClient) -> None:
    created = stored(empty, a_patient(gender="F"))
    assert keys(empty.get(f"/fhir/Patient/{created['id']}/$validate")) == [
        ("error", "validation.not_in_value_set")
    ]
    assert empty.get("/fhir/Patient/nobody/$validate").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "key"),
    [
        ("/Patient/$validate", {"resourceType": "Observation"}, 400, "other_type"),
        ("/Patient/$validate", {"resourceType": "Parameters"}, 400, "nothing_to_validate"),
        ("/Patient/$validate?profile=http://example.org/x", a_patient(), 400, "unknown_profile"),
        ("/Patient/$validate?mode=delete", a_patient(), 501, "not_yet"),
        ("/Patient/$nothing", a_patient(), 501, "no_operation"),
    ],
)
def test_a_call_that_cannot_be_judged_says_why(
    empty: TestClient, path: str, body: Any, status: int, key: str
) -> None:
    reply = post(empty, path, body)
    assert reply.status_code == status
    assert issue_of(reply)["details"]["coding"][0]["code"] == f"server.{key}"


def test_the_capability_statement_names_the_operation(empty: TestClient) -> None:
    patient = empty.get("/fhir/metadata").json()["rest"][0]["resource"][0]
    definition = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
    assert {"name": "validate", "definition": definition} in patient["operation"]
