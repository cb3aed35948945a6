from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import (
    a_bundle,
    a_patient,
    an_entry,
    an_observation,
    issue_of,
    post,
    put,
    stored,
)

PATIENT_URN = "urn:uuid:0b6a7f0e-52a4-4f0b-8a39-3f5a1c2d4e77"


def counts(client: TestClient) -> tuple[int, int]:
    return tuple(
        client.get(f"/fhir/{kind}?_summary=count").json()["total"]
        for kind in ("Patient", "Observation")
    )  # type: ignore[return-value]  # two numbers


def patient_and_observation(reference: str = PATIENT_URN) -> dict[str, Any]:
    observation = an_observation(subject={"reference": reference})
    return a_bundle(an_entry(observation), an_entry(a_patient(), full_url=PATIENT_URN))


def test_a_transaction_rewrites_references_also_to_later_entries(empty: TestClient) -> None:
    reply = post(empty, "", patient_and_observation())
    assert (reply.status_code, reply.json()["type"]) == (200, "transaction-response")
    observation, patient = [
        entry["response"]["location"].split("/_history")[0] for entry in reply.json()["entry"]
    ]
    assert empty.get(f"/fhir/{observation}").json()["subject"]["reference"] == patient


def test_a_transaction_keeps_nothing_when_one_entry_is_bad(empty: TestClient) -> None:
    bundle = patient_and_observation()
    bundle["entry"].append(
        an_entry({"resourceType": "Patient", "id": "x"}, method="PUT", url="Patient/y")
    )
    reply = post(empty, "", bundle)
    assert reply.status_code == 400
    assert issue_of(reply)["expression"] == ["Bundle.entry[2].resource.id"]
    assert counts(empty) == (0, 0)


def test_the_same_transaction_without_the_bad_entry_is_kept(empty: TestClient) -> None:
    assert post(empty, "", patient_and_observation()).status_code == 200
    assert counts(empty) == (1, 1)


def test_a_stale_entry_rolls_back_what_was_written_before_it(empty: TestClient) -> None:
    created = stored(empty, a_patient())
    stale = an_entry(created, method="PUT", url=f"Patient/{created['id']}")
    stale["request"]["ifMatch"] = 'W/"9"'
    reply = post(empty, "", a_bundle(an_entry(an_observation()), stale))
    assert reply.status_code == 412
    assert issue_of(reply)["expression"] == ["Bundle.entry[1].request.ifMatch"]
    assert counts(empty) == (1, 0)


def test_entries_are_done_in_the_order_of_the_standard_and_answered_in_their_own(
    empty: TestClient,
) -> None:
    gone = stored(empty, a_patient())
    bundle = a_bundle(
        {"request": {"method": "GET", "url": "Patient?name=muñoz"}},
        an_entry(a_patient()),
        {"request": {"method": "DELETE", "url": f"Patient/{gone['id']}"}},
    )
    found, created, deleted = post(empty, "", bundle).json()["entry"]
    assert found["resource"]["total"] == 1
    assert found["resource"]["entry"][0]["resource"]["id"] != gone["id"]
    assert created["response"]["status"] == "201 Created"
    assert deleted["response"]["status"] == "204 No Content"


def test_a_batch_answers_each_entry_by_itself(empty: TestClient) -> None:
    bundle = a_bundle(
        an_entry(a_patient()),
        an_entry(a_patient(), url="Pacient"),
        an_entry(an_observation()),
        type="batch",
    )
    reply = post(empty, "", bundle, **{"Accept-Language": "es"})
    statuses = [entry["response"]["status"] for entry in reply.json()["entry"]]
    assert statuses == ["201 Created", "404 Not Found", "201 Created"]
    assert (
        "¿Quisiste decir Patient?"
        in reply.json()["entry"][1]["response"]["outcome"]["issue"][0]["details"]["text"]
    )
    assert counts(empty) == (1, 1)


def test_absolute_full_urls_rewrite_relative_references_too(empty: TestClient) -> None:
    observation = an_observation(subject={"reference": "Patient/old"})
    bundle = a_bundle(
        an_entry(a_patient(), full_url="http://elsewhere.test/fhir/Patient/old"),
        an_entry(observation),
    )
    patient, observed = [
        entry["response"]["location"].split("/_history")[0]
        for entry in post(empty, "", bundle).json()["entry"]
    ]
    assert empty.get(f"/fhir/{observed}").json()["subject"]["reference"] == patient


