"""ITI-105 and ITI-106: a document published with little, or with nothing but itself; and the whole way of eight patients."""

import base64
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.fhir.json import write_json
from sandbox.submissions.submission import PROFILES
from sandbox.validation import validate
from tests.builders import ids_of, post
from tests.sandbox.mhd.submissions import (
    DOCUMENT,
    PATIENT,
    a_document_reference,
    a_submission,
    sha1,
)
from tests.sandbox.mhd.test_recipient import codes, places, send

SIMPLIFIED = f"{PROFILES}IHE.MHD.SimplifiedPublish.DocumentReference"


def a_simple_one(**attachment: Any) -> dict[str, Any]:
    reference = a_document_reference(meta={"profile": [SIMPLIFIED]})
    data = base64.b64encode(DOCUMENT).decode()
    reference["content"][0]["attachment"] = {
        "contentType": "application/fhir+json",
        "data": data,
        **attachment,
    }
    return reference


def test_rcp_26_simplified_publish_moves_the_data_and_makes_a_submission_set(
    trained: TestClient,
) -> None:
    reply = post(trained, "/DocumentReference", a_simple_one())
    assert reply.status_code == 201, reply.text
    attachment = reply.json()["content"][0]["attachment"]
    assert "data" not in attachment
    assert (attachment["size"], attachment["hash"]) == (len(DOCUMENT), sha1(DOCUMENT))
    assert trained.get(attachment["url"], headers={"Accept": "*/*"}).content == DOCUMENT
    assert trained.get(reply.headers["Location"]).json() == reply.json()
    listed = trained.get(f"/fhir/List?patient={PATIENT}&code=submissionset&status=current").json()
    assert (
        listed["entry"][0]["resource"]["entry"][0]["item"]["reference"]
        == f"DocumentReference/{reply.json()['id']}"
    )


def test_simplified_publish_may_be_declared_in_a_version(trained: TestClient) -> None:
    reference = {**a_simple_one(), "meta": {"profile": [f"{SIMPLIFIED}|4.2.3"]}}
    reply = post(trained, "/DocumentReference", reference)
    assert "data" not in reply.json()["content"][0]["attachment"]
    assert "meta" not in reply.json() or "profile" not in reply.json()["meta"]


@pytest.mark.parametrize(
    ("wrong", "key"),
    [({"url": "http://x.example/d"}, "validation."), ({"hash": sha1(b"x")}, "validation.attachment_hash"), ({"data": None}, "validation.")],
)  # fmt: skip
def test_a_wrong_simple_one_is_refused_and_nothing_is_stored(
    trained: TestClient, wrong: dict[str, Any], key: str
) -> None:
    reply = post(trained, "/DocumentReference", a_simple_one(**wrong))
    assert reply.status_code == 400
    assert any(code.startswith(key) for code in codes(reply))
    for type in ("DocumentReference", "List", "Binary"):
        assert trained.get(f"/fhir/{type}").json()["total"] == 0


def test_a_document_reference_without_that_profile_is_only_created(trained: TestClient) -> None:
    reference = a_simple_one()
    del reference["meta"]
    assert (
        "data" in post(trained, "/DocumentReference", reference).json()["content"][0]["attachment"]
    )
    assert trained.get("/fhir/List").json()["total"] == 0


@pytest.mark.parametrize("packing", ["Binary", "Bundle"])
def test_rcp_27_metadata_are_generated_from_a_summary(trained: TestClient, packing: str) -> None:
    document = trained.get(f"/fhir/{PATIENT}/$summary", headers={"Accept-Language": "es"}).json()
    data = base64.b64encode(write_json(document)).decode()
    binary = {"resourceType": "Binary", "contentType": "application/fhir+json", "data": data}
    given = binary if packing == "Binary" else document
    body = {"resourceType": "Parameters", "parameter": [{"name": "document", "resource": given}]}
    reply = post(trained, "/DocumentReference/$generate-metadata", body)
    assert reply.status_code == 200, reply.text
    (part,) = reply.json()["parameter"]
    reference = trained.get(part["valueReference"]["reference"]).json()
    assert reference["subject"] == {"reference": PATIENT}
    assert reference["masterIdentifier"]["value"] == document["identifier"]["value"]
    attachment, format = reference["content"][0]["attachment"], reference["content"][0]["format"]
    assert (attachment["language"], format["code"]) == (
        "es",
        "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips",
    )
    assert ("hash" in attachment) is (packing == "Binary")
    found = trained.get(attachment["url"], headers={"Accept": "*/*"}).json()
    assert found["type"] == "document"
    profile = f"{PROFILES}IHE.MHD.Minimal.DocumentReference"
    assert [one for one in validate(reference, profiles=[profile]) if one.severity == "error"] == []


@pytest.mark.parametrize(
    "given",
    [
        {"resourceType": "Binary", "contentType": "application/pdf", "data": "JVBERi0="},
        {"resourceType": "Binary", "contentType": "application/fhir+json", "data": "?"},
        {"resourceType": "Bundle", "type": "collection"},
        {
            "resourceType": "Bundle",
            "type": "document",
            "entry": [{"resource": {"resourceType": "Patient"}}],
        },
    ],
)
def test_what_is_no_fhir_document_is_refused_by_ihes_code(
    trained: TestClient, given: dict[str, Any]
) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "document", "resource": given}]}
    reply = post(trained, "/DocumentReference/$generate-metadata", body)
    assert reply.status_code == 400
    assert "FHIRDocumentNotSupported" in codes(reply)
    assert trained.get("/fhir/DocumentReference").json()["total"] == 0


def test_nothing_to_generate_from_is_refused(trained: TestClient) -> None:
    assert (
        post(
            trained, "/DocumentReference/$generate-metadata", {"resourceType": "Parameters"}
        ).status_code
        == 400
    )


def test_the_whole_way_summarize_publish_find_retrieve_judge_and_look(trained: TestClient) -> None:
    """$summary, ITI-65, ITI-67, ITI-68 for each training patient."""
    patients = ids_of(trained.get("/fhir/Patient?_count=50"))
    assert len(patients) >= 8
    for number, patient in enumerate(patients):
        document = trained.get(f"/fhir/Patient/{patient}/$summary").content
        subject = {"reference": f"Patient/{patient}"}
        reference = a_document_reference(
            document, unique_id=f"urn:oid:2.999.5.{number}", subject=subject
        )
        bundle = a_submission(reference, content=document)
        bundle["entry"][0]["resource"]["subject"] = subject
        places(send(trained, bundle))
        found = trained.get(
            f"/fhir/DocumentReference?patient=Patient/{patient}&status=current"
        ).json()
        attachment = found["entry"][0]["resource"]["content"][0]["attachment"]
        retrieved = trained.get(attachment["url"], headers={"Accept": "*/*"})
        assert sha1(retrieved.content) == attachment["hash"]
        assert [
            one for one in validate(retrieved.json(), profiles=["ips"]) if one.severity == "error"
        ] == []
