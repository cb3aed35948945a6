from typing import Any

import pytest

from sandbox.definitions.build import compile_package
from sandbox.definitions.store import Definitions, core_resources
from sandbox.sentences import fix_of
from sandbox.validation import Knowledge, Options, validate
from tests.builders import a_patient, an_observation
from tests.sandbox.validation.profiles import a_profile, errors, knowledge_of

R4 = "http://hl7.org/fhir/StructureDefinition/"
BIRTH_PLACE = {"url": R4 + "patient-birthPlace", "valueAddress": {"city": "Lima"}}
BIRTH_TIME = {"url": R4 + "patient-birthTime", "valueDateTime": "1958-03-21T10:00:00-05:00"}
NATIONALITY = R4 + "patient-nationality"
SIGNATURE_TYPE = {"url": R4 + "iso21090-EN-use", "valueCode": "SNDX"}


def a_nationality(*parts: dict[str, Any]) -> dict[str, Any]:
    return a_patient(extension=[{"url": NATIONALITY, "extension": list(parts)}])


@pytest.mark.parametrize(
    "resource",
    [
        a_patient(extension=[BIRTH_PLACE]),
        a_patient(birthDate="1958-03-21", _birthDate={"extension": [BIRTH_TIME]}),
        a_patient(name=[{"family": "x", "extension": [SIGNATURE_TYPE]}]),
        a_patient(
            contained=[
                a_patient(id="p", birthDate="1958-03-21", _birthDate={"extension": [BIRTH_TIME]})
            ],
            link=[{"type": "seealso", "other": {"reference": "#p"}}],
        ),
        a_nationality({"url": "code", "valueCodeableConcept": {"text": "PE"}}),
        a_patient(extension=[{"url": "http://example.org/national", "valueString": "x"}]),
    ],
    ids=[
        "on the resource",
        "on a primitive",
        "on a data type",
        "in a contained resource",
        "parts",
        "unknown",
    ],
)
def test_an_extension_in_its_place_is_right(resource: dict[str, Any]) -> None:
    assert errors(validate(resource)) == []


@pytest.mark.parametrize(
    ("resource", "key", "where"),
    [
        (
            an_observation(extension=[BIRTH_PLACE], code={"text": "x"}),
            "extension_context",
            "Observation.extension[0]",
        ),
        (
            a_patient(name=[{"family": "x", "extension": [BIRTH_PLACE]}]),
            "extension_context",
            "Patient.name[0].extension[0]",
        ),
        (a_patient(extension=[BIRTH_TIME]), "extension_context", "Patient.extension[0]"),
        (
            a_patient(extension=[{"url": R4 + "patient-birthPlace", "valueString": "Lima"}]),
            "wrong_type",
            "Patient.extension[0].value",
        ),
        (
            a_nationality({"url": "land", "valueString": "PE"}),
            "unknown_part",
            "Patient.extension[0].extension[0]",
        ),
    ],
)
def test_an_extension_out_of_its_place_is_found(
    resource: dict[str, Any], key: str, where: str
) -> None:
    assert (key, where) in errors(validate(resource))


def test_an_unknown_extension_is_refused_outside_of_the_domains_that_are_given() -> None:
    patient = a_patient(extension=[{"url": "http://example.org/national", "valueString": "x"}])

    def severities(*domains: str) -> list[str]:
        return [
            finding.severity
            for finding in validate(patient, options=Options(extension_domains=domains))
        ]

    assert severities("http://example.org/") == ["information"]
    assert severities("http://hl7.org/fhir/") == ["error"]


def test_an_unknown_extension_is_said_as_not_checked() -> None:
    findings = validate(
        a_patient(extension=[{"url": "http://example.org/national", "valueString": "x"}])
    )
    assert [(one.severity, one.key) for one in findings] == [
        ("information", "validation.unknown_extension")
    ]


PROHIBITED = R4 + "capabilitystatement-prohibited"


@pytest.mark.parametrize(
    ("element", "url", "is_right"),
    [
        ("modifierExtension", PROHIBITED, True),
        ("extension", PROHIBITED, False),
        ("extension", R4 + "capabilitystatement-expectation", True),
        ("modifierExtension", R4 + "capabilitystatement-expectation", False),
    ],
)
def test_a_modifier_stands_in_its_own_element_and_nothing_else_does(
    element: str, url: str, *, is_right: bool
) -> None:
    """FHIR R4 extensibility.html#modifierExtension: the definition says whether an extension is one."""
    value = {"valueBoolean": True} if url == PROHIBITED else {"valueCode": "SHALL"}
    statement = {
        "resourceType": "CapabilityStatement", "status": "draft", "date": "2026", "kind": "requirements",
        "description": "x", "fhirVersion": "4.0.1", "format": ["json"],
        "rest": [{"mode": "server", "interaction": [{"code": "batch", element: [{"url": url, **value}]}]}],
    }  # fmt: skip
    expected = (
        []
        if is_right
        else [("extension_modifier", f"CapabilityStatement.rest[0].interaction[0].{element}[0]")]
    )
    assert errors(validate(statement)) == expected


def test_a_definition_compiled_before_modifiers_were_kept_says_nothing_of_them() -> None:
    definition = a_profile(
        {"path": "Extension"},
        {"path": "Extension.url", "fixedUri": "http://example.org/p"},
        type="Extension",
    )
    (compiled,) = compile_package([definition])
    assert compiled["element"][0].pop("isModifier") is False
    knowledge = Knowledge(Definitions([*core_resources(), compiled]))
    extension = {"url": "http://example.org/p", "valueString": "x"}
    assert errors(validate(a_patient(modifierExtension=[extension]), knowledge=knowledge)) == []
    known = knowledge_of(definition)
    found = errors(validate(a_patient(modifierExtension=[extension]), knowledge=known))
    assert found == [("extension_modifier", "Patient.modifierExtension[0]")]


@pytest.mark.parametrize(
    ("url", "key", "package"),
    [
        (
            "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
            "unknown_extension_package",
            "hl7.fhir.us.core",
        ),
        (
            "http://hl7.org/fhir/StructureDefinition/of-the-pack",
            "unknown_extension_package",
            "hl7.fhir.uv.extensions.r4",
        ),
        (
            "http://hl7.org/fhir/uv/ips/StructureDefinition/none",
            "unknown_extension",
            None,
        ),  # the package is here
        ("http://example.org/StructureDefinition/x", "unknown_extension", None),
    ],
)
def test_the_package_that_would_bring_a_definition_is_named(
    url: str, key: str, package: str | None
) -> None:
    (finding,) = validate(a_patient(extension=[{"url": url, "valueString": "x"}]))
    assert (finding.severity, finding.key) == ("information", f"validation.{key}")
    assert finding.params.get("package") == package
    assert not package or package in fix_of(finding, "en")
