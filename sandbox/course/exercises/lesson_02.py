"""Lesson 02, International Patient Summary: from a national record to a document, and mending one
from abroad.
"""

from __future__ import annotations

from typing import Any

from sandbox.course.exercise import Evidence, ExerciseSet, wrong
from sandbox.course.exercises.reading import (
    as_list,
    as_object,
    at,
    codings_of,
    place,
    resources_of,
    wrong_prediction,
)
from sandbox.course.record import as_artifact
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json
from sandbox.findings import Finding
from sandbox.ips.assembly import said
from sandbox.validation import validate

EXERCISES = ExerciseSet("lesson_02")
REQUIRED = {"11450-4", "48765-2", "10160-0"}
# immunizations, results and procedures: recommended or optional in an IPS, often taken for required
OTHERS = {"11369-6", "30954-2", "47519-4"}
NELIDA = {"system": "urn:oid:2.16.152", "value": "48612309-5"}
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"
NO_KNOWN_ALLERGY = "716186003"
ABROAD = "Bundle/summary-from-abroad"
PREDICTIONS = {
    "no_allergies": "error",
    "local_gender": "error",
    "oid_with_dot": "warning",
    "text_only": "nothing",
}


@EXERCISES.exercise("2.1", clause="IPS 2.0.0 Composition.section")
def required_sections(answer: Any, evidence: Evidence) -> Finding | None:
    """The three sections that each IPS has, even when there is nothing in them."""
    if not isinstance(answer, (list, tuple)):
        return wrong("no_list", expected='["…", "…", "…"]', found=answer)
    given = {str(code) for code in answer}
    if given & OTHERS:
        return wrong("optional", expected="3", found=", ".join(sorted(given & OTHERS)))
    if given == REQUIRED:
        return None
    unknown = given - REQUIRED
    return wrong(
        "unknown" if unknown else "fewer", expected="3", found=", ".join(sorted(unknown or given))
    )


@EXERCISES.exercise("2.2", points=2, clause="IPS 2.0.0 Condition-uv-ips; FHIR R4 con-3")
def diabetes(answer: Any, evidence: Evidence) -> Finding | None:
    """The diagnosis of the record as a Condition that abroad is understood."""
    condition = as_object(answer)
    if condition.get("resourceType") != "Condition":
        return wrong(
            "type",
            where="Condition.resourceType",
            expected="Condition",
            found=condition.get("resourceType"),
        )
    status = [
        c.get("code")
        for c in codings_of(condition.get("clinicalStatus"))
        if c.get("system") == CLINICAL
    ]
    if status != ["active"]:
        where = "Condition.clinicalStatus.coding.code"
        return wrong(
            "status", where=where, expected="active", found=condition.get("clinicalStatus")
        )
    coding = next(iter(codings_of(condition.get("code"))), {})
    if coding.get("system") != ICD_10:
        key = "code_name" if "://" not in str(coding.get("system")) else "other_system"
        return wrong(
            key,
            where="Condition.code.coding.system",
            expected="http://…",
            found=coding.get("system"),
        )
    if coding.get("code") != "E11":
        return wrong(
            "code", where="Condition.code.coding.code", expected="E11", found=coding.get("code")
        )
    onset = condition.get("onsetDateTime")
    if onset != "2011":
        # the record knows the year: a first of January says more than anybody knows
        key = "invented" if str(onset).startswith("2011-") else "onset"
        return wrong(key, where="Condition.onsetDateTime", expected="YYYY", found=onset)
    return None


@EXERCISES.exercise(
    "2.3", points=2, clause="IPS 2.0.0 AllergyIntolerance-uv-ips; Composition.section.emptyReason"
)
def no_known_allergy(answer: Any, evidence: Evidence) -> Finding | None:
    """Asked, and none known: said by a code, which is not the same as nothing said."""
    # an empty list is silence: nobody abroad can tell it from a question that was never asked
    if answer in ([], {}, ""):
        return wrong("silence", expected="AllergyIntolerance", found=repr(answer))
    allergy = as_object(answer)
    if allergy.get("resourceType") != "AllergyIntolerance":
        kind = allergy.get("resourceType", type(answer).__name__)
        return wrong(
            "type",
            where="AllergyIntolerance.resourceType",
            expected="AllergyIntolerance",
            found=kind,
        )
    codings = codings_of(allergy.get("code"))
    if not codings:
        return wrong(
            "text_only",
            where="AllergyIntolerance.code.coding",
            expected=SNOMED,
            found=allergy.get("code"),
        )
    if not any(c.get("system") == SNOMED and c.get("code") == NO_KNOWN_ALLERGY for c in codings):
        code = codings[0].get("code")
        return wrong("other_code", where="AllergyIntolerance.code.coding.code", found=code)
    return None


