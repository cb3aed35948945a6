"""The feature table of a FHIR R4 server, a test for each row and named after it; each runs over both stores.

What is wrong is tried elsewhere, in depth; here a reader finds what there is.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import (
    FHIR_JSON,
    a_bundle,
    a_patient,
    an_entry,
    an_observation,
    ids_of,
    issue_of,
    post,
    put,
    stored,
)
from tests.sandbox.server.conftest import only_read

RUN = {"system": "urn:run", "value": "1"}
VERSION = "_history/1"


def furnish(client: TestClient) -> None:
    """Stores Rosa with two observations, one of them by Dr Soto, and Ana with none."""
    put(
        client,
        "/Practitioner/soto",
        {"resourceType": "Practitioner", "id": "soto", "name": [{"family": "Soto"}]},
    )
    rosa = a_patient(id="rosa", identifier=[RUN], birthDate="1958-03-21", gender="female")
    put(
        client,
        "/Patient/rosa",
        {**rosa, "generalPractitioner": [{"reference": "Practitioner/soto"}]},
    )
    put(
        client,
        "/Patient/ana",
        a_patient(id="ana", name=[{"family": "Ávila"}], birthDate="1990-01-01"),
    )
    weight = {"value": 61.5, "system": "http://unitsofmeasure.org", "code": "kg"}
    subject = {"reference": "Patient/rosa"}
    put(
        client,
        "/Observation/w",
        an_observation(
            id="w", subject=subject, valueQuantity=weight, effectiveDateTime="2026-01-10"
        ),
    )
    by = [{"reference": "Practitioner/soto"}]
    put(
        client,
        "/Observation/x",
        an_observation(id="x", subject=subject, performer=by, status="amended"),
    )


@pytest.fixture
def record(empty: TestClient) -> TestClient:
    """What a test may write to."""
    furnish(empty)
    return empty


@pytest.fixture(scope="module")
def read_record(shared_empty: TestClient) -> Iterator[TestClient]:
    """What the tests of this module only read."""
    furnish(shared_empty)
    with only_read(shared_empty):
        yield shared_empty


def found(client: TestClient, query: str) -> list[str]:
    return sorted(ids_of(client.get(f"/fhir/{query}")))


def test_create_read_vread_update_delete(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    place = f"/Patient/{created['id']}"
    assert put(empty, place, {**created, "gender": "male"}).json()["meta"]["versionId"] == "2"
    assert empty.get(f"/fhir{place}").json()["gender"] == "male"
    assert empty.get(f"/fhir{place}/{VERSION}").json() == created
    assert empty.delete(f"/fhir{place}").status_code == 204
    assert empty.get(f"/fhir{place}").status_code == 410


def test_update_as_create(empty: TestClient) -> None:
    assert put(empty, "/Patient/mine", a_patient(id="mine")).status_code == 201


@pytest.mark.parametrize(("path", "total"), [("Patient/rosa", 2), ("Patient", 3), ("", 6)])
def test_history_of_instance_type_and_system(record: TestClient, path: str, total: int) -> None:
    put(record, "/Patient/rosa", a_patient(id="rosa"))
    history = record.get(f"/fhir/{path}/_history".replace("//", "/")).json()
    assert (history["type"], history["total"]) == ("history", total)
    assert history["entry"][0]["request"] == {"method": "PUT", "url": "Patient/rosa"}


def test_etag_and_if_match(record: TestClient) -> None:
    assert record.get("/fhir/Patient/rosa").headers["ETag"] == 'W/"1"'
    assert (
        put(record, "/Patient/rosa", a_patient(id="rosa"), **{"If-Match": 'W/"7"'}).status_code
        == 412
    )
    assert (
        put(record, "/Patient/rosa", a_patient(id="rosa"), **{"If-Match": 'W/"1"'}).status_code
        == 200
    )


def test_if_none_match_and_if_modified_since(read_record: TestClient) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(days=9999), usegmt=True)
    assert (
        read_record.get("/fhir/Patient/rosa", headers={"If-None-Match": 'W/"1"'}).status_code == 304
    )
    assert (
        read_record.get("/fhir/Patient/rosa", headers={"If-None-Match": 'W/"2"'}).status_code == 200
    )
    assert (
        read_record.get("/fhir/Patient/rosa", headers={"If-Modified-Since": later}).status_code
        == 304
    )


def test_conditional_create(record: TestClient) -> None:
    assert (
        post(record, "/Patient", a_patient(), **{"If-None-Exist": "identifier=urn:run|1"}).json()[
            "id"
        ]
        == "rosa"
    )


def test_conditional_update(record: TestClient) -> None:
    reply = put(record, "/Patient?identifier=urn:run|1", a_patient(gender="other"))
    assert (reply.json()["id"], reply.json()["meta"]["versionId"]) == ("rosa", "2")


def test_conditional_delete(record: TestClient) -> None:
    assert record.delete("/fhir/Observation?status=amended").status_code == 204
    assert found(record, "Observation") == ["w"]


def test_conditional_patch(record: TestClient) -> None:
    step = [{"op": "replace", "path": "/gender", "value": "other"}]
    headers = {"Content-Type": "application/json-patch+json"}
    assert (
        record.patch("/fhir/Patient?identifier=urn:run|1", json=step, headers=headers).json()[
            "gender"
        ]
        == "other"
    )


def test_json_patch(record: TestClient) -> None:
    step = [{"op": "remove", "path": "/birthDate"}]
    reply = record.patch(
        "/fhir/Patient/rosa", json=step, headers={"Content-Type": "application/json-patch+json"}
    )
    assert "birthDate" not in reply.json()


def fhirpath_patch(path: str, value: str) -> dict[str, Any]:
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": path},
        {"name": "value", "valueCode": value},
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


def test_fhirpath_patch_alone_and_in_a_transaction(record: TestClient) -> None:
    body = fhirpath_patch("Patient.gender", "other")
    assert (
        record.patch("/fhir/Patient/rosa", json=body, headers=FHIR_JSON).json()["gender"] == "other"
    )
    entry = {
        "resource": fhirpath_patch("Patient.gender", "male"),
        "request": {"method": "PATCH", "url": "Patient/rosa"},
    }
    assert post(record, "", a_bundle(entry)).status_code == 200
    assert record.get("/fhir/Patient/rosa").json()["gender"] == "male"


def test_batch(record: TestClient) -> None:
    entries = [
        {"request": {"method": "GET", "url": url}} for url in ("Patient/rosa", "Patient/none")
    ]
    reply = post(record, "", a_bundle(*entries, type="batch")).json()
    assert [entry["response"]["status"][:3] for entry in reply["entry"]] == ["200", "404"]


def test_transaction_all_or_nothing(record: TestClient) -> None:
    urn = "urn:uuid:0a1b2c3d-0000-4000-8000-000000000001"
    observation = an_entry(an_observation(subject={"reference": urn}))
    assert (
        post(record, "", a_bundle(an_entry(a_patient(), full_url=urn), observation)).status_code
        == 200
    )
    assert record.get("/fhir/Patient").json()["total"] == 3
    assert (
        post(
            record, "", a_bundle(an_entry(a_patient()), an_entry({"resourceType": "Pacient"}))
        ).status_code
        == 404
    )
    assert record.get("/fhir/Patient").json()["total"] == 3


def test_conditional_references_in_a_transaction(record: TestClient) -> None:
    by_number = an_observation(subject={"reference": "Patient?identifier=urn:run|1"})
    place = post(record, "", a_bundle(an_entry(by_number))).json()["entry"][0]["response"][
        "location"
    ]
    assert record.get(f"/fhir/{place}").json()["subject"] == {"reference": "Patient/rosa"}


def test_get_and_post_search(record: TestClient) -> None:
    assert found(record, "Patient?gender=female") == ["rosa"]
    assert ids_of(record.post("/fhir/Patient/_search", data={"gender": "female"})) == ["rosa"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Patient?name=avila", ["ana"]),  # string, without case and accents
        ("Patient?identifier=urn:run|1", ["rosa"]),  # token
        ("Patient?birthdate=1958", ["rosa"]),  # date
        ("Observation?value-quantity=61.5", ["w"]),  # quantity
        ("Observation?subject=Patient/rosa", ["w", "x"]),  # reference
        ("Observation?code-value-quantity=29463-7$gt60", ["w"]),  # composite
    ],
)
def test_string_token_date_quantity_reference_composite(
    read_record: TestClient, query: str, ids: list[str]
) -> None:
    assert found(read_record, query) == ids


def test_number_and_uri(empty: TestClient) -> None:
    risk = {
        "resourceType": "RiskAssessment",
        "id": "r",
        "status": "final",
        "subject": {"display": "x"},
    }
    put(empty, "/RiskAssessment/r", {**risk, "prediction": [{"probabilityDecimal": 0.25}]})
    put(
        empty,
        "/ValueSet/v",
        {"resourceType": "ValueSet", "id": "v", "status": "active", "url": "http://x.example/v"},
    )
    assert found(empty, "RiskAssessment?probability=0.25") == ["r"]
    assert found(empty, "ValueSet?url=http://x.example/v") == ["v"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Patient?family:exact=Ávila", ["ana"]),
        ("Patient?family:exact=avila", []),
        ("Patient?family:contains=vil", ["ana"]),
        ("Patient?gender:missing=true", ["ana"]),
        ("Observation?status:not=final", ["x"]),
        ("Observation?subject:identifier=urn:run|1", []),
        ("Observation?subject:Patient=rosa", ["w", "x"]),
    ],
)
def test_modifiers_exact_contains_missing_not_identifier_type(
    read_record: TestClient, query: str, ids: list[str]
) -> None:
    assert found(read_record, query) == ids


@pytest.mark.parametrize(
    ("modifier", "value", "ids"),
    [
        ("text", "weig", ["w"]),
        ("in", "urn:v", ["w"]),
        ("not-in", "urn:v", ["x"]),
        ("of-type", "urn:t|MR|1", ["w"]),
    ],
)
def test_modifiers_text_in_not_in_of_type(
    empty: TestClient, modifier: str, value: str, ids: list[str]
) -> None:
    concepts = [{"system": "http://loinc.org", "concept": [{"code": "29463-7"}]}]
    value_set = {"resourceType": "ValueSet", "id": "v", "url": "urn:v", "status": "active"}
    put(empty, "/ValueSet/v", {**value_set, "compose": {"include": concepts}})
    number = {"type": {"coding": [{"system": "urn:t", "code": "MR"}]}, "value": "1"}
    code = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Weight"}
    put(empty, "/Observation/w", an_observation(id="w", code=code, identifier=[number]))
    put(empty, "/Observation/x", an_observation(id="x", code={"text": "Height"}))
    name = "identifier" if modifier == "of-type" else "code"
    assert found(empty, f"Observation?{name}:{modifier}={value}") == ids


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("1990-01-01", ["ana"]), ("ne1990-01-01", ["rosa"]), ("gt1958-03-21", ["ana"]), ("lt1990-01-01", ["rosa"]),
        ("ge1958-03-21", ["ana", "rosa"]), ("le1958-03-21", ["rosa"]), ("sa1958", ["ana"]), ("eb1990", ["rosa"]), ("ap1990-01-01", ["ana"]),
    ],
)  # fmt: skip
def test_prefixes(read_record: TestClient, value: str, ids: list[str]) -> None:
    assert found(read_record, f"Patient?birthdate={value}") == ids


def test_chaining(read_record: TestClient) -> None:
    assert found(read_record, "Observation?subject:Patient.identifier=urn:run|1") == ["w", "x"]
    assert found(read_record, "Observation?patient.general-practitioner.family=Soto") == ["w", "x"]


def test_reverse_chaining(read_record: TestClient) -> None:
    assert found(read_record, "Patient?_has:Observation:patient:code=29463-7") == ["rosa"]


def modes(client: TestClient, query: str) -> dict[str, str]:
    entries = client.get(f"/fhir/{query}").json()["entry"]
    return {entry["resource"]["id"]: entry["search"]["mode"] for entry in entries}


def test_include_of_every_reference_of_the_type_that_is_searched(read_record: TestClient) -> None:
    assert modes(read_record, "Observation?_id=w&_include=*") == modes(
        read_record, "Observation?_id=w&_include=Observation:*"
    )
    assert len(modes(read_record, "Observation?_id=w&_include=*")) > 1


def test_include_revinclude_iterate(read_record: TestClient) -> None:
    assert modes(read_record, "Observation?_id=w&_include=Observation:subject") == {
        "w": "match",
        "rosa": "include",
    }
    assert modes(read_record, "Patient?_id=rosa&_revinclude=Observation:subject") == {
        "rosa": "match",
        "w": "include",
        "x": "include",
    }
    further = "&_include:iterate=Patient:general-practitioner"
    assert "soto" in modes(read_record, f"Observation?_id=w&_include=Observation:subject{further}")


def test_sort(read_record: TestClient) -> None:
    assert ids_of(read_record.get("/fhir/Patient?_sort=birthdate")) == ["rosa", "ana"]
    assert ids_of(read_record.get("/fhir/Patient?_sort=-birthdate")) == ["ana", "rosa"]


def test_count_and_next_links(read_record: TestClient) -> None:
    first = read_record.get("/fhir/Patient?_count=1").json()
    assert (len(first["entry"]), first["total"]) == (1, 2)
    (following,) = [link["url"] for link in first["link"] if link["relation"] == "next"]
    assert ids_of(read_record.get(following)) == ["ana"]


def test_total(read_record: TestClient) -> None:
    assert read_record.get("/fhir/Patient?_total=accurate").json()["total"] == 2
    assert "total" not in read_record.get("/fhir/Patient?_total=none").json()


@pytest.mark.parametrize(
    ("summary", "there"), [("true", True), ("data", True), ("text", False), ("false", True)]
)
def test_summary(read_record: TestClient, summary: str, there: bool) -> None:
    entry = read_record.get(f"/fhir/Patient?_id=rosa&_summary={summary}").json()["entry"][0]
    assert ("birthDate" in entry["resource"]) is there
    assert read_record.get("/fhir/Patient?_summary=count").json()["total"] == 2


def test_elements(read_record: TestClient) -> None:
    resource = read_record.get("/fhir/Patient?_id=rosa&_elements=gender").json()["entry"][0][
        "resource"
    ]
    assert set(resource) == {"resourceType", "id", "meta", "gender"}


@pytest.mark.parametrize("place", ["Patient/nora", "Patient/nora/_history/1"])
@pytest.mark.parametrize(
    ("asked", "there", "absent"),
    [
        ("_summary=true", "birthDate", "text"),
        ("_summary=data", "birthDate", "text"),
        ("_summary=text", "text", "birthDate"),
        ("_elements=gender", "gender", "birthDate"),
        ("_elements=Patient.gender", "gender", "text"),
    ],
)
def test_a_read_gives_the_part_that_is_asked_for_and_says_so(
    record: TestClient, place: str, asked: str, there: str, absent: str
) -> None:
    """FHIR R4 http.html#read, search.html#summary, #elements."""
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Nora</div>'}
    nora = a_patient(id="nora", text=text, birthDate="1990-01-01", gender="female")
    put(record, "/Patient/nora", nora)
    whole = record.get(f"/fhir/{place}").json()
    reply = record.get(f"/fhir/{place}?{asked}")
    part = reply.json()
    assert {there, absent} <= set(whole)
    assert (there in part, absent in part) == (True, False)
    assert [tag["code"] for tag in part["meta"]["tag"]] == ["SUBSETTED"]
    assert (part["id"], reply.headers["etag"]) == ("nora", 'W/"1"')


