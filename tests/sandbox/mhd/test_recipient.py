"""The server as Document Recipient and Responder: assertions of the public test practice, named by their ids.

RCP: what a Recipient must do with a submission; RSP: what a Responder must answer.
"""

import base64
import json
import random
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.definitions.xml_writing import write_xml
from sandbox.fhir.json import parse_json
from sandbox.validation import knowledge_at_hand
from tests.builders import FHIR_JSON, ids_of
from tests.conftest import VECTORS
from tests.fuzzing import assert_no_fault, spoiled
from tests.sandbox.mhd.submissions import (
    BINARY,
    DOCUMENT,
    OTHER,
    PATIENT,
    REFERENCE,
    a_document_reference,
    a_submission,
    a_submission_set,
    a_superseding_patch,
    changed,
    sha1,
)


def send(client: TestClient, bundle: Any, language: str = "en") -> Any:
    return client.post(
        "/fhir",
        content=json.dumps(bundle).encode(),
        headers={**FHIR_JSON, "Accept-Language": language},
    )


def places(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [
        entry["response"]["location"].partition("/_history")[0] for entry in reply.json()["entry"]
    ]


def codes(reply: Any) -> set[str]:
    found: set[str] = set()
    for issue in reply.json()["issue"]:
        found |= {coding["code"] for coding in issue["details"]["coding"]}
    return found


def stored(client: TestClient) -> int:
    return sum(
        client.get(f"/fhir/{type}?_summary=count").json()["total"]
        for type in ("List", "DocumentReference", "Binary")
    )


def test_rcp_01_and_03_a_minimal_submission_is_accepted_and_answered_entry_by_entry(
    trained: TestClient,
) -> None:
    reply = send(trained, a_submission())
    assert reply.json()["type"] == "transaction-response"
    assert [entry["response"]["status"] for entry in reply.json()["entry"]] == ["201 Created"] * 3
    assert [place.partition("/")[0] for place in places(reply)] == [
        "List",
        "DocumentReference",
        "Binary",
    ]
    assert all("outcome" not in entry["response"] for entry in reply.json()["entry"])


def test_rcp_02_the_same_in_xml(trained: TestClient) -> None:
    body = write_xml(a_submission(), knowledge_at_hand().types)
    reply = trained.post("/fhir", content=body, headers={"Content-Type": "application/fhir+xml"})
    assert reply.status_code == 200
    assert stored(trained) == 3


def test_rcp_04_and_05_versions_are_named_and_what_was_sent_is_read_back(
    trained: TestClient,
) -> None:
    reply = send(trained, a_submission())
    assert all(
        entry["response"]["etag"] and entry["response"]["lastModified"]
        for entry in reply.json()["entry"]
    )
    reference = trained.get(f"/fhir/{places(reply)[1]}").json()
    assert reference["masterIdentifier"]["value"] == "urn:oid:2.999.1"
    assert reference["content"][0]["attachment"]["url"].startswith(
        "http://sandbox.test/fhir/Binary/"
    )


def test_rcp_06_two_documents(trained: TestClient) -> None:
    second = a_document_reference(b"two", unique_id="urn:oid:2.999.3")
    second["content"][0]["attachment"] |= {"url": OTHER, "contentType": "text/plain"}
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "dHdv"}
    urn = "urn:uuid:0a1b2c3d-0000-4000-8000-000000000009"
    more = [
        {
            "fullUrl": urn,
            "resource": second,
            "request": {"method": "POST", "url": "DocumentReference"},
        },
        {"fullUrl": OTHER, "resource": binary, "request": {"method": "POST", "url": "Binary"}},
    ]
    listed = a_submission_set(entry=[{"item": {"reference": one}} for one in (REFERENCE, urn)])
    assert len(places(send(trained, a_submission(None, *more, listed=listed)))) == 5


