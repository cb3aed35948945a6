"""A patient's resources become a document that the judge finds no error in, whatever the record holds or lacks."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.fhir.json import Json, parse_json
from sandbox.i18n import LANGUAGES
from sandbox.ips import SummaryOptions, assemble
from sandbox.ips.assembly import without_duplicates
from sandbox.ips.sections import sections, sort_into_sections
from sandbox.server.seeding import seeds_folder
from sandbox.validation import validate
from tests.builders import a_patient, an_observation

WISH = SummaryOptions("http://sandbox.test/fhir", datetime(2026, 7, 27, tzinfo=UTC), "es")
SEEDS = sorted((seeds_folder() / "training").glob("[01]*.json"))
TO_P = {"reference": "Patient/p"}


def of_seed(name: str) -> tuple[Json, list[Json]]:
    (file,) = [file for file in SEEDS if file.stem == name]
    resources = [entry["resource"] for entry in parse_json(file.read_bytes())["entry"]]
    return next(one for one in resources if one["resourceType"] == "Patient"), resources


def errors(document: Json) -> list[Any]:
    return [
        (one.key, one.where)
        for one in validate(document, profiles=["ips"])
        if one.severity in ("error", "fatal")
    ]


def section_of(document: Json, title: str) -> Json:
    return next(one for one in document["entry"][0]["resource"]["section"] if one["title"] == title)


@pytest.mark.parametrize("name", [file.stem for file in SEEDS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_training_patient_has_a_summary_without_errors(name: str, language: Any) -> None:
    patient, resources = of_seed(name)
    document = assemble(patient, resources, SummaryOptions(WISH.base, WISH.now, language))
    assert errors(document) == []
    named = {
        entry["reference"]
        for one in document["entry"][0]["resource"]["section"]
        for entry in one.get("entry", [])
    }
    assert named <= {entry["fullUrl"] for entry in document["entry"]}


def test_nothing_of_a_bare_patient_is_left_unsaid() -> None:
    document = assemble({"resourceType": "Patient", "id": "p"}, [], WISH)
    assert errors(document) == []
    patient = document["entry"][1]["resource"]
    assert patient["_birthDate"]["extension"][0]["valueCode"] == "unknown"
    for section in document["entry"][0]["resource"]["section"]:
        assert section["emptyReason"]["coding"][0]["code"] == "unavailable"
        assert "No hay información" in section["text"]["div"]


def generated(seed: int) -> tuple[Json, list[Json]]:
    """Returns a patient and a record with random content, and with random elements left out."""
    chance = random.Random(seed)

    def coded(system: str, *codes: str) -> Json:
        return {
            "coding": [{"system": system, "code": chance.choice(codes)}],
            "text": f"Texto <{chance.randrange(99)}> & «x»",
        }

    def maybe(**elements: Any) -> Json:
        return {name: value for name, value in elements.items() if chance.random() < 0.6}

    terms = "http://terminology.hl7.org/CodeSystem/"
    snomed = "http://snomed.info/sct"
    makers = [
        lambda: {"resourceType": "Condition", "subject": TO_P, **maybe(code=coded(snomed, "38341003"), onsetDateTime="2019-03",
                 recordedDate="2020-01-01"), "clinicalStatus": coded(terms + "condition-clinical", "active", "resolved", "remission")},
        lambda: {"resourceType": "AllergyIntolerance", "patient": TO_P, **maybe(code=coded(snomed, "716186003"), onsetString="hace años",
                 reaction=[{"manifestation": [coded(snomed, "39579001")]}]), "clinicalStatus": coded(terms + "allergyintolerance-clinical", "active")},
        lambda: {"resourceType": "MedicationStatement", "subject": TO_P, "status": chance.choice(["active", "stopped", "unknown"]),
                 "medicationCodeableConcept": coded("http://www.whocc.no/atc", "A10BA02"), **maybe(effectivePeriod={"start": "2021"}, dosage=[{"text": "1 al día"}])},
        lambda: {"resourceType": "Immunization", "patient": TO_P, "status": "completed", "vaccineCode": coded(snomed, "836377006"),
                 "occurrenceDateTime": "2021-05-04", **maybe(lotNumber="X1", protocolApplied=[{"doseNumberPositiveInt": 2}])},
        lambda: an_observation(code=coded("http://loinc.org", "4548-4"), subject=TO_P, effectiveDateTime="2024-02-03T10:00:00Z", category=[coded(terms + "observation-category", "laboratory", "social-history")],
                 **maybe(valueQuantity={"value": 7.2, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}, performer=[{"reference": "Organization/o"}])),
        lambda: {"resourceType": "Procedure", "subject": TO_P, "status": "completed", "code": coded(snomed, "80146002"), **maybe(performedDateTime="2010")},
        lambda: {"resourceType": "Organization", "name": "Hospital"},
        lambda: {"resourceType": "CarePlan", "subject": TO_P, "status": "active", "intent": "plan", **maybe(title="Plan")},
        lambda: {"resourceType": "Flag", "subject": TO_P, "status": "active", "code": {"text": "Alerta"}},
    ]  # fmt: skip
    resources = [
        {**chance.choice(makers)(), "id": f"r{number}"} for number in range(chance.randrange(12))
    ]
    patient = {
        "resourceType": "Patient",
        "id": "p",
        **maybe(birthDate="1980", name=[{"family": "Núñez"}], gender="female"),
    }
    return patient, resources


def test_two_hundred_generated_records_have_summaries_without_errors() -> None:
    for seed in range(200):
        patient, resources = generated(seed)
        document = assemble(patient, resources, WISH)
        assert errors(document) == [], seed


def test_the_judge_would_find_a_summary_that_is_wrong() -> None:
    document = assemble(*of_seed("01-cl-rosa-fuenzalida"), WISH)
    del document["entry"][0]["resource"]["section"][1]
    assert errors(document)


@pytest.mark.parametrize(
    ("resource", "section"),
    [
        ({"resourceType": "Condition", "clinicalStatus": {"coding": [{"code": "active"}]}}, "problems"),
        ({"resourceType": "Condition", "clinicalStatus": {"coding": [{"code": "resolved"}]}}, "past_problems"),
        ({"resourceType": "Condition"}, "problems"),
        ({"resourceType": "Condition", "verificationStatus": {"coding": [{"code": "entered-in-error"}]}}, ""),
        ({"resourceType": "MedicationRequest", "status": "active"}, "medications"),
        ({"resourceType": "MedicationRequest", "status": "stopped"}, ""),
        ({"resourceType": "Observation", "category": [{"coding": [{"code": "vital-signs"}]}]}, "vital_signs"),
        ({"resourceType": "Observation", "category": [{"coding": [{"code": "laboratory"}]}]}, "results"),
        ({"resourceType": "Observation", "code": {"coding": [{"code": "72166-2"}]}}, "social_history"),
        ({"resourceType": "Observation", "code": {"coding": [{"code": "82810-3"}]}}, "pregnancy"),
        ({"resourceType": "Observation", "status": "entered-in-error", "category": [{"coding": [{"code": "vital-signs"}]}]}, ""),
        ({"resourceType": "Consent", "scope": {"coding": [{"code": "adr"}]}}, "advance_directives"),
        ({"resourceType": "Claim"}, ""),
    ],
)  # fmt: skip
def test_a_resource_stands_in_the_section_that_it_belongs_to(resource: Json, section: str) -> None:
    found = [name for name, entries in sort_into_sections([resource]).items() if entries]
    assert found == ([section] if section else [])


def test_the_same_said_twice_stands_once_and_a_difference_twice() -> None:
    one = {"resourceType": "Condition", "id": "a", "code": {"text": "x"}}
    assert without_duplicates([one, {**one, "id": "b", "meta": {"versionId": "2"}}]) == [one]
    assert len(without_duplicates([one, {**one, "id": "b", "onsetDateTime": "2020"}])) == 2


def test_addresses_stay_the_same_and_lead_inside_or_to_the_server() -> None:
    observation = an_observation(
        id="o",
        subject=TO_P,
        performer=[{"reference": "Organization/elsewhere"}],
        category=[{"coding": [{"code": "laboratory"}]}],
    )
    first, second = (
        assemble(a_patient(id="p"), [observation], SummaryOptions(WISH.base, moment, "en"))
        for moment in (WISH.now, datetime.now(UTC))
    )
    assert [one["fullUrl"] for one in first["entry"][1:]] == [
        one["fullUrl"] for one in second["entry"][1:]
    ]
    assert first["identifier"] != second["identifier"]
    observed = first["entry"][2]["resource"]
    assert observed["subject"]["reference"] == first["entry"][1]["fullUrl"]
    assert (
        observed["performer"][0]["reference"] == "http://sandbox.test/fhir/Organization/elsewhere"
    )


def test_text_of_a_record_cannot_become_markup() -> None:
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "subject": TO_P,
        "code": {"text": "<script>alert(1)</script>"},
    }
    document = assemble(
        a_patient(id="p"),
        [{**condition, "text": {"status": "generated", "div": "<div>evil</div>"}}],
        WISH,
    )
    assert "&lt;script&gt;" in section_of(document, "Problemas de salud")["text"]["div"]
    narratives = [one["text"]["div"] for one in document["entry"][0]["resource"]["section"]]
    assert not any("<script>" in div for div in narratives)
    assert "evil" not in str(document)


def test_the_table_of_sections_is_that_of_the_profile() -> None:
    assert len({section.code for section in sections()}) == len(sections()) == 15
    assert [section.name for section in sections() if section.is_required] == [
        "problems",
        "allergies",
        "medications",
    ]