def test_a_read_gives_all_of_it_where_no_part_is_asked_for(read_record: TestClient) -> None:
    whole = read_record.get("/fhir/Patient/rosa").json()
    assert read_record.get("/fhir/Patient/rosa?_summary=false").json() == whole
    assert "tag" not in whole["meta"]


@pytest.mark.parametrize("asked", ["count", "most"])
def test_a_read_takes_no_summary_that_it_cannot_give(read_record: TestClient, asked: str) -> None:
    reply = read_record.get(f"/fhir/Patient/rosa?_summary={asked}")
    code = issue_of(reply)["details"]["coding"][0]["code"]
    assert (reply.status_code, code) == (400, "server.bad_choice")


def test_a_part_of_a_resource_comes_in_a_batch_too(record: TestClient) -> None:
    entry = {"request": {"method": "GET", "url": "Patient/rosa?_elements=gender"}}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    (answered,) = post(record, "", bundle).json()["entry"]
    assert set(answered["resource"]) == {"resourceType", "id", "meta", "gender"}


def test_the_content_of_a_binary_is_given_whole(record: TestClient) -> None:
    binary = {"resourceType": "Binary", "id": "b", "contentType": "text/plain", "data": "aGk="}
    put(record, "/Binary/b", binary)
    reply = record.get("/fhir/Binary/b?_summary=true", headers={"Accept": "text/plain"})
    assert reply.content == b"hi"


