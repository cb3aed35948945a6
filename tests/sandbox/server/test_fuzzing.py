"""Requests that nobody would send on purpose find no fault: a little of it at each run, 20,000 with `make endurance`."""

import pytest
from starlette.testclient import TestClient

from tests.fuzzing import fuzz_described, fuzz_spoiled, training_resources

pytestmark = pytest.mark.daily("long", share=0.25)


def test_what_the_description_allows_gets_an_answer(trained: TestClient) -> None:
    seen = fuzz_described(trained, 3)
    assert sum(seen.values()) > 100
    assert {200, 400, 404} <= set(seen)


def test_spoiled_resources_and_odd_queries_get_an_answer(trained: TestClient) -> None:
    seen = fuzz_spoiled(trained, 400, training_resources())
    assert {200, 201, 400} <= set(seen)


def test_the_fuzzing_would_find_a_fault(
    trained: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.server.search.extraction.fold", lambda _: 1 / 0)
    with pytest.raises(AssertionError, match="500 for"):
        fuzz_spoiled(trained, 400, training_resources())


def test_the_description_names_each_interaction_once(empty: TestClient) -> None:
    description = empty.get("/openapi.json").json()
    named = [
        one["operationId"] for place in description["paths"].values() for one in place.values()
    ]
    assert len(named) == len(set(named)) > 30
    assert "/fhir/{type}/{id}" in description["paths"]
