import pytest

from sandbox.definitions.store import Definitions, core_definitions
from sandbox.terminology.membership import Terminology

SYSTEM = "http://example.org/cs"
TREE = {
    "resourceType": "CodeSystem", "url": SYSTEM, "content": "complete",
    "concept": [["a", "A", [["a1", "A1"], ["a2", "A2", [["a21", "A21"]]]]], ["b", "B"]],
}  # fmt: skip
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
