"""Where an extension may stand: contexts of every type, and invariants of the element around."""

from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import a_profile, errors, knowledge_of

URL = "http://example.org/p"
EXTENSION = {"url": URL, "valueString": "x"}
FHIRPATH = {"type": "fhirpath", "expression": "Patient.name.where(use = 'official')"}
OFFICIAL = {"use": "official", "family": "A", "extension": [EXTENSION]}
USUAL = {"use": "usual", "family": "A", "extension": [EXTENSION]}


def told(patient: dict[str, Any], **definition: Any) -> list[tuple[str, str, str]]:
    """Returns severity, key and place of what is said of where the extension stands."""
    defined = {**a_profile({"path": "Extension"}, type="Extension"), **definition}
    findings = validate(patient, knowledge=knowledge_of(defined))
    keys = ("extension_context", "extension_invariant", "not_evaluated")
    return [
        (finding.severity, finding.key.removeprefix("validation."), finding.where)
        for finding in findings
        if finding.key.removeprefix("validation.") in keys
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([OFFICIAL], []),
        ([{"family": "B"}, OFFICIAL], []),
        ([USUAL], [("error", "extension_context", "Patient.name[0].extension[0]")]),
        (
            [{"use": "official", "family": "B"}, USUAL],
            [("error", "extension_context", "Patient.name[1].extension[0]")],
        ),
    ],
)
def test_a_fhirpath_finds_the_elements_that_may_hold_it(names: Any, expected: Any) -> None:
    assert told(a_patient(name=names), context=[FHIRPATH]) == expected


@pytest.mark.parametrize(("name", "is_right"), [("_birthDate", True), ("_gender", False)])
def test_a_primitive_may_hold_it(name: str, *, is_right: bool) -> None:
    patient = a_patient(birthDate="2020", gender="male", **{name: {"extension": [EXTENSION]}})
    context = {"type": "fhirpath", "expression": "Patient.birthDate"}
    assert (told(patient, context=[context]) == []) is is_right


def test_each_of_repeating_primitives_is_told_apart() -> None:
    context = {"type": "fhirpath", "expression": "Patient.name.given.where($this = 'B')"}
    for siblings, is_right in (
        ([None, {"extension": [EXTENSION]}], True),
        ([{"extension": [EXTENSION]}, None], False),
    ):
        patient = a_patient(name=[{"given": ["A", "B"], "_given": siblings}])
        assert (told(patient, context=[context]) == []) is is_right


def test_one_context_of_several_is_enough() -> None:
    contexts = [FHIRPATH, {"type": "element", "expression": "Patient"}]
    assert told(a_patient(extension=[EXTENSION]), context=contexts) == []
    address = a_patient(address=[{"city": "A", "extension": [EXTENSION]}])
    expected = [("error", "extension_context", "Patient.address[0].extension[0]")]
    assert told(address, context=contexts) == expected


@pytest.mark.parametrize(("around", "is_right"), [("http://example.org/a", True), ("urn:b", False)])
def test_an_extension_may_belong_into_another_one(around: str, *, is_right: bool) -> None:
    outer = {"url": around, "extension": [EXTENSION]}
    context = {"type": "extension", "expression": "http://example.org/a"}
    assert (told(a_patient(extension=[outer]), context=[context]) == []) is is_right
    alone = told(a_patient(extension=[EXTENSION]), context=[context])
    assert alone == [("error", "extension_context", "Patient.extension[0]")]


def test_an_invariant_holds_of_the_element_around_and_sees_the_extension() -> None:
    """FHIR R4 structuredefinition-definitions.html#StructureDefinition.contextInvariant."""
    said = {"contextInvariant": ["use = 'official'", "%extension.value.length() < 3"]}
    said["context"] = [{"type": "element", "expression": "HumanName"}]
    assert told(a_patient(name=[OFFICIAL]), **said) == []
    broken = [("error", "extension_invariant", "Patient.name[0].extension[0]")]
    assert told(a_patient(name=[USUAL]), **said) == broken
    assert told(a_patient(name=[{"family": "A", "extension": [EXTENSION]}]), **said) == broken
    long = {**OFFICIAL, "extension": [{"url": URL, "valueString": "long"}]}
    assert told(a_patient(name=[long]), **said) == broken


@pytest.mark.parametrize("expression", ["Patient.where(", "Patient.nonsense()", "%nowhere = 1"])
def test_what_cannot_be_evaluated_refuses_nothing(expression: str) -> None:
    patient = a_patient(extension=[EXTENSION])
    place = "Patient.extension[0]"
    context = {"type": "fhirpath", "expression": expression}
    assert told(patient, context=[context]) == [("information", "not_evaluated", place)]
    anywhere = [{"type": "element", "expression": "Element"}]
    said = told(patient, context=anywhere, contextInvariant=[expression])
    assert said == [("information", "not_evaluated", place)]


def test_the_invariants_that_the_core_leaves_out_are_those_that_r4_misprints() -> None:
    category = {
        "url": "http://hl7.org/fhir/StructureDefinition/questionnaire-displayCategory",
        "valueCodeableConcept": {"text": "x"},
    }
    item = {"linkId": "1", "type": "display", "text": "x", "extension": [category]}
    questionnaire = {"resourceType": "Questionnaire", "status": "active", "item": [item]}
    assert errors(validate(questionnaire)) == []