def test_tag_profile_security_source_last_updated_id_list(empty: TestClient) -> None:
    meta = {
        "tag": [{"code": "t"}],
        "profile": ["urn:p"],
        "security": [{"code": "s"}],
        "source": "urn:o",
    }
    put(empty, "/Patient/p", a_patient(id="p", meta=meta))
    put(empty, "/Patient/q", a_patient(id="q"))
    put(
        empty,
        "/List/l",
        {
            "resourceType": "List",
            "id": "l",
            "status": "current",
            "mode": "working",
            "entry": [{"item": {"reference": "Patient/p"}}],
        },
    )
    for query in ("_tag=t", "_profile=urn:p", "_security=s", "_source=urn:o", "_id=p", "_list=l"):
        assert found(empty, f"Patient?{query}") == ["p"], query
    assert found(empty, "Patient?_lastUpdated=ge2000") == ["p", "q"]


def test_prefer_return_and_handling(record: TestClient) -> None:
    assert post(record, "/Patient", a_patient(), Prefer="return=minimal").content == b""
    assert (
        post(record, "/Patient", a_patient(), Prefer="return=OperationOutcome").json()[
            "resourceType"
        ]
        == "OperationOutcome"
    )
    lenient = record.get(
        "/fhir/Patient?nonsense=1&_count=0", headers={"Prefer": "handling=lenient"}
    )
    assert lenient.json()["total"] == 4
    assert lenient.json()["entry"][0]["search"]["mode"] == "outcome"


