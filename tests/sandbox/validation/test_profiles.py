"""Profiles: choices by their short name, profiled data types, permitted types and targets, and what is unknown."""

import json
from typing import Any

import pytest

from sandbox.findings import Finding
from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import R4, a_profile, by_profile, errors, knowledge_of

Elements = list[dict[str, Any]]
KILOGRAMS = {"system": "http://unitsofmeasure.org", "code": "kg"}
HOME = {"use": "home", "system": "phone"}


def an_observation(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **members}


def an_extension(*elements: dict[str, Any]) -> dict[str, Any]:
    own = a_profile(
        {"path": "Extension.url", "fixedUri": "http://example.org/e"}, *elements, type="Extension"
    )
    return {**own, "id": "e", "url": "http://example.org/e", "kind": "complex-type"}


def findings_of(resource: dict[str, Any], *profiles: dict[str, Any], key: str) -> list[Finding]:
    found = validate(resource, profiles=[profiles[0]["url"]], knowledge=knowledge_of(*profiles))
    return [one for one in found if one.key == f"validation.{key}"]


def component(**value: Any) -> dict[str, Any]:
    return an_observation(component=[{"code": {"text": "c"}, **value}])


SHORTCUTS: dict[str, tuple[Elements, str, dict[str, Any], dict[str, Any], tuple[str, str]]] = {
    "at the top": (
        [{"path": "Observation.valueQuantity", "min": 1}], "Observation",
        an_observation(valueQuantity={"value": 1}), an_observation(valueString="1"), ("missing", "Observation"),
    ),
    "in a backbone element": (
        [{"path": "Observation.component.valueQuantity", "min": 1}], "Observation",
        component(valueQuantity={"value": 1}), component(valueString="1"),
        ("missing", "Observation.component[0]"),
    ),
    "beside the choice narrowed to its type": (
        [
            {"path": "Observation.component.value[x]", "type": [{"code": "Quantity"}]},
            {"path": "Observation.component.valueQuantity.code", "min": 1},
        ],
        "Observation",
        component(valueQuantity={"value": 1, **KILOGRAMS}), component(valueQuantity={"value": 1}),
        ("missing", "Observation.component[0].value"),
    ),
    "in a slice": (
        [
            {
                "path": "Observation.component",
                "slicing": {"discriminator": [{"type": "value", "path": "code"}], "rules": "open"},
            },
            {"id": "Observation.component:c", "path": "Observation.component", "sliceName": "c"},
            {
                "id": "Observation.component:c.code", "path": "Observation.component.code",
                "patternCodeableConcept": {"text": "c"},
            },
            {
                "id": "Observation.component:c.valueQuantity", "path": "Observation.component.valueQuantity",
                "min": 1,
            },
        ],
        "Observation", component(valueQuantity={"value": 1}), component(),
        ("missing", "Observation.component[0]"),
    ),
    "in a data type": (
        [{"path": "CarePlan.activity.detail.scheduledTiming.repeat.boundsPeriod.start", "min": 1}], "CarePlan",
        {
            "resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"display": "x"},
            "activity": [{"detail": {"status": "unknown", "scheduledTiming": {
                "repeat": {"boundsPeriod": {"start": "2020"}}}}}],
        },
        {
            "resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"display": "x"},
            "activity": [{"detail": {"status": "unknown", "scheduledTiming": {
                "repeat": {"boundsPeriod": {"end": "2020"}}}}}],
        },
        ("missing", "CarePlan.activity[0].detail.scheduled.repeat.bounds"),
    ),
    "by a slice of another name": (
        [
            {
                "path": "Observation.value[x]",
                "slicing": {"discriminator": [{"type": "type", "path": "$this"}], "rules": "open"},
            },
            {
                "id": "Observation.value[x]:amount", "path": "Observation.value[x]", "sliceName": "amount",
                "type": [{"code": "Quantity"}],
            },
            {"id": "Observation.value[x]:amount.unit", "path": "Observation.value[x].unit", "min": 1},
        ],
        "Observation", an_observation(valueQuantity={"value": 1, "unit": "kg"}),
        an_observation(valueQuantity={"value": 1}), ("missing", "Observation.value"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHORTCUTS)
def test_a_choice_may_be_named_by_its_type_at_every_depth(name: str) -> None:
    elements, type, right, wrong, fault = SHORTCUTS[name]
    profile = a_profile(*elements, type=type)
    assert by_profile(right, profile) == []
    assert by_profile(wrong, profile) == [fault]


def test_a_choice_in_the_part_of_an_extension_may_be_named_by_its_type() -> None:
    definition = an_extension(
        {"id": "Extension.extension:a", "path": "Extension.extension", "sliceName": "a", "min": 1},
        {"id": "Extension.extension:a.url", "path": "Extension.extension.url", "fixedUri": "a"},
        {"id": "Extension.extension:a.valueCoding", "path": "Extension.extension.valueCoding", "min": 1},
        {
            "id": "Extension.extension:a.valueCoding.code", "path": "Extension.extension.valueCoding.code",
            "min": 1,
        },
    )  # fmt: skip
    right = {
        "url": "http://example.org/e",
        "extension": [{"url": "a", "valueCoding": {"code": "x"}}],
    }
    wrong = {
        "url": "http://example.org/e",
        "extension": [{"url": "a", "valueCoding": {"display": "x"}}],
    }
    knowledge = knowledge_of(definition)
    assert errors(validate(a_patient(extension=[right]), knowledge=knowledge)) == []
    assert errors(validate(a_patient(extension=[wrong]), knowledge=knowledge)) == [
        ("missing", "Patient.extension[0].extension[0].value")
    ]


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"valueRange": {"low": {"value": 1}}}, "Observation.value.low"),
        ({"referenceRange": [{"high": {"value": 1}}]}, "Observation.referenceRange[0].high"),
        (
            {"valueSampledData": {"origin": {"value": 1}, "period": 1, "dimensions": 1}},
            "Observation.value.origin",
        ),
    ],
)
def test_a_profiled_data_type_of_r4_holds_where_r4_names_it(
    members: dict[str, Any], where: str
) -> None:
    assert errors(validate(an_observation(**members))) == []
    text = json.dumps(members).replace('{"value": 1}', '{"value": 1, "comparator": "<"}')
    assert errors(validate(an_observation(**json.loads(text)))) == [("prohibited", where)]


