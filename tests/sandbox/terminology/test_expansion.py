from typing import Any

import pytest

from sandbox.definitions.store import Definitions, core_definitions
from sandbox.errors import NotFound, NotImplementedHere
from sandbox.terminology.expansion import ExpansionOptions, expand
from sandbox.terminology.membership import Terminology

SYSTEM = "http://example.org/cs"
TREE = {
    "resourceType": "CodeSystem", "url": SYSTEM, "content": "complete",
    "concept": [["a", "Alpha", [["a1", "One", [], {"es": "Uno"}], ["a2", "Two"]]], ["b", "Beta"]],
}  # fmt: skip
PART = {
    "resourceType": "CodeSystem",
    "url": "http://example.org/part",
    "content": "fragment",
    "concept": [["x", "X"]],
}


def known(include: list[dict[str, Any]], **parts: Any) -> Terminology:
    whole = {"resourceType": "ValueSet", "url": "urn:vs", "include": include, **parts}
    other = {
        "resourceType": "ValueSet",
        "url": "urn:other",
        "include": [{"system": SYSTEM, "concept": [["a1", ""], ["b", "B!"]]}],
    }
    return Terminology(Definitions([TREE, PART, whole, other]))


def codes(terminology: Terminology, **wish: Any) -> list[str]:
    return [code for _, code, _ in expand(terminology, "urn:vs", ExpansionOptions(**wish)).rows]


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        ([{"system": SYSTEM}], ["a", "a1", "a2", "b"]),
        ([{"system": SYSTEM, "concept": [["b", ""], ["a", "A"]]}], ["b", "a"]),
        (
            [
                {
                    "system": SYSTEM,
                    "filter": [{"property": "concept", "op": "descendent-of", "value": "a"}],
                }
            ],
            ["a1", "a2"],
        ),
        ([{"valueSet": ["urn:other"]}], ["a1", "b"]),
        (
            [
                {
                    "system": SYSTEM,
                    "filter": [{"property": "concept", "op": "is-a", "value": "a"}],
                    "valueSet": ["urn:other"],
                }
            ],
            ["a1"],
        ),
        (
            [{"system": SYSTEM, "concept": [["a", "A"]]}, {"valueSet": ["urn:other"]}],
            ["a", "a1", "b"],
        ),
    ],
)
def test_a_value_set_expands_by_its_includes(
    include: list[dict[str, Any]], expected: list[str]
) -> None:
    assert codes(known(include)) == expected


def test_what_is_excluded_is_not_in_the_expansion() -> None:
    assert codes(known([{"system": SYSTEM}], exclude=[{"valueSet": ["urn:other"]}])) == ["a", "a2"]


def test_an_expansion_is_filtered_by_words_paged_and_given_in_a_language() -> None:
    whole = known([{"system": SYSTEM}])
    assert codes(whole, words="al") == ["a"]
    page = expand(whole, "urn:vs", ExpansionOptions(offset=1, count=2, language="es"))
    assert (page.total, page.offset, page.rows) == (
        4,
        1,
        ((SYSTEM, "a1", "Uno"), (SYSTEM, "a2", "Two")),
    )
    assert codes(whole, count=0) == []


def test_a_part_is_never_shown_as_the_whole() -> None:
    with pytest.raises(NotImplementedHere) as caught:
        codes(known([{"system": SYSTEM}, {"system": "http://example.org/part"}]))
    assert caught.value.params["system"] == "http://example.org/part"
    with pytest.raises(NotImplementedHere):
        codes(
            known([{"system": SYSTEM, "filter": [{"property": "kind", "op": "=", "value": "x"}]}])
        )
    with pytest.raises(NotImplementedHere):
        codes(known([{"valueSet": ["urn:vs"]}]))


def test_an_unknown_value_set_is_said() -> None:
    with pytest.raises(NotFound):
        codes(known([{"valueSet": ["urn:nowhere"]}]))


def test_every_member_of_an_expansion_is_a_member_by_judgement_too() -> None:
    terminology = Terminology(core_definitions())
    for url in (
        "administrative-gender",
        "condition-clinical",
        "identifier-type",
        "languages",
        "v3-PurposeOfUse",
    ):
        base = (
            "http://terminology.hl7.org/ValueSet/"
            if url.startswith("v3")
            else "http://hl7.org/fhir/ValueSet/"
        )
        rows = expand(terminology, base + url, ExpansionOptions()).rows
        assert rows
        assert all(terminology.is_member(base + url, system, code) for system, code, _ in rows)
