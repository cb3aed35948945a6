"""Separators that are meant as such, at every kind of parameter (FHIR R4 search.html#escaping)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from sandbox.server.search.escaping import escape, split_escaped, unescape
from tests.builders import a_patient, an_observation, put
from tests.sandbox.server.conftest import only_read

UCUM = "http://unitsofmeasure.org"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"


def found(client: TestClient, type: str, **query: str) -> list[str]:
    """Returns the ids of the matches, sorted."""
    asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    reply = client.get(f"/fhir/{type}?{asked}")
    assert reply.status_code == 200, reply.text
    return sorted(entry["resource"]["id"] for entry in reply.json().get("entry", []))


def keep(client: TestClient, *resources: dict[str, Any]) -> None:
    for resource in resources:
        place = f"/{resource['resourceType']}/{resource['id']}"
        assert put(client, place, resource).status_code == 201


@pytest.fixture(scope="module")
def odd(shared_empty: TestClient) -> Iterator[TestClient]:
    """Resources whose values hold what a search reads as a separator."""
    passport = {"type": {"coding": [{"system": V2, "code": "PPN"}]}, "system": "P", "value": "7|7"}
    keep(
        shared_empty,
        a_patient(id="backslash", identifier=[{"system": "S", "value": "a\\"}], name=[{"family": "ra\\"}]),
        a_patient(id="bar", identifier=[{"system": "S", "value": "a|b"}], name=[{"family": "rb|c"}]),
        a_patient(id="comma", identifier=[{"system": "S", "value": "a,b"}], name=[{"family": "rc,d"}]),
        a_patient(id="dollar", identifier=[{"system": "S", "value": "a$b"}], name=[{"family": "rd$e"}]),
        a_patient(id="plain", identifier=[{"system": "S", "value": "b"}], name=[{"family": "re"}]),
        a_patient(id="typed", identifier=[passport], name=[{"family": "rf"}]),
        an_observation(id="money", code={"coding": [{"system": "S", "code": "a$b\\"}], "text": "x,y"}, valueQuantity={"value": 5, "system": UCUM, "code": "a|b"}),
        an_observation(id="other", code={"coding": [{"system": "S", "code": "a"}]}, valueQuantity={"value": 5, "system": UCUM, "code": "kg"}, subject={"identifier": {"system": "S", "value": "a\\"}}),
        {"resourceType": "ValueSet", "id": "uri", "status": "active", "url": "http://x.example/a,b"},
        {"resourceType": "ValueSet", "id": "uri-2", "status": "active", "url": "http://x.example/c"},
    )  # fmt: skip
    with only_read(shared_empty):
        yield shared_empty


@pytest.mark.parametrize(
    ("type", "query", "ids"),
    [
        ("Patient", {"identifier": r"S|a\\,S|b"}, ["backslash", "plain"]),
        ("Patient", {"identifier": r"S|a\\"}, ["backslash"]),
        ("Patient", {"identifier": r"S|a\,b"}, ["comma"]),
        ("Patient", {"identifier": r"S|a\|b,S|a\$b"}, ["bar", "dollar"]),
        ("Patient", {"identifier": "S|a,b"}, ["plain"]),
        ("Patient", {"identifier": r"S\|a"}, []),
        ("Patient", {"family": r"ra\\,re"}, ["backslash", "plain"]),
        ("Patient", {"family:exact": r"rc\,d,rb\|c,rd\$e"}, ["bar", "comma", "dollar"]),
        ("Patient", {"family:contains": r"\,"}, ["comma"]),
        ("Patient", {"identifier:of-type": rf"{V2}|PPN|7\|7"}, ["typed"]),
        ("Patient", {"_id": r"a\\,plain"}, ["plain"]),
        ("Observation", {"code": r"S|a\$b\\,S|a"}, ["money", "other"]),
        ("Observation", {"code:text": r"x\,y"}, ["money"]),
        ("Observation", {"subject:identifier": r"S|a\\,S|c"}, ["other"]),
        ("Observation", {"value-quantity": rf"5|{UCUM}|a\|b"}, ["money"]),
        ("Observation", {"code-value-quantity": rf"S|a\$b\\$5|{UCUM}|a\|b"}, ["money"]),
        ("Observation", {"code-value-quantity": rf"S|a$5|{UCUM}|kg"}, ["other"]),
        ("ValueSet", {"url": r"http://x.example/a\,b,http://x.example/c"}, ["uri", "uri-2"]),
    ],
)
def test_an_escaped_separator_is_part_of_the_value(
    odd: TestClient, type: str, query: dict[str, str], ids: list[str]
) -> None:
    assert found(odd, type, **query) == ids


def test_an_odd_number_of_backslashes_escapes_and_an_even_one_does_not() -> None:
    assert split_escaped(r"a\\\,b\\,c", ",") == [r"a\\\,b\\", "c"]
    assert split_escaped("a\\", ",") == ["a\\"]
    assert split_escaped(r"a\\|b|c", "|", most=1) == [r"a\\", "b|c"]
    assert split_escaped("a|b|c", "|", most=1) == ["a", "b|c"]


def test_what_is_escaped_comes_back() -> None:
    text = "a\\,b|c$\\"
    assert unescape(escape(text)) == text
    assert split_escaped(escape(text), ",") == [escape(text)]
