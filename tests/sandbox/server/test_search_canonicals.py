"""Canonicals with and without a version (FHIR R4 search.html#canonical, references.html#canonical)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.builders import a_patient, put
from tests.sandbox.server.conftest import only_read

FORM = "http://x.example/Questionnaire/u"
PROFILE = "http://x.example/StructureDefinition/p"


def answers(id: str, form: str) -> dict[str, Any]:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": id,
        "status": "completed",
        "questionnaire": form,
    }


@pytest.fixture(scope="module")
def forms(shared_empty: TestClient) -> Iterator[TestClient]:
    """Answers to two versions of a questionnaire, and what looks like one of its names."""
    own = f"{str(shared_empty.base_url).rstrip('/')}/fhir/Questionnaire/q"
    for resource in (
        answers("plain", FORM),
        answers("v1", f"{FORM}|1.0"),
        answers("v2", f"{FORM}|2.0"),
        answers("longer", f"{FORM}2"),
        answers("own", f"{own}|1.0"),
        a_patient(id="profiled", meta={"profile": [f"{PROFILE}|4.2.3"]}),
        a_patient(id="longer", meta={"profile": [f"{PROFILE}2|4.2.3"]}),
    ):
        place = f"/{resource['resourceType']}/{resource['id']}"
        assert put(shared_empty, place, resource).status_code == 201
    with only_read(shared_empty):
        yield shared_empty


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (f"QuestionnaireResponse?questionnaire={FORM}", ["plain", "v1", "v2"]),
        (f"QuestionnaireResponse?questionnaire={quote(FORM + '|1.0')}", ["v1"]),
        (f"QuestionnaireResponse?questionnaire={quote(FORM + '|3.0')}", []),
        (f"QuestionnaireResponse?questionnaire={FORM[:-1]}", []),
        ("QuestionnaireResponse?questionnaire={own}", ["own"]),
        (f"Patient?_profile={PROFILE}", ["profiled"]),
        (f"Patient?_profile={quote(PROFILE + '|4.2.3')}", ["profiled"]),
        (f"Patient?_profile={quote(PROFILE + '|4.0')}", []),
        (f"Patient?_profile:below={PROFILE}", ["longer", "profiled"]),
    ],
)
def test_without_a_version_every_version_is_meant(
    forms: TestClient, query: str, ids: list[str]
) -> None:
    own = f"{str(forms.base_url).rstrip('/')}/fhir/Questionnaire/q"
    reply = forms.get(f"/fhir/{query.format(own=own)}")
    assert sorted(one["resource"]["id"] for one in reply.json().get("entry", [])) == ids
