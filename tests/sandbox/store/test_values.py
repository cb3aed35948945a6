"""What a search value is found by, asked of the rows of a real database (FHIR R4 search.html)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.store.database import Database
from sandbox.store.keys import START
from sandbox.store.resources import PageRequest, ResourceStore, SearchValues, Version
from sandbox.store.sqlite import SqliteEngine
from sandbox.store.values import (
    DateIs,
    Extent,
    QuantityIs,
    RefersTo,
    StringIs,
    TokenIs,
    UriIs,
    UriIsBelow,
    Valued,
)

UCUM = "http://unitsofmeasure.org"
KILOS = ("Observation.value", 70.0, 70.0, UCUM, "kg", "kilos")
IN_WORDS = ("Observation.value", 70.0, 70.0, None, None, "kg")
OF_OWN = ("Observation.value", 70.0, 70.0, "urn:own", "kg", None)
POUNDS = ("Observation.value", 70.0, 70.0, UCUM, "[lb_av]", None)
SEVENTY = Extent("eq", 69.5, 70.5)
LONG = "a" * START


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ResourceStore]:
    database = Database(SqliteEngine(tmp_path / "x.db"))
    yield ResourceStore(database)
    database.close()


def keep(store: ResourceStore, **values: dict[str, Any]) -> None:
    """Stores a resource for each kind of value and id: `token={"a": [row, …]}`."""
    whole: dict[str, SearchValues] = {}
    for kind, by_id in values.items():
        for id, rows in by_id.items():
            whole[id] = replace(whole.get(id, SearchValues()), **{kind: rows})
    for id, held in whole.items():
        store.write(Version("Observation", id, 1, 0, "PUT", b"{}"), held)


def found(store: ResourceStore, criterion: Valued) -> list[str]:
    page = store.search("Observation", [criterion], PageRequest())
    assert page.total == len(page.rows)
    return [row.id for row in page.rows]


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (UCUM, "kg", ["kilos"]),
        ("urn:own", "kg", ["own"]),
        (UCUM, None, ["kilos", "pounds"]),
        # `||kg` is the code or the unit, of whatever system (search.html#quantity)
        (None, "kg", ["kilos", "words", "own"]),
        ("", "kg", ["kilos", "words", "own"]),
        (None, None, ["kilos", "words", "own", "pounds"]),
        (UCUM, "g", []),
        # with a system it is the code alone
        (UCUM, "kilos", []),
    ],
)
def test_a_quantity_is_found_by_system_and_code_as_far_as_they_are_given(
    store: ResourceStore, system: str | None, code: str | None, expected: list[str]
) -> None:
    rows = {"kilos": [KILOS], "words": [IN_WORDS], "own": [OF_OWN], "pounds": [POUNDS]}
    keep(store, quantity=rows)
    wanted = QuantityIs("Observation.value", ((SEVENTY, system, code),))
    assert found(store, wanted) == expected
    less = QuantityIs("Observation.value", ((Extent("lt", 70, 70), system, code),))
    assert found(store, less) == []


@pytest.mark.parametrize(
    ("mode", "text", "expected"),
    [
        ("starts", "ros", ["rosa", "rosario"]),
        ("starts", "rosa", ["rosa", "rosario"]),
        ("starts", "osa", []),
        ("exact", "Rosa", ["rosa"]),
        ("exact", "rosa", []),
        ("contains", "sari", ["rosario"]),
        ("contains", "r_s", []),
        ("contains", "%", []),
        ("contains", "!", ["odd"]),
        ("starts", LONG, ["long", "longer", "other"]),
        ("starts", LONG + "b", ["long", "longer"]),
        ("starts", LONG + "bc", ["longer"]),
        ("starts", LONG + "c", []),
    ],
)
def test_a_text_is_found_from_its_beginning_as_a_whole_or_by_a_part(
    store: ResourceStore, mode: Any, text: str, expected: list[str]
) -> None:
    texts = {
        **{name: name.capitalize() for name in ("rosa", "rosario")},
        "odd": "!x",
        "long": LONG + "b",
        "longer": LONG + "bc",
        "other": LONG + "d",
    }
    rows = {id: [("Patient.name", whole.lower(), whole)] for id, whole in texts.items()}
    keep(store, string=rows)
    wanted = StringIs("Patient.name", mode, ((text.lower(), text),))
    assert sorted(found(store, wanted)) == sorted(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (("urn:a", "1"), ["a", "any"]),
        ((None, "1"), ["a", "b", "none", "any"]),
        (("", "1"), ["none"]),
        (("urn:b", None), ["b", "any"]),
        (("urn:a", "2"), []),
    ],
)
def test_a_token_is_found_by_system_and_code_by_either_or_without_system(
    store: ResourceStore, value: tuple[str | None, str | None], expected: list[str]
) -> None:
    systems = {"a": "urn:a", "b": "urn:b", "none": None, "any": "*"}
    keep(store, token={id: [("Observation.code", system, "1")] for id, system in systems.items()})
    assert found(store, TokenIs("Observation.code", (value,))) == expected
    assert found(store, TokenIs("Observation.status", (value,))) == []


def test_a_reference_is_found_by_its_target_or_its_url(store: ResourceStore) -> None:
    near = ("Observation.subject", "Patient", "p", None)
    far = ("Observation.subject", None, None, "http://a.org/Patient/p")
    keep(store, reference={"near": [near], "far": [far]})
    for value, expected in (
        (("Patient", "p", None), ["near"]),
        ((None, "p", None), ["near"]),
        (("Group", "p", None), []),
        ((None, None, "http://a.org/Patient/p"), ["far"]),
    ):
        assert found(store, RefersTo("Observation.subject", (value,))) == expected


def test_an_address_is_found_as_it_is_or_by_what_it_begins_with(store: ResourceStore) -> None:
    urls = {"a": "http://a.org/x", "b": "http://a.org/x/y", "c": "http://b.org/x"}
    keep(store, uri={id: [("ValueSet.url", url)] for id, url in urls.items()})
    assert found(store, UriIs("ValueSet.url", ("http://a.org/x",))) == ["a"]
    assert found(store, UriIsBelow("ValueSet.url", ("http://a.org/x",))) == ["a", "b"]
    assert found(store, UriIsBelow("ValueSet.url", ("http://c.org", "http://b.org"))) == ["c"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("eq", ["same", "within"]),
        ("ne", ["before", "around", "after", "over"]),
        ("gt", ["around", "after", "over"]),
        ("lt", ["before", "around"]),
        ("ge", ["same", "within", "around", "after", "over"]),
        ("le", ["before", "same", "within", "around"]),
        ("sa", ["after"]),
        ("eb", ["before"]),
        ("ap", ["same", "within", "around", "over"]),
    ],
)
def test_a_prefix_compares_the_interval_of_the_value_with_that_of_the_search(
    store: ResourceStore, prefix: str, expected: list[str]
) -> None:
    """FHIR R4 search.html#prefix; the search covers 10 to 19."""
    spans = {
        "before": (0, 9), "same": (10, 19), "within": (12, 13),
        "around": (9, 20), "after": (20, 29), "over": (19, 20),
    }  # fmt: skip
    keep(store, date={id: [("Observation.date", *span)] for id, span in spans.items()})
    assert found(store, DateIs("Observation.date", (Extent(prefix, 10, 19),))) == expected