@EXERCISES.exercise("2.4", points=2, clause="IPS 2.0.0 Bundle-uv-ips")
def summary_of_nelida(answer: Any, evidence: Evidence) -> Finding | None:
    """A document without errors that says all that the national record says."""
    fault = _not_a_document(answer) or _has_errors(answer)
    if fault:
        return fault
    by_type = {resource.get("resourceType"): resource for resource in resources_of(answer)}
    identifiers = as_list(as_object(by_type.get("Patient")).get("identifier"))
    if not any(as_object(identifier).get("value") == NELIDA["value"] for identifier in identifiers):
        return wrong(
            "other_patient", where="Patient.identifier", expected=NELIDA, found=identifiers
        )
    for name in ("Condition", "AllergyIntolerance", "MedicationStatement"):
        if name not in by_type:
            return wrong(
                "missing",
                where="Bundle.entry",
                expected=name,
                found=", ".join(map(str, by_type)),
                type=name,
            )
    medication = by_type["MedicationStatement"]
    codings = codings_of(medication.get("medicationCodeableConcept"))
    if not any(c.get("system") == ATC and c.get("code") == "A10BA02" for c in codings):
        where = "MedicationStatement.medicationCodeableConcept.coding"
        return wrong("medication", where=where, expected=f"{ATC}|A10BA02", found=codings)
    start = at(medication, "effectivePeriod", "start")
    # to the month, as the record has it: a day would be invented
    if start != "2012-05":
        return wrong(
            "since",
            where="MedicationStatement.effectivePeriod.start",
            expected="YYYY-MM",
            found=start,
        )
    return None


@EXERCISES.exercise(
    "2.5",
    points=3,
    clause="FHIR R4 bdl-11; IPS 2.0.0 Composition.section.text, Composition.section.entry",
    needs=lambda answer: {"original": ABROAD} if isinstance(answer, dict) else {},
)
def mended(answer: Any, evidence: Evidence) -> Finding | None:
    """The document from abroad has no error left, and says all that it said before."""
    fault = _not_a_document(answer)
    if fault:
        return fault
    original = as_object(evidence["original"].json)
    if at(answer, "identifier", "value") != at(original, "identifier", "value"):
        return wrong(
            "other_document",
            where="Bundle.identifier",
            expected=at(original, "identifier", "value"),
        )
    fault = _has_errors(answer)
    if fault:
        return fault
    # both sides as plain JSON: the server's numbers keep their digits, those of an answer do not
    kept = {said(as_artifact(resource)) for resource in resources_of(answer)}
    for resource in resources_of(original):
        type = resource.get("resourceType")
        # the Composition is what was to be mended, and the patient stands in every document
        if type not in ("Composition", "Patient") and said(as_artifact(resource)) not in kept:
            return wrong("lost", where="Bundle.entry", expected=type, type=type)
    return _unlinked_allergy(answer)


def _unlinked_allergy(answer: Json) -> Finding | None:
    """Says that the section of allergies does not lead to the allergy, as the original did not."""
    allergies = [
        section
        for section in _sections(answer)
        if at(section, "code", "coding", 0, "code") == "48765-2"
    ]
    full_url = next(
        (
            at(entry, "fullUrl")
            for entry in as_list(answer.get("entry"))
            if at(entry, "resource", "resourceType") == "AllergyIntolerance"
        ),
        None,
    )
    reference = at(allergies, 0, "entry", 0, "reference")
    if reference != full_url:
        return wrong(
            "unlinked",
            where="Composition.section.entry.reference",
            expected=full_url,
            found=reference,
        )
    return None


@EXERCISES.exercise(
    "2.6", points=2, clause="IPS 2.0.0 Composition.section; FHIR R4 Patient.gender; RFC 3061 2"
)
def predicted_findings(answer: Any, evidence: Evidence) -> Finding | None:
    """How grave the judge finds four ways of breaking a summary."""
    return wrong_prediction(answer, PREDICTIONS, ("error", "warning", "nothing"))


@EXERCISES.exercise("2.7a", clause="IPS 2.0.0 Bundle-uv-ips", hidden_part_of="2.7")
def open_valid(answer: Any, evidence: Evidence) -> Finding | None:
    """The document of the open task is an IPS without errors."""
    return _not_a_document(answer) or _has_errors(answer)


