"""What was reached from elsewhere is judged where it stands: its own address, its own `%resource`."""

from typing import Any

import pytest

from sandbox.findings import Reason
from sandbox.validation import validate
from tests.sandbox.validation.profiles import a_profile, errors, knowledge_of

PATIENT = "http://a.org/Patient/1"


def named(url: str, type: str, *elements: dict[str, Any]) -> dict[str, Any]:
    """Returns a profile of that type under a URL of its own."""
    return {**a_profile(*elements, type=type), "id": url.rpartition("/")[2], "url": url}


WITH_NAME = named(
    "http://example.org/organization", "Organization", {"path": "Organization.name", "min": 1}
)
OF_NAMED = named(
    "http://example.org/patient",
    "Patient",
    {
        "path": "Patient.managingOrganization",
        "type": [{"code": "Reference", "targetProfile": [WITH_NAME["url"]]}],
    },
)
ABOUT_PATIENT = named(
    "http://example.org/observation",
    "Observation",
    {
        "path": "Observation.subject",
        "type": [{"code": "Reference", "targetProfile": [OF_NAMED["url"]]}],
    },
)


@pytest.mark.parametrize(
    ("named_at", "keys"),
    [("http://a.org", []), ("http://b.org", ["target_profile", "missing"])],
)
def test_a_reference_within_a_target_starts_from_the_address_of_the_target(
    named_at: str, keys: list[str]
) -> None:
    """FHIR R4 bundle.html#references: the base is that of the entry in which the reference stands."""
    observation = {
        "resourceType": "Observation",
        "id": "1",
        "meta": {"profile": [ABOUT_PATIENT["url"]]},
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": PATIENT},
    }
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "managingOrganization": {"reference": "Organization/1"},
    }
    entries = [
        {"fullUrl": "http://b.org/Observation/1", "resource": observation},
        {"fullUrl": PATIENT, "resource": patient},
    ]
    for base in ("http://a.org", "http://b.org"):
        organization = {
            "resourceType": "Organization",
            "id": "1",
            "identifier": [{"system": "http://example.org", "value": "1"}],
        }
        if base == named_at:
            organization["name"] = "Hospital"
        entries.append({"fullUrl": f"{base}/Organization/1", "resource": organization})
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}

    found = validate(bundle, knowledge=knowledge_of(WITH_NAME, OF_NAMED, ABOUT_PATIENT))

    errors = [one for one in found if one.severity == "error"]
    assert [one.key.removeprefix("validation.") for one in errors] == keys, errors


def a_report(observation: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "1",
        "contained": [{**observation, "id": "o"}],
        "status": "final",
        "code": {"text": "x"},
        "result": [{"reference": "#o"}],
    }


@pytest.mark.parametrize(("base", "is_right"), [("http://a.org", True), ("http://b.org", False)])
@pytest.mark.parametrize("is_contained", [False, True])
def test_a_relative_reference_starts_from_the_address_of_the_entry_around(
    base: str, *, is_right: bool, is_contained: bool
) -> None:
    """Where patients of two servers have one id, the patient of the entry's server is meant, by what
    the entry contains as well (FHIR R4 bundle.html#references).
    """
    with_birth = named(
        "http://example.org/born", "Patient", {"path": "Patient.birthDate", "min": 1}
    )
    about_born = named(
        "http://example.org/about",
        "Observation",
        {
            "path": "Observation.subject",
            "type": [{"code": "Reference", "targetProfile": [with_birth["url"]]}],
        },
    )
    observation = {
        "resourceType": "Observation",
        "id": "1",
        "meta": {"profile": [about_born["url"]]},
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/1"},
    }
    asking = a_report(observation) if is_contained else observation
    patient = {"resourceType": "Patient", "id": "1"}
    entries = [
        {"fullUrl": f"{base}/{asking['resourceType']}/1", "resource": asking},
        {"fullUrl": "http://a.org/Patient/1", "resource": {**patient, "birthDate": "1958-04-01"}},
        {"fullUrl": "http://b.org/Patient/1", "resource": patient},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}

    found = validate(bundle, knowledge=knowledge_of(with_birth, about_born))

    asked_by = "Bundle.entry[0].resource" + (".contained[0]" if is_contained else "") + ".subject"
    lacking = [("missing", "Bundle.entry[2].resource")]
    assert errors(found) == ([] if is_right else lacking)
    assert [one.because for one in found] == ([] if is_right else [Reason("target", asked_by)])


def test_a_resource_that_the_profile_of_its_bundle_reaches_is_its_own_resource() -> None:
    """FHIR R4 fhirpath.html#variables: `%resource` is the resource that contains the node."""
    constrained = named(
        "http://example.org/patient",
        "Patient",
        {
            "path": "Patient.name",
            "constraint": [
                {
                    "key": "own-1",
                    "severity": "error",
                    "human": "The resource around a name is a patient",
                    "expression": "%resource is Patient",
                }
            ],
        },
    )
    of_patients = named(
        "http://example.org/bundle",
        "Bundle",
        {
            "path": "Bundle.entry.resource",
            "type": [{"code": "Patient", "profile": [constrained["url"]]}],
        },
    )
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {
                "fullUrl": PATIENT,
                "resource": {"resourceType": "Patient", "id": "1", "name": [{"text": "A"}]},
            }
        ],
    }

    found = validate(
        bundle, profiles=[of_patients["url"]], knowledge=knowledge_of(of_patients, constrained)
    )

    assert [one.key for one in found if one.severity == "error"] == []


