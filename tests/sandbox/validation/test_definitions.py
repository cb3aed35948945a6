"""Definitions judged as what they define: a right one, and one fault each."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.sandbox.validation.profiles import errors

R4 = "http://hl7.org/fhir/StructureDefinition/"


def a_structure(*elements: dict[str, Any], **content: Any) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition", "url": "http://example.org/p", "name": "P", "status": "draft",
        "kind": "resource", "abstract": False, "type": "Patient", "baseDefinition": R4 + "Patient",
        "derivation": "constraint", "differential": {"element": [{"id": "Patient", "path": "Patient"}, *elements]}, **content,
    }  # fmt: skip


def an_element(path: str, **content: Any) -> dict[str, Any]:
    return {"id": path, "path": path, **content}


CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("no_such_path", an_element("Patient.birthDate"), an_element("Patient.birthday")),
    ("no_such_path", an_element("Patient.deceasedBoolean"), an_element("Patient.deceasedString")),
    ("no_such_path", an_element("Patient.name.family"), an_element("Patient.name.surname")),
    ("id_of_other_path", {"id": "Patient.name:a", "path": "Patient.name", "sliceName": "a"}, {"id": "Patient.nam", "path": "Patient.name"}),
    ("type_not_of_base", an_element("Patient.deceased[x]", type=[{"code": "boolean"}]), an_element("Patient.deceased[x]", type=[{"code": "string"}])),
    ("value_of_other_type", an_element("Patient.gender", fixedCode="male"), an_element("Patient.gender", fixedString="male")),
    ("min_below_base", an_element("Patient.link.other", min=1), an_element("Patient.link.other", min=0)),
    ("max_above_base", an_element("Patient.gender", max="1"), an_element("Patient.gender", max="*")),
    ("weaker_binding", an_element("Patient.gender", binding={"strength": "required", "valueSet": "http://e.x/v"}), an_element("Patient.gender", binding={"strength": "preferred", "valueSet": "http://e.x/v"})),
    ("no_such_path", an_element("Patient.identifier", slicing={"discriminator": [{"type": "value", "path": "type.coding.code"}], "rules": "open"}), an_element("Patient.identifier", slicing={"discriminator": [{"type": "value", "path": "kind"}], "rules": "open"})),
    ("bad_expression", an_element("Patient.name", constraint=[{"key": "x-1", "severity": "error", "human": "x", "expression": "family.exists()"}]), an_element("Patient.name", constraint=[{"key": "x-1", "severity": "error", "human": "x", "expression": "family.exists("}])),
]  # fmt: skip


@pytest.mark.parametrize(("key", "right", "wrong"), CASES, ids=range(len(CASES)))
def test_a_profile_only_narrows_what_is_there(
    key: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert [
        finding.key for finding in validate(a_structure(right)) if finding.severity != "information"
    ] == []
    assert f"validation.{key}" in [finding.key for finding in validate(a_structure(wrong))]


def test_a_base_of_another_type_is_wrong_and_one_not_at_hand_is_said() -> None:
    assert errors(validate(a_structure(baseDefinition=R4 + "Observation"))) == [
        ("base_of_other_type", "StructureDefinition.type")
    ]
    (said,) = validate(a_structure(baseDefinition="http://example.org/none"))
    assert (said.key, said.severity) == ("validation.base_not_at_hand", "information")


def test_the_same_id_twice_breaks_the_rule_of_r4() -> None:
    twice = a_structure(an_element("Patient.name"), an_element("Patient.name"))
    assert [(f.key, f.params["name"]) for f in validate(twice) if f.severity == "error"] == [
        ("validation.invariant", "sdf-17")
    ]


@pytest.mark.parametrize(("code", "count"), [("male", 0), ("masculine", 1)])
def test_a_code_that_a_value_set_lists_is_one_of_its_system(code: str, count: int) -> None:
    value_set = {
        "resourceType": "ValueSet", "url": "http://example.org/v", "name": "V", "status": "draft",
        "compose": {"include": [{"system": "http://hl7.org/fhir/administrative-gender", "concept": [{"code": code}]}]},
    }  # fmt: skip
    assert [finding.key for finding in validate(value_set)] == ["validation.unknown_code"] * count


@pytest.mark.parametrize(("parent", "found"), [("c", []), ("a", [("circle", "CodeSystem")])])
def test_no_concept_stands_above_itself(parent: str, found: list[tuple[str, str]]) -> None:
    def concept(code: str, above: str) -> dict[str, Any]:
        return {"code": code, "property": [{"code": "parent", "valueCode": above}]}

    system = {
        "resourceType": "CodeSystem", "url": "http://example.org/s", "name": "S", "status": "draft", "content": "complete",
        "property": [{"code": "parent", "type": "code"}],
        "concept": [concept("a", "b"), concept("b", parent), {"code": "c"}],
    }  # fmt: skip
    assert errors(validate(system)) == found


@pytest.mark.parametrize(
    ("expression", "found"),
    [("Patient.name", []), ("Patient.name(", [("bad_expression", "SearchParameter.expression")])],
)
def test_the_expression_of_a_search_parameter_can_be_read(
    expression: str, found: list[tuple[str, str]]
) -> None:
    parameter = {
        "resourceType": "SearchParameter", "url": "http://example.org/x", "name": "X", "status": "draft", "description": "x",
        "code": "x", "base": ["Patient"], "type": "string", "expression": expression, "xpath": "f:Patient/f:name", "xpathUsage": "normal",
    }  # fmt: skip
    assert errors(validate(parameter)) == found