REFUSED = {
    "rcp-09 no SubmissionSet": (lambda: changed(a_submission(), "entry.0"), "validation."),
    "rcp-09 two SubmissionSets": (lambda: a_submission(None, {"fullUrl": OTHER, "resource": a_submission_set(), "request": {"method": "POST", "url": "List"}}), "validation."),
    "rcp-10 no DocumentReference": (lambda: changed(changed(a_submission(), "entry.1"), "entry.0.resource.entry"), "mhd.no_document"),
    "rcp-12 unknown profile": (lambda: changed(a_submission(), "meta.profile", ["https://profiles.ihe.net/ITI/MHD/StructureDefinition/Other"]), "mhd.profile"),
    "rcp-13 no contentType": (lambda: changed(a_submission(), "entry.1.resource.content.0.attachment.contentType"), "validation.missing"),
    "rcp-14 no sourceId": (lambda: changed(a_submission(), "entry.0.resource.extension"), "validation."),
    "rcp-14 no date": (lambda: changed(a_submission(), "entry.0.resource.date"), "validation.missing"),
    "rcp-15 no masterIdentifier": (lambda: changed(a_submission(), "entry.1.resource.masterIdentifier"), "validation.missing"),
    "rcp-16 two patients": (lambda: changed(a_submission(), "entry.0.resource.subject.reference", "Patient/martin-bustos"), "mhd.patients"),
    "rcp-17 dangling attachment": (lambda: changed(a_submission(), "entry.1.resource.content.0.attachment.url", "urn:uuid:none"), "mhd.lost_document"),
    "rcp-24 wrong hash": (lambda: changed(a_submission(), "entry.1.resource.content.0.attachment.hash", sha1(b"other")), "mhd.hash"),
    "wrong size": (lambda: changed(a_submission(), "entry.1.resource.content.0.attachment.size", 24), "mhd.size"),
    "hash in hex": (lambda: changed(a_submission(content=b"a"), "entry.1.resource.content.0.attachment.hash", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"), "mhd.hash_in_hex"),
    "other media type": (lambda: changed(a_submission(), "entry.2.resource.contentType", "text/plain"), "mhd.content_type"),
    "Binary without data": (lambda: changed(a_submission(), "entry.2.resource.data"), "mhd.no_content"),
    "not listed": (lambda: changed(a_submission(), "entry.0.resource.entry"), "mhd.not_listed"),
    "listed and not there": (lambda: changed(a_submission(), "entry.0.resource.entry.0.item.reference", "urn:uuid:none"), "mhd.lost_item"),
    "replace without PATCH": (lambda: a_submission(a_document_reference(relatesTo=[{"code": "replaces", "target": {"reference": "DocumentReference/old"}}])), "mhd.replace"),
    "folder by PATCH": (lambda: a_submission(None, a_superseding_patch("List/folder")), "mhd.folder_patch"),
    "hash on a FHIR document": (lambda: changed(changed(a_submission(), "entry.2.resource", {"resourceType": "Bundle", "type": "document"}), "entry.2.request.url", "Bundle"), "mhd.fhir_document"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_submission_is_refused_for_its_reason_and_nothing_is_stored(
    trained: TestClient, name: str
) -> None:
    make, key = REFUSED[name]
    reply = send(trained, make())
    assert 400 <= reply.status_code < 500, reply.text
    assert any(code.startswith(key) for code in codes(reply)), codes(reply)
    assert codes(reply) & {"mhd.refused"}
    assert stored(trained) == 0
    assert send(trained, a_submission()).status_code == 200  # proof: only that was wrong


def test_the_codes_of_ihe_are_named(trained: TestClient) -> None:
    assert "XDSPatientIdDoesNotMatch" in codes(send(trained, REFUSED["rcp-16 two patients"][0]()))
    assert "XDSMissingDocument" in codes(send(trained, REFUSED["rcp-17 dangling attachment"][0]()))


def test_rcp_11_a_submission_without_profile_is_taken_with_a_warning(trained: TestClient) -> None:
    reply = send(trained, changed(a_submission(), "meta"), "es")
    assert reply.status_code == 200
    issue = reply.json()["entry"][0]["response"]["outcome"]["issue"][0]
    assert (issue["severity"], issue["details"]["text"]) == (
        "warning",
        "El envío no declara ningún perfil de MHD.",
    )


def test_rcp_18_a_transaction_with_one_wrong_document_keeps_none(trained: TestClient) -> None:
    wrong = a_document_reference(unique_id="urn:oid:2.999.3", status="entered-in-error")
    entry = {
        "fullUrl": OTHER,
        "resource": wrong,
        "request": {"method": "POST", "url": "DocumentReference"},
    }
    assert send(trained, a_submission(None, entry)).status_code == 400
    for number in ("urn:oid:2.999.1", "urn:oid:2.999.3"):
        assert trained.get(f"/fhir/DocumentReference?identifier={number}").json()["total"] == 0


def test_rcp_19_comprehensive_metadata_are_asked_for_where_they_are_declared(
    trained: TestClient,
) -> None:
    reply = send(trained, a_submission(level="Comprehensive"))
    assert reply.status_code == 400
    missing = " ".join(issue["details"]["text"] for issue in reply.json()["issue"])
    for element in ("category", "securityLabel", "context"):
        assert element in missing


def test_rcp_20_and_rsp_16_a_replacement_supersedes(trained: TestClient) -> None:
    old = places(send(trained, a_submission()))[1]
    relates = [{"code": "replaces", "target": {"reference": old}}]
    new = a_document_reference(unique_id="urn:oid:2.999.3", relatesTo=relates)
    found = places(send(trained, a_submission(new, a_superseding_patch(old))))[1]
    assert trained.get(f"/fhir/{old}").json()["status"] == "superseded"
    query = f"/fhir/DocumentReference?patient={PATIENT}&status="
    assert [f"DocumentReference/{id}" for id in ids_of(trained.get(query + "current"))] == [found]
    assert [f"DocumentReference/{id}" for id in ids_of(trained.get(query + "superseded"))] == [old]


@pytest.mark.parametrize(
    ("base", "warns"),
    [("http://testserver/fhir/", False), ("https://other.example/fhir/", False), ("", True)],
    ids=["own address", "address elsewhere", "relative, as HAPI writes it"],
)
def test_the_full_url_of_a_patch_may_name_what_is_patched(
    trained: TestClient, base: str, warns: bool
) -> None:
    """The Parameters of a PATCH are not what its fullUrl leads to (MHD 3:4.65.4.1.2.3)."""
    old = places(send(trained, a_submission()))[1]
    relates = [{"code": "replaces", "target": {"reference": f"{base}{old}"}}]
    new = a_document_reference(unique_id="urn:oid:2.999.3", relatesTo=relates)
    listed = a_submission_set(
        identifier=[{"use": "usual", "system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.5"}]
    )
    patch = {**a_superseding_patch(old), "fullUrl": f"{base}{old}"}
    reply = send(trained, a_submission(new, patch, listed=listed))
    assert len(places(reply)) == 4
    assert trained.get(f"/fhir/{old}").json()["status"] == "superseded"
    assert ("relative" in reply.text) is warns


def test_a_reference_to_parameters_that_are_submitted_is_still_refused(
    trained: TestClient,
) -> None:
    """The twin: what a POST brings is at its fullUrl."""
    relates = [{"code": "appends", "target": {"reference": OTHER}}]
    created = {
        "fullUrl": OTHER,
        "resource": {"resourceType": "Parameters"},
        "request": {"method": "POST", "url": "Parameters"},
    }
    submission = a_submission(a_document_reference(relatesTo=relates), created)
    assert send(trained, submission).status_code == 400


@pytest.mark.parametrize("level", ["Minimal", "Comprehensive"])
def test_the_profile_of_a_submission_may_have_a_version(trained: TestClient, level: str) -> None:
    """FHIR R4 datatypes.html#canonical; it is held to that level as without one."""
    plain = a_submission(level=level)
    versioned = changed(plain, "meta.profile.0", f"{plain['meta']['profile'][0]}|4.2.3")
    right, wrong = send(trained, versioned), send(trained, plain)
    assert right.status_code == (200 if level == "Minimal" else 400)
    if level != "Minimal":
        assert codes(right) == codes(wrong)


@pytest.mark.parametrize("code", ["appends", "transforms", "signs"])
def test_rcp_21_what_is_added_to_a_document_leaves_it_current(
    trained: TestClient, code: str
) -> None:
    old = places(send(trained, a_submission()))[1]
    relates = [{"code": code, "target": {"reference": old}}]
    assert (
        send(
            trained,
            a_submission(a_document_reference(unique_id="urn:oid:2.999.3", relatesTo=relates)),
        ).status_code
        == 200
    )
    assert trained.get(f"/fhir/{old}").json()["status"] == "current"


def test_rcp_23_a_fhir_document_is_taken_in_place_of_a_binary(trained: TestClient) -> None:
    document = trained.get(f"/fhir/{PATIENT}/$summary").json()
    bundle = changed(
        changed(a_submission(), "entry.2.resource", document), "entry.2.request.url", "Bundle"
    )
    for name in ("hash", "size"):
        bundle = changed(bundle, f"entry.1.resource.content.0.attachment.{name}")
    reply = send(trained, bundle)
    assert reply.status_code == 200, reply.text
    url = trained.get(f"/fhir/{places(reply)[1]}").json()["content"][0]["attachment"]["url"]
    assert trained.get(url).json()["type"] == "document"


def test_rsp_01_and_02_lists_are_found_by_patient(trained: TestClient) -> None:
    found = places(send(trained, a_submission()))[0].partition("/")[2]
    number = trained.get(f"/fhir/{PATIENT}").json()["identifier"][0]
    for who in (f"patient={PATIENT}", f"patient.identifier={number['system']}|{number['value']}"):
        assert ids_of(trained.get(f"/fhir/List?{who}&code=submissionset&status=current")) == [found]
    assert ids_of(trained.get(f"/fhir/List?patient={PATIENT}&code=folder&status=current")) == []


def test_rsp_08_source_id_and_rsp_14_identifier(trained: TestClient) -> None:
    listed, reference, _ = places(send(trained, a_submission()))
    assert [f"List/{id}" for id in ids_of(trained.get("/fhir/List?sourceId=urn:oid:2.999.9"))] == [
        listed
    ]
    assert ids_of(trained.get("/fhir/List?sourceId=urn:oid:2.999.8")) == []
    found = ids_of(trained.get("/fhir/DocumentReference?identifier=urn:oid:2.999.1"))
    assert [f"DocumentReference/{id}" for id in found] == [reference]


def test_rsp_19_to_21_a_document_is_retrieved_with_the_stated_hash_and_size(
    trained: TestClient,
) -> None:
    reference = trained.get(f"/fhir/{places(send(trained, a_submission()))[1]}").json()
    attachment = reference["content"][0]["attachment"]
    reply = trained.get(attachment["url"], headers={"Accept": "*/*"})
    assert (reply.content, reply.headers["Content-Type"]) == (DOCUMENT, attachment["contentType"])
    assert (len(reply.content), sha1(reply.content)) == (attachment["size"], attachment["hash"])
    wrapped = trained.get(attachment["url"], headers={"Accept": "application/fhir+json"}).json()
    assert wrapped["resourceType"] == "Binary"
    assert trained.get(attachment["url"], headers={"Accept": "application/pdf"}).status_code == 406
    assert trained.get(attachment["url"] + "x").status_code == 404


@pytest.mark.needs("vectors")
def test_published_examples_are_refused_for_their_hash_and_accepted_when_it_is_mended(
    trained: TestClient,
) -> None:
    tried = 0
    for file in sorted(
        (VECTORS / "mhd-4.2.3" / "examples").glob("Bundle-*rovideDocumentBundle*.json")
    ):
        bundle: Any = parse_json(file.read_bytes())
        if bundle["type"] != "transaction":
            continue
        for entry in bundle[
            "entry"
        ]:  # what the replacement supersedes, and the folder that is added to, must be there
            place = entry["request"]["url"]
            if entry["request"]["method"] == "PATCH":
                old = a_document_reference(unique_id="urn:oid:2.999.7", id=place.partition("/")[2])
                trained.put(f"/fhir/{place}", json=old, headers=FHIR_JSON)
        first = trained.post(
            "/fhir", content=file.read_bytes(), headers={**FHIR_JSON, "Accept-Language": "en"}
        )
        if "hash" in file.read_text(encoding="utf-8"):
            assert "mhd.hash_of_hex" in codes(first), file.name
            assert "published examples" in first.text
        else:
            assert first.status_code == 200, (file.name, first.text)
            continue
        by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
        for entry in bundle["entry"]:
            for content in entry["resource"].get("content", []):
                attachment = content["attachment"]
                data = content_of(by_url[attachment["url"]])
                attachment["hash"] = sha1(data)
                if "size" in attachment:
                    attachment["size"] = len(data)
        mended = send(trained, json.loads(json.dumps(bundle, default=float)))
        assert mended.status_code == 200, (file.name, mended.text)
        tried += 1
    assert tried >= 7


def content_of(binary: Any) -> bytes:
    return base64.b64decode(binary["data"])


def test_a_transaction_that_submits_no_document_is_left_alone(trained: TestClient) -> None:
    assert BINARY
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": {"resourceType": "Patient"},
                "request": {"method": "POST", "url": "Patient"},
            }
        ],
    }
    assert send(trained, bundle).status_code == 200


def test_spoiled_submissions_are_answered_and_leave_all_or_nothing(trained: TestClient) -> None:
    before = stored(trained)
    for seed in range(250):
        reply = send(trained, spoiled(random.Random(seed), a_submission()))
        assert_no_fault(reply, f"seed {seed}")
        after = stored(trained)
        assert (after > before) == (reply.status_code == 200), seed
        before = after


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": f"http://sandbox.test/fhir/{PATIENT}"},
        {"type": "Patient", "identifier": {"system": "urn:oid:2.16.152", "value": "48215377-1"}},
    ],
)
def test_the_same_patient_named_in_another_way_is_no_mismatch(
    trained: TestClient, subject: Any
) -> None:
    assert (
        send(trained, changed(a_submission(), "entry.0.resource.subject", subject)).status_code
        == 200
    )


def test_a_patch_that_does_something_else_supersedes_nothing(trained: TestClient) -> None:
    old = places(send(trained, a_submission()))[1]
    relates = [{"code": "replaces", "target": {"reference": old}}]
    patch = a_superseding_patch(old)
    patch["resource"]["parameter"][0]["part"][0]["valueCode"] = "delete"  # takes the status away
    new = a_document_reference(unique_id="urn:oid:2.999.3", relatesTo=relates)
    reply = send(trained, a_submission(new, patch))
    assert reply.status_code == 400
    assert "mhd.replace" in codes(reply)
