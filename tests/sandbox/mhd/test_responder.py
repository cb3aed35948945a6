"""The server as Document Responder: the assertions of the public test practice (RSP), and what a Recipient keeps (RCP)."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.fhir.json import Json, parse_json
from tests.builders import FHIR_JSON, ids_of
from tests.conftest import VECTORS
from tests.sandbox.mhd.submissions import (
    BINARY,
    OTHER,
    PATIENT,
    REFERENCE,
    SET,
    a_document_reference,
    a_submission,
    a_submission_set,
    sha1,
)
from tests.sandbox.mhd.test_recipient import content_of, places, send

IHE = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
SYSTEM = "urn:codes"


def coded(code: str) -> Json:
    return {"coding": [{"system": SYSTEM, "code": code}], "text": code}


def a_full_one(**elements: Any) -> Json:
    """A DocumentReference with a value for each parameter of ITI-67."""
    author = {
        "resourceType": "Practitioner",
        "id": "author",
        "name": [{"family": "Riquelme", "given": ["Javiera"]}],
    }
    source = {"resourceType": "Patient", "id": "source", "name": [{"family": "Fuenzalida"}]}
    reference = a_document_reference(
        contained=[author, source],
        author=[{"reference": "#author"}],
        date="2026-02-01T00:00:00Z",
        type=coded("type"),
        category=[coded("category")],
        securityLabel=[coded("label")],
        context={
            "event": [coded("event")],
            "facilityType": coded("facility"),
            "practiceSetting": coded("setting"),
            "period": {"start": "2025-12-20", "end": "2026-01-10"},
            "related": [{"reference": "Observation/rosa-fuenzalida-weight"}],
            "sourcePatientInfo": {"reference": "#source"},
        },
        **elements,
    )
    content = reference["content"][0]
    content["attachment"] |= {"language": "es", "creation": "2026-01-05T00:00:00Z"}
    content["format"] = {"system": SYSTEM, "code": "format"}
    return reference


def a_full_set(**elements: Any) -> Json:
    source = {
        "resourceType": "Practitioner",
        "id": "source",
        "name": [{"family": "Soto", "given": ["Luis"]}],
    }
    kept = a_submission_set()["extension"]
    designation = {"url": f"{IHE}ihe-designationType", "valueCodeableConcept": coded("designation")}
    return a_submission_set(
        contained=[source],
        source={"reference": "#source"},
        extension=[*kept, designation],
        **elements,
    )


@pytest.fixture
def sharing(trained: TestClient) -> TestClient:
    """A server with one full submission about Rosa, and a small one about Martín."""
    places(send(trained, a_submission(a_full_one(), level="Comprehensive", listed=a_full_set())))
    other = {"reference": "Patient/martin-bustos"}
    small = a_document_reference(unique_id="urn:oid:2.999.8", subject=other)
    sources = [
        {
            "url": f"{IHE}ihe-sourceId",
            "valueIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.4"},
        }
    ]
    places(
        send(
            trained,
            a_submission(
                small, listed=a_submission_set(subject=other, date="2020-01-01", extension=sources)
            ),
        )
    )
    return trained


def found(client: TestClient, query: str) -> list[str]:
    """Returns the master identifiers, or the patients of Lists, that a search finds."""
    reply = client.get(f"/fhir/{query}")
    assert reply.status_code == 200, reply.text
    return [entry["resource"]["subject"]["reference"] for entry in reply.json().get("entry", [])]


def test_rcp_07_comprehensive_metadata_are_accepted(sharing: TestClient) -> None:
    assert found(sharing, "DocumentReference?category=category") == [PATIENT]


def test_rcp_08_uncontained_references_are_accepted_and_kept(trained: TestClient) -> None:
    reference = a_full_one()
    away = "https://elsewhere.example/fhir/Practitioner/1"
    reference |= {
        "author": [{"reference": away}],
        "subject": {"reference": f"http://sandbox.test/fhir/{PATIENT}"},
    }
    reference["context"]["sourcePatientInfo"] = {
        "reference": "https://elsewhere.example/fhir/Patient/1"
    }
    del reference["contained"]
    listed = a_full_set(subject=reference["subject"])
    place = places(
        send(trained, a_submission(reference, level="UnContained.Comprehensive", listed=listed))
    )[1]
    assert trained.get(f"/fhir/{place}").json()["author"] == [{"reference": away}]
    assert found(trained, f"DocumentReference?patient={PATIENT}&status=current") == [
        f"http://sandbox.test/fhir/{PATIENT}"
    ]


def test_rcp_22_and_rsp_03_a_folder_is_created_updated_and_found(trained: TestClient) -> None:
    kind = {"system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes", "code": "folder"}
    folder = {
        "resourceType": "List", "id": "folder", "status": "current", "mode": "working", "code": {"coding": [kind]},
        "subject": {"reference": PATIENT}, "entry": [{"item": {"reference": REFERENCE}}],
    }  # fmt: skip
    entry = {
        "fullUrl": OTHER,
        "resource": folder,
        "request": {"method": "PUT", "url": "List/folder"},
    }
    listed = a_submission_set(entry=[{"item": {"reference": one}} for one in (REFERENCE, OTHER)])
    reference = places(send(trained, a_submission(None, entry, listed=listed)))[1]
    assert ids_of(trained.get(f"/fhir/List?patient={PATIENT}&code=folder&status=current")) == [
        "folder"
    ]
    again = {**folder, "entry": [*folder["entry"], {"item": {"reference": reference}}]}
    second = a_document_reference(unique_id="urn:oid:2.999.7")
    send(trained, a_submission(second, {**entry, "resource": again}, listed=listed))
    assert len(trained.get("/fhir/List/folder").json()["entry"]) == 2


def test_rcp_28_and_rsp_23_the_capabilities_list_what_mhd_needs(trained: TestClient) -> None:
    statement = trained.get("/fhir/metadata").json()
    (rest,) = statement["rest"]
    assert statement["fhirVersion"] == "4.0.1"
    assert {"code": "transaction"} in rest["interaction"]
    by_type = {one["type"]: one for one in rest["resource"]}
    for type, code in (
        ("List", "search-type"),
        ("DocumentReference", "search-type"),
        ("Binary", "read"),
    ):
        assert {"code": code} in by_type[type]["interaction"]
    parameters = {one["name"] for one in by_type["DocumentReference"]["searchParam"]}
    assert {
        "patient",
        "status",
        "creation",
        "event",
        "facility",
        "format",
        "setting",
        "security-label",
        "period",
    } <= parameters
    assert {"designationType", "sourceId"} <= {
        one["name"] for one in by_type["List"]["searchParam"]
    }


def test_rsp_01_a_list_search_counts_and_addresses_what_it_finds(sharing: TestClient) -> None:
    bundle = sharing.get(f"/fhir/List?patient={PATIENT}&code=submissionset&status=current").json()
    assert (bundle["type"], bundle["total"]) == ("searchset", 1)
    assert bundle["entry"][0]["fullUrl"].startswith("http://sandbox.test/fhir/List/")


def test_rsp_04_post_finds_what_get_finds(sharing: TestClient) -> None:
    for type, query in (
        ("List", {"code": "submissionset"}),
        ("DocumentReference", {"status": "current"}),
    ):
        asked = {"patient": PATIENT, **query}
        posted = sharing.post(f"/fhir/{type}/_search", data=asked)
        assert ids_of(posted) == ids_of(sharing.get(f"/fhir/{type}", params=asked)) != []


@pytest.mark.parametrize("wish", ["json", "xml", "application/fhir+json", "application/fhir+xml"])
def test_rsp_05_both_formats_by_header_and_by_parameter(sharing: TestClient, wish: str) -> None:
    kind = "application/fhir+xml" if "xml" in wish else "application/fhir+json"
    asked = sharing.get("/fhir/DocumentReference", params={"status": "current", "_format": wish})
    assert asked.headers["Content-Type"].startswith(kind)
    if "/" in wish:
        assert (
            sharing.get("/fhir/List", headers={"Accept": wish})
            .headers["Content-Type"]
            .startswith(kind)
        )


def test_rsp_06_no_match_is_an_empty_answer(sharing: TestClient) -> None:
    reply = sharing.get("/fhir/DocumentReference?patient=Patient/none&status=current")
    assert (reply.status_code, reply.json()["total"]) == (200, 0)


def test_rsp_07_dates_part_the_lists(sharing: TestClient) -> None:
    assert found(sharing, "List?date=lt2025-01-01") == ["Patient/martin-bustos"]
    assert found(sharing, "List?date=ge2025-01-01") == [PATIENT]


def test_rsp_08_designation_type_narrows(sharing: TestClient) -> None:
    assert found(sharing, f"List?designationType={SYSTEM}|designation") == [PATIENT]
    assert found(sharing, f"List?designationType={SYSTEM}|other") == []


def test_rsp_09_the_source_is_found_by_parts_of_its_name(sharing: TestClient) -> None:
    assert found(sharing, "List?source.given=lu&source.family=SOTO") == [PATIENT]
    assert found(sharing, "List?source.family=riquelme") == []


def test_rsp_10_documents_by_patient_and_status(sharing: TestClient) -> None:
    assert found(sharing, f"DocumentReference?patient={PATIENT}&status=current") == [PATIENT]
    assert found(sharing, "DocumentReference?patient.identifier=48215377-1&status=current") == [
        PATIENT
    ]


@pytest.mark.parametrize(
    "name", ["category", "type", "event", "facility", "setting", "format", "security-label"]
)
def test_rsp_11_each_code_narrows(sharing: TestClient, name: str) -> None:
    code = "label" if name == "security-label" else name
    assert found(sharing, f"DocumentReference?{name}={SYSTEM}|{code}") == [PATIENT]
    assert found(sharing, f"DocumentReference?{name}={SYSTEM}|other") == []


def test_rsp_12_creation_is_not_the_date(sharing: TestClient) -> None:
    assert found(sharing, "DocumentReference?creation=2026-01-05") == [PATIENT]
    assert found(sharing, "DocumentReference?date=2026-01-05") == []
    assert found(sharing, "DocumentReference?date=2026-02-01") == [PATIENT]


def test_rsp_13_periods_overlap(sharing: TestClient) -> None:
    assert found(sharing, "DocumentReference?period=ge2026-01-01&period=le2026-01-31") == [PATIENT]
    assert found(sharing, "DocumentReference?period=ge2026-02-01") == []


def test_rsp_15_contained_authors_and_related_resources(sharing: TestClient) -> None:
    assert found(sharing, "DocumentReference?author.given=javi&author.family=riq") == [PATIENT]
    assert found(sharing, "DocumentReference?related=Observation/rosa-fuenzalida-weight") == [
        PATIENT
    ]
    assert found(sharing, "DocumentReference?related=Observation/other") == []


def test_rsp_17_an_unknown_parameter_is_named_and_on_lenient_handling_left_out(
    sharing: TestClient,
) -> None:
    query = f"/fhir/DocumentReference?patient={PATIENT}&status=current&nonsense=1"
    assert sharing.get(query).status_code == 400
    reply = sharing.get(query, headers={"Prefer": "handling=lenient"})
    assert reply.json()["total"] == 1
    assert reply.json()["entry"][-1]["resource"]["resourceType"] == "OperationOutcome"


def test_rsp_18_addresses_of_documents_are_absolute(sharing: TestClient) -> None:
    for entry in sharing.get("/fhir/DocumentReference").json()["entry"]:
        assert entry["resource"]["content"][0]["attachment"]["url"].startswith(
            "http://sandbox.test/fhir/Binary/"
        )


def test_rsp_21_a_deleted_document_is_410(sharing: TestClient) -> None:
    url = sharing.get(f"/fhir/DocumentReference?patient={PATIENT}").json()["entry"][0]["resource"][
        "content"
    ][0]["attachment"]["url"]
    assert sharing.delete(url).status_code == 204
    assert sharing.get(url, headers={"Accept": "*/*"}).status_code == 410


def test_rsp_22_an_on_demand_document_is_made_when_it_is_retrieved(trained: TestClient) -> None:
    reference = a_document_reference()
    url = f"http://sandbox.test/fhir/{PATIENT}/$summary"
    reference["content"][0]["attachment"] = {"contentType": "application/fhir+json", "url": url}
    bundle = a_submission(reference)
    bundle["entry"] = [
        entry
        for entry in bundle["entry"]
        if entry["fullUrl"] in (SET, REFERENCE) and entry["fullUrl"] != BINARY
    ]
    stored = trained.get(f"/fhir/{places(send(trained, bundle))[1]}").json()
    first, second = (
        trained.get(stored["content"][0]["attachment"]["url"]).json() for _ in range(2)
    )
    assert first["type"] == "document"
    assert first["identifier"] != second["identifier"]


@pytest.mark.needs("vectors")
def test_what_a_published_example_publishes_is_found_and_retrieved_with_its_hash(
    trained: TestClient,
) -> None:
    file = VECTORS / "mhd-4.2.3" / "examples" / "Bundle-ex-minimalProvideDocumentBundleSimple.json"
    bundle: Any = parse_json(file.read_bytes())
    binary = next(
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Binary"
    )
    reference = next(
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "DocumentReference"
    )
    reference["content"][0]["attachment"] |= {
        "hash": sha1(content_of(binary)),
        "size": len(content_of(binary)),
    }
    body = json.dumps(bundle, default=float).encode()
    assert trained.post("/fhir", content=body, headers=FHIR_JSON).status_code == 200
    number = reference["masterIdentifier"]["value"]
    found = trained.get("/fhir/DocumentReference", params={"identifier": number}).json()["entry"][
        0
    ]["resource"]
    assert trained.get(
        found["content"][0]["attachment"]["url"], headers={"Accept": "*/*"}
    ).content == content_of(binary)
