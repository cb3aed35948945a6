"""No two entries of a transaction mean one resource, and conditions may name entries (FHIR R4 http.html#trules)."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import a_bundle, a_patient, an_entry, an_observation, issue_of, post, put

SYSTEM = "urn:test:pat"
TOKEN = f"{SYSTEM}|p1"
ONE = "urn:uuid:33333333-3333-4333-8333-333333333333"
TWO = "urn:uuid:44444444-4444-4444-8444-444444444444"


def known(value: str = "p1", **elements: Any) -> dict[str, Any]:
    return a_patient(identifier=[{"system": SYSTEM, "value": value}], **elements)


def unless(resource: dict[str, Any], condition: str, full_url: str = "") -> dict[str, Any]:
    """An entry that creates a resource where nothing meets the condition."""
    entry = an_entry(resource, full_url=full_url)
    entry["request"]["ifNoneExist"] = condition
    return entry


def count(client: TestClient, type: str) -> int:
    return int(client.get(f"/fhir/{type}?_summary=count").json()["total"])


def places(reply: Any) -> list[str]:
    """Returns where the resource of each entry stands."""
    assert reply.status_code == 200, reply.text
    return [entry["response"]["location"].split("/_history")[0] for entry in reply.json()["entry"]]


UPDATE = an_entry(known(), method="PUT", url=f"Patient?identifier={TOKEN}")


@pytest.mark.parametrize(
    "entries",
    [
        [UPDATE, {**UPDATE, "fullUrl": TWO}],
        [UPDATE, an_entry(known(), method="PUT", url=f"Patient?identifier={TOKEN}&_format=json")],
        [UPDATE, an_entry(known())],
        [UPDATE, unless(known(), f"identifier={TOKEN}")],
        [an_entry(known(id="x"), method="PUT", url="Patient/x"), UPDATE],
    ],
    ids=["same condition", "other words", "a create", "a conditional create", "an update"],
)
def test_two_entries_that_change_one_resource_are_refused(
    empty: TestClient, entries: list[dict[str, Any]]
) -> None:
    """`b1`: in an empty server neither resource is there to be compared beforehand."""
    reply = post(empty, "", a_bundle(*entries))
    assert reply.status_code == 400
    assert "twice" in issue_of(reply)["details"]["text"]
    assert count(empty, "Patient") == 0


def test_conditions_that_mean_two_resources_are_taken(empty: TestClient) -> None:
    other = an_entry(known("p2"), method="PUT", url=f"Patient?identifier={SYSTEM}|p2")
    assert len(set(places(post(empty, "", a_bundle(UPDATE, other))))) == 2


@pytest.mark.parametrize(
    "entry",
    [
        an_entry(known(id="x"), method="PUT", url="Patient/x"),
        unless(known(), f"identifier={TOKEN}"),
    ],
    ids=["update", "conditional create"],
)
def test_what_a_condition_deletes_is_not_changed_or_kept_too(
    empty: TestClient, entry: dict[str, Any]
) -> None:
    put(empty, "/Patient/x", known(id="x"))
    gone = {"request": {"method": "DELETE", "url": f"Patient?identifier={TOKEN}"}}
    assert post(empty, "", a_bundle(entry, gone)).status_code == 400
    assert empty.get("/fhir/Patient/x").status_code == 200
    assert post(empty, "", a_bundle(gone)).status_code == 200
    assert empty.get("/fhir/Patient/x").status_code == 410


def test_a_condition_may_name_another_entry(empty: TestClient) -> None:
    """`b2`, posted twice: the second time both are found."""
    observation = an_observation(subject={"reference": ONE})
    # the one that waits stands first: order in the Bundle does not matter
    bundle = a_bundle(
        unless(observation, f"subject={ONE}", TWO),
        unless(known(), f"identifier={TOKEN}", ONE),
    )
    first = places(post(empty, "", bundle))
    assert places(post(empty, "", bundle)) == first
    assert (count(empty, "Patient"), count(empty, "Observation")) == (1, 1)
    assert empty.get(f"/fhir/{first[0]}").json()["subject"]["reference"] == first[1]


def test_the_condition_of_an_update_may_name_another_entry(empty: TestClient) -> None:
    observation = an_observation(subject={"reference": ONE})
    bundle = a_bundle(
        an_entry(observation, method="PUT", url=f"Observation?subject={ONE}"),
        unless(known(), f"identifier={TOKEN}", ONE),
    )
    first = places(post(empty, "", bundle))
    assert places(post(empty, "", bundle)) == first


def test_an_identifier_that_looks_like_a_full_url_is_meant_as_it_stands(empty: TestClient) -> None:
    named = a_patient(identifier=[{"value": ONE}])
    bundle = a_bundle(unless(named, f"identifier={ONE}", ONE))
    assert places(post(empty, "", bundle)) == places(post(empty, "", bundle))


@pytest.mark.parametrize(
    ("condition", "word"),
    [(f"subject={TWO}", TWO), (f"subject={ONE}", "waits")],
    ids=["names no entry", "names itself"],
)
def test_a_condition_that_leads_nowhere_is_refused_by_name(
    empty: TestClient, condition: str, word: str
) -> None:
    reply = post(empty, "", a_bundle(unless(an_observation(), condition, ONE)))
    assert reply.status_code == 400
    assert word in issue_of(reply)["details"]["text"]
    assert issue_of(reply)["expression"][0].startswith("Bundle.entry[0].request")


def test_two_creates_on_one_condition_make_one_resource(empty: TestClient) -> None:
    """`b3`: and what refers to the second leads to the one that is there."""
    bundle = a_bundle(
        unless(known(), f"identifier={TOKEN}", ONE),
        unless(known(), f"identifier={TOKEN}", TWO),
        an_entry(an_observation(subject={"reference": TWO})),
    )
    first, second, observation = places(post(empty, "", bundle))
    assert first == second
    assert places(post(empty, "", bundle))[:2] == [first, second]  # and both find it again
    assert empty.get(f"/fhir/{observation}").json()["subject"]["reference"] == first
    assert count(empty, "Patient") == 1
