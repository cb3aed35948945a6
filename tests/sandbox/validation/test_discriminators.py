"""Discriminators: by what a value is known to be of a slice (FHIR R4 profiling.html#discriminator)."""

import json
from typing import Any

import pytest

from sandbox.fhir.json import parse_json
from sandbox.validation import validate
from sandbox.validation.recognition import Step, steps_of
from tests.builders import a_patient
from tests.conftest import CASES
from tests.sandbox.validation.profiles import R4, a_profile, by_profile, errors, knowledge_of

Elements = list[dict[str, Any]]
MR = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
PPN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PPN"}]}
STATED = "http://example.org/stated"


def sliced(
    element: str, path: str, *inside: dict[str, Any], kind: str = "value", **slicing: Any
) -> Elements:
    """One required slice `s` of an element, told by one discriminator; ids of what is inside begin at `s`."""
    discriminator = [{"type": kind, "path": path}]
    own = next((one for one in inside if one["path"] == ""), {})
    elements: Elements = [
        {"path": element, "slicing": {"discriminator": discriminator, "rules": "open", **slicing}},
        {**own, "id": f"{element}:s", "path": element, "sliceName": "s", "min": 1},
    ]
    for one in inside:
        if one["path"]:
            elements.append(
                {**one, "id": f"{element}:s.{one['path']}", "path": f"{element}.{one['path']}"}
            )
    return elements


def an_appointment(actor: dict[str, Any], *contained: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Appointment", "status": "booked", "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T01:00:00Z", "participant": [{"actor": actor, "status": "accepted"}],
        **({"contained": list(contained)} if contained else {}),
    }  # fmt: skip


def a_service_profile(**comment: Any) -> dict[str, Any]:
    """A profile of the target, with these rules for its comment and an address of its own."""
    profile = a_profile({"path": "HealthcareService.comment", **comment}, type="HealthcareService")
    return {**profile, "id": "commented", "url": "http://example.org/commented"}


def leading_to(*profiles: str) -> dict[str, Any]:
    return {
        "path": "actor",
        "min": 1,
        "type": [{"code": "Reference", "targetProfile": list(profiles)}],
    }


SERVICE = {"resourceType": "HealthcareService", "id": "h", "comment": "x"}
LOCATION = {"resourceType": "Location", "id": "h"}
BY_URL: Elements = [{"path": "Extension.url", "fixedUri": STATED}]

