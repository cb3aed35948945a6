import pytest

from sandbox.definitions.store import Definitions, core_definitions
from sandbox.terminology.systems import CodeSystems
from sandbox.terminology.ucum import is_unit

SYSTEM = "http://example.org/cs"
TREE = {
    "resourceType": "CodeSystem", "url": SYSTEM, "version": "1", "content": "complete",
    "concept": [["a", "Alpha", [["a1", "One", [], {"es": "Uno"}]]], ["b", "Beta"]],
}  # fmt: skip
LATER = {**TREE, "version": "2", "concept": [["c", "Gamma"], ["a", "Other"]]}
PART = {
    "resourceType": "CodeSystem",
    "url": "http://example.org/part",
    "content": "fragment",
    "concept": [["x", "X"]],
}
EMPTY = {
    "resourceType": "CodeSystem",
    "url": "http://example.org/no",
    "content": "not-present",
    "concept": [],
}


@pytest.fixture
def systems() -> CodeSystems:
    return CodeSystems(Definitions([TREE, LATER, PART, EMPTY]))


def test_a_system_is_complete_a_fragment_absent_or_a_grammar(systems: CodeSystems) -> None:
    standings = [
        systems.standing(f"http://example.org/{name}") for name in ("cs", "part", "no", "unknown")
    ]
    assert standings == ["complete", "fragment", "absent", "absent"]
    assert systems.standing("http://unitsofmeasure.org") == "grammar"


def test_a_code_counts_from_every_version_and_the_first_gives_the_display(
    systems: CodeSystems,
) -> None:
    assert systems.has(SYSTEM, "c") is True
    assert systems.has(f"{SYSTEM}|1", "c") is False
    assert systems.find(SYSTEM, "a").display == "Alpha"  # type: ignore[union-attr]  # it is there


def test_what_is_not_wholly_at_hand_is_neither_yes_nor_no(systems: CodeSystems) -> None:
    assert systems.has("http://example.org/part", "x") is True
    assert systems.has("http://example.org/part", "y") is None
    assert systems.has("http://example.org/unknown", "y") is None


def test_a_display_is_given_in_the_language_that_is_asked(systems: CodeSystems) -> None:
    concept = systems.find(SYSTEM, "a1")
    assert concept is not None
    assert [concept.display_in(language) for language in ("es-CL", "es", "pt", "")] == [
        "Uno",
        "Uno",
        "One",
        "One",
    ]


@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        ("a", "a", "equivalent"),
        ("a", "a1", "subsumes"),
        ("a1", "a", "subsumed-by"),
        ("a", "b", "not-subsumed"),
        ("a", "z", None),
    ],
)
def test_subsumption_follows_the_hierarchy(
    systems: CodeSystems, left: str, right: str, relation: str | None
) -> None:
    assert systems.subsumes(SYSTEM, left, right) == relation


@pytest.mark.parametrize(
    "unit",
    ["mg/dL", "mm[Hg]", "10*9/L", "{tbl}", "kg/m2", "mL/min/{1.73_m2}", "ug/kg/h", "[degF]", "1"],
)
def test_a_ucum_unit_is_recognised(unit: str) -> None:
    assert is_unit(unit)


@pytest.mark.parametrize(
    "text", ["", "MCG", "mcg", "tablets", "mg / dL", "{kapsler, hårde}", "mg//", "x" * 500]
)
def test_what_is_no_unit_is_refused(text: str) -> None:
    assert not is_unit(text)


@pytest.mark.parametrize(
    ("system", "right", "wrong"),
    [
        (
            "urn:ietf:bcp:47",
            ["es", "es-CL", "pt-BR", "zh-Hans-CN", "quc"],
            ["", "español", "es_CL", "e"],
        ),
        (
            "urn:ietf:bcp:13",
            ["text/plain", "application/fhir+json; charset=utf-8"],
            ["pdf", "json", "a/", "/b"],
        ),
    ],
)
def test_languages_and_media_types_follow_their_grammar(
    system: str, right: list[str], wrong: list[str]
) -> None:
    systems = CodeSystems(Definitions([]))
    assert [systems.has(system, code) for code in right] == [True] * len(right)
    assert [systems.has(system, code) for code in wrong] == [False] * len(wrong)


def test_the_seeds_of_licensed_systems_are_fragments_with_three_languages() -> None:
    systems = CodeSystems(core_definitions())
    dengue = systems.find("http://snomed.info/sct", "38362002")
    assert dengue is not None
    assert dengue.display_in("pt") == "Dengue"
    for url in (
        "http://snomed.info/sct",
        "http://loinc.org",
        "http://hl7.org/fhir/sid/icd-10",
        "http://www.whocc.no/atc",
    ):
        assert systems.standing(url) == "fragment"
        assert systems.has(url, "no such code") is None


@pytest.mark.parametrize(
    ("system", "right", "wrong", "unknown"),
    [
        ("urn:ietf:bcp:47", ["quc", "x-klingon", "es-419"], ["Spanish", "xx", "es-Latn-"], []),
        ("urn:iso:std:iso:4217", ["CLP", "USD", "ZWL"], ["usd", "EURO", "$"], ["ZZQ"]),
        (
            "urn:iso:std:iso:3166",
            ["CL", "BR"],
            ["UK", "Chile", "cl", "QQQQ"],
            ["XA", "ZZ", "CHL", "152"],
        ),
    ],
)
def test_registered_codes_are_decided_and_private_ones_left_open(
    system: str, right: list[str], wrong: list[str], unknown: list[str]
) -> None:
    systems = CodeSystems(core_definitions())
    assert [code for code in right if systems.has(system, code) is not True] == []
    assert [code for code in wrong if systems.has(system, code) is not False] == []
    assert [code for code in unknown if systems.has(system, code) is not None] == []


@pytest.mark.parametrize(("is_sensitive", "verdict"), [(True, False), (False, True), (None, False)])
def test_case_counts_unless_the_system_says_that_it_does_not(
    is_sensitive: bool | None, verdict: bool
) -> None:
    tree = {**TREE, "caseSensitive": is_sensitive}
    assert CodeSystems(Definitions([tree])).has(SYSTEM, "A") is verdict
