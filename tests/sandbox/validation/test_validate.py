from pathlib import Path
from typing import Any

import pytest

from sandbox.fhir.json import parse_json
from sandbox.i18n import has_message
from sandbox.server.seeding import seeds_folder
from sandbox.validation import validate
from tests.builders import a_patient, an_observation
from tests.sandbox.validation.profiles import a_profile, by_profile, errors

SEEDS = sorted((seeds_folder() / "training").glob("[01]*.json"))


def an_observation_of(**elements: Any) -> dict[str, Any]:
    code = {
        "coding": [{"system": "http://loinc.org", "code": "4548-4"}]
    }  # no vital sign: those have profiles of their own
    return an_observation(**{"subject": {"reference": "Patient/1"}, "code": code, **elements})


def test_a_vital_sign_is_judged_by_the_profile_of_its_code() -> None:
    """FHIR R4 observation-vitalsigns.html: body weight needs a category, a patient, a time and a UCUM quantity."""
    found = errors(validate(an_observation(subject={"reference": "Patient/1"})))
    assert ("missing", "Observation") in found
    assert errors(validate(an_observation_of())) == []


@pytest.mark.parametrize("file", SEEDS, ids=lambda file: file.stem)
def test_the_training_patients_are_right_by_r4(file: Path) -> None:
    for entry in parse_json(file.read_bytes())["entry"]:
        assert errors(validate(entry["resource"])) == []


RIGHT: list[dict[str, Any]] = [
    a_patient(birthDate="1958", gender="female", active=True, multipleBirthInteger=2),
    a_patient(_birthDate={"extension": [{"url": "http://example.org/x", "valueCode": "y"}]}),
    a_patient(name=[{"given": ["A", None], "_given": [None, {"extension": [{"url": "http://e.x/y", "valueString": "z"}]}]}]),
    a_patient(contained=[{"resourceType": "Organization", "id": "o", "name": "x"}], managingOrganization={"reference": "#o"}),
    an_observation_of(valueQuantity={"value": parse_json(b"7.20"), "unit": "kg"}),
    an_observation_of(effectivePeriod={"start": "2024-01-01", "end": "2024-01-02"}),
    {"resourceType": "Questionnaire", "status": "draft", "item": [{"linkId": "1", "type": "group", "item": [{"linkId": "2", "type": "string"}]}]},
    {"resourceType": "Media", "status": "completed", "content": {"contentType": "text/plain", "data": "aGVsbG8=", "size": 5, "hash": "qvTGHdzF6KLavt4PO0gs2a6pQ00="}},
]  # fmt: skip


