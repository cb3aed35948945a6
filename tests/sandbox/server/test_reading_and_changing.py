import re

import pytest
from starlette.testclient import TestClient

from tests.builders import a_patient, issue_of, post, put, stored


def test_create_answers_201_with_id_version_and_place(empty: TestClient) -> None:
    reply = post(
        empty,
        "/Patient",
        a_patient(id="mine", meta={"versionId": "7", "profile": ["http://example.org/p"]}),
    )
    created = reply.json()
    assert reply.status_code == 201
    assert created["id"] != "mine"
    assert created["meta"]["versionId"] == "1"
    assert created["meta"]["profile"] == ["http://example.org/p"]
    assert (
        reply.headers["Location"] == f"http://sandbox.test/fhir/Patient/{created['id']}/_history/1"
    )
    assert reply.headers["ETag"] == 'W/"1"'
    assert reply.headers["Last-Modified"] == "Mon, 27 Jul 2026 09:00:01 GMT"


def test_read_gives_back_what_was_sent_to_the_digit(empty: TestClient) -> None:
    sent = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":7.20}}'
    created = post(empty, "/Observation", sent).json()
    body = empty.get(f"/fhir/Observation/{created['id']}").content
    assert b'"value":7.20' in body


def test_read_of_an_unknown_id_is_404_with_a_next_step(empty: TestClient) -> None:
    reply = empty.get("/fhir/Patient/nobody")
    assert reply.status_code == 404
    assert issue_of(reply)["code"] == "not-found"
    assert issue_of(reply)["diagnostics"]


def test_update_makes_a_new_version_and_vread_gives_the_old_one(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    place = f"/Patient/{created['id']}"
    reply = put(empty, place, {**created, "gender": "female"})
    assert (reply.status_code, reply.headers["ETag"]) == (200, 'W/"2"')
    assert "gender" not in empty.get(f"/fhir{place}/_history/1").json()
    assert empty.get(f"/fhir{place}/_history/2").json()["gender"] == "female"


def test_update_creates_under_the_id_of_the_client(empty: TestClient) -> None:
    reply = put(empty, "/Patient/rosa", a_patient(id="rosa"))
    assert (reply.status_code, reply.json()["id"]) == (201, "rosa")


@pytest.mark.parametrize(
    ("body", "key"), [(a_patient(), "no_id"), (a_patient(id="other"), "other_id")]
)
def test_update_needs_the_id_of_the_address(
    empty: TestClient, body: dict[str, object], key: str
) -> None:
    reply = put(empty, "/Patient/rosa", body)
    assert reply.status_code == 400
    assert issue_of(reply)["details"]["coding"][0]["code"] == f"server.{key}"
    assert issue_of(reply)["expression"] == ["Patient.id"]
    assert empty.get("/fhir/Patient/rosa").status_code == 404


def test_if_match_of_the_current_version_lets_an_update_through(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    assert (
        put(empty, f"/Patient/{created['id']}", created, **{"If-Match": 'W/"1"'}).status_code == 200
    )


@pytest.mark.parametrize("etag", ['W/"0"', 'W/"2"', '"2"'])
def test_if_match_of_another_version_is_412_and_changes_nothing(
    empty: TestClient, etag: str
) -> None:
    created = stored(empty, a_patient())
    reply = put(empty, f"/Patient/{created['id']}", created, **{"If-Match": etag})
    assert reply.status_code == 412
    assert empty.get(f"/fhir/Patient/{created['id']}").headers["ETag"] == 'W/"1"'


def test_delete_leaves_410_and_the_past(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    place = f"/fhir/Patient/{created['id']}"
    assert empty.delete(place).status_code == 204
    assert empty.get(place).status_code == 410
    assert empty.get(f"{place}/_history/1").json() == created
    assert empty.get("/fhir/Patient").json()["total"] == 0


def test_deleting_twice_or_nothing_is_no_error(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    place = f"/fhir/Patient/{created['id']}"
    assert [empty.delete(place).status_code for _ in range(2)] == [204, 204]
    assert empty.get(f"{place}/_history").json()["total"] == 2
    assert empty.delete("/fhir/Patient/nobody").status_code == 204


def test_a_put_brings_a_deleted_resource_back(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    place = f"/Patient/{created['id']}"
    empty.delete(f"/fhir{place}")
    assert put(empty, place, created).json()["meta"]["versionId"] == "3"
    assert empty.get("/fhir/Patient?name=rosa").json()["total"] == 1


def test_history_lists_the_newest_first_with_requests_and_responses(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    place = f"/Patient/{created['id']}"
    put(empty, place, created)
    empty.delete(f"/fhir{place}")
    bundle = empty.get(f"/fhir{place}/_history").json()
    assert bundle["type"] == "history"
    assert [entry["request"]["method"] for entry in bundle["entry"]] == ["DELETE", "PUT", "POST"]
    assert [entry["response"]["status"] for entry in bundle["entry"]] == ["204", "200", "201"]
    assert "resource" not in bundle["entry"][0]


def test_history_is_paged_and_narrowed_by_time(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    place = f"/Patient/{created['id']}"
    for _ in range(4):
        put(empty, place, created)
    seen, url = [], f"/fhir{place}/_history?_count=2"
    while url:
        bundle = empty.get(url).json()
        seen += [entry["response"]["etag"] for entry in bundle["entry"]]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert seen == ['W/"5"', 'W/"4"', 'W/"3"', 'W/"2"', 'W/"1"']
    assert empty.get(f"/fhir{place}/_history?_since=2026-07-27T09:00:04Z").json()["total"] == 2


@pytest.mark.parametrize(
    "query",
    ["_count=x", "_since=yesterday", "_before=a", f"_before={2**63}", "nonsense=1"],
)
def test_history_refuses_what_it_does_not_understand(empty: TestClient, query: str) -> None:
    created = stored(empty, a_patient())
    assert empty.get(f"/fhir/Patient/{created['id']}/_history?{query}").status_code == 400


@pytest.mark.parametrize("version", ["0", "9", "x", "99999999999999999999"])
def test_vread_of_a_version_that_is_not_there_is_404(empty: TestClient, version: str) -> None:
    created = stored(empty, a_patient())
    assert empty.get(f"/fhir/Patient/{created['id']}/_history/{version}").status_code == 404


def test_the_capability_statement_promises_what_is_registered(empty: TestClient) -> None:
    statement = empty.get("/fhir/metadata").json()
    (rest,) = statement["rest"]
    patient = next(entry for entry in rest["resource"] if entry["type"] == "Patient")
    assert statement["fhirVersion"] == "4.0.1"
    assert len(rest["resource"]) == 146
    assert {entry["code"] for entry in patient["interaction"]} == {
        "read", "vread", "create", "update", "patch", "delete", "history-instance", "history-type", "search-type",
    }  # fmt: skip
    for parameter in patient["searchParam"]:
        value = "2024" if parameter["type"] == "date" else "x"
        assert empty.get(f"/fhir/Patient?{parameter['name']}={value}").status_code == 200, parameter


def test_every_reply_names_its_exchange(empty: TestClient) -> None:
    ids = {empty.get("/fhir/metadata").headers["X-Exchange-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.match(r"^[0-9a-z]{12}$", id) for id in ids)
