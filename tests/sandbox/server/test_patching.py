import base64
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.errors import InvalidResource
from sandbox.limits import PATCH_STEPS
from sandbox.server.patches import apply_fhirpath_patch
from tests.builders import FHIR_JSON, a_bundle, a_patient, an_entry, issue_of, post, stored

JSON_PATCH = {"Content-Type": "application/json-patch+json"}
PATIENT = a_patient(
    gender="female",
    telecom=[{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
    multipleBirthInteger=2,
    contact=[{"name": {"family": "A"}}],
)


def an_operation(type: str, path: str, **parts: Any) -> dict[str, Any]:
    held = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    for name, value in parts.items():
        kind = "valueInteger" if isinstance(value, int) else "valueString"
        held.append({"name": name, **(value if isinstance(value, dict) else {kind: value})})
    return {"name": "operation", "part": held}


def patched(client: TestClient, *operations: dict[str, Any], **headers: str) -> Any:
    id = stored(client, PATIENT)["id"]
    body = {"resourceType": "Parameters", "parameter": list(operations)}
    return client.patch(f"/fhir/Patient/{id}", json=body, headers={**FHIR_JSON, **headers})


def test_a_json_patch_makes_the_next_version_and_keeps_numbers(empty: TestClient) -> None:
    observation = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    id = post(empty, "/Observation", observation).json()["id"]
    operations = [
        {"op": "replace", "path": "/status", "value": "amended"},
        {"op": "add", "path": "/note", "value": [{"text": "y"}]},
    ]
    reply = empty.patch(f"/fhir/Observation/{id}", json=operations, headers=JSON_PATCH)
    assert (reply.status_code, reply.headers["etag"]) == (200, 'W/"2"')
    assert reply.json()["status"] == "amended"
    assert '"value":1.50' in reply.text


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        ([{"op": "replace", "path": "/nothing/here", "value": 1}], "server.patch_failed"),
        ([{"op": "test", "path": "/gender", "value": "male"}], "server.patch_failed"),
        ([{"op": "invent", "path": "/gender"}], "server.patch_failed"),
        (["x"], "server.patch_failed"),
        ([{"op": "replace", "path": "/id", "value": "other"}], "server.patch_identity"),
        ([{"op": "replace", "path": "", "value": []}], "server.not_an_object"),
        ({"op": "replace"}, "server.no_patch"),
    ],
)
def test_a_json_patch_that_cannot_be_carried_out_leaves_the_version(
    empty: TestClient, operation: Any, key: str
) -> None:
    id = stored(empty, PATIENT)["id"]
    reply = empty.patch(f"/fhir/Patient/{id}", json=operation, headers=JSON_PATCH)
    assert (reply.status_code, issue_of(reply)["details"]["coding"][0]["code"]) == (400, key)
    assert empty.get(f"/fhir/Patient/{id}").json()["meta"]["versionId"] == "1"