RECOGNISED: dict[str, tuple[Elements, str, dict[str, Any], dict[str, Any]]] = {
    "fixed at the path": (
        sliced("Patient.identifier", "use", {"path": "use", "fixedCode": "old"}), "Patient",
        a_patient(identifier=[{"use": "old"}]), a_patient(identifier=[{"use": "usual"}]),
    ),
    "pattern above the path": (
        sliced("Patient.identifier", "type.coding.code", {"path": "type", "patternCodeableConcept": MR}), "Patient",
        a_patient(identifier=[{"type": MR}]), a_patient(identifier=[{"type": PPN}]),
    ),
    "fixed on the slice itself": (
        sliced("Patient.telecom", "use", {"path": "", "fixedContactPoint": {"use": "home"}}), "Patient",
        a_patient(telecom=[{"use": "home"}]), a_patient(telecom=[{"use": "work"}]),
    ),
    "pattern of the value itself": (
        sliced("Patient.telecom", "$this", {"path": "", "patternContactPoint": {"use": "home"}}, kind="pattern"),
        "Patient",
        a_patient(telecom=[{"use": "home", "rank": 1}]), a_patient(telecom=[{"use": "work", "rank": 1}]),
    ),
    "fixed of the value itself, exactly": (
        sliced("Patient.telecom", "$this", {"path": "", "fixedContactPoint": {"use": "home"}}), "Patient",
        a_patient(telecom=[{"use": "home"}]), a_patient(telecom=[{"use": "home", "rank": 1}]),
    ),
    "presence": (
        sliced("Patient.identifier", "period", {"path": "period", "min": 1}, kind="exists"), "Patient",
        a_patient(identifier=[{"value": "1", "period": {"start": "2020"}}]), a_patient(identifier=[{"value": "1"}]),
    ),
    "absence": (
        sliced("Patient.identifier", "period", {"path": "period", "max": "0"}, kind="exists"), "Patient",
        a_patient(identifier=[{"value": "1"}]), a_patient(identifier=[{"value": "1", "period": {"start": "2020"}}]),
    ),
    "absence, told by the value": (
        sliced("Patient.identifier", "period", {"path": "period", "max": "0"}), "Patient",
        a_patient(identifier=[{"value": "1"}]), a_patient(identifier=[{"value": "1", "period": {"start": "2020"}}]),
    ),
    "absence, as what is fixed above lacks it": (
        sliced("Patient.identifier", "period.start", {"path": "period", "fixedPeriod": {"end": "2020"}}), "Patient",
        a_patient(identifier=[{"period": {"end": "2020"}}]),
        a_patient(identifier=[{"period": {"start": "2019", "end": "2020"}}]),
    ),
    "type of a contained target": (
        sliced("Appointment.participant", "actor.resolve()", leading_to(R4 + "HealthcareService"), kind="type"),
        "Appointment",
        an_appointment({"reference": "#h"}, SERVICE), an_appointment({"reference": "#h"}, LOCATION),
    ),
    "type that a reference names, its target being away": (
        sliced("Appointment.participant", "actor.resolve()", leading_to(R4 + "HealthcareService"), kind="type"),
        "Appointment",
        an_appointment({"reference": "HealthcareService/1"}), an_appointment({"reference": "Location/1"}),
    ),
    "type of a choice": (
        sliced("Patient.multipleBirth[x]", "$this", {"path": "", "type": [{"code": "integer"}]}, kind="type"),
        "Patient", a_patient(multipleBirthInteger=2), a_patient(multipleBirthBoolean=True),
    ),
    "value of an extension": (
        sliced(
            "Patient.identifier", f"extension('{STATED}').value",
            {"path": "extension", "id": "", "slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"}},
            {"path": "extension:by", "min": 1},
            {"path": "extension:by.url", "fixedUri": STATED},
            {"path": "extension:by.value[x]", "fixedCode": "me"},
        ),
        "Patient",
        a_patient(identifier=[{"extension": [{"url": STATED, "valueCode": "me"}]}]),
        a_patient(identifier=[{"extension": [{"url": STATED, "valueCode": "you"}]}]),
    ),
    "value of the extension of that URL alone": (
        sliced(
            "Patient.identifier", f"extension('{STATED}').value",
            {"path": "extension", "id": "", "slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"}},
            {"path": "extension:by", "min": 1},
            {"path": "extension:by.url", "fixedUri": STATED},
            {"path": "extension:by.value[x]", "fixedCode": "me"},
        ),
        "Patient",
        a_patient(identifier=[{"extension": [{"url": "http://example.org/o", "valueCode": "you"}, {"url": STATED, "valueCode": "me"}]}]),
        a_patient(identifier=[{"extension": [{"url": STATED, "valueCode": "you"}, {"url": "http://example.org/o", "valueCode": "me"}]}]),
    ),
    "value of one type of a choice": (
        sliced("Observation.component", "value.ofType(CodeableConcept)",
               {"path": "valueCodeableConcept", "patternCodeableConcept": {"text": "v"}}),
        "Observation",
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
         "component": [{"code": {"text": "c"}, "valueCodeableConcept": {"text": "v"}}]},
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
         "component": [{"code": {"text": "c"}, "valueCodeableConcept": {"text": "w"}}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RECOGNISED)
def test_a_slice_is_recognised(name: str) -> None:
    elements, type, right, wrong = RECOGNISED[name]
    profile = a_profile(*elements, type=type)
    assert by_profile(right, profile) == []
    ((key, where),) = by_profile(wrong, profile)
    assert key in ("missing_slice", "missing_kind", "missing"), key
    assert where == type


def test_a_value_is_known_by_the_profile_of_its_target() -> None:
    commented = a_service_profile(min=1)
    named = leading_to(commented["url"])
    profile = a_profile(
        *sliced("Appointment.participant", "actor.resolve()", named, kind="profile"),
        type="Appointment",
    )
    assert by_profile(an_appointment({"reference": "#h"}, SERVICE), profile, commented) == []
    silent = {"resourceType": "HealthcareService", "id": "h"}
    assert by_profile(an_appointment({"reference": "#h"}, silent), profile, commented) == [
        ("target_profile", "Appointment.participant[0].actor")
    ]
    assert by_profile(an_appointment({"reference": "#h"}, LOCATION), profile, commented) == [
        ("missing_kind", "Appointment")
    ]
    away = an_appointment({"reference": "HealthcareService/1"})
    assert by_profile(away, profile, commented) == []  # what cannot be known is no error


def test_a_value_is_known_by_an_element_in_the_profile_of_its_target() -> None:
    commented = a_service_profile(fixedString="x")
    elements = sliced(
        "Appointment.participant", "actor.resolve().comment", leading_to(commented["url"])
    )
    profile = a_profile(*elements, type="Appointment")
    assert by_profile(an_appointment({"reference": "#h"}, SERVICE), profile, commented) == []
    wrong = an_appointment({"reference": "#h"}, {**SERVICE, "comment": "y"})
    assert by_profile(wrong, profile, commented) == [("missing_kind", "Appointment")]


