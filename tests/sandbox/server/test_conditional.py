from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import (
    FHIR_JSON,
    a_bundle,
    a_patient,
    an_entry,
    an_observation,
    issue_of,
    post,
    put,
    stored,
)

RUN = {"system": "urn:run", "value": "1"}


def total(client: TestClient, query: str = "Patient") -> int:
    return int(client.get(f"/fhir/{query}").json()["total"])


def key(reply: Any) -> str:
    return str(issue_of(reply)["details"]["coding"][0]["code"])


def test_conditional_create_stores_once_and_then_answers_with_what_is_there(
    empty: TestClient,
) -> None:
    condition = {"If-None-Exist": "identifier=urn:run|1"}
    first = post(empty, "/Patient", a_patient(identifier=[RUN]), **condition)
    again = post(empty, "/Patient", a_patient(identifier=[RUN], gender="male"), **condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert total(empty) == 1


def test_a_condition_that_means_several_is_412_and_changes_nothing(empty: TestClient) -> None:
    for _ in range(2):
        stored(empty, a_patient(identifier=[RUN]))
    query = "Patient?identifier=urn:run|1"
    for reply in (
        post(empty, "/Patient", a_patient(), **{"If-None-Exist": "identifier=urn:run|1"}),
        empty.put(f"/fhir/{query}", json=a_patient(), headers=FHIR_JSON),
        empty.patch(
            f"/fhir/{query}", json=[], headers={"Content-Type": "application/json-patch+json"}
        ),
    ):
        assert (reply.status_code, key(reply)) == (412, "server.several")
    assert total(empty) == 2


def test_conditional_update_creates_updates_and_minds_the_id(empty: TestClient) -> None:
    query = "/fhir/Patient?identifier=urn:run|1"
    created = empty.put(query, json=a_patient(identifier=[RUN]), headers=FHIR_JSON)
    updated = empty.put(query, json=a_patient(identifier=[RUN], gender="male"), headers=FHIR_JSON)
    assert (created.status_code, updated.status_code) == (201, 200)
    assert updated.json()["id"] == created.json()["id"]
    assert updated.json()["meta"]["versionId"] == "2"
    other = empty.put(query, json=a_patient(id="other", identifier=[RUN]), headers=FHIR_JSON)
    assert (other.status_code, key(other)) == (400, "server.other_id")
    own = empty.put(
        "/fhir/Patient?identifier=urn:run|2", json=a_patient(id="own"), headers=FHIR_JSON
    )
    assert (own.status_code, own.json()["id"]) == (201, "own")


def test_conditional_delete_deletes_what_matches_and_never_everything(empty: TestClient) -> None:
    for value in ("1", "1", "2"):
        stored(empty, a_patient(identifier=[{"system": "urn:run", "value": value}]))
    assert empty.delete("/fhir/Patient?identifier=urn:run|1").status_code == 204
    assert total(empty) == 1
    for query in ("Patient", "Patient?_count=5", "Patient?_format=json"):
        refused = empty.delete(f"/fhir/{query}")
        assert (refused.status_code, key(refused)) == (400, "server.no_criteria")
    assert total(empty) == 1
    assert empty.delete("/fhir/Patient?identifier=urn:run|9").status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": 'W/"1"'}, 304),
        ({"If-None-Match": 'W/"7", W/"1"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": 'W/"2"'}, 200),
        ({"If-Modified-Since": "Fri, 31 Dec 2027 23:59:59 GMT"}, 304),
        ({"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200),
        ({"If-None-Match": 'W/"2"', "If-Modified-Since": "Fri, 31 Dec 2027 23:59:59 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 400),
    ],
)
def test_a_read_says_when_nothing_changed(
    empty: TestClient, headers: dict[str, str], status: int
) -> None:
    id = stored(empty, a_patient())["id"]
    reply = empty.get(f"/fhir/Patient/{id}", headers=headers)
    assert reply.status_code == status
    assert (status != 304) or (not reply.content and reply.headers["etag"] == 'W/"1"')


def test_a_transaction_takes_conditions_and_conditional_references(empty: TestClient) -> None:
    known = stored(empty, a_patient(identifier=[RUN]))
    same = an_entry(
        a_patient(identifier=[RUN]), full_url="urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11"
    )
    same["request"]["ifNoneExist"] = "identifier=urn:run|1"
    by_name = an_entry(an_observation(subject={"reference": "Patient?identifier=urn:run|1"}))
    by_url = an_entry(an_observation(subject={"reference": same["fullUrl"]}))
    upsert = an_entry(
        a_patient(identifier=[{"system": "urn:run", "value": "2"}]),
        method="PUT",
        url="Patient?identifier=urn:run|2",
    )
    reply = post(empty, "", a_bundle(same, by_name, by_url, upsert))
    assert reply.status_code == 200, reply.text
    assert [entry["response"]["status"][:3] for entry in reply.json()["entry"]] == [
        "200",
        "201",
        "201",
        "201",
    ]
    assert total(empty) == 2
    assert total(empty, f"Observation?subject=Patient/{known['id']}") == 2


@pytest.mark.parametrize(
    "reference", ["Patient?identifier=urn:run|none", "Patient?identifier=urn:run|1"]
)
def test_a_conditional_reference_that_is_not_one_leaves_nothing(
    empty: TestClient, reference: str
) -> None:
    for _ in range(2):
        stored(empty, a_patient(identifier=[RUN]))
    refused = post(
        empty,
        "",
        a_bundle(an_entry(a_patient()), an_entry(an_observation(subject={"reference": reference}))),
    )
    assert refused.status_code == 412
    assert issue_of(refused)["expression"][0].startswith("Bundle.entry[1]")
    assert (total(empty), total(empty, "Observation")) == (2, 0)


def test_history_of_a_type_and_of_all_is_newest_first_and_paged(empty: TestClient) -> None:
    first = stored(empty, a_patient())
    stored(empty, an_observation())
    put(empty, f"/Patient/{first['id']}", a_patient(id=first["id"], gender="male"))
    empty.delete(f"/fhir/Patient/{first['id']}")
    of_type = empty.get("/fhir/Patient/_history").json()
    assert (of_type["type"], of_type["total"]) == ("history", 3)
    assert [entry["request"]["method"] for entry in of_type["entry"]] == ["DELETE", "PUT", "POST"]
    page, seen = empty.get("/fhir/_history?_count=2").json(), []
    while True:
        seen += [entry["request"]["method"] for entry in page["entry"]]
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        if not following:
            break
        page = empty.get(following[0].removeprefix("http://sandbox.test")).json()
    assert seen == ["DELETE", "PUT", "POST", "POST"]
    assert empty.get("/fhir/Patient/_history?_since=2999").json()["total"] == 0
    assert empty.get("/fhir/_history?_at=2026").json()["total"] == 4
    assert empty.get("/fhir/_history?_at=2025").json()["total"] == 0


def test_a_history_at_one_instant_has_what_was_written_then(empty: TestClient) -> None:
    """The first and the last millisecond of a time belong to it (FHIR R4 http.html#history)."""
    first = stored(empty, a_patient())
    last = put(empty, f"/Patient/{first['id']}", a_patient(id=first["id"], gender="male")).json()
    for version in (first, last):
        moment = version["meta"]["lastUpdated"].replace("+", "%2B")
        (entry,) = empty.get(f"/fhir/_history?_at={moment}").json()["entry"]
        assert entry["resource"] == version


def test_a_query_on_create_is_refused_unless_leniency_is_asked_for(empty: TestClient) -> None:
    first = stored(empty, a_patient(identifier=[RUN]))
    refused = post(empty, "/Patient?identifier=urn:run|1", a_patient(identifier=[RUN]))
    assert (refused.status_code, key(refused)) == (400, "server.create_query")
    lenient = post(empty, "/Patient?identifier=urn:run|1", a_patient(), Prefer="handling=lenient")
    assert (lenient.status_code, lenient.json()["id"]) == (200, first["id"])
    assert post(empty, "/Patient?_format=json", a_patient()).status_code == 201
