from typing import Any

import pytest

from sandbox.findings import Finding
from sandbox.i18n import LANGUAGES
from sandbox.sentences import fix_of, text_of
from sandbox.validation import validate
from tests.builders import a_patient, an_observation
from tests.sandbox.validation.profiles import errors, knowledge_of

MARITAL = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"


def a_married(**coding: Any) -> dict[str, Any]:
    return a_patient(maritalStatus={"coding": [{"system": MARITAL, "code": "M", **coding}]})


def test_a_code_that_its_system_lacks_is_an_error_whatever_the_binding() -> None:
    assert errors(validate(a_married())) == []
    assert ("unknown_code", "Patient.maritalStatus.coding[0]") in errors(
        validate(a_married(code="MARRIED"))
    )


def test_a_code_of_another_version_or_of_an_unknown_system_is_not_judged() -> None:
    assert errors(validate(a_married(code="NEW", version="9.9"))) == []
    other = a_patient(maritalStatus={"coding": [{"system": "http://example.org/x", "code": "x"}]})
    assert errors(validate(other)) == []


@pytest.mark.parametrize(("display", "remarks"), [("Married", 0), ("married ", 0), ("Casada", 1)])
def test_another_display_is_a_remark(display: str, remarks: int) -> None:
    found = [
        one.severity
        for one in validate(a_married(display=display))
        if one.key == "validation.other_display"
    ]
    assert found == ["information"] * remarks


@pytest.mark.parametrize(
    ("code", "key"), [("mg/dL", ""), ("MG/DL", "unknown_unit"), ("tablets", "unknown_unit")]
)
def test_a_unit_is_one_of_ucum(code: str, key: str) -> None:
    quantity = {"value": 1, "system": "http://unitsofmeasure.org", "code": code}
    found = errors(validate(an_observation(code={"text": "x"}, valueQuantity=quantity)))
    assert [name for name, _ in found] == ([key] if key else [])


@pytest.mark.parametrize(
    "text",
    [
        "Patient/1",
        "#p",
        "http://a.b/fhir/Patient/1/_history/2",
        "urn:oid:1.2.3",
        "Patient?identifier=x|1",
        "Patient/1#x",
    ],
)
def test_a_reference_of_a_known_form_is_right(text: str) -> None:
    found = errors(validate(an_observation(code={"text": "x"}, subject={"reference": text})))
    assert [name for name, _ in found if name == "reference_format"] == []


@pytest.mark.parametrize(
    "text",
    [
        "Patient",
        "patient/1",
        "Patient/1/2/3",
        "urn:uuid:['Patient', '9']",
        "1",
        "Organization/Organization/1",
    ],
)
def test_a_reference_of_no_form_is_found(text: str) -> None:
    found = errors(validate(an_observation(code={"text": "x"}, subject={"reference": text})))
    assert ("reference_format", "Observation.subject.reference") in found


def said(*codings: dict[str, Any], **options: Any) -> list[Finding]:
    """Returns what is said of the codings of an Observation's code, whose binding is an example."""
    return [
        finding
        for finding in validate(an_observation(code={"coding": list(codings)}), **options)
        if finding.where.startswith("Observation.code")
    ]


def keys(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.key.removeprefix("validation.")) for finding in findings]