@pytest.mark.parametrize(
    ("kind", "path", "inside"),
    [
        ("value", "use", []),  # the slice says nothing of it
        ("value", "identifier.where(use = 'old')", [{"path": "use", "fixedCode": "old"}]),
        ("position", "$this", []),
        ("profile", "assigner.resolve()", [
            {"path": "assigner", "type": [{"code": "Reference", "targetProfile": ["http://example.org/unknown"]}]}
        ]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rules", ["open", "closed"])
def test_what_cannot_be_evaluated_is_said_once_and_blames_nobody(
    kind: str, path: str, inside: Elements, rules: str
) -> None:
    profile = a_profile(*sliced("Patient.identifier", path, *inside, kind=kind, rules=rules))
    organization = {"reference": "#o"}
    patient = a_patient(
        contained=[{"resourceType": "Organization", "id": "o", "name": "x"}],
        identifier=[
            {"value": "1", "assigner": organization},
            {"value": "2", "assigner": organization},
        ],
    )
    found = validate(patient, profiles=[profile["url"]], knowledge=knowledge_of(profile))
    assert errors(found) == []
    (said,) = [one for one in found if one.key == "validation.not_discriminated"]
    assert (said.severity, said.params["name"], said.expected) == (
        "information",
        "Patient.identifier:s",
        path,
    )


def test_all_of_several_discriminators_are_held() -> None:
    by = [{"type": "value", "path": "system"}, {"type": "value", "path": "use"}]
    profile = a_profile(
        {"path": "Patient.identifier", "slicing": {"discriminator": by, "rules": "open"}},
        {"id": "Patient.identifier:s", "path": "Patient.identifier", "sliceName": "s", "min": 1},
        {
            "id": "Patient.identifier:s.system",
            "path": "Patient.identifier.system",
            "fixedUri": "urn:a",
        },
        {"id": "Patient.identifier:s.use", "path": "Patient.identifier.use", "fixedCode": "old"},
    )
    assert by_profile(a_patient(identifier=[{"system": "urn:a", "use": "old"}]), profile) == []
    for wrong in ({"system": "urn:a", "use": "usual"}, {"system": "urn:b", "use": "old"}):
        assert by_profile(a_patient(identifier=[wrong]), profile) == [("missing_slice", "Patient")]


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$this", ()),
        ("code.coding", (Step("element", "code"), Step("element", "coding"))),
        ("$this.resolve()", (Step("resolve"),)),
        (
            "extension('http://a.org/b.c').value",
            (Step("extension", "http://a.org/b.c"), Step("element", "value")),
        ),
        ("value.ofType(FHIR.Coding)", (Step("element", "value"), Step("type", "Coding"))),
        ("code.where(x = 1)", None),
        ("a..b", None),
        ("a.", None),
        ("first()", None),
    ],
)
def test_a_discriminator_is_read_in_the_form_that_r4_restricts_it_to(path: str, steps: Any) -> None:
    assert steps_of(path) == steps


@pytest.mark.needs("cases")
@pytest.mark.parametrize(
    ("resource", "profile"),
    [
        ("nested-shortcut-good", "nested"),
        ("resolve-contained-good", "r-resolve"),
        ("fixed-slice-good", "fix-slice"),
    ],
)
def test_a_right_document_that_was_blamed_is_accepted(resource: str, profile: str) -> None:
    folder = CASES / "judge"
    definition = json.loads((folder / f"profile-{profile}.json").read_text(encoding="utf-8"))
    document = parse_json((folder / f"{resource}.json").read_bytes())
    found = validate(document, profiles=[definition["url"]], knowledge=knowledge_of(definition))
    assert errors(found) == []


def at_most_one(path: str, *inside: dict[str, Any], kind: str) -> dict[str, Any]:
    """A profile of appointments with at most one participant of a slice."""
    slicing = sliced("Appointment.participant", path, {"path": "", "max": "1"}, *inside, kind=kind)
    return a_profile(*slicing, type="Appointment")


def an_appointment_of(*actors: dict[str, Any]) -> dict[str, Any]:
    participants = [{"actor": actor, "status": "accepted"} for actor in actors]
    return {**an_appointment({}), "participant": participants}


AWAY = {
    "told by its address": ([{"reference": f"HealthcareService/{number}"} for number in "12"], True),
    "told by the reference": (
        [{"reference": f"urn:uuid:{number}", "type": "HealthcareService"} for number in "12"], True,
    ),
    "told by nothing": ([{"reference": f"urn:uuid:{number}"} for number in "12"], False),
    "no reference at all": ([{"display": name} for name in "ab"], False),
    "told in part": ([{"reference": "HealthcareService/1"}, {"display": "a"}], False),
    "told to be of another type": ([{"reference": f"Location/{number}"} for number in "12"], False),
}  # fmt: skip


@pytest.mark.parametrize("name", AWAY)
def test_a_target_that_is_away_is_in_a_slice_of_its_type_as_far_as_its_type_is_told(
    name: str,
) -> None:
    actors, is_told = AWAY[name]
    profile = at_most_one("actor.resolve()", leading_to(R4 + "HealthcareService"), kind="type")
    right = {"reference": "HealthcareService/3"}
    assert by_profile(an_appointment_of(right), profile) == []
    found = [key for key, _ in by_profile(an_appointment_of(*actors), profile)]
    assert ("too_many_in_slice" in found) is is_told


@pytest.mark.parametrize(
    ("kind", "path"), [("profile", "actor.resolve()"), ("value", "actor.resolve().comment")]
)
def test_more_than_the_type_of_a_target_that_is_away_cannot_be_told(kind: str, path: str) -> None:
    commented = a_service_profile(fixedString="x", min=1)
    profile = at_most_one(path, leading_to(commented["url"]), kind=kind)
    away = [{"reference": f"HealthcareService/{number}"} for number in "12"]
    assert by_profile(an_appointment_of(*away), profile, commented) == []
    at_hand = [SERVICE, {**SERVICE, "id": "i"}]
    here = {**an_appointment_of({"reference": "#h"}, {"reference": "#i"}), "contained": at_hand}
    assert by_profile(here, profile, commented) == [("too_many_in_slice", "Appointment")]
    if kind == "profile":  # of another type it is in the slice by no means
        other = an_appointment_of({"reference": "Location/1"})
        assert ("missing_kind", "Appointment") in by_profile(other, profile, commented)


@pytest.mark.parametrize("order", [("type", "system"), ("system", "type")])
def test_a_value_of_which_one_discriminator_cannot_be_told_is_in_no_slice_for_certain(
    order: tuple[str, str],
) -> None:
    """It is not counted against the slice, and a closed slicing does not blame it."""
    elements: Elements = [
        {
            "path": "Patient.identifier",
            "slicing": {"discriminator": [{"type": "value", "path": path} for path in order], "rules": "closed"},
        },
        {"id": "Patient.identifier:s", "path": "Patient.identifier", "sliceName": "s", "max": "1"},
        {
            "id": "Patient.identifier:s.type", "path": "Patient.identifier.type",
            "binding": {"strength": "required", "valueSet": "http://example.org/not-at-hand"},
        },
        {"id": "Patient.identifier:s.system", "path": "Patient.identifier.system", "fixedUri": "urn:a"},
    ]  # fmt: skip
    profile = a_profile(*elements)
    unknown = {"system": "urn:a", "type": MR}
    assert by_profile(a_patient(identifier=[unknown, unknown]), profile) == []
    # what another discriminator keeps out is out
    other = {"system": "urn:b", "type": MR}
    assert by_profile(a_patient(identifier=[unknown, other]), profile) == [
        ("closed_slicing", "Patient.identifier[1]")
    ]


@pytest.mark.parametrize(
    "actor", [{"reference": "urn:uuid:6f1c5e0a-0f5c-4a4e-9d4c-0a3b7f6d2c11"}, {"display": "x"}]
)
def test_a_target_of_which_nothing_is_told_may_be_of_the_slice_that_is_asked(
    actor: dict[str, Any],
) -> None:
    """Neither is the slice missing, nor the value outside of it."""
    to_service = leading_to(R4 + "HealthcareService")
    for rules in ("open", "closed"):
        elements = sliced(
            "Appointment.participant", "actor.resolve()", to_service, kind="type", rules=rules
        )
        assert by_profile(an_appointment(actor), a_profile(*elements, type="Appointment")) == []


@pytest.mark.parametrize(
    ("wrong", "key"), [("x", "not_an_object"), (5, "not_an_object"), (None, "null")]
)
def test_what_is_no_extension_is_passed_over_where_one_is_sought(wrong: Any, key: str) -> None:
    elements, type, *_ = RECOGNISED["value of an extension"]
    found = by_profile(
        a_patient(identifier=[{"extension": [wrong, {"url": STATED, "valueCode": "me"}]}]),
        a_profile(*elements, type=type),
    )
    assert found == [(key, "Patient.identifier[0].extension[0]")]
