"""Contained resources and ids (FHIR R4 references.html#contained, dom-2 to dom-5, element.html#id, fhirpath.html)."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import a_profile, errors, knowledge_of

HEAD = '<div xmlns="http://www.w3.org/1999/xhtml">'
TO_O = {"managingOrganization": {"reference": "#o"}}


def an_organization(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": "o", "name": "x", **elements}


def a_container(*contained: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return a_patient(contained=list(contained), **elements)


RIGHT = {
    "referred to": a_container(an_organization(), **TO_O),
    "referred to by another contained one": a_container(
        an_organization(partOf={"reference": "#p"}), an_organization(id="p"), **TO_O
    ),
    "refers to its container": a_container(
        {"resourceType": "Provenance", "id": "v", "target": [{"reference": "#"}], "recorded": "2026-01-01T00:00:00Z",
         "agent": [{"who": {"display": "x"}}]}
    ),
    "shown in the narrative": a_container(
        {"resourceType": "Binary", "id": "o", "contentType": "image/png"},
        text={"status": "additional", "div": f'{HEAD}<img src="#o" alt="x"/></div>'},
    ),
    "an id of an element in each of two resources": a_container(
        an_organization(contact=[{"id": "a", "name": {"text": "x"}}]), name=[{"id": "a", "text": "x"}], **TO_O
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_container_has_no_error(name: str) -> None:
    assert errors(validate(RIGHT[name])) == []


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no id": (a_container({"resourceType": "Organization", "name": "x"}), "no_contained_id", "Patient.contained[0]"),
    "the same id": (a_container(an_organization(), an_organization(), **TO_O), "contained_id_twice", "Patient.contained[1].id"),
    "not referred to": (a_container(an_organization()), "unreferenced", "Patient.contained[0]"),
    "named in a text only": (a_container(an_organization(), name=[{"text": "#o"}]), "unreferenced", "Patient.contained[0]"),
    "nested": (a_container(an_organization(contained=[an_organization(id="p")], partOf={"reference": "#p"}), **TO_O), "invariant", "Patient"),
    "a version": (a_container(an_organization(meta={"versionId": "1"}), **TO_O), "invariant", "Patient"),
    "a label": (a_container(an_organization(meta={"security": [{"code": "x", "system": "http://example.org"}]}), **TO_O), "invariant", "Patient"),
    "lost from within": (a_container(an_organization(partOf={"reference": "#p"}), **TO_O), "no_contained", "Patient.contained[0].partOf.reference"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_of_a_container_is_found(name: str) -> None:
    resource, key, where = WRONG[name]
    assert (key, where) in errors(validate(resource))


def test_a_reference_to_something_contained_in_an_entry_leads_there() -> None:
    """Within a Bundle `#o` is looked up in the entry's resource, also from a contained one."""
    resource = a_container(
        an_organization(partOf={"reference": "#p"}), an_organization(id="p"), id="1", **TO_O
    )
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": "http://e.x/Patient/1", "resource": resource}],
    }
    assert errors(validate(bundle)) == []


def test_the_resource_of_an_invariant_is_the_contained_one() -> None:
    """FHIR R4 fhirpath.html: %resource is the contained resource itself, %rootResource the container."""
    constraint = {
        "key": "own-1", "severity": "error", "human": "x",
        "expression": "%resource is Organization and %rootResource is Patient",
    }  # fmt: skip
    profile = a_profile(
        {"path": "Organization.name", "constraint": [constraint]}, type="Organization"
    )
    held = an_organization(meta={"profile": [profile["url"]]})
    assert errors(validate(a_container(held, **TO_O), knowledge=knowledge_of(profile))) == []
    alone = errors(validate(held, knowledge=knowledge_of(profile)))
    assert alone == [("invariant", "Organization.name")]


def test_the_profile_that_a_contained_resource_names_is_held() -> None:
    profile = a_profile({"path": "Organization.telecom", "min": 1}, type="Organization")
    held = an_organization(meta={"profile": [profile["url"]]})
    knowledge = knowledge_of(profile)
    assert errors(validate(a_container(held, **TO_O), knowledge=knowledge)) == [
        ("missing", "Patient.contained[0]")
    ]
    right = {**held, "telecom": [{"system": "phone", "value": "1"}]}
    assert errors(validate(a_container(right, **TO_O), knowledge=knowledge)) == []


def test_the_profile_of_a_resource_in_parameters_is_held() -> None:
    profile = a_profile({"path": "Patient.birthDate", "min": 1})
    patient = a_patient(meta={"profile": [profile["url"]]})
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": patient}]}
    found = errors(validate(parameters, knowledge=knowledge_of(profile)))
    assert found == [("missing", "Parameters.parameter[0].resource")]


def test_an_id_of_two_elements_is_a_warning() -> None:
    twice = validate(
        a_patient(
            name=[{"id": "a", "text": "x"}], telecom=[{"id": "a", "system": "phone", "value": "1"}]
        )
    )
    assert [(one.severity, one.key, one.where) for one in twice] == [
        ("warning", "validation.element_id_twice", "Patient.telecom[0]")
    ]
    assert validate(a_patient(name=[{"id": "a", "text": "x"}, {"id": "b", "text": "x"}])) == []


def test_a_canonical_that_names_a_contained_definition_finds_it() -> None:
    """FHIR R4 references.html#canonical: `#id` is a contained resource."""
    answers = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": "#q",
        "contained": [{"resourceType": "Questionnaire", "id": "q", "status": "active"}],
    }
    key = "validation.no_contained_canonical"
    assert key not in [finding.key for finding in validate(answers)]
    del answers["contained"]
    told = [(each.severity, each.where) for each in validate(answers) if each.key == key]
    assert told == [("warning", "QuestionnaireResponse.questionnaire")]