@pytest.mark.parametrize(
    ("coding", "severity", "key", "expected"),
    [
        ({"system": "loinc", "code": "8867-4"}, "error", "system_misspelt", "http://loinc.org"),
        (
            {"system": "http://loinc.org/", "code": "8867-4"},
            "warning",
            "system_misspelt",
            "http://loinc.org",
        ),
        (
            {"system": "https://loinc.org", "code": "8867-4"},
            "warning",
            "system_misspelt",
            "http://loinc.org",
        ),
        (
            {"system": "http://snomed.info/sct/", "code": "1"},
            "warning",
            "system_misspelt",
            "http://snomed.info/sct",
        ),
        (
            {"system": "urn:oid:2.16.840.1.113883.6.96", "code": "1"},
            "warning",
            "system_misspelt",
            "http://snomed.info/sct",
        ),
        (
            {"system": "http://hl7.org/fhir/v3/MaritalStatus", "code": "M"},
            "warning",
            "system_misspelt",
            MARITAL,
        ),
        ({"system": "colours", "code": "red"}, "error", "system_relative", ""),
        (
            {"system": "http://hl7.org/fhir/ValueSet/administrative-gender", "code": "male"},
            "error",
            "system_of_value_set",
            "http://hl7.org/fhir/administrative-gender",
        ),
        ({"code": "8867-4"}, "warning", "no_system", ""),
        ({"system": "http://loinc.org", "code": "8867-5"}, "warning", "impossible_code", ""),
        (
            {"system": "http://snomed.info/sct", "code": "38341004"},
            "warning",
            "impossible_code",
            "",
        ),
        ({"system": MARITAL, "code": "m"}, "error", "code_case", "M"),
        ({"system": MARITAL, "code": "MARRIED"}, "error", "unknown_code", ""),
        ({"system": "urn:ietf:bcp:47", "code": "es_CL"}, "error", "unknown_code", ""),
        ({"system": "http://example.org/x", "code": "x"}, "information", "code_not_checked", ""),
        ({"system": "http://loinc.org", "code": "1-8"}, "information", "code_not_checked", ""),
        (
            {"system": MARITAL, "code": "NEW", "version": "9.9"},
            "information",
            "code_not_checked",
            "",
        ),
        (
            {"system": "http://hl7.org/fhir/CodeSystem/example-supplement", "code": "x"},
            "warning",
            "system_is_supplement",
            "",
        ),
    ],
)
def test_every_coding_has_a_verdict_under_an_example_binding(
    coding: dict[str, str], severity: str, key: str, expected: str
) -> None:
    findings = said(coding)
    assert keys(findings) == [(severity, key)]
    assert findings[0].expected == expected
    assert findings[0].clause


@pytest.mark.parametrize(
    "coding",
    [
        {"system": "http://loinc.org", "code": "29463-7"},
        {"system": "http://snomed.info/sct", "code": "38362002"},
        {"system": MARITAL, "code": "M"},
        {"system": MARITAL, "code": "M", "version": "9.9"},
        {"system": "urn:ietf:bcp:47", "code": "es-CL"},
        {"system": "urn:iso:std:iso:3166", "code": "CL"},
        {"display": "no code at all"},
    ],
)
def test_a_known_code_is_passed_without_a_word(coding: dict[str, str]) -> None:
    assert said(coding) == []


def test_what_is_not_checked_is_said_once_for_a_system_with_its_count() -> None:
    codings = [{"system": "http://example.org/x", "code": f"c{number}"} for number in range(7)]
    findings = said(*codings, {"system": "http://example.org/y", "code": "z"}, codings[0])
    assert keys(findings) == [
        ("information", "code_not_checked"),
        ("information", "code_not_checked"),
    ]
    assert findings[0].where == "Observation.code.coding[0]"
    assert findings[0].count == 8
    assert findings[0].values["found"] == "c0, c1, c2, c3, c4, …"


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_code_and_many_have_sentences_of_their_own(language: Any) -> None:
    coding = {"system": "http://example.org/x", "code": "c"}
    single, many = said(coding)[0], said(coding, coding)[0]
    assert "2" not in text_of(single, language)
    assert text_of(many, language).startswith("2 ")
    assert "--tx" in fix_of(many, language)


@pytest.mark.parametrize(
    ("resource", "is_right"),
    [
        (a_patient(language="es-CL"), True),
        (a_patient(language="quc"), True),
        (a_patient(language="es_CL"), False),
        (a_patient(language="Spanish"), False),
        (a_patient(communication=[{"language": {"text": "Quechua"}}]), True),
        (
            a_patient(communication=[{"language": {"coding": [{"system": MARITAL, "code": "M"}]}}]),
            False,
        ),
    ],
)
def test_the_greatest_value_set_of_languages_holds(
    resource: dict[str, Any], is_right: bool
) -> None:
    assert ("not_in_value_set" in dict(errors(validate(resource)))) is not is_right
    assert "no_code" not in dict(errors(validate(resource)))