def test_a_quantity_that_is_not_simple_may_have_a_comparator() -> None:
    assert errors(validate(an_observation(valueQuantity={"value": 1, "comparator": "<"}))) == []


def test_a_profile_may_name_the_profile_of_a_data_type() -> None:
    money = {"code": "Quantity", "profile": [R4 + "MoneyQuantity"]}
    profile = a_profile({"path": "Observation.value[x]", "type": [money]}, type="Observation")
    euros = {"value": 1, "system": "urn:iso:std:iso:4217", "code": "EUR"}
    assert by_profile(an_observation(valueQuantity=euros), profile) == []
    assert by_profile(an_observation(valueQuantity={"value": 1, **KILOGRAMS}), profile) == [
        ("invariant", "Observation.value")
    ]


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        (HOME, True),
        ({**HOME, "value": "1"}, False),  # nothing more
        ({"use": "home"}, False),  # and nothing less
    ],
)
def test_a_fixed_value_of_a_complex_type_is_met_exactly(
    value: dict[str, Any], is_right: bool
) -> None:
    profile = a_profile({"path": "Patient.telecom", "fixedContactPoint": HOME})
    found = by_profile(a_patient(telecom=[value]), profile)
    assert found == ([] if is_right else [("fixed", "Patient.telecom[0]")])


def test_numbers_are_compared_without_the_error_of_floats() -> None:
    profile = a_profile(
        {"path": "Observation.valueQuantity.value", "fixedDecimal": 0.1}, type="Observation"
    )
    from sandbox.fhir.json import parse_json

    for text, wrong in (
        ("0.1", []),
        ("0.10", []),
        ("0.11", [("fixed", "Observation.value.value")]),
    ):
        quantity = parse_json(f'{{"value": {text}}}'.encode())
        assert by_profile(an_observation(valueQuantity=quantity), profile) == wrong