@pytest.mark.parametrize(
    ("operation", "check"),
    [
        (
            an_operation("replace", "Patient.gender", value={"valueCode": "male"}),
            lambda p: p["gender"] == "male",
        ),
        (an_operation("delete", "Patient.gender"), lambda p: "gender" not in p),
        (an_operation("delete", "Patient.birthDate"), lambda p: p["gender"] == "female"),
        (
            an_operation("add", "Patient", name="birthDate", value={"valueDate": "1958"}),
            lambda p: p["birthDate"] == "1958",
        ),
        (
            an_operation("add", "Patient", name="name", value={"valueHumanName": {"text": "x"}}),
            lambda p: len(p["name"]) == 2,
        ),
        (
            an_operation("add", "Patient.contact[0]", name="gender", value={"valueCode": "male"}),
            lambda p: p["contact"][0]["gender"] == "male",
        ),
        (
            an_operation("add", "Patient", name="deceasedBoolean", value={"valueBoolean": True}),
            lambda p: p["deceasedBoolean"] is True,
        ),
        (
            an_operation("replace", "Patient.multipleBirth", value={"valueInteger": 3}),
            lambda p: p["multipleBirthInteger"] == 3,
        ),
        (
            an_operation("replace", "Patient.name[0].given[0]", value="Ana"),
            lambda p: p["name"][0]["given"] == ["Ana"],
        ),
        (
            an_operation("replace", "Patient.telecom.where(system='email').value", value="3"),
            lambda p: p["telecom"][1]["value"] == "3",
        ),
        (
            an_operation("delete", "Patient.telecom.where(system='phone')"),
            lambda p: [t["value"] for t in p["telecom"]] == ["2"],
        ),
        (an_operation("delete", "Patient.name[0].given[0]"), lambda p: "given" not in p["name"][0]),
        (
            an_operation(
                "insert", "Patient.telecom", index=0, value={"valueContactPoint": {"value": "0"}}
            ),
            lambda p: p["telecom"][0]["value"] == "0",
        ),
        (
            an_operation("move", "Patient.telecom", source=1, destination=0),
            lambda p: [t["value"] for t in p["telecom"]] == ["2", "1"],
        ),
        (
            an_operation(
                "add",
                "Patient",
                name="contact",
                value={"part": [{"name": "name", "valueHumanName": {"text": "B"}}]},
            ),
            lambda p: p["contact"][1] == {"name": {"text": "B"}},
        ),
    ],
)
def test_a_fhirpath_patch_changes_one_thing(
    empty: TestClient, operation: dict[str, Any], check: Any
) -> None:
    reply = patched(empty, operation)
    assert reply.status_code == 200, reply.text
    assert check(reply.json()), reply.json()
    assert reply.json()["meta"]["versionId"] == "2"


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        (an_operation("replace", "Patient.birthDate", value="x"), "server.patch_not_one"),
        (an_operation("replace", "Patient.telecom.value", value="x"), "server.patch_not_one"),
        (
            an_operation("add", "Patient", name="gender", value={"valueCode": "male"}),
            "server.patch_present",
        ),
        (an_operation("add", "Patient", name="colour", value="blue"), "server.patch_no_element"),
        (an_operation("invent", "Patient"), "server.patch_type"),
        (an_operation("insert", "Patient.telecom", index=9, value="x"), "server.patch_number"),
        (an_operation("move", "Patient.gender", source=0, destination=0), "server.patch_no_list"),
        (an_operation("replace", "Patient.gender"), "server.patch_part"),
        (an_operation("replace", "Patient.name.exists()", value="x"), "server.patch_path"),
        (an_operation("replace", "Patient.(", value="x"), "fhirpath.syntax"),
        ({"name": "operation"}, "server.patch_part"),
        ({"name": "other"}, "server.patch_empty"),
    ],
)
def test_a_fhirpath_patch_that_cannot_be_carried_out_says_why(
    empty: TestClient, operation: dict[str, Any], key: str
) -> None:
    reply = (
        patched(
            empty, an_operation("replace", "Patient.gender", value={"valueCode": "male"}), operation
        )
        if key != "server.patch_empty"
        else patched(empty, operation)
    )
    assert (reply.status_code, issue_of(reply)["details"]["coding"][0]["code"]) == (400, key)
    assert empty.get("/fhir/Patient?gender=female").json()["total"] == 1


def test_a_patch_is_guarded_by_the_version_and_needs_the_resource(empty: TestClient) -> None:
    replace = an_operation("replace", "Patient.gender", value={"valueCode": "male"})
    assert patched(empty, replace, **{"If-Match": 'W/"9"'}).status_code == 412
    assert empty.patch("/fhir/Patient/nobody", json=[], headers=JSON_PATCH).status_code == 404
    id = stored(empty, PATIENT)["id"]
    empty.delete(f"/fhir/Patient/{id}")
    assert empty.patch(f"/fhir/Patient/{id}", json=[], headers=JSON_PATCH).status_code == 410


def test_a_transaction_replaces_a_document_as_mhd_does_it(empty: TestClient) -> None:
    """MHD 3:4.65.4.1.2.3: the replaced DocumentReference becomes superseded by a PATCH entry with Parameters."""
    old = stored(
        empty,
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "content": [{"attachment": {"url": "Binary/1"}}],
        },
    )
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            an_operation("replace", "DocumentReference.status", value={"valueCode": "superseded"})
        ],
    }
    entry = an_entry(parameters, method="PATCH", url=f"DocumentReference/{old['id']}")
    reply = post(empty, "", a_bundle(entry, an_entry(a_patient())))
    assert reply.status_code == 200, reply.text
    assert empty.get(f"/fhir/DocumentReference/{old['id']}").json()["status"] == "superseded"
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json"}
    binary["data"] = base64.b64encode(
        json.dumps([{"op": "replace", "path": "/status", "value": "current"}]).encode()
    ).decode()
    assert (
        post(
            empty,
            "",
            a_bundle(an_entry(binary, method="PATCH", url=f"DocumentReference/{old['id']}")),
        ).status_code
        == 200
    )
    assert empty.get(f"/fhir/DocumentReference/{old['id']}").json()["status"] == "current"


def test_a_path_of_a_patch_may_cost_no_more_than_its_budget() -> None:
    parts = [
        {"name": "type", "valueCode": "delete"},
        {"name": "path", "valueString": "(1 | 2).repeat($this + 1)"},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    with pytest.raises(InvalidResource) as refused:
        apply_fhirpath_patch({"resourceType": "Patient"}, patch)
    assert refused.value.key == "fhirpath.over_budget"
    assert refused.value.params == {"limit": PATCH_STEPS}
