"""Values and their `_` siblings (FHIR R4 json.html#primitive, ele-1)."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import errors

EXTENSION = {"url": "http://example.org/e", "valueString": "x"}
BESIDE = {"extension": [EXTENSION]}


@pytest.mark.parametrize(
    "elements",
    [
        {"gender": "female", "_gender": {"id": "g"}},
        {"_gender": BESIDE},
        {"_gender": {"id": "g", **BESIDE}},
        {"name": [{"given": ["A", None], "_given": [None, BESIDE]}]},
        {"name": [{"given": ["A"], "_given": [{"id": "a"}]}]},
        {"name": [{"_given": [BESIDE, BESIDE]}]},
        {"multipleBirthBoolean": True, "_multipleBirthBoolean": BESIDE},
        {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>', "_div": {"id": "d"}}},
    ],
)  # fmt: skip
def test_a_value_with_its_sibling_is_right(elements: dict[str, Any]) -> None:
    assert errors(validate(a_patient(**elements))) == []


@pytest.mark.parametrize(
    ("elements", "key", "where"),
    [
        ({"_gender": {"id": "g"}}, "empty_object", "Patient.gender"),
        ({"gender": "female", "_gender": {}}, "empty_object", "Patient.gender"),
        ({"gender": "female", "_gender": [BESIDE]}, "no_array", "Patient.gender"),
        ({"gender": "female", "_gender": "x"}, "not_an_object", "Patient.gender"),
        ({"gender": "female", "_gender": None}, "null", "Patient.gender"),
        ({"gender": None}, "null", "Patient.gender"),
        ({"gender": None, "_gender": BESIDE}, "null", "Patient.gender"),
        ({"name": [{"given": ["A"], "_given": BESIDE}]}, "array", "Patient.name[0].given"),
        ({"name": [{"given": ["A"], "_given": ["x"]}]}, "not_an_object", "Patient.name[0].given"),
        ({"name": [{"given": [None, "A"], "_given": [None, BESIDE]}]}, "null", "Patient.name[0].given[0]"),
        ({"name": [{"given": [], "_given": []}]}, "empty_array", "Patient.name[0].given"),
        ({"name": [None]}, "null", "Patient.name[0]"),
        ({"name": None}, "null", "Patient.name"),
        ({"contained": {"resourceType": "Basic", "id": "b", "code": {"text": "x"}}}, "array", "Patient.contained"),
        ({"_name": [{"id": "x"}]}, "misspelt", "Patient._name"),
        ({"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>', "_div": BESIDE}}, "too_many", "Patient.text.div"),
    ],
)  # fmt: skip
def test_a_sibling_out_of_shape_is_found(elements: dict[str, Any], key: str, where: str) -> None:
    found = errors(validate(a_patient(**elements)))
    assert (key, where) in found
    assert len(found) <= 2


def test_lists_of_unequal_length_are_a_warning() -> None:
    findings = validate(a_patient(name=[{"given": ["A", "B"], "_given": [BESIDE]}]))
    assert ("warning", "validation.unequal_lists") in [(one.severity, one.key) for one in findings]
    assert errors(findings) == []


@pytest.mark.parametrize(("beside", "is_right"), [([None, BESIDE], True), ([None, None], False)])
def test_a_list_of_nulls_alone_is_a_warning(beside: list[Any], is_right: bool) -> None:
    findings = validate(a_patient(name=[{"given": ["A", "B"], "_given": beside}]))
    said = [(one.severity, one.key) for one in findings if one.key == "validation.only_nulls"]
    assert said == ([] if is_right else [("warning", "validation.only_nulls")])
    assert errors(findings) == []