def test_what_a_target_lacks_is_told_of_one_profile_that_it_should_meet_and_not_of_two() -> None:
    """Nobody knows which of two was meant."""
    another = named(
        "http://example.org/another", "Organization", {"path": "Organization.telecom", "min": 1}
    )
    targets = [WITH_NAME["url"], another["url"]]
    path = "Patient.managingOrganization"
    either = named(
        "http://example.org/either",
        "Patient",
        {"path": path, "type": [{"code": "Reference", "targetProfile": targets}]},
    )
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "meta": {"profile": [either["url"]]},
        "managingOrganization": {"reference": "Organization/1"},
    }
    organization = {"resourceType": "Organization", "id": "1", "identifier": [{"value": "1"}]}
    entries = [
        {"fullUrl": "http://a.org/Patient/1", "resource": patient},
        {"fullUrl": "http://a.org/Organization/1", "resource": organization},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    found = errors(validate(bundle, knowledge=knowledge_of(WITH_NAME, another, either)))
    assert ("target_profile", "Bundle.entry[0].resource.managingOrganization") in found
    assert "missing" not in [key for key, _ in found]


def test_what_refers_back_to_what_is_being_judged_is_not_blamed_for_it() -> None:
    """What the patient lacks is said of the patient, once, as HL7's engine does: not again of the
    relative that it contains and that must be of such a patient.
    """
    of_relatives = "http://example.org/of-relatives"
    relative = named(
        "http://example.org/relative",
        "RelatedPerson",
        {
            "path": "RelatedPerson.patient",
            "type": [{"code": "Reference", "targetProfile": [of_relatives]}],
        },
    )
    patient_of = named(
        of_relatives,
        "Patient",
        {"path": "Patient.name", "min": 1},
        {
            "path": "Patient.link.other",
            "type": [{"code": "Reference", "targetProfile": [relative["url"]]}],
        },
    )
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "active": True,
        "contained": [{"resourceType": "RelatedPerson", "id": "m", "patient": {"reference": "#"}}],
        "link": [{"other": {"reference": "#m"}, "type": "seealso"}],
    }
    knowledge = knowledge_of(patient_of, relative)
    for name, expected in (([{"text": "x"}], []), (None, [("missing", "Patient")])):
        members = {"name": name} if name else {}
        found = validate({**patient, **members}, profiles=[of_relatives], knowledge=knowledge)
        assert errors(found) == expected


OF_NAMED_ALONE = named(
    "http://example.org/of-named-alone",
    "Patient",
    {"path": "Patient.name", "min": 1},
    {
        "path": "Patient.link.other",
        "type": [{"code": "Reference", "targetProfile": ["http://example.org/of-named-alone"]}],
    },
)
ACTIVE = named("http://example.org/active", "Patient", {"path": "Patient.active", "min": 1})
ABOUT_EITHER = named(
    "http://example.org/about-either",
    "Observation",
    {
        "path": "Observation.subject",
        "type": [{"code": "Reference", "targetProfile": [OF_NAMED_ALONE["url"], ACTIVE["url"]]}],
    },
)
ABOUT_NAMED = named(
    "http://example.org/about-named",
    "Observation",
    {
        "path": "Observation.subject",
        "type": [{"code": "Reference", "targetProfile": [OF_NAMED_ALONE["url"]]}],
    },
)


def linked(id: str, to: str, *profiles: str, **members: Any) -> dict[str, Any]:
    link = {"other": {"reference": f"Patient/{to}"}, "type": "seealso"}
    declared = {"meta": {"profile": list(profiles)}} if profiles else {}
    return {
        "resourceType": "Patient",
        "id": id,
        "active": True,
        "link": [link],
        **declared,
        **members,
    }


def about(subject: str, profile: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o",
        "meta": {"profile": [profile]},
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{subject}"},
    }


def errors_in(*resources: dict[str, Any]) -> list[tuple[str, str]]:
    entries = [
        {"fullUrl": f"http://a.org/{each['resourceType']}/{each['id']}", "resource": each}
        for each in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    knowledge = knowledge_of(OF_NAMED_ALONE, ACTIVE, ABOUT_EITHER, ABOUT_NAMED)
    return errors(validate(bundle, knowledge=knowledge))


@pytest.mark.parametrize("order", ["oab", "oba", "aob", "abo", "bao", "boa"])
def test_what_is_wrong_in_a_circle_of_references_is_found_wherever_it_is_entered(
    order: str,
) -> None:
    """Patient b must refer to patients with a name alone, and does not; a, to whom it refers, refers
    back to it, and is asked besides whether it meets one profile or another.
    """
    resources = {
        "o": about("a", ABOUT_EITHER["url"]),
        "a": linked("a", "b"),
        "b": linked("b", "a", OF_NAMED_ALONE["url"], name=[{"text": "B"}]),
    }
    # what a lacks says it better than that b refers to it
    lacking = ("missing", f"Bundle.entry[{order.index('a')}].resource")
    assert errors_in(*(resources[id] for id in order)) == [lacking]
    resources["a"]["name"] = [{"text": "A"}]
    assert errors_in(*(resources[id] for id in order)) == []


@pytest.mark.parametrize("order", ["oab", "oba", "aob", "abo", "bao", "boa"])
def test_who_refers_to_what_is_in_order_but_for_where_it_leads_is_told_so(order: str) -> None:
    """Patient a declares the profile and has no name; b has one, and refers to a."""
    resources = {
        "o": about("b", ABOUT_NAMED["url"]),
        "a": linked("a", "b", OF_NAMED_ALONE["url"]),
        "b": linked("b", "a", name=[{"text": "B"}]),
    }
    found = errors_in(*(resources[id] for id in order))
    assert ("missing", f"Bundle.entry[{order.index('a')}].resource") in found
    assert ("target_profile", f"Bundle.entry[{order.index('o')}].resource.subject") in found
    resources["a"]["name"] = [{"text": "A"}]
    assert errors_in(*(resources[id] for id in order)) == []