def test_unknown_search_parameter_is_an_error_that_names_the_nearest(
    read_record: TestClient,
) -> None:
    assert "family" in issue_of(read_record.get("/fhir/Patient?famly=x"))["details"]["text"]


def test_xml_in_and_out(empty: TestClient) -> None:
    body = b'<Patient xmlns="http://hl7.org/fhir"><id value="p"/><gender value="male"/></Patient>'
    headers = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}
    assert (
        b'<gender value="male"/>'
        in empty.put("/fhir/Patient/p", content=body, headers=headers).content
    )
    assert empty.get("/fhir/Patient/p?_format=json").json()["gender"] == "male"


@pytest.mark.parametrize(
    "path",
    [
        "Patient/rosa/$validate", "Patient/rosa/$everything", "Patient/rosa/$meta", "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender",
        "ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&code=male&system=http://hl7.org/fhir/administrative-gender",
        "CodeSystem/$validate-code?url=http://hl7.org/fhir/administrative-gender&code=male",
        "CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male",
        "CodeSystem/$subsumes?system=http://hl7.org/fhir/administrative-gender&codeA=male&codeB=female",
        "DocumentReference/$docref?patient=rosa", "Patient/rosa/Observation",
    ],
)  # fmt: skip
def test_operations_and_compartments(read_record: TestClient, path: str) -> None:
    assert read_record.get(f"/fhir/{path}").status_code == 200


def test_capability_statement_is_true_to_the_code(empty: TestClient) -> None:
    (rest,) = empty.get("/fhir/metadata").json()["rest"]
    patient = next(one for one in rest["resource"] if one["type"] == "Patient")
    for parameter in patient["searchParam"]:
        value = {"date": "2026", "quantity": "1", "number": "1"}.get(parameter["type"], "x")
        assert empty.get(f"/fhir/Patient?{parameter['name']}={value}").status_code == 200, parameter


@pytest.mark.parametrize("path", ["Pacient", "Patient/none", "Patient?x=1", "nowhere/at/all/here"])
def test_operation_outcome_on_every_error(empty: TestClient, path: str) -> None:
    issue = issue_of(empty.get(f"/fhir/{path}"))
    assert issue["expression"]
    assert issue["diagnostics"]
