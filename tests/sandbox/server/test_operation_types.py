"""Parameters of operations are judged by their type (FHIR R4 operations.html)."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import issue_of, post

REFERENCE = {"valueReference": {"reference": "Patient/x"}}
ROSA = "Patient/rosa-fuenzalida"


def parameters(**values: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": name, **value} for name, value in values.items()],
    }


@pytest.mark.parametrize(
    ("place", "name", "value", "kind"),
    [
        ("DocumentReference/$docref", "patient", REFERENCE, "string"),
        (f"{ROSA}/$everything", "_since", {"valueInstant": "x"}, "instant"),
        (f"{ROSA}/$everything", "_since", {"valueBoolean": True}, "instant"),
        (f"{ROSA}/$summary", "profile", REFERENCE, "string"),
        (f"{ROSA}/$summary", "persist", {"valueString": "yes"}, "boolean"),
        ("ValueSet/$expand", "url", REFERENCE, "string"),
        ("ValueSet/$expand", "count", {"valueString": "many"}, "integer"),
        ("ValueSet/$validate-code", "coding", {"valueString": "x"}, "Coding"),
        ("CodeSystem/$lookup", "code", REFERENCE, "string"),
        ("CodeSystem/$subsumes", "codingA", {"valueCode": "x"}, "Coding"),
        ("ConceptMap/$translate", "reverse", {"valueString": "x"}, "boolean"),
        ("Patient/$ihe-pix", "sourceIdentifier", REFERENCE, "string"),
        ("Patient/$match", "onlyCertainMatches", {"valueString": "x"}, "boolean"),
        (f"{ROSA}/$meta-add", "meta", {"valueString": "x"}, "Meta"),
    ],
)
def test_a_parameter_of_another_type_is_refused_by_name(
    trained: TestClient, place: str, name: str, value: dict[str, Any], kind: str
) -> None:
    reply = post(trained, f"/{place}", parameters(**{name: value}))
    assert reply.status_code == 400
    issue = issue_of(reply)
    assert issue["expression"] == [name]
    assert kind in issue["details"]["text"]
    assert "{" not in reply.text.replace('{"', "")  # nothing of how Python writes it


def test_a_moment_in_the_query_is_judged_too(trained: TestClient) -> None:
    wrong = trained.get(f"/fhir/{ROSA}/$everything?_since=x")
    assert (wrong.status_code, issue_of(wrong)["expression"]) == (400, ["_since"])


@pytest.mark.parametrize(
    ("since", "is_empty"), [("2000-01-01T00:00:00Z", False), ("2999-01-01", True)]
)
def test_everything_gives_what_was_changed_since(
    trained: TestClient, since: str, is_empty: bool
) -> None:
    reply = trained.get(f"/fhir/{ROSA}/$everything?_since={since}")
    assert reply.status_code == 200
    assert (reply.json()["total"] == 0) is is_empty


@pytest.mark.parametrize("kind", ["String", "Id", "Uri"])
def test_texts_of_one_family_are_taken_for_each_other(trained: TestClient, kind: str) -> None:
    given = parameters(patient={f"value{kind}": ROSA})
    assert post(trained, "/DocumentReference/$docref", given).status_code == 200
