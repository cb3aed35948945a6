"""WHO's operations on the server: a signed document with its codes, stored, registered, found and taken back."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.certificates.qr import texts_in
from sandbox.certificates.verifying import verify
from sandbox.ddcc.document import texts_of
from sandbox.ddcc.signature import check_signature
from sandbox.trust.folder import TrustFolder
from sandbox.validation import validate
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import NOW
from tests.sandbox.ddcc.making import HCID, a_response, a_summary, a_test_response, an_icvp_response

GENERATE = "/fhir/QuestionnaireResponse/$generateHealthCertificate"
REVOKE = "/fhir/Bundle/$revokeHealthCertificate"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL") as client:
        yield client


@pytest.fixture
def trust(tmp_path: Path) -> TrustFolder:
    return TrustFolder(tmp_path / "sandbox" / "trust")


def resources(document: dict[str, Any], type: str) -> list[dict[str, Any]]:
    return [one["resource"] for one in document["entry"] if one["resource"]["resourceType"] == type]


def generated(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    reply = client.post(GENERATE, json=body)
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def parameters(**values: str) -> dict[str, Any]:
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": name, "valueString": one} for name, one in values.items()],
    }


def test_the_document_meets_its_profile_and_holds_two_codes_that_verify(
    sandbox: TestClient, trust: TrustFolder
) -> None:
    document = generated(sandbox, a_response())
    assert [
        one for one in validate(document, profiles=["ddcc-vs"]) if one.severity == "error"
    ] == []
    kinds = [one["type"]["coding"][0]["code"] for one in resources(document, "DocumentReference")]
    assert kinds == ["who", "dcc"]
    found = [verify(text, trust.trust(), at=NOW) for text in texts_of(document)]
    assert [(one.form, one.verdict) for one in found] == [("ddcc_vs", "valid"), ("eu_dcc", "valid")]


IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/{}-uv-ips|1.1.0"
BASES = {  # of the profiles of DDCC (DDCC 1.0.0 DDCCObservation and the others)
    "Observation": "Observation-results-laboratory", "Device": "Device", "Specimen": "Specimen",
    "DiagnosticReport": "DiagnosticReport", "Procedure": "Procedure",
}  # fmt: skip


@pytest.mark.parametrize("without", [(), ("origin", "centre", "identifier", "valid_until")])
def test_a_test_result_is_certified_with_what_was_answered(
    sandbox: TestClient, trust: TrustFolder, without: tuple[str, ...]
) -> None:
    document = generated(sandbox, a_test_response(without))
    judged = validate(document, profiles=["ddcc"])
    for type, base in BASES.items():
        (resource,) = resources(document, type)
        judged += validate(resource, profiles=[IPS.format(base)])
    assert [one for one in judged if one.severity in ("error", "warning")] == []
    (text,) = texts_of(document)
    certificate = verify(text, trust.trust(), at=NOW)
    assert (certificate.form, certificate.verdict) == ("ddcc_tr", "valid")
    assert certificate.content["test"]["result"]["code"] == "QA02"
    # the moment of the sample, and not only its day
    assert certificate.content["test"]["date"] == "2026-05-06T10:30:00-04:00"
    assert ("origin" in certificate.content["test"]) is ("origin" not in without)


@pytest.mark.parametrize(
    "lacking", ["name", "pathogen", "type", "result", "date", "country", "pha"]
)
def test_a_test_result_that_lacks_something_is_refused(sandbox: TestClient, lacking: str) -> None:
    reply = sandbox.post(GENERATE, json=a_test_response((lacking,)))
    assert reply.status_code == 422
    assert f"linkId='{lacking}'" in reply.text


def test_a_test_result_is_taken_back(sandbox: TestClient, trust: TrustFolder) -> None:
    (text,) = texts_of(generated(sandbox, a_test_response()))
    assert sandbox.post(REVOKE, json=parameters(id="URN:HCID:CL-0002")).status_code == 200
    certificate = verify(text, trust.trust(), at=NOW, revoked=trust.revoked())
    assert certificate.step("revocation").status == "fail"


def test_the_profile_would_find_a_document_without_its_issuer(sandbox: TestClient) -> None:
    document = generated(sandbox, a_response())
    document["entry"] = [
        one for one in document["entry"] if one["resource"]["resourceType"] != "Organization"
    ]
    assert [one for one in validate(document, profiles=["ddcc-vs"]) if one.severity == "error"]


def test_each_code_is_there_as_data_picture_and_page(sandbox: TestClient) -> None:
    (reference, _) = resources(generated(sandbox, a_response()), "DocumentReference")
    held = {one["format"]["code"]: one["attachment"] for one in reference["content"]}
    data = {name: base64.b64decode(one["data"]) for name, one in held.items()}
    assert json.loads(data["serialized"])["certificate"]["hcid"] == {"value": HCID}
    assert data["pdf"].startswith(b"%PDF")
    assert texts_in(data["image"])[0].startswith("HC1:")


def test_it_is_registered_and_found_by_mhd(sandbox: TestClient) -> None:
    document = generated(sandbox, a_response())
    (found,) = sandbox.get(
        "/fhir/DocumentReference?patient.identifier=48215377-1&status=current"
    ).json()["entry"]
    address = found["resource"]["content"][0]["attachment"]["url"].removeprefix(
        "http://sandbox.test"
    )
    assert sandbox.get(address).json() == document
    folders = sandbox.get("/fhir/List?patient.identifier=48215377-1&code=folder").json()
    assert folders["total"] == 1


def test_the_signature_outlives_storing_and_finds_a_change(
    sandbox: TestClient, trust: TrustFolder
) -> None:
    document = generated(sandbox, a_response())
    assert check_signature(document, trust.listed())[0] == "signed"
    changed = json.loads(json.dumps(document).replace("PCB0022", "PCB0023"))
    assert check_signature(changed, trust.listed())[0] == "wrong_signature"
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    assert check_signature(unsigned, trust.listed())[0] == "not_signed"
    trust.init("AR", at=NOW)
    others = [one for one in trust.listed() if one.country == "AR"]
    assert check_signature(document, others)[0] == "unknown_key"


def test_what_is_taken_back_is_gone_and_its_codes_are_revoked(
    sandbox: TestClient, trust: TrustFolder
) -> None:
    document = generated(sandbox, a_response())
    reply = sandbox.post(REVOKE, json=parameters(id=HCID))
    assert reply.json()["parameter"] == [{"name": "return", "valueBoolean": True}]
    assert sandbox.get(f"/fhir/Bundle/{document['id']}").status_code == 410
    (about,) = sandbox.get("/fhir/DocumentReference?status=entered-in-error").json()["entry"]
    assert about["resource"]["identifier"][0]["value"] == HCID
    (folder,) = sandbox.get("/fhir/List?code=folder").json()["entry"]
    assert "entry" not in folder["resource"]
    revoked = trust.revoked()
    for text in texts_of(document):
        assert (
            verify(text, trust.trust(), at=NOW, revoked=revoked).step("revocation").status == "fail"
        )
    assert sandbox.post(REVOKE, json=parameters(id=HCID)).status_code == 404


def test_what_bears_no_identifier_is_revoked_by_its_signature(
    sandbox: TestClient, trust: TrustFolder
) -> None:
    document = generated(sandbox, an_icvp_response())
    (text,) = texts_of(document)
    assert verify(text, trust.trust(), at=NOW, revoked=trust.revoked()).verdict == "valid"
    assert (
        sandbox.post(f"/fhir/Bundle/{document['id']}/$revokeHealthCertificate").status_code == 200
    )
    found = verify(text, trust.trust(), at=NOW, revoked=trust.revoked())
    assert (found.form, found.verdict, found.step("revocation").status) == (
        "icvp_2025",
        "not_valid",
        "fail",
    )


def test_another_certificate_stays_when_one_is_taken_back(sandbox: TestClient) -> None:
    generated(sandbox, a_response())
    other = generated(sandbox, a_response(hcid={"valueString": "URN:HCID:CL-0002"}))
    sandbox.post(REVOKE, json=parameters(id=HCID))
    assert sandbox.get(f"/fhir/Bundle/{other['id']}").status_code == 200


def test_a_folder_is_made_of_registered_documents_alone(sandbox: TestClient) -> None:
    one = generated(sandbox, a_response())
    other = generated(sandbox, a_response(hcid={"valueString": "URN:HCID:CL-0002"}))
    given = [{"name": "bundle", "resource": one}, {"name": "bundle", "resource": other}]
    reply = sandbox.post(
        "/fhir/Bundle/$generateHealthFolder",
        json={"resourceType": "Parameters", "parameter": given},
    )
    assert (reply.status_code, len(reply.json()["entry"])) == (201, 2)
    strange = {**one, "identifier": {"value": "nobody's"}}
    assert sandbox.post("/fhir/Bundle/$generateHealthFolder", json=strange).status_code == 404
    assert sandbox.post("/fhir/Bundle/$generateHealthFolder").status_code == 400


def test_what_lacks_leaves_nothing_behind(sandbox: TestClient) -> None:
    reply = sandbox.post(GENERATE, json=a_response(("lot", "centre")))
    assert reply.status_code == 422
    assert [one["expression"][0] for one in reply.json()["issue"][1:]] == [
        "QuestionnaireResponse.item.where(linkId='lot')",
        "QuestionnaireResponse.item.where(linkId='centre')",
    ]
    assert sandbox.get("/fhir/Bundle?_summary=count").json()["total"] == 0


def test_a_summary_becomes_a_certificate(sandbox: TestClient) -> None:
    reply = sandbox.post("/fhir/Bundle/$generateHealthCertificate", json=a_summary())
    assert reply.status_code == 201, reply.text
    (dose,) = resources(reply.json(), "Immunization")
    assert dose["lotNumber"] == "PCB0022"
    refused = sandbox.post(
        "/fhir/Bundle/$generateHealthCertificate", json={**a_summary(), "type": "collection"}
    )
    assert refused.status_code == 400


def test_an_unknown_birth_date_is_said_to_be_unknown(sandbox: TestClient) -> None:
    document = generated(sandbox, a_response(("birthDate", "sex")))
    (patient,) = resources(document, "Patient")
    assert patient["_birthDate"]["extension"][0]["valueCode"] == "unknown"
    assert [
        one for one in validate(document, profiles=["ddcc-vs"]) if one.severity == "error"
    ] == []