@pytest.mark.parametrize("resource", RIGHT, ids=range(len(RIGHT)))
def test_a_right_resource_has_no_error(resource: dict[str, Any]) -> None:
    assert errors(validate(resource)) == []


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"resourceType": "Pacient"}, "unknown_type", "Pacient"),
    (a_patient(favouriteColour="blue"), "unknown_property", "Patient.favouriteColour"),
    (a_patient(birthdate="1958"), "misspelt", "Patient.birthdate"),
    (a_patient(_name=[{"id": "x"}]), "misspelt", "Patient._name"),
    (a_patient(gender="femal"), "not_in_value_set", "Patient.gender"),
    (a_patient(gender=["female"]), "no_array", "Patient.gender"),
    (a_patient(name={"family": "x"}), "array", "Patient.name"),
    (a_patient(name=[]), "empty_array", "Patient.name"),
    (a_patient(name=["Rosa"]), "not_an_object", "Patient.name[0]"),
    (a_patient(name=[{}]), "empty_object", "Patient.name[0]"),
    (a_patient(active="true"), "primitive_kind", "Patient.active"),
    (a_patient(birthDate="21/03/1958"), "primitive_format", "Patient.birthDate"),
    (a_patient(birthDate="1958-02-30"), "primitive_format", "Patient.birthDate"),
    (a_patient(birthDate=""), "primitive_empty", "Patient.birthDate"),
    (a_patient(id="not an id"), "primitive_format", "Patient.id"),
    (a_patient(multipleBirthInteger=1.5), "primitive_kind", "Patient.multipleBirth"),
    (a_patient(deceasedBoolean=True, deceasedDateTime="2020"), "two_choices", "Patient"),
    (a_patient(contact=[{"gender": "male"}]), "invariant", "Patient.contact[0]"),
    (a_patient(managingOrganization={"reference": "Practitioner/1"}), "wrong_target", "Patient.managingOrganization"),
    (a_patient(managingOrganization={"reference": "#nobody"}), "no_contained", "Patient.managingOrganization.reference"),
    (a_patient(managingOrganization={"reference": "#"}), "no_contained", "Patient.managingOrganization.reference"),
    (a_patient(text={"status": "generated", "div": "<div><script>x</script></div>"}), "narrative_element", "Patient.text.div"),
    (a_patient(link=[{"type": "refer"}]), "missing", "Patient.link[0]"),
    ({"resourceType": "Observation", "status": "final"}, "missing", "Observation"),
    (an_observation_of(component=[{"valueString": "x"}]), "missing", "Observation.component[0]"),
    (an_observation_of(effectivePeriod={"start": "2024-02", "end": "2024-01"}), "invariant", "Observation.effective"),
    ({"resourceType": "Media", "status": "completed", "content": {"contentType": "text/plain", "data": "aGVsbG8=", "size": 6}}, "attachment_size", "Media.content"),
    ({"resourceType": "Media", "status": "completed", "content": {"contentType": "text/plain", "data": "aGVsbG8=", "hash": "YWFmNGM2MWRkYw=="}}, "attachment_hash", "Media.content"),
    ({"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "Patient/1", "resource": a_patient()}]}, "full_url", "Bundle.entry[0].fullUrl"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("resource", "key", "where"), WRONG, ids=[f"{key}-{i}" for i, (_, key, _) in enumerate(WRONG)]
)
def test_a_fault_is_found_at_its_place(resource: dict[str, Any], key: str, where: str) -> None:
    assert (key, where) in errors(validate(resource))


def test_what_is_no_object_is_judged_too() -> None:
    for odd in (None, [], "x", 1, {}):
        assert errors(validate(odd))


def test_a_code_that_cannot_be_decided_is_said_as_not_checked() -> None:
    observation = an_observation_of(
        valueQuantity={"value": 1, "code": "kg", "system": "http://unitsofmeasure.org"}
    )
    invoice = {
        "resourceType": "Invoice",
        "status": "issued",
        "totalGross": {"value": 1, "currency": "ZZQ"},
    }
    assert errors(validate(observation)) == []
    assert [(f.key, f.severity) for f in validate(invoice)] == [
        ("validation.not_checked", "information")
    ]


def test_an_unknown_profile_is_said_and_fails_nothing() -> None:
    findings = validate(a_patient(meta={"profile": ["http://example.org/unknown"]}))
    assert [(f.key, f.severity) for f in findings] == [
        ("validation.unknown_profile", "information")
    ]


def test_every_finding_has_its_sentences() -> None:
    for resource, _, _ in WRONG:
        for finding in validate(resource):
            assert all(has_message(f"{finding.key}.{part}") for part in ("text", "fix"))


def test_a_profile_without_snapshot_is_laid_over_its_base() -> None:
    profile = a_profile(
        {"path": "Patient.birthDate", "min": 1}, {"path": "Patient.name", "max": "1"}
    )
    assert by_profile(a_patient(birthDate="1958"), profile) == []
    assert by_profile(a_patient(), profile) == [("missing", "Patient")]
    assert by_profile(
        a_patient(birthDate="1958", name=[{"text": "a"}, {"text": "b"}]), profile
    ) == [("too_many", "Patient")]


def test_a_profile_on_a_profile_holds_both() -> None:
    top = a_profile({"path": "Patient.gender", "min": 1}, base="http://example.org/below")
    below = {
        **a_profile({"path": "Patient.birthDate", "min": 1}),
        "id": "below",
        "url": "http://example.org/below",
    }
    assert len(by_profile(a_patient(), top, below)) == 2
    assert by_profile(a_patient(birthDate="1958", gender="female"), top, below) == []


SLICED = [
    {
        "path": "Patient.identifier",
        "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "closed"},
    },
    {
        "id": "Patient.identifier:run",
        "path": "Patient.identifier",
        "sliceName": "run",
        "min": 1,
        "max": "1",
    },
    {
        "id": "Patient.identifier:run.system",
        "path": "Patient.identifier.system",
        "fixedUri": "urn:run",
    },
    {"id": "Patient.identifier:run.value", "path": "Patient.identifier.value", "min": 1},
]


@pytest.mark.parametrize(
    ("identifiers", "expected"),
    [
        ([{"system": "urn:run", "value": "1"}], []),
        ([], [("missing_slice", "Patient")]),
        ([{"system": "urn:run", "value": "1"}] * 2, [("too_many_in_slice", "Patient")]),
        ([{"system": "urn:run"}], [("missing", "Patient.identifier[0]")]),
        (
            [{"system": "urn:run", "value": "1"}, {"system": "urn:x"}],
            [("closed_slicing", "Patient.identifier[1]")],
        ),
    ],
)
def test_slices_are_assigned_by_value(
    identifiers: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    patient = a_patient(identifier=identifiers) if identifiers else a_patient()
    assert by_profile(patient, a_profile(*SLICED)) == expected


@pytest.mark.parametrize(
    ("element", "right", "wrong", "key"),
    [
        ({"path": "Patient.gender", "fixedCode": "female"}, {"gender": "female"}, {"gender": "male"}, "fixed"),
        (
            {"path": "Patient.maritalStatus", "patternCodeableConcept": {"coding": [{"code": "M"}]}},
            {"maritalStatus": {"coding": [{"code": "M", "display": "x"}]}},
            {"maritalStatus": {"coding": [{"code": "S"}]}},
            "pattern",
        ),
        ({"path": "Patient.birthDate", "minValueDate": "2000-01-01"}, {"birthDate": "2001"}, {"birthDate": "1999"}, "beyond_limit"),
        ({"path": "Patient.deceased[x]", "type": [{"code": "dateTime"}]}, {"deceasedDateTime": "2020"}, {"deceasedBoolean": True}, "wrong_type"),
        (
            {"path": "Patient", "constraint": [{"key": "x-1", "severity": "error", "human": "h", "expression": "name.count() < 2"}]},
            {},
            {"name": [{"text": "a"}, {"text": "b"}]},
            "invariant",
        ),
    ],
)  # fmt: skip
def test_a_constraint_finds_the_wrong_and_passes_the_right(
    element: dict[str, Any], right: dict[str, Any], wrong: dict[str, Any], key: str
) -> None:
    assert by_profile(a_patient(**right), a_profile(element)) == []
    assert [found for found, _ in by_profile(a_patient(**wrong), a_profile(element))] == [key]