def test_each_item_of_an_array_in_a_pattern_is_met_by_some_item() -> None:
    codings = [{"system": "urn:a", "code": "1"}, {"system": "urn:b", "code": "2"}]
    profile = a_profile(
        {"path": "Observation.code", "patternCodeableConcept": {"coding": codings}},
        type="Observation",
    )
    extra = {"system": "urn:c", "code": "3", "display": "three"}
    right = an_observation(code={"coding": [extra, codings[1], {**codings[0], "display": "one"}]})
    assert by_profile(right, profile) == []
    (finding,) = findings_of(
        an_observation(code={"coding": [extra, codings[0]]}), profile, key="pattern"
    )
    assert json.loads(finding.expected) == {"coding": codings}
    assert "'" not in finding.expected + finding.found


def test_what_is_fixed_but_missing_is_shown_as_the_json_to_add() -> None:
    profile = a_profile(
        {"path": "Observation.method", "min": 1, "patternCodeableConcept": {"text": "m"}},
        type="Observation",
    )
    assert by_profile(an_observation(method={"text": "m"}), profile) == []
    (finding,) = findings_of(an_observation(), profile, key="missing_value")
    assert json.loads(f"{{{finding.expected}}}") == {"method": {"text": "m"}}


def test_of_two_entries_of_one_type_either_may_be_meant() -> None:
    kinds = [
        {"code": "Reference", "targetProfile": [R4 + name]}
        for name in ("Organization", "Practitioner")
    ]
    profile = a_profile({"path": "Patient.generalPractitioner", "type": kinds})
    for reference, wrong in (
        ("Organization/1", []),
        ("Practitioner/1", []),
        ("PractitionerRole/1", [("wrong_target", "Patient.generalPractitioner[0]")]),
    ):
        assert (
            by_profile(a_patient(generalPractitioner=[{"reference": reference}]), profile) == wrong
        )


@pytest.mark.parametrize(
    ("aggregation", "reference", "key"),
    [
        (["contained"], "#o", ""),
        (["contained"], "Organization/1", "not_contained"),
        (["referenced"], "Organization/1", ""),
        (["referenced"], "#o", "contained_target"),
        (["referenced", "contained"], "#o", ""),
        (["bundled"], "Organization/1", "bundle_unknown"),
        (["bundled", "referenced"], "Organization/1", ""),
    ],
)
def test_a_reference_leads_to_its_target_in_a_way_that_is_allowed(
    aggregation: list[str], reference: str, key: str
) -> None:
    kind = {"code": "Reference", "targetProfile": [R4 + "Organization"], "aggregation": aggregation}
    profile = a_profile({"path": "Patient.managingOrganization", "type": [kind]})
    contained = [{"resourceType": "Organization", "id": "o", "name": "x"}]
    patient = a_patient(contained=contained, managingOrganization={"reference": reference})
    found = validate(patient, profiles=[profile["url"]], knowledge=knowledge_of(profile))
    keys = [
        one.key.partition(".")[2] for one in found if one.where == "Patient.managingOrganization"
    ]
    assert keys == ([key] if key else [])


@pytest.mark.parametrize(("full_url", "wrong"), [("urn:uuid:6d1f0ef6-0f4e-4cb1-8d0a-7d9a6c6b6f01", []), ("urn:uuid:6d1f0ef6-0f4e-4cb1-8d0a-7d9a6c6b6f02", ["not_bundled"])])  # fmt: skip
def test_a_bundled_target_is_an_entry_of_the_same_bundle(full_url: str, wrong: list[str]) -> None:
    kind = {"code": "Reference", "targetProfile": [R4 + "Organization"], "aggregation": ["bundled"]}
    profile = a_profile({"path": "Patient.managingOrganization", "type": [kind]})
    target = "urn:uuid:6d1f0ef6-0f4e-4cb1-8d0a-7d9a6c6b6f01"
    patient = a_patient(
        managingOrganization={"reference": target}, meta={"profile": [profile["url"]]}
    )
    organization = {"resourceType": "Organization", "name": "x"}
    bundle = {
        "resourceType": "Bundle", "type": "collection",
        "entry": [{"fullUrl": "http://a.org/Patient/1", "resource": {**patient, "id": "1"}},
                  {"fullUrl": full_url, "resource": organization}],
    }  # fmt: skip
    found = errors(validate(bundle, knowledge=knowledge_of(profile)))
    assert [key for key, _ in found if key == "not_bundled"] == wrong