def test_a_put_entry_with_a_temporary_name_gets_its_own_place(empty: TestClient) -> None:
    bundle = a_bundle(
        an_entry(a_patient(id="rosa"), full_url=PATIENT_URN, method="PUT", url="Patient/rosa"),
        an_entry(
            an_observation(id="w", subject={"reference": PATIENT_URN}),
            method="PUT",
            url="Observation/w",
        ),
    )
    assert post(empty, "", bundle).status_code == 200
    assert empty.get("/fhir/Observation/w").json()["subject"]["reference"] == "Patient/rosa"


@pytest.mark.parametrize(
    ("bundle", "key", "place"),
    [
        (patient_and_observation("urn:uuid:other"), "dangling", "Bundle.entry[0].resource.subject.reference"),
        (a_bundle({"resource": a_patient()}), "no_request", "Bundle.entry[0].request"),
        (a_bundle({"resource": a_patient(), "request": {"method": "FETCH", "url": "Patient"}}), "bad_request_entry", "Bundle.entry[0].request"),
        (a_bundle(an_entry(a_patient(), url="Observation")), "other_type", "Bundle.entry[0].resource.resourceType"),
        (a_bundle(an_entry(a_patient(), url="Pacient")), "unknown_type_near", "Bundle.entry[0].request.url"),
        (a_bundle(an_entry(a_patient(), full_url="urn:uuid:1"), an_entry(a_patient(), full_url="urn:uuid:1")), "full_url_twice", "Bundle.entry[1].fullUrl"),
        (a_bundle(*[an_entry(a_patient(id="a"), method="PUT", url="Patient/a")] * 2), "twice", "Bundle.entry[1].resource"),
        (a_bundle(type="collection"), "bundle_type", "Bundle.type"),
        ({"resourceType": "Bundle", "type": "transaction", "entry": {}}, "entry_no_list", "Bundle.entry"),
        (a_bundle({"resource": a_bundle(), "request": {"method": "POST", "url": ""}}), "nested_bundle", "Bundle.entry[0].request.url"),
        (a_bundle("text"), "no_request", "Bundle.entry[0].request"),
    ],
)  # fmt: skip
def test_a_faulty_bundle_is_refused_at_its_place(
    empty: TestClient, bundle: dict[str, Any], key: str, place: str
) -> None:
    reply = post(empty, "", bundle)
    assert reply.status_code in (400, 404)
    assert issue_of(reply)["details"]["coding"][0]["code"] == f"server.{key}"
    assert issue_of(reply)["expression"] == [place]
    assert counts(empty) == (0, 0)


def test_an_empty_transaction_is_answered(empty: TestClient) -> None:
    assert post(empty, "", a_bundle()).json() == {
        "resourceType": "Bundle",
        "type": "transaction-response",
    }


def test_a_document_inside_a_transaction_keeps_its_own_references(empty: TestClient) -> None:
    document = a_bundle(an_entry(a_patient(), full_url=PATIENT_URN), type="document")
    document["entry"].append(an_entry(an_observation(subject={"reference": PATIENT_URN})))
    reply = post(
        empty,
        "",
        a_bundle(
            an_entry(document, full_url="urn:uuid:9"), an_entry(a_patient(), full_url=PATIENT_URN)
        ),
    )
    place = reply.json()["entry"][0]["response"]["location"].split("/_history")[0]
    assert (
        empty.get(f"/fhir/{place}").json()["entry"][1]["resource"]["subject"]["reference"]
        == PATIENT_URN
    )


def test_posting_a_bundle_to_its_type_only_stores_it(empty: TestClient) -> None:
    assert post(empty, "/Bundle", patient_and_observation()).status_code == 201
    assert counts(empty) == (0, 0)
    assert put(empty, "/Bundle/b", {**patient_and_observation(), "id": "b"}).status_code == 201


def test_a_put_without_id_or_condition_is_refused_where_no_document_is_submitted(
    empty: TestClient,
) -> None:
    reply = post(empty, "", a_bundle(an_entry(a_patient(id="p"), method="PUT", url="Patient")))
    assert issue_of(reply)["details"]["coding"][0]["code"] == "server.no_criteria"
    assert counts(empty) == (0, 0)
