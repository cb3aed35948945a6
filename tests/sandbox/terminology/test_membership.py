import pytest

from sandbox.definitions.build import compile_package
from sandbox.definitions.store import Definitions, core_definitions
from sandbox.terminology.expansion import ExpansionOptions, expand
from sandbox.terminology.membership import Terminology

SYSTEM = "http://example.org/cs"
CODING = {"system": "http://example.org/kin", "code": "lion"}


def _a(code: str, **value: object) -> dict[str, object]:
    return {"code": code, **value}


TREE = {
    "resourceType": "CodeSystem", "url": SYSTEM, "content": "complete",
    "concept": [["a", "A", [["a1", "A1"], ["a2", "A2", [["a21", "A21"]]]]], ["b", "B"]],
}  # fmt: skip
ANIMALS = "http://example.org/animals"
# as published, to be compiled: with properties, and two concepts that are out of use
OF_ANIMALS = {
    "resourceType": "CodeSystem",
    "url": ANIMALS,
    "content": "complete",
    "property": [{"code": name} for name in ("legs", "inactive", "kept", "kin")],
    "concept": [
        {"code": "dog", "property": [_a("legs", valueInteger=4), _a("kept", valueBoolean=True)]},
        {"code": "cat", "property": [_a("legs", valueInteger=4), _a("kin", valueCoding=CODING)]},
        {"code": "hen", "display": "Hen", "property": [_a("legs", valueInteger=2)]},
        {"code": "dodo", "property": [_a("inactive", valueBoolean=True)]},
    ],
}
FRAGMENT = {
    "resourceType": "CodeSystem",
    "url": "http://example.org/part",
    "content": "fragment",
    "concept": [["x", "X"]],
}


def terminology(
    *includes: dict[str, object], exclude: list[dict[str, object]] | None = None
) -> Terminology:
    value_set = {
        "resourceType": "ValueSet",
        "url": "http://example.org/vs",
        "include": list(includes),
    }
    if exclude:
        value_set["exclude"] = exclude
    return Terminology(Definitions([TREE, FRAGMENT, value_set]))


@pytest.mark.parametrize(
    ("include", "code", "verdict"),
    [
        ({"system": SYSTEM}, "a21", True),
        ({"system": SYSTEM}, "z", False),
        ({"system": SYSTEM, "concept": [["a", "A"], ["b", "B"]]}, "a1", False),
        (
            {"system": SYSTEM, "filter": [{"property": "concept", "op": "is-a", "value": "a2"}]},
            "a2",
            True,
        ),
        (
            {
                "system": SYSTEM,
                "filter": [{"property": "concept", "op": "descendent-of", "value": "a2"}],
            },
            "a2",
            False,
        ),
        (
            {"system": SYSTEM, "filter": [{"property": "concept", "op": "is-not-a", "value": "a"}]},
            "b",
            True,
        ),
        ({"system": SYSTEM, "filter": [{"property": "kind", "op": "=", "value": "x"}]}, "b", None),
        ({"system": "http://example.org/part"}, "x", True),
        ({"system": "http://example.org/part"}, "y", None),
        ({"system": "http://unitsofmeasure.org"}, "mg/dL", True),
        ({"system": "http://unitsofmeasure.org"}, "teaspoons", False),
        ({"system": "urn:ietf:bcp:13"}, "application/fhir+json", True),
        ({"system": "urn:ietf:bcp:13"}, "pdf", False),
        (
            {"system": SYSTEM, "filter": [{"property": "code", "op": "regex", "value": "a[12]"}]},
            "a1",
            True,
        ),
        (
            {"system": SYSTEM, "filter": [{"property": "concept", "op": "in", "value": "a,b"}]},
            "a1",
            False,
        ),
        ({"valueSet": ["http://example.org/unknown"]}, "a", None),
    ],
)
def test_membership_is_yes_no_or_not_known(
    include: dict[str, object], code: str, verdict: bool | None
) -> None:
    system = str(include.get("system", SYSTEM))
    assert terminology(include).is_member("http://example.org/vs", system, code) is verdict


@pytest.mark.parametrize(
    ("property", "op", "value", "members", "unknown"),
    [
        ("legs", "=", "4", "dog cat", ""),
        ("legs", "in", "2, 8", "hen", ""),
        ("legs", "not-in", "4", "hen", "dodo"),
        ("legs", "exists", "true", "dog cat hen", ""),
        ("legs", "exists", "false", "dodo", ""),
        ("legs", "regex", "[34]", "dog cat", ""),
        ("kept", "=", "true", "dog", ""),
        ("kin", "=", "lion", "cat", ""),
        ("display", "regex", "H.*", "hen", ""),
        ("code", "=", "dog,cat", "", ""),
        ("code", "in", "dog,cat", "dog cat", ""),
        ("wings", "=", "2", "", "dog cat hen dodo"),
        ("legs", "is-a", "4", "", "dog cat hen dodo"),
    ],
)
def test_a_filter_is_held_against_the_properties_of_a_code(
    property: str, op: str, value: str, members: str, unknown: str
) -> None:
    condition = {"property": property, "op": op, "value": value}
    include = {"system": ANIMALS, "filter": [condition]}
    terms = _published({"compose": {"include": [include]}})
    for code in ("dog", "cat", "hen", "dodo"):
        expected = None if code in unknown.split() else code in members.split()
        assert terms.is_member("http://example.org/vs", ANIMALS, code) is expected, code
    if not unknown:
        rows = expand(terms, "http://example.org/vs", ExpansionOptions()).rows
        assert [row[1] for row in rows] == members.split()


@pytest.mark.parametrize("system", [ANIMALS, None])
def test_codes_out_of_use_are_in_a_set_unless_it_leaves_them_out(system: str | None) -> None:
    """FHIR R4 valueset-definitions.html#ValueSet.compose.inactive."""
    for inactive, is_in in ((None, True), (True, True), (False, False)):
        said = {} if inactive is None else {"inactive": inactive}
        terms = _published({"compose": {"include": [{"system": ANIMALS}], **said}})
        assert terms.is_member("http://example.org/vs", system, "dodo") is is_in
        assert terms.is_member("http://example.org/vs", system, "hen") is True
        rows = expand(terms, "http://example.org/vs", ExpansionOptions()).rows
        assert ("dodo" in [row[1] for row in rows]) is is_in


def _published(value_set: dict[str, object]) -> Terminology:
    named = {"resourceType": "ValueSet", "url": "http://example.org/vs", **value_set}
    return Terminology(Definitions(compile_package([OF_ANIMALS, named])))


def test_another_system_is_not_in_the_set_and_no_system_counts_by_code() -> None:
    known = terminology({"system": SYSTEM, "concept": [["a", "A"]]})
    assert known.is_member("http://example.org/vs", "http://example.org/other", "a") is False
    assert known.is_member("http://example.org/vs", None, "a") is True


def test_what_is_excluded_is_out() -> None:
    known = terminology({"system": SYSTEM}, exclude=[{"system": SYSTEM, "concept": [["b", "B"]]}])
    assert known.is_member("http://example.org/vs", SYSTEM, "b") is False
    assert known.is_member("http://example.org/vs", SYSTEM, "a") is True


def test_the_core_decides_the_gender_of_r4() -> None:
    known = Terminology(core_definitions())
    value_set = "http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1"
    assert known.is_member(value_set, None, "female") is True
    assert known.is_member(value_set, None, "femal") is False