def test_a_constraint_on_the_items_within_items_is_judged() -> None:
    profile = a_profile({"path": "Questionnaire.item.item.prefix", "min": 1}, type="Questionnaire")

    def questionnaire(**inner: Any) -> dict[str, Any]:
        item = {
            "linkId": "1",
            "type": "group",
            "item": [{"linkId": "1.1", "type": "display", "text": "x", **inner}],
        }
        return {"resourceType": "Questionnaire", "status": "draft", "item": [{**item, "text": "x"}]}

    assert by_profile(questionnaire(prefix="a"), profile) == []
    assert by_profile(questionnaire(), profile) == [("missing", "Questionnaire.item[0].item[0]")]


def test_a_base_that_is_unknown_is_named_as_not_checked() -> None:
    profile = a_profile({"path": "Patient.birthDate", "min": 1}, base="http://example.org/base")
    (finding,) = validate(a_patient(), profiles=[profile["url"]], knowledge=knowledge_of(profile))
    assert (finding.severity, finding.params["base"]) == ("information", "http://example.org/base")


def test_an_unknown_profile_of_targets_is_said_once() -> None:
    kind = {"code": "Reference", "targetProfile": ["http://example.org/unknown"]}
    profile = a_profile({"path": "Patient.generalPractitioner", "type": [kind]})
    contained = [{"resourceType": "Organization", "id": name, "name": name} for name in "ab"]
    patient = a_patient(
        contained=contained, generalPractitioner=[{"reference": "#a"}, {"reference": "#b"}]
    )
    found = validate(patient, profiles=[profile["url"]], knowledge=knowledge_of(profile))
    assert [(one.key, one.severity, one.params["name"]) for one in found] == [
        ("validation.unknown_profile", "information", "http://example.org/unknown")
    ]


def test_a_version_picks_the_profile_of_a_target() -> None:
    versions = [
        {**a_profile({"path": "Organization.alias", "min": least}, type="Organization"), "version": version,
         "id": "o", "url": "http://example.org/o"}
        for version, least in (("1.0.0", 0), ("2.0.0", 1))
    ]  # fmt: skip
    contained = [{"resourceType": "Organization", "id": "o", "name": "x"}]
    patient = a_patient(contained=contained, managingOrganization={"reference": "#o"})
    for version, wrong in (
        ("1.0.0", []),
        ("2.0.0", [("target_profile", "Patient.managingOrganization")]),
    ):
        kind = {"code": "Reference", "targetProfile": [f"http://example.org/o|{version}"]}
        profile = a_profile({"path": "Patient.managingOrganization", "type": [kind]})
        assert by_profile(patient, profile, *versions) == wrong


@pytest.mark.parametrize(
    "held",
    [
        {"birthDate": "2000"},
        {"_birthDate": {"extension": [{"url": "http://x.org/e", "valueString": "x"}]}},
    ],
)
def test_an_element_with_extensions_alone_is_there(held: dict[str, Any]) -> None:
    required = a_profile({"path": "Patient.birthDate", "min": 1})
    assert by_profile({"resourceType": "Patient", **held}, required) == []
    assert by_profile({"resourceType": "Patient"}, required) == [("missing", "Patient")]
    prohibited = a_profile({"path": "Patient.birthDate", "max": "0"})
    assert by_profile({"resourceType": "Patient", **held}, prohibited) == [
        ("prohibited", "Patient")
    ]
    assert by_profile({"resourceType": "Patient"}, prohibited) == []