@EXERCISES.exercise("2.7b", clause="IPS 2.0.0 Immunization-uv-ips", hidden_part_of="2.7")
def open_vaccination(answer: Any, evidence: Evidence) -> Finding | None:
    """A vaccination, coded and dated, stands in the section of immunizations."""
    shots = [
        resource
        for resource in resources_of(answer)
        if resource.get("resourceType") == "Immunization"
    ]
    if not shots:
        return wrong("no_vaccination", where="Bundle.entry", expected="Immunization")
    if not any(
        c.get("system") and c.get("code")
        for shot in shots
        for c in codings_of(shot.get("vaccineCode"))
    ):
        return wrong(
            "not_coded", where="Immunization.vaccineCode.coding", found=shots[0].get("vaccineCode")
        )
    if not any(interval_of(str(shot.get("occurrenceDateTime"))) for shot in shots):
        where = "Immunization.occurrenceDateTime"
        return wrong(
            "no_date", where=where, expected="YYYY-MM-DD", found=shots[0].get("occurrenceDateTime")
        )
    if not any(
        at(section, "code", "coding", 0, "code") == "11369-6" and section.get("entry")
        for section in _sections(answer)
    ):
        return wrong("not_listed", where="Composition.section", expected="11369-6")
    return None


@EXERCISES.exercise(
    "2.7c", clause="IPS 2.0.0 Composition.section.emptyReason", hidden_part_of="2.7"
)
def open_absence(answer: Any, evidence: Evidence) -> Finding | None:
    """Allergies are either listed with a code, or said to be none known, or said to be unknown."""
    section = next(
        (
            candidate
            for candidate in _sections(answer)
            if at(candidate, "code", "coding", 0, "code") == "48765-2"
        ),
        None,
    )
    if section is None:
        return wrong("no_section", where="Composition.section", expected="48765-2")
    # an emptyReason beside entries would contradict them (FHIR R4 cmp-2)
    if section.get("emptyReason") and not section.get("entry"):
        return None
    allergies = [
        resource
        for resource in resources_of(answer)
        if resource.get("resourceType") == "AllergyIntolerance"
    ]
    if not allergies:
        return wrong(
            "nothing_said", where="Composition.section", expected="AllergyIntolerance | emptyReason"
        )
    if not any(
        c.get("system") and c.get("code")
        for allergy in allergies
        for c in codings_of(allergy.get("code"))
    ):
        return wrong(
            "not_coded", where="AllergyIntolerance.code.coding", found=allergies[0].get("code")
        )
    return None


@EXERCISES.exercise("2.7d", clause="IPS 2.0.0 Patient-uv-ips", hidden_part_of="2.7")
def open_patient(answer: Any, evidence: Evidence) -> Finding | None:
    """The patient can be found abroad, and is not the one of the exercise."""
    patient = next(
        (
            resource
            for resource in resources_of(answer)
            if resource.get("resourceType") == "Patient"
        ),
        {},
    )
    identifiers = [as_object(identifier) for identifier in as_list(patient.get("identifier"))]
    # the exercise's own document, handed in again, would pass all else
    if any(identifier.get("value") == NELIDA["value"] for identifier in identifiers):
        return wrong("same_patient", where="Patient.identifier", found=NELIDA["value"])
    if not any(
        str(identifier.get("system", "")).startswith(("urn:", "http")) and identifier.get("value")
        for identifier in identifiers
    ):
        return wrong(
            "identifier",
            where="Patient.identifier.system",
            expected="urn:… | http…",
            found=identifiers,
        )
    if not interval_of(str(patient.get("birthDate"))):
        return wrong(
            "birth_date",
            where="Patient.birthDate",
            expected="YYYY-MM-DD",
            found=patient.get("birthDate"),
        )
    return None


def _not_a_document(answer: Any) -> Finding | None:
    """Says what is handed in instead of a document Bundle."""
    kind = as_object(answer).get("resourceType")
    if place(answer):
        return wrong("reference", where="Bundle", expected="{…}", found=answer)
    if kind != "Bundle":
        return wrong(
            "no_bundle",
            where="Bundle.resourceType",
            expected="Bundle",
            found=kind or type(answer).__name__,
        )
    if answer.get("type") != "document":
        return wrong(
            "no_document", where="Bundle.type", expected="document", found=answer.get("type")
        )
    return None


def _has_errors(document: Json) -> Finding | None:
    # warnings pass: a learner need not mend what a terminology server would have to confirm
    errors = [
        finding
        for finding in validate(document, profiles=["ips"])
        if finding.severity in ("error", "fatal")
    ]
    if not errors:
        return None
    first = errors[0]
    return wrong("errors", where=first.where, found=first.found, count=len(errors))


def _sections(document: Any) -> list[Json]:
    compositions = [
        resource
        for resource in resources_of(document)
        if resource.get("resourceType") == "Composition"
    ]
    return [
        as_object(section)
        for composition in compositions
        for section in as_list(composition.get("section"))
    ]
