"""Slices in profiles that refine slices of their base, order, re-slicing, and how a slice is recognised."""

import json
from typing import Any

import pytest

from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import a_profile, by_profile, errors, knowledge_of

BY_SYSTEM = [{"type": "value", "path": "system"}]


def sliced(**slicing: Any) -> list[dict[str, Any]]:
    return [
        {
            "path": "Patient.identifier",
            "slicing": {"discriminator": BY_SYSTEM, "rules": "open", **slicing},
        },
        {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a"},
        {
            "id": "Patient.identifier:a.system",
            "path": "Patient.identifier.system",
            "fixedUri": "urn:a",
        },
        {"id": "Patient.identifier:b", "path": "Patient.identifier", "sliceName": "b"},
        {
            "id": "Patient.identifier:b.system",
            "path": "Patient.identifier.system",
            "fixedUri": "urn:b",
        },
    ]


def a_patient_with(*systems: str) -> dict[str, Any]:
    return a_patient(identifier=[{"system": f"urn:{name}"} for name in systems])


@pytest.mark.parametrize(
    ("slicing", "right", "wrong"),
    [
        ({"ordered": True}, ["a", "b"], ["b", "a"]),
        ({"ordered": True}, ["a", "x", "b"], ["x", "b", "a"]),
        ({"rules": "openAtEnd"}, ["b", "a", "x"], ["a", "x", "b"]),
        ({"rules": "openAtEnd", "ordered": True}, ["a", "b", "x"], ["b", "a", "x"]),
    ],
)
def test_slices_stand_in_the_order_that_is_asked(
    slicing: dict[str, Any], right: list[str], wrong: list[str]
) -> None:
    profile = a_profile(*sliced(**slicing))
    assert by_profile(a_patient_with(*right), profile) == []
    assert [key for key, _ in by_profile(a_patient_with(*wrong), profile)] == ["slice_order"]


def test_a_profile_refines_a_slice_of_its_base_by_the_discriminator_of_the_base() -> None:
    below = {**a_profile(*sliced()), "id": "below", "url": "http://example.org/below"}
    top = a_profile(
        {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a", "min": 1},
        {"id": "Patient.identifier:a.value", "path": "Patient.identifier.value", "min": 1},
        base="http://example.org/below",
    )
    right = a_patient(identifier=[{"system": "urn:a", "value": "1"}, {"system": "urn:b"}])
    assert by_profile(right, top, below) == []
    assert by_profile(a_patient_with("a", "b"), top, below) == [
        ("missing", "Patient.identifier[0]")
    ]
    assert by_profile(a_patient_with("b"), top, below) == [("missing_slice", "Patient")]


def test_a_re_slice_is_judged_within_its_slice() -> None:
    profile = a_profile(
        {
            "path": "Patient.identifier",
            "slicing": {
                "discriminator": [*BY_SYSTEM, {"type": "value", "path": "use"}],
                "rules": "open",
            },
        },
        {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a", "max": "2"},
        {
            "id": "Patient.identifier:a.system",
            "path": "Patient.identifier.system",
            "fixedUri": "urn:a",
        },
        {
            "id": "Patient.identifier:a/old",
            "path": "Patient.identifier",
            "sliceName": "a/old",
            "max": "1",
        },
        {
            "id": "Patient.identifier:a/old.system",
            "path": "Patient.identifier.system",
            "fixedUri": "urn:a",
        },
        {
            "id": "Patient.identifier:a/old.use",
            "path": "Patient.identifier.use",
            "fixedCode": "old",
        },
    )
    old, usual = {"system": "urn:a", "use": "old"}, {"system": "urn:a", "use": "usual"}
    assert by_profile(a_patient(identifier=[old, usual]), profile) == []
    assert by_profile(a_patient(identifier=[old, old]), profile) == [
        ("too_many_in_slice", "Patient")
    ]
    assert by_profile(a_patient(identifier=[old, usual, usual]), profile) == [
        ("too_many_in_slice", "Patient")
    ]


def test_a_missing_slice_says_by_what_it_would_be_recognised() -> None:
    from sandbox.validation import validate
    from tests.sandbox.validation.profiles import knowledge_of

    elements = sliced()
    elements[1]["min"] = 1
    profile = a_profile(*elements)
    (finding,) = validate(
        a_patient_with("b"), profiles=[profile["url"]], knowledge=knowledge_of(profile)
    )
    assert finding.params["sign"] == "system urn:a"
    assert json.loads(finding.expected) == {"system": "urn:a"}


def test_additional_bindings_and_limits_by_quantity_and_duration_are_judged() -> None:
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    unit = {"system": "http://unitsofmeasure.org", "code": "kg"}
    limited = a_profile(
        {
            "path": "Observation.value[x]",
            "minValueQuantity": {"value": 2, **unit},
            "maxValueQuantity": {"value": 9, **unit},
        },
        type="Observation",
    )
    assert by_profile({**observation, "valueQuantity": {"value": 5, **unit}}, limited) == []
    assert by_profile({**observation, "valueQuantity": {"value": 1, **unit}}, limited) == [
        ("beyond_limit", "Observation.value")
    ]
    assert by_profile({**observation, "valueQuantity": {"value": 10, **unit}}, limited) == [
        ("beyond_limit", "Observation.value")
    ]
    assert (
        by_profile({**observation, "valueQuantity": {"value": 5000, **unit, "code": "g"}}, limited)
        == []
    )
    assert by_profile(
        {**observation, "valueQuantity": {"value": 1999, **unit, "code": "g"}}, limited
    ) == [("beyond_limit", "Observation.value")]
    lived = a_profile(
        {
            "path": "Patient.birthDate",
            "minValueDuration": {"value": 150, "code": "a"},
            "maxValueDuration": {"value": 0, "code": "a"},
        }
    )
    assert by_profile(a_patient(birthDate="1980-01-01"), lived) == []
    assert by_profile(a_patient(birthDate="1700-01-01"), lived) == [
        ("beyond_limit", "Patient.birthDate")
    ]
    assert by_profile(a_patient(birthDate="2999-01-01"), lived) == [
        ("beyond_limit", "Patient.birthDate")
    ]
    binding = {
        "strength": "example", "valueSet": "http://hl7.org/fhir/ValueSet/observation-codes",
        "additional": [{"purpose": "required", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"}],
    }  # fmt: skip
    bound = a_profile({"path": "Observation.code", "binding": binding}, type="Observation")
    gender = {"coding": [{"system": "http://hl7.org/fhir/administrative-gender", "code": "male"}]}
    assert by_profile({**observation, "code": gender}, bound) == []
    assert by_profile(observation, bound) == [("no_code", "Observation.code")]


def test_a_reference_may_have_to_lead_to_a_contained_resource() -> None:
    kind = {
        "code": "Reference",
        "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Organization"],
        "aggregation": ["contained"],
    }
    profile = a_profile({"path": "Patient.managingOrganization", "type": [kind]})
    held = [{"resourceType": "Organization", "id": "o", "name": "x"}]
    assert (
        by_profile(a_patient(contained=held, managingOrganization={"reference": "#o"}), profile)
        == []
    )
    assert by_profile(a_patient(managingOrganization={"reference": "Organization/1"}), profile) == [
        ("not_contained", "Patient.managingOrganization")
    ]


def told_by_value_set(value_set: str) -> dict[str, Any]:
    """A profile with a required slice of identifiers whose type is of a value set, and another told by its system."""
    binding = {"strength": "required", "valueSet": value_set}
    by_type = [{"type": "value", "path": "type"}, {"type": "value", "path": "system"}]
    return a_profile(
        {"path": "Patient.identifier", "slicing": {"discriminator": by_type, "rules": "open"}},
        {"id": "Patient.identifier:of", "path": "Patient.identifier", "sliceName": "of", "min": 1},
        {"id": "Patient.identifier:of.type", "path": "Patient.identifier.type", "binding": binding},
        {
            "id": "Patient.identifier:own",
            "path": "Patient.identifier",
            "sliceName": "own",
            "min": 1,
        },
        {
            "id": "Patient.identifier:own.system",
            "path": "Patient.identifier.system",
            "fixedUri": "urn:own",
        },
    )


PASSPORT = {
    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PPN"}]}
}
OWN = {"system": "urn:own", "value": "1"}


@pytest.mark.parametrize(
    ("value_set", "identifiers", "wrong"),
    [
        ("http://hl7.org/fhir/ValueSet/identifier-type", [OWN, PASSPORT], []),
        ("http://hl7.org/fhir/ValueSet/identifier-type", [OWN], ["missing_kind"]),
        ("http://example.org/not-at-hand", [OWN, PASSPORT], []),  # what cannot be known is no error
        ("http://example.org/not-at-hand", [OWN], ["missing_kind"]),  # nothing there could be it
        (
            "http://example.org/not-at-hand",
            [PASSPORT],
            ["missing_slice"],
        ),  # and the other slice is still missed
    ],
)
def test_a_slice_told_by_a_value_set_that_is_not_at_hand_is_not_said_to_be_missing(
    value_set: str, identifiers: list[dict[str, Any]], wrong: list[str]
) -> None:
    profile = told_by_value_set(value_set)
    assert [key for key, _ in by_profile(a_patient(identifier=identifiers), profile)] == wrong


def test_a_default_slice_holds_for_the_rest_of_a_closed_slicing() -> None:
    rest = {
        "id": "Patient.identifier:@default",
        "path": "Patient.identifier",
        "sliceName": "@default",
    }
    profile = a_profile(
        *sliced(rules="closed"),
        rest,
        {"id": "Patient.identifier:@default.value", "path": "Patient.identifier.value", "min": 1},
    )
    valued = {"system": "urn:x", "value": "1"}
    assert by_profile(a_patient(identifier=[{"system": "urn:a"}, valued]), profile) == []
    assert by_profile(a_patient_with("a", "x"), profile) == [("missing", "Patient.identifier[1]")]
    closed = a_profile(*sliced(rules="closed"))
    findings = validate(
        a_patient_with("x"), profiles=[closed["url"]], knowledge=knowledge_of(closed)
    )
    assert errors(findings) == [("closed_slicing", "Patient.identifier[0]")]
    # what a value would have to be, to be of a slice
    assert [finding.expected for finding in findings] == ["system urn:a; system urn:b"]


def test_a_slice_may_be_sliced_again_and_closed_by_a_discriminator_of_its_own() -> None:
    by_use = {"discriminator": [{"type": "value", "path": "use"}], "rules": "closed"}
    elements = sliced()
    elements[1]["slicing"] = by_use
    profile = a_profile(
        *elements,
        {
            "id": "Patient.identifier:a/old",
            "path": "Patient.identifier",
            "sliceName": "a/old",
            "min": 1,
        },
        {
            "id": "Patient.identifier:a/old.use",
            "path": "Patient.identifier.use",
            "fixedCode": "old",
        },
    )
    old, usual, others = (
        {"system": "urn:a", "use": "old"},
        {"system": "urn:a", "use": "usual"},
        {"system": "urn:b", "use": "old"},
    )
    assert by_profile(a_patient(identifier=[old, others]), profile) == []
    assert by_profile(a_patient(identifier=[old, usual]), profile) == [
        ("closed_slicing", "Patient.identifier[1]")
    ]
    assert by_profile(a_patient(identifier=[others]), profile) == [
        ("missing_slice", "Patient")
    ]  # of b, not of a


def test_a_constraint_on_the_whole_element_holds_for_every_slice() -> None:
    elements = sliced()
    profile = a_profile(*elements, {"path": "Patient.identifier.value", "min": 1})
    right = a_patient(
        identifier=[{"system": "urn:a", "value": "1"}, {"system": "urn:x", "value": "2"}]
    )
    assert by_profile(right, profile) == []
    assert by_profile(a_patient_with("a"), profile) == [("missing", "Patient.identifier[0]")]


def test_a_derived_profile_adds_slices_and_cannot_open_what_its_base_closed() -> None:
    below = {**a_profile(*sliced(rules="closed")), "id": "below", "url": "http://example.org/below"}
    top = a_profile(
        {"path": "Patient.identifier", "slicing": {"discriminator": BY_SYSTEM, "rules": "open"}},
        {"id": "Patient.identifier:c", "path": "Patient.identifier", "sliceName": "c"},
        {
            "id": "Patient.identifier:c.system",
            "path": "Patient.identifier.system",
            "fixedUri": "urn:c",
        },
        base="http://example.org/below",
    )
    assert by_profile(a_patient_with("a", "c"), top, below) == []
    assert by_profile(a_patient_with("a", "x"), top, below) == [
        ("closed_slicing", "Patient.identifier[1]")
    ]


def test_the_number_of_a_slice_and_of_the_whole_are_both_held() -> None:
    elements = sliced()
    elements[0]["min"], elements[1]["min"] = 2, 1
    profile = a_profile(*elements)
    assert by_profile(a_patient_with("a", "x"), profile) == []
    assert by_profile(a_patient_with("a"), profile) == [("too_few", "Patient")]
    assert by_profile(a_patient_with("b", "x"), profile) == [("missing_slice", "Patient")]


def test_slices_stand_within_slices() -> None:
    by_code = {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"}
    coding = "Patient.identifier.type.coding"
    profile = a_profile(
        *sliced()[:3],
        {"id": "Patient.identifier:a.type.coding", "path": coding, "slicing": by_code},
        {"id": "Patient.identifier:a.type.coding:v2", "path": coding, "sliceName": "v2", "min": 1},
        {
            "id": "Patient.identifier:a.type.coding:v2.system",
            "path": f"{coding}.system",
            "fixedUri": "urn:v2",
        },
    )
    right = {"system": "urn:a", "type": {"coding": [{"system": "urn:v2", "code": "x"}]}}
    wrong = {"system": "urn:a", "type": {"coding": [{"system": "urn:v3", "code": "x"}]}}
    elsewhere = {**wrong, "system": "urn:z"}
    assert by_profile(a_patient(identifier=[right, elsewhere]), profile) == []
    assert by_profile(a_patient(identifier=[wrong]), profile) == [
        ("missing_slice", "Patient.identifier[0].type")
    ]


def test_a_derived_profile_gives_one_end_of_a_limit_and_keeps_the_other() -> None:
    below = {
        **a_profile({"path": "Patient.multipleBirthInteger", "minValueInteger": 2}),
        "id": "below", "url": "http://example.org/below",
    }  # fmt: skip
    top = a_profile(
        {"path": "Patient.multipleBirthInteger", "maxValueInteger": 5},
        base="http://example.org/below",
    )
    for number, wrong in ((3, []), (1, ["beyond_limit"]), (6, ["beyond_limit"])):
        found = by_profile(a_patient(multipleBirthInteger=number), top, below)
        assert [key for key, _ in found] == wrong


def test_of_the_rest_it_is_not_said_that_nothing_tells_it() -> None:
    rest = {
        "id": "Patient.identifier:@default",
        "path": "Patient.identifier",
        "sliceName": "@default",
    }
    profile = a_profile(*sliced(rules="closed"), rest)
    knowledge = knowledge_of(profile)
    assert validate(a_patient_with("a", "x"), profiles=[profile["url"]], knowledge=knowledge) == []


def test_of_a_slice_that_nothing_tells_it_is_said_only_where_there_are_values() -> None:
    elements = sliced()
    elements[1]["min"] = 1
    elements.append(
        {"id": "Patient.identifier:c", "path": "Patient.identifier", "sliceName": "c"},
    )
    profile = a_profile(*elements)
    knowledge = knowledge_of(profile)
    for patient, told in (
        (a_patient_with("a"), ["not_discriminated"]),
        (a_patient(), ["missing_slice"]),
    ):
        found = validate(patient, profiles=[profile["url"]], knowledge=knowledge)
        assert [one.key.removeprefix("validation.") for one in found] == told
    # one of which a value must be there is told of in any case
    elements[-1]["min"] = 1
    needed = a_profile(*elements)
    found = validate(a_patient(), profiles=[needed["url"]], knowledge=knowledge_of(needed))
    assert "validation.not_discriminated" in [one.key for one in found]


@pytest.mark.parametrize("name", ["the element", "a slice of it"])
def test_a_slicing_that_names_no_slice_closes_nothing(name: str) -> None:
    """The slices are for others to name, who build on the profile; HL7's engine says nothing too."""
    elements = sliced()
    if name == "the element":
        profile = a_profile(sliced(rules="closed")[0])
    else:
        by_use = [{"type": "value", "path": "use"}]
        elements[1]["slicing"] = {"discriminator": by_use, "rules": "closed"}
        profile = a_profile(*elements)
    assert by_profile(a_patient_with("a", "b", "x"), profile) == []


def test_a_slice_is_named_by_its_sign_or_by_its_name_where_it_has_none() -> None:
    elements = sliced()
    elements[1]["max"] = "1"
    by_system = a_profile(*elements)
    by_absence = a_profile(
        {
            "path": "Patient.identifier",
            "slicing": {"discriminator": [{"type": "value", "path": "period"}], "rules": "closed"},
        },
        {
            "id": "Patient.identifier:lasting",
            "path": "Patient.identifier",
            "sliceName": "lasting",
            "max": "1",
        },
        {
            "id": "Patient.identifier:lasting.period",
            "path": "Patient.identifier.period",
            "max": "0",
        },
    )
    lasting = [{"value": "1"}, {"value": "2"}]
    for patient, profile, sign in (
        (a_patient_with("a", "a"), by_system, "system urn:a"),
        (a_patient(identifier=lasting), by_absence, "lasting"),
    ):
        (said,) = validate(patient, profiles=[profile["url"]], knowledge=knowledge_of(profile))
        assert (said.key, said.where) == ("validation.too_many_in_slice", "Patient")
        assert said.params["sign"] == sign
    ended = a_patient(identifier=[{"value": "1", "period": {"end": "2020"}}])
    (said,) = validate(ended, profiles=[by_absence["url"]], knowledge=knowledge_of(by_absence))
    assert (said.key, said.where) == ("validation.closed_slicing", "Patient.identifier[0]")
    assert said.expected == "lasting"