def test_a_fixed_value_binds_a_value_not_its_absence() -> None:
    profile = a_profile({"path": "Patient.gender", "min": 1, "fixedCode": "female"})
    absent = {"extension": [{"url": R4 + "data-absent-reason", "valueCode": "unknown"}]}
    assert by_profile({"resourceType": "Patient", "_gender": absent}, profile) == []
    assert by_profile({"resourceType": "Patient", "gender": "male"}, profile) == [
        ("fixed", "Patient.gender")
    ]


def a_name_profile(id: str, element: str) -> dict[str, Any]:
    profile = a_profile({"path": f"HumanName.{element}", "min": 1}, type="HumanName")
    return {**profile, "id": id, "url": f"http://example.org/{id}", "kind": "complex-type"}


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ({"family": "Rojas"}, 2, []),
        ({"text": "Ana Rojas"}, 2, []),
        ({"given": ["Ana"]}, 2, [("error", "no_profile")]),
        # what is not at hand may be the one that holds
        ({"given": ["Ana"]}, 1, [("information", "unknown_profile")]),
        ({"family": "Rojas"}, 1, []),
    ],
)
def test_one_of_several_profiles_of_a_type_holds(
    name: dict[str, Any], known: int, expected: list[tuple[str, str]]
) -> None:
    of_names = [a_name_profile("with-family", "family"), a_name_profile("with-text", "text")]
    type = {"code": "HumanName", "profile": [profile["url"] for profile in of_names]}
    profile = a_profile({"path": "Patient.name", "type": [type]})
    knowledge = knowledge_of(profile, *of_names[:known])
    findings = validate(a_patient(name=[name]), profiles=[profile["url"]], knowledge=knowledge)
    told = [(finding.severity, finding.key.removeprefix("validation.")) for finding in findings]
    assert told == expected


def test_of_two_forms_of_a_choice_both_are_judged() -> None:
    """As only one may be there (FHIR R4 formats.html#choice), that is an error besides."""
    profile = a_profile(
        {"path": "Observation.value[x]", "type": [{"code": "Quantity"}]}, type="Observation"
    )
    right, wrong = {"valueQuantity": {"value": 1}}, {"valueString": "x"}
    for members in (right | wrong, wrong | right):
        found = by_profile(an_observation(**members), profile)
        assert ("wrong_type", "Observation.value") in found


def test_what_stands_in_an_array_by_mistake_is_told_by_its_place_in_it() -> None:
    profile = a_profile(
        {"path": "Observation.value[x]", "patternQuantity": {"value": 3}}, type="Observation"
    )
    amounts = [{"value": 1}, {"value": 2}]
    for more in ({}, {"valueString": "x"}):
        found = by_profile(an_observation(valueQuantity=amounts, **more), profile)
        assert ("no_array", "Observation.value") in found
        for place in (0, 1):
            assert ("pattern", f"Observation.value[{place}]") in found


def test_an_object_in_place_of_a_canonical_is_followed_as_no_reference() -> None:
    """What a canonical is of is asked of its definition (FHIR R4 references.html#canonical)."""
    kind = {"code": "canonical", "targetProfile": [R4 + "PlanDefinition"]}
    profile = a_profile({"path": "CarePlan.instantiatesCanonical", "type": [kind]}, type="CarePlan")
    plan = {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"display": "x"},
        "instantiatesCanonical": [{"reference": "Measure/1"}],
    }
    assert by_profile(plan, profile) == [("primitive_kind", "CarePlan.instantiatesCanonical[0]")]


@pytest.mark.parametrize(
    "kinds",
    [
        [{"code": "Reference"}],
        [{"code": "Reference", "targetProfile": [R4 + "Practitioner"]}, {"code": "Reference"}],
    ],
)
def test_a_reference_may_lead_anywhere_where_one_type_names_no_target(
    kinds: list[dict[str, Any]],
) -> None:
    profile = a_profile({"path": "Patient.generalPractitioner", "type": kinds})
    contained = [{"resourceType": "Organization", "id": "o", "name": "x"}]
    references = [{"reference": "#o"}, {"reference": "Organization/1"}]
    patient = a_patient(contained=contained, generalPractitioner=references)
    assert by_profile(patient, profile) == []
