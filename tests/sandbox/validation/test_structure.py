"""What R4 itself asks of the structure of an instance: properties, cardinalities, types and texts
(FHIR R4 json.html, conformance-rules.html#cardinality, datatypes.html).
"""

from typing import Any

import pytest

from sandbox.findings import Finding
from sandbox.validation import validate
from tests.builders import a_patient, an_entry
from tests.sandbox.validation.profiles import errors

EXTENSION = {"url": "http://example.org/e", "valueString": "x"}
FULL_URL = "urn:uuid:6d1f0ef6-0f4e-4cb1-8d0a-7d9a6c6b6f01"


def an_observation(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **elements}


def a_questionnaire(*items: Any, **elements: Any) -> dict[str, Any]:
    own = {"resourceType": "Questionnaire", "status": "draft", "name": "X", **elements}
    return {**own, "item": list(items)} if items else own


def warnings(findings: list[Finding]) -> list[tuple[str, str]]:
    return [
        (one.key.removeprefix("validation."), one.where)
        for one in findings
        if one.severity == "warning"
    ]


STRUCTURES: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "a choice is one value": (
        an_observation(valueString="a", valueInteger=1),
        [("two_choices", "Observation"), ("too_many", "Observation")],
    ),
    "a choice may stand in two properties": (
        an_observation(valueString="a", _valueString={"extension": [EXTENSION]}), [],
    ),
    "a choice without a value is none": (
        an_observation(_valueString={"extension": [EXTENSION]}), [],
    ),
    "of a choice one is there, whichever stands first": (
        an_observation(effectivePeriod={"start": "2026-01-01"}, effectiveDateTime="2026-01-01"),
        [("too_many", "Observation"), ("two_choices", "Observation")],
    ),
    "an id that is empty is no wrong one": (a_patient(id=""), [("primitive_empty", "Patient.id")]),
    "a resource names its type": (
        a_patient(contained=[{"id": "x"}]),
        [("no_resource_type", "Patient.contained[0]"), ("unreferenced", "Patient.contained[0]")],
    ),
    "a text is no longer than a megabyte": (
        a_patient(name=[{"text": "x" * (1024 * 1024 + 1)}]), [("too_long", "Patient.name[0].text")],
    ),
    "what stands once is counted": (
        a_patient(maritalStatus=[{"text": "a"}, {"text": "b"}]),
        [("no_array", "Patient.maritalStatus"), ("too_many", "Patient")],
    ),
    "what may repeat stands in a list": (
        a_patient(name=[{"given": "Ana"}]), [("array", "Patient.name[0].given")],
    ),
    "a required element is there": (
        {"resourceType": "Observation", "code": {"text": "x"}}, [("missing", "Observation")],
    ),
    "a required element of a part is there": (
        a_patient(link=[{"other": {"reference": "Patient/1"}}]), [("missing", "Patient.link[0]")],
    ),
    "a part is an object": (a_patient(contact=["x"]), [("not_an_object", "Patient.contact[0]")]),
    "a type is an object": (a_patient(name=["x"]), [("not_an_object", "Patient.name[0]")]),
    "a part as deep as it goes is an object": (
        a_questionnaire({"linkId": "1", "type": "group", "item": ["x"]}),
        [("not_an_object", "Questionnaire.item[0].item[0]")],
    ),
    "a contained resource is an object": (
        a_patient(contained=["x"]), [("not_an_object", "Patient.contained[0]")],
    ),
    "a resource in a part is an object": (
        {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": "y"}]},
        [("not_an_object", "Parameters.parameter[0].resource")],
    ),
    "an object is not empty": (a_patient(name=[{}]), [("empty_object", "Patient.name[0]")]),
    "an id alone is no content (ele-1)": (
        a_patient(name=[{"id": "x"}]), [("empty_object", "Patient.name[0]")],
    ),
    "an id beside a value is fine": (a_patient(birthDate="2000", _birthDate={"id": "x"}), []),
    "an id beside no value is no content": (
        a_patient(_birthDate={"id": "x"}), [("empty_object", "Patient.birthDate")],
    ),
    "one property that is no id is content": (a_patient(name=[{"text": "x"}]), []),
    "a resource may have an id alone": (
        {"resourceType": "Patient", "id": "x"}, [],
    ),
    "a resource says its type, a data type does not": (
        a_patient(name=[{"resourceType": "HumanName", "text": "x"}]),
        [("unknown_property", "Patient.name[0].resourceType")],
    ),
    "a type is known": (
        a_patient(contained=[{"resourceType": "Patiant", "id": "a"}], link=[
            {"type": "refer", "other": {"reference": "#a"}}]),
        [("unknown_type", "Patient.contained[0]")],
    ),
    "a type is a text": (
        a_patient(contained=[{"resourceType": 3, "id": "a"}], link=[
            {"type": "refer", "other": {"reference": "#a"}}]),
        [("unknown_type", "Patient.contained[0]")],
    ),
    "a type is no list": (
        a_patient(contained=[{"resourceType": ["Patient"], "id": "a"}], link=[
            {"type": "refer", "other": {"reference": "#a"}}]),
        [("unknown_type", "Patient.contained[0]")],
    ),
    "what has no text has no sibling": (
        an_observation(valueQuantity={"value": 1}, _valueQuantity={"id": "x"}),
        [("misspelt", "Observation._valueQuantity")],
    ),
    "the id of a resource has the form of one": (
        a_patient(id="a_b"), [("primitive_format", "Patient.id")],
    ),
    "and of 64 characters at most": (
        a_patient(id="x" * 65), [("primitive_format", "Patient.id")],
    ),
    "an id that is no text is said once": (a_patient(id=3), [("primitive_kind", "Patient.id")]),
    "a blank in the id of a resource is said once": (
        a_patient(id="a b"), [("primitive_format", "Patient.id")],
    ),
    "the id of a data type is any text": (
        a_patient(name=[{"id": "a_b", "text": "x"}]), [],
    ),
    "the entries of a Bundle are resources of their own": (
        {"resourceType": "Bundle", "type": "collection",
         "entry": [an_entry(a_patient(gender=3), full_url=FULL_URL) | {"request": None}]},
        [("null", "Bundle.entry[0].request"), ("primitive_kind", "Bundle.entry[0].resource.gender")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", STRUCTURES)
def test_a_structure_is_held_against_its_type(rule: str) -> None:
    resource, expected = STRUCTURES[rule]
    assert sorted(errors(validate(resource))) == sorted(expected)


def test_the_id_of_a_resource_is_none_of_its_elements() -> None:
    """FHIR R4 element.html#id, resource.html#id: an element may have the same."""
    assert validate(a_patient(id="a", name=[{"id": "a", "text": "x"}])) == []
    twice = validate(a_patient(id="a", name=[{"id": "b", "text": "x"}, {"id": "b", "text": "y"}]))
    assert warnings(twice) == [("element_id_twice", "Patient.name[1]")]


def a_prescription(**dose: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "x"},
        "subject": {"reference": "Patient/1"},
        "dosageInstruction": [{"doseAndRate": [dose]}],
    }


def test_of_a_choice_each_type_has_profiles_of_its_own() -> None:
    """FHIR R4 dosage.html: a `doseQuantity` is a SimpleQuantity, without comparator; a Range is none."""
    low = {"value": 1, "unit": "mg"}
    assert validate(a_prescription(doseRange={"low": low, "high": {**low, "value": 2}})) == []
    assert validate(a_prescription(doseQuantity=low)) == []
    most = validate(a_prescription(doseQuantity={**low, "comparator": "<"}))
    dose = "MedicationRequest.dosageInstruction[0].doseAndRate[0].dose"
    assert errors(most) == [("prohibited", dose)]


def test_a_relative_canonical_is_a_warning_and_a_relative_uri_is_none() -> None:
    """FHIR R4 references.html#canonical: it is an absolute URL, or the `#id` of what is contained."""
    relative = validate(a_questionnaire(derivedFrom=["Questionnaire/x"]))
    assert warnings(relative) == [("relative_canonical", "Questionnaire.derivedFrom[0]")]
    assert errors(relative) == []
    for absolute in ("http://example.org/q|1.0", "urn:uuid:6d1f0ef6-0f4e-4cb1-8d0a-7d9a6c6b6f01"):
        assert validate(a_questionnaire(derivedFrom=[absolute])) == []
    assert validate(a_questionnaire(url="Questionnaire/x")) == []


def test_a_canonical_of_what_is_contained_leads_to_it() -> None:
    contained = {"resourceType": "Questionnaire", "id": "x", "status": "draft", "name": "X"}
    right = a_questionnaire(derivedFrom=["#x"], contained=[contained])
    assert validate(right) == []
    wrong = validate(a_questionnaire(derivedFrom=["#y"]))
    assert warnings(wrong) == [("no_contained_canonical", "Questionnaire.derivedFrom[0]")]
    # of another type it is text, whatever it begins with
    for elements in ({"title": "#y"}, {"url": "#y"}, {"title": "1\n2"}):
        assert validate(a_questionnaire(**elements)) == []


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x07b\x08\x07", "U+0007, U+0008"), ("a\tb\nc\rd", "")]
)
def test_a_control_character_is_named_once(text: str, shown: str) -> None:
    """FHIR R4 datatypes.html#string: tab, line feed and carriage return are admitted."""
    found = [one.found for one in validate(a_questionnaire(title=text))]
    assert found == ([shown] if shown else [])


def test_a_value_out_of_form_is_said_with_its_type_and_what_was_found() -> None:
    (finding,) = validate(a_questionnaire(date="27/07/2026"))
    assert (finding.key, finding.expected, finding.found) == (
        "validation.primitive_format", "dateTime", "27/07/2026",
    )  # fmt: skip
    (finding,) = validate(a_questionnaire(date=2026))
    assert (finding.key, finding.expected, finding.found) == (
        "validation.primitive_kind", "dateTime", "2026",
    )  # fmt: skip


def test_a_narrative_has_no_extension_and_is_told_so() -> None:
    """FHIR R4 datatypes.html#xhtml: its `div` may have an id, and no more."""
    div = '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'
    for beside, wrong in (({"id": "d"}, []), ({"extension": [EXTENSION]}, [("0", "1")])):
        found = validate(a_patient(text={"status": "generated", "div": div, "_div": beside}))
        told = [(one.expected, one.found) for one in found if one.severity == "error"]
        assert told == wrong


@pytest.mark.parametrize(
    ("type", "near"), [("Pacient", "Patient"), ("Observaton", "Observation"), ("Xyzzyx", "Patient")]
)
def test_a_type_that_is_unknown_is_told_with_one_that_is_meant_or_may_be(
    type: str, near: str
) -> None:
    contained = {"resourceType": type, "id": "a"}
    link = [{"type": "refer", "other": {"reference": "#a"}}]
    (finding,) = validate(a_patient(contained=[contained], link=link))
    assert (finding.key, finding.expected, finding.found) == (
        "validation.unknown_type", near, type,
    )  # fmt: skip
