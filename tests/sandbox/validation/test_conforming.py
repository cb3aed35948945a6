"""Invariants that ask for a profile or a value set: `conformsTo` and `memberOf` (FHIR R4 fhirpath.html#functions)."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import a_profile, errors, knowledge_of

BORN = "http://example.org/born"
GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"


def an_invariant(path: str, expression: str) -> dict[str, Any]:
    constraint = {"key": "x-1", "severity": "error", "human": "x", "expression": expression}
    return {"path": path, "constraint": [constraint]}


def said(expression: str, *, path: str = "Patient", **elements: Any) -> list[tuple[str, str]]:
    """Returns severity and key of what an invariant says of a patient."""
    profile = a_profile(an_invariant(path, expression))
    born = {**a_profile({"path": "Patient.birthDate", "min": 1}), "url": BORN, "id": "born"}
    unsure = {"strength": "required", "valueSet": "http://example.org/ValueSet/unknown"}
    vague = {
        **a_profile({"path": "Patient.gender", "binding": unsure}),
        "url": "http://example.org/vague",
        "id": "vague",
    }
    knowledge = knowledge_of(profile, born, vague)
    findings = validate(a_patient(**elements), profiles=[profile["url"]], knowledge=knowledge)
    return [(one.severity, one.key.removeprefix("validation.")) for one in findings]


@pytest.mark.parametrize(
    ("expression", "elements", "expected"),
    [
        (f"conformsTo('{BORN}')", {"birthDate": "2000"}, []),
        (f"conformsTo('{BORN}')", {}, [("error", "invariant")]),
        (f"conformsTo('{BORN}').not()", {}, []),
        ("conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')", {}, []),
        (
            "conformsTo('http://hl7.org/fhir/StructureDefinition/Group')",
            {},
            [("error", "invariant")],
        ),
        ("conformsTo('http://example.org/nowhere')", {}, [("information", "not_evaluated")]),
        (
            "conformsTo('http://example.org/vague')",
            {"gender": "male"},
            [("information", "not_evaluated")],
        ),
        (
            "conformsTo('http://example.org/vague').not()",
            {"gender": "male"},
            [("information", "not_evaluated")],
        ),
    ],
)
def test_an_invariant_may_ask_for_a_profile(
    expression: str, elements: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert said(expression, **elements) == expected


@pytest.mark.parametrize(
    ("born", "expected"), [({"birthDate": "2000"}, []), ({}, [("error", "invariant")])]
)
def test_the_target_of_a_reference_may_be_asked_for_one_too(
    born: dict[str, Any], expected: list[Any]
) -> None:
    mother = {"resourceType": "Patient", "id": "m", **born}
    link = [{"other": {"reference": "#m"}, "type": "seealso"}]
    assert (
        said(f"link.other.resolve().all(conformsTo('{BORN}'))", contained=[mother], link=link)
        == expected
    )


@pytest.mark.parametrize(
    ("expression", "elements", "expected"),
    [
        (f"gender.memberOf('{GENDERS}')", {"gender": "male"}, []),
        (
            "gender.memberOf('http://hl7.org/fhir/ValueSet/name-use')",
            {"gender": "male"},
            [("error", "invariant")],
        ),
        (
            "gender.memberOf('http://example.org/ValueSet/unknown')",
            {"gender": "male"},
            [("information", "not_evaluated")],
        ),
        ("gender.memberOf('http://example.org/ValueSet/unknown')", {}, []),
    ],
)
def test_an_invariant_may_ask_for_a_value_set(
    expression: str, elements: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert said(f"gender.exists() implies {expression}", **elements) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("M", []), ("male", [("error", "invariant"), ("warning", "not_in_value_set")])],
)
def test_one_coding_of_a_concept_in_the_value_set_is_enough(
    code: str, expected: list[tuple[str, str]]
) -> None:
    married = {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}
    other = {"system": "http://hl7.org/fhir/administrative-gender", "code": "male"}
    codings = [other, married] if code == "M" else [other]
    expression = "maritalStatus.memberOf('http://hl7.org/fhir/ValueSet/marital-status')"
    assert said(expression, maritalStatus={"coding": codings}) == expected


@pytest.mark.parametrize(
    ("subject", "is_right"),
    [
        ({"type": "Patient", "identifier": {"value": "1"}}, True),
        ({"type": "Device", "identifier": {"value": "1"}}, False),
        ({"type": "http://hl7.org/fhir/StructureDefinition/Device", "display": "x"}, False),
        ({"type": "http://example.org/fhir/StructureDefinition/Thing", "display": "x"}, True),
        ({"reference": "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11", "type": "Device"}, False),
        ({"display": "x"}, True),
    ],
)
def test_the_stated_type_of_a_target_is_one_that_may_stand_there(
    subject: dict[str, Any], is_right: bool
) -> None:
    kind = {
        "code": "Reference",
        "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Patient"],
    }
    profile = a_profile({"path": "Basic.subject", "type": [kind]}, type="Basic")
    basic = {"resourceType": "Basic", "code": {"text": "x"}, "subject": subject}
    found = errors(validate(basic, profiles=[profile["url"]], knowledge=knowledge_of(profile)))
    assert found == ([] if is_right else [("wrong_target", "Basic.subject")])
