"""To which slice a value belongs, and what follows from it (FHIR R4 profiling.html#slicing and
#discriminator).
"""

import json
from typing import Any

import pytest

from sandbox.findings import Finding
from sandbox.validation import validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import R4, a_profile, by_profile, knowledge_of

Elements = list[dict[str, Any]]
OPEN = {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"}


def a_slice(
    name: str, *inside: dict[str, Any], of: str = "Patient.identifier", **own: Any
) -> Elements:
    """A slice with what it asks of the elements in it, whose paths begin below it."""
    return [
        {**own, "id": f"{of}:{name}", "path": of, "sliceName": name},
        *(
            {**one, "id": f"{of}:{name}.{one['path']}", "path": f"{of}.{one['path']}"}
            for one in inside
        ),
    ]


def of_system(url: str) -> dict[str, Any]:
    return {"path": "system", "fixedUri": url}


def named(id: str, *elements: dict[str, Any], type: str) -> dict[str, Any]:
    return {**a_profile(*elements, type=type), "id": id, "url": f"http://example.org/{id}"}


def findings_of(resource: dict[str, Any], *profiles: dict[str, Any]) -> list[Finding]:
    return validate(resource, profiles=[profiles[0]["url"]], knowledge=knowledge_of(*profiles))


def told(resource: dict[str, Any], *profiles: dict[str, Any]) -> list[str]:
    return [one.key.removeprefix("validation.") for one in findings_of(resource, *profiles)]


def test_a_choice_is_of_each_slice_of_its_type() -> None:
    """A profile may say in two slices what it asks of one type: both hold."""
    path = "Observation.value[x]"
    profile = a_profile(
        {
            "path": path,
            "slicing": {"discriminator": [{"type": "type", "path": "$this"}], "rules": "open"},
        },
        *a_slice("amount", {"path": "unit", "min": 1}, of=path, type=[{"code": "Quantity"}]),
        *a_slice("valueQuantity", {"path": "code", "min": 1}, of=path, type=[{"code": "Quantity"}]),
        type="Observation",
    )
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    whole = {"value": 1, "unit": "kilos", "code": "kg", "system": "http://unitsofmeasure.org"}
    assert by_profile({**observation, "valueQuantity": whole}, profile) == []
    for lacking in ("unit", "code"):
        part = {name: value for name, value in whole.items() if name != lacking}
        found = by_profile({**observation, "valueQuantity": part}, profile)
        assert found == [("missing", "Observation.value")]


def test_a_value_has_one_slice_and_may_have_a_re_slice_of_it() -> None:
    by_use = {"discriminator": [{"type": "value", "path": "use"}], "rules": "open"}
    profile = a_profile(
        {"path": "Patient.identifier", "slicing": OPEN},
        *a_slice("a", of_system("urn:a"), slicing=by_use),
        *a_slice("a/old", {"path": "use", "fixedCode": "old"}, min=1),
    )
    assert by_profile(a_patient(identifier=[{"system": "urn:a", "use": "old"}]), profile) == []
    # what looks like the re-slice and is not of the slice is of neither
    for system in ("urn:z", None):
        other = {"use": "old", **({"system": system} if system else {"value": "1"})}
        found = by_profile(a_patient(identifier=[{"system": "urn:a"}, other]), profile)
        assert found == [("missing_slice", "Patient")]


@pytest.mark.parametrize(
    ("least", "identifiers", "is_said"),
    [
        (0, [], False),  # nobody asks to which slice nothing belongs
        (0, [{"value": "1"}], True),
        (1, [], True),
        (1, [{"value": "1"}], True),
    ],
)
def test_a_slice_that_nothing_tells_is_said_where_it_matters(
    least: int, identifiers: list[dict[str, Any]], is_said: bool
) -> None:
    told_by_nothing = {"discriminator": [{"type": "value", "path": "use"}], "rules": "open"}
    profile = a_profile(
        {"path": "Patient.identifier", "slicing": told_by_nothing}, *a_slice("s", min=least)
    )
    patient = a_patient(identifier=identifiers) if identifiers else a_patient()
    assert told(patient, profile) == (["not_discriminated"] if is_said else [])


def test_one_target_that_meets_the_profile_is_enough() -> None:
    """Of the values at a path one decides; another may be away, or be of another kind."""
    commented = named(
        "noted", {"path": "Observation.note", "min": 1, "max": "*"}, type="Observation"
    )
    path = "CarePlan.activity"
    profile = a_profile(
        {
            "path": path,
            "slicing": {
                "discriminator": [{"type": "profile", "path": "outcomeReference.resolve()"}],
                "rules": "open",
            },
        },
        *a_slice(
            "noted",
            {
                "path": "outcomeReference",
                "type": [{"code": "Reference", "targetProfile": [commented["url"], R4 + "Goal"]}],
            },
            of=path,
            max="1",
        ),
        type="CarePlan",
    )
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    outcome = {**observation, "id": "o", "note": [{"text": "x"}]}

    def plan(*references: str) -> dict[str, Any]:
        activity = {"outcomeReference": [{"reference": reference} for reference in references]}
        return {
            "resourceType": "CarePlan", "status": "active", "intent": "plan",
            "subject": {"display": "x"}, "contained": [outcome], "activity": [activity, activity],
        }  # fmt: skip

    for references in (("#o",), ("#o", "Observation/1"), ("Observation/1", "#o")):
        found = by_profile(plan(*references), profile, commented)
        assert ("too_many_in_slice", "CarePlan") in found
    away = {**plan("Observation/1"), "contained": []}
    away.pop("contained")
    assert by_profile(away, profile, commented) == []


def test_a_circle_of_references_conforms_until_something_says_otherwise() -> None:
    part_of = {
        "path": "Organization.partOf",
        "type": [{"code": "Reference", "targetProfile": ["http://example.org/known"]}],
    }
    known = named("known", part_of, {"path": "Organization.name", "min": 1}, type="Organization")
    kind = {"code": "Reference", "targetProfile": [known["url"]]}
    profile = a_profile({"path": "Patient.managingOrganization", "type": [kind]})

    def patient(second: dict[str, Any]) -> dict[str, Any]:
        first = {
            "resourceType": "Organization",
            "id": "a",
            "name": "A",
            "partOf": {"reference": "#b"},
        }
        other = {"resourceType": "Organization", "id": "b", "partOf": {"reference": "#a"}, **second}
        return a_patient(contained=[first, other], managingOrganization={"reference": "#a"})

    assert by_profile(patient({"name": "B"}), profile, known) == []
    assert ("target_profile", "Patient.managingOrganization") in by_profile(
        patient({"alias": ["B"]}), profile, known
    )


def near_miss(**slicing: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A slice of participants by the profile of their actor, and that profile."""
    named_place = named("named", {"path": "Location.name", "min": 1}, type="Location")
    by_actor = {"discriminator": [{"type": "profile", "path": "actor.resolve()"}], "rules": "open"}
    kind = {"code": "Reference", "targetProfile": [named_place["url"]]}
    profile = a_profile(
        {"path": "Appointment.participant", "slicing": {**by_actor, **slicing}},
        *a_slice("s", {"path": "actor", "type": [kind]}, of="Appointment.participant", min=1),
        type="Appointment",
    )
    return profile, named_place


def an_appointment(*names: str) -> dict[str, Any]:
    """An appointment at places of these names; one without a name is almost what is looked for."""
    places = [
        {"resourceType": "Location", "id": f"l{number}", **({"name": name} if name else {})}
        for number, name in enumerate(names)
    ]
    for place in places:
        if "name" not in place:
            place["mode"] = "instance"
    return {
        "resourceType": "Appointment", "status": "booked", "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T01:00:00Z", "contained": places,
        "participant": [
            {"actor": {"reference": f"#{place['id']}"}, "status": "accepted"} for place in places
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("names", "blamed"),
    [
        (("A",), []),
        (("",), [0]),
        (("", ""), [0]),  # as many as are lacking
        (("A", ""), []),  # nothing is lacking: the other one is its own affair
        (("A", "B", "", ""), []),
    ],
)
def test_what_is_almost_in_a_slice_is_blamed_only_where_the_slice_lacks_it(
    names: tuple[str, ...], blamed: list[int]
) -> None:
    profile, place = near_miss()
    expected = [("target_profile", f"Appointment.participant[{number}].actor") for number in blamed]
    assert by_profile(an_appointment(*names), profile, place) == expected


def test_what_is_almost_in_a_slice_and_explains_it_is_not_blamed_again_as_of_none() -> None:
    profile, place = near_miss(rules="closed")
    assert by_profile(an_appointment(""), profile, place) == [
        ("target_profile", "Appointment.participant[0].actor")
    ]
    assert by_profile(an_appointment("A", ""), profile, place) == [
        ("closed_slicing", "Appointment.participant[1]")
    ]


@pytest.mark.parametrize("slicing", [{"ordered": True}, {"rules": "openAtEnd"}])
def test_an_order_is_told_by_what_each_slice_is_recognised_by(slicing: dict[str, Any]) -> None:
    profile = a_profile(
        {"path": "Patient.identifier", "slicing": {**OPEN, **slicing}},
        *a_slice("a", of_system("urn:a")),
        *a_slice("b", of_system("urn:b")),
    )
    systems = ["urn:x", "urn:b", "urn:a"]
    patient = a_patient(identifier=[{"system": system} for system in systems])
    found = findings_of(patient, profile)
    assert {one.key for one in found} == {"validation.slice_order"}
    assert {one.expected for one in found} == {"system urn:a; system urn:b"}


MR = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}
UNKNOWN = {"strength": "required", "valueSet": "http://example.org/not-at-hand"}


@pytest.mark.parametrize(
    ("inside", "in_it", "out_of_it"),
    [
        # what the slice asks of the parts of the value is held together
        (
            [{"path": "type.text", "fixedString": "x"}],
            {"type": {"text": "x", "coding": [MR]}},
            {"type": {"text": "y", "coding": [MR]}},
        ),
        (
            [{"path": "type.text", "fixedString": "x"}, {"path": "type.coding.code", "fixedCode": "MR"}],
            {"type": {"text": "x", "coding": [MR]}},
            {"type": {"text": "x", "coding": [{**MR, "code": "PPN"}]}},
        ),
        # a part that cannot be told does not save a value that another part keeps out
        (
            [{"path": "type.coding", "binding": UNKNOWN}, {"path": "type.text", "fixedString": "x"}],
            None,
            {"type": {"text": "y", "coding": [MR]}},
        ),
    ],
)  # fmt: skip
def test_a_value_is_told_by_its_parts(
    inside: Elements, in_it: dict[str, Any] | None, out_of_it: dict[str, Any]
) -> None:
    by_type = {"discriminator": [{"type": "value", "path": "type"}], "rules": "closed"}
    profile = a_profile(
        {"path": "Patient.identifier", "slicing": by_type}, *a_slice("s", *inside, max="1")
    )
    if in_it is not None:
        twice = by_profile(a_patient(identifier=[in_it, in_it]), profile)
        assert twice == [("too_many_in_slice", "Patient")]
    assert by_profile(a_patient(identifier=[out_of_it]), profile) == [
        ("closed_slicing", "Patient.identifier[0]")
    ]


def test_a_part_that_cannot_be_told_leaves_the_value_untold() -> None:
    by_type = {"discriminator": [{"type": "value", "path": "type"}], "rules": "closed"}
    inside = [
        {"path": "type.coding", "binding": UNKNOWN},
        {"path": "type.text", "fixedString": "x"},
    ]
    profile = a_profile(
        {"path": "Patient.identifier", "slicing": by_type}, *a_slice("s", *inside, max="1")
    )
    value = {"type": {"text": "x", "coding": [MR]}}
    assert by_profile(a_patient(identifier=[value, value]), profile) == []


def test_a_slice_that_is_missing_says_how_it_would_look() -> None:
    profile = a_profile(
        {"path": "Patient.identifier", "slicing": OPEN}, *a_slice("a", of_system("urn:a"), min=2)
    )
    right = a_patient(identifier=[{"system": "urn:a", "value": value} for value in "12"])
    assert by_profile(right, profile) == []
    one = a_patient(identifier=[{"system": "urn:a", "value": "1"}])
    (finding,) = findings_of(one, profile)
    assert (finding.key, finding.found) == ("validation.missing_slice", "1")
    assert json.loads(finding.expected) == {"system": "urn:a"}


@pytest.mark.parametrize("is_told_first", [True, False])
def test_what_one_discriminator_keeps_out_is_in_no_slice_whatever_another_cannot_tell(
    is_told_first: bool,
) -> None:
    """All discriminators must be met; so one that is not decides, and a closed slicing blames it."""
    named_place = named("named", {"path": "Location.name", "min": 1}, type="Location")
    by = [{"type": "profile", "path": "actor.resolve()"}, {"type": "value", "path": "type"}]
    path = "Appointment.participant"
    kind = {"code": "Reference", "targetProfile": [named_place["url"]]}
    profile = a_profile(
        {
            "path": path,
            "slicing": {"discriminator": by if is_told_first else by[::-1], "rules": "closed"},
        },
        *a_slice(
            "s", {"path": "actor", "type": [kind]}, {"path": "type", "binding": UNKNOWN}, of=path
        ),
        type="Appointment",
    )

    def typed(appointment: dict[str, Any]) -> dict[str, Any]:
        for participant in appointment["participant"]:
            participant["type"] = [{"coding": [{"system": "urn:t", "code": "x"}]}]
        return appointment

    assert by_profile(typed(an_appointment("A")), profile, named_place) == []
    assert by_profile(typed(an_appointment("")), profile, named_place) == [
        ("closed_slicing", "Appointment.participant[0]")
    ]


def test_where_slices_overlap_a_value_is_of_the_first() -> None:
    profile = a_profile(
        {"path": "Patient.identifier", "slicing": OPEN},
        *a_slice("a", of_system("urn:a"), max="1"),
        *a_slice("b", {"path": "system", "patternUri": "urn:a"}, max="0"),
    )
    assert by_profile(a_patient(identifier=[{"system": "urn:a"}]), profile) == []


def test_the_rest_that_a_default_slice_asks_for_is_what_no_other_slice_takes() -> None:
    """FHIR R4 profiling.html#default-slice: wherever among the slices it stands."""
    a = a_slice("a", of_system("urn:a"))
    default = a_slice("@default", {"path": "value", "min": 1}, min=1)
    rest = {"system": "urn:x", "value": "1"}
    slicing = {"path": "Patient.identifier", "slicing": {**OPEN, "rules": "closed"}}
    for slices in ([*a, *default], [*default, *a]):
        profile = a_profile(slicing, *slices)
        assert by_profile(a_patient(identifier=[{"system": "urn:a"}, rest]), profile) == []
        found = by_profile(a_patient(identifier=[{"system": "urn:a"}]), profile)
        assert found == [("missing_kind", "Patient")]

    path = "Observation.value[x]"
    by_type = {"discriminator": [{"type": "type", "path": "$this"}], "rules": "open"}
    of_choice = a_profile(
        {"path": path, "slicing": by_type},
        *a_slice("valueQuantity", of=path, type=[{"code": "Quantity"}]),
        *a_slice("@default", of=path, min=1),
        type="Observation",
    )
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    assert by_profile({**observation, "valueString": "x"}, of_choice) == []
    quantity = {**observation, "valueQuantity": {"value": 1}}
    assert [key for key, _ in by_profile(quantity, of_choice)] == ["missing_kind"]