def bound(purpose: str) -> dict[str, Any]:
    """Returns a profile that adds a binding to Patient.maritalStatus."""
    additional = {
        "purpose": purpose,
        "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender",
    }
    binding = {
        "strength": "example",
        "valueSet": "http://hl7.org/fhir/ValueSet/marital-status",
        "additional": [additional],
    }
    return {
        "resourceType": "StructureDefinition", "id": "b", "url": "http://example.org/b", "version": "1",
        "kind": "resource", "type": "Patient", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "differential": {"element": [{"id": "Patient.maritalStatus", "path": "Patient.maritalStatus", "binding": binding}]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("purpose", "severities"),
    [
        ("maximum", ["error"]),
        ("required", ["error"]),
        ("extensible", ["warning"]),
        ("candidate", []),
        ("current", []),
    ],
)
def test_an_additional_binding_counts_by_its_purpose(purpose: str, severities: list[str]) -> None:
    findings = validate(
        a_married(), profiles=["http://example.org/b"], knowledge=knowledge_of(bound(purpose))
    )
    assert [
        one.severity for one in findings if one.key == "validation.not_in_value_set"
    ] == severities


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ({"value": 1, "unit": "h", "system": "http://unitsofmeasure.org", "code": "h"}, []),
        ({"value": 1, "unit": "h"}, [("warning", "validation.duration_code")]),
        ({"unit": "h"}, []),
    ],
)
def test_a_duration_with_a_value_has_its_unit_as_a_code(
    offset: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    extension = {"url": "http://example.org/e", "valueDuration": offset}
    findings = validate(a_patient(extension=[extension]))
    assert [(one.severity, one.key) for one in findings if "extension" not in one.key] == expected


@pytest.mark.parametrize(("purpose", "severities"), [("required", ["error"]), ("candidate", [])])
def test_an_additional_binding_may_be_an_extension_as_guides_for_r4_write_it(
    purpose: str, severities: list[str]
) -> None:
    profile = bound(purpose)
    (element,) = profile["differential"]["element"]
    (additional,) = element["binding"].pop("additional")
    parts = [
        {"url": "purpose", "valueCode": purpose},
        {"url": "valueSet", "valueCanonical": additional["valueSet"]},
    ]
    url = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding"
    element["binding"]["extension"] = [{"url": url, "extension": parts}]
    findings = validate(
        a_married(), profiles=["http://example.org/b"], knowledge=knowledge_of(profile)
    )
    assert [
        one.severity for one in findings if one.key == "validation.not_in_value_set"
    ] == severities


TERMS = "http://terminology.hl7.org/CodeSystem/"


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("v3-RoleCode", "NAMED", [("warning", "validation.code_inactive")]),
        ("v3-ActCode", "_ActBoundedROICode", [("warning", "validation.code_abstract")]),
        ("endpoint-connection-type", "ihe-xcpd", [("information", "validation.code_deprecated")]),
        ("v3-RoleCode", "MTH", []),
        ("endpoint-connection-type", "dicom-wado-rs", []),
        ("v2-0131", "CP", []),  # R4's copy calls it deprecated, THO does not
    ],
)
def test_a_code_that_is_out_of_use_or_only_groups_others_is_advised_against(
    system: str, code: str, expected: list[tuple[str, str]]
) -> None:
    basic = {
        "resourceType": "Basic",
        "code": {"coding": [{"system": TERMS + system, "code": code}]},
    }
    assert [(one.severity, one.key) for one in validate(basic)] == expected


@pytest.mark.parametrize(
    ("property", "key"),
    [
        ({"code": "inactive", "valueBoolean": True}, "code_inactive"),
        ({"code": "status", "valueCode": "retired"}, "code_inactive"),
        ({"code": "notSelectable", "valueBoolean": True}, "code_abstract"),
        ({"code": "deprecated", "valueDateTime": "2020"}, "code_deprecated"),
        ({"code": "inactive", "valueBoolean": False}, ""),
        ({"code": "notSelectable", "valueBoolean": False}, ""),
        ({"code": "status", "valueCode": "active"}, ""),
        ({"code": "weight", "valueDecimal": 1}, ""),
    ],
)
def test_a_code_system_of_a_package_tells_it_by_properties(
    property: dict[str, Any], key: str
) -> None:
    url = "http://example.org/CodeSystem/s"
    concepts = [{"code": "a", "property": [property], "concept": [{"code": "b"}]}]
    system = {
        "resourceType": "CodeSystem", "url": url, "version": "1", "content": "complete", "concept": concepts,
    }  # fmt: skip
    for code, expected in (("a", [f"validation.{key}"] if key else []), ("b", [])):
        basic = {"resourceType": "Basic", "code": {"coding": [{"system": url, "code": code}]}}
        assert [one.key for one in validate(basic, knowledge=knowledge_of(system))] == expected
