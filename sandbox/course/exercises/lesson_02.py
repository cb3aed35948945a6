"""Lesson 02, International Patient Summary: from a national record to a document, and mending one
from abroad.
"""

from __future__ import annotations

from typing import Any

from sandbox.course.comparing import as_json, compare, differs, keeps, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.lesson_01_open import not_yellow_fever
from sandbox.course.exercises.reading import (
    a_resource,
    as_list,
    as_object,
    at,
    by_name,
    codings_of,
    no_type,
    not_coded,
    place,
    resources_of,
    unpacked,
    wrong_prediction,
)
from sandbox.course.record import as_artifact
from sandbox.course.slips import slip_of
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json
from sandbox.findings import Finding
from sandbox.ips.assembly import said

EXERCISES = ExerciseSet("lesson_02")
REQUIRED = {"11450-4", "48765-2", "10160-0"}
# immunizations, results and procedures: recommended or optional in an IPS, often taken for required
OTHERS = {"11369-6", "30954-2", "47519-4"}
NELIDA = {"system": "urn:oid:2.16.152", "value": "48612309-5"}
PATIENT = "Patient/nelida"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
E11 = {"system": "http://hl7.org/fhir/sid/icd-10", "code": "E11"}
METFORMIN = {"system": "http://www.whocc.no/atc", "code": "A10BA02"}
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
NONE_KNOWN = {"system": "http://snomed.info/sct", "code": "716186003"}
# of IPS 1.1, on which the region's guide of 2023 rests
NONE_KNOWN_BEFORE = (ABSENT, "no-known-allergies")
NEARLY = {"160244002": "retired", "409137002": "narrower", "no-allergy-info": "not_asked"}
ABROAD = "Bundle/summary-from-abroad"
PREDICTIONS = {
    "no_allergies": "error",
    "local_gender": "error",
    "oid_with_dot": "warning",
    "text_only": "nothing",
}


def _itself(answer: Any, evidence: Evidence) -> Any:
    return answer


def a_document(answer: Any) -> Any:
    """Reads a document Bundle, or says what is handed in instead of one."""
    value = unpacked(answer)
    if isinstance(value, Finding):
        return value
    if place(value):
        return wrong("reference", where="Bundle", expected="{…}", found=value)
    if isinstance(value, list):
        return wrong("list_for_one", expected="Bundle {…}", found=as_json(value))
    kind = as_object(value).get("resourceType")
    if kind != "Bundle":
        found = kind or as_json(value)
        return wrong("no_bundle", where="Bundle.resourceType", expected="Bundle", found=found)
    if value.get("type") != "document":
        found = value.get("type")
        return wrong("no_document", where="Bundle.type", expected="document", found=found)
    return value


AN_IPS = Asked(read=a_document, resource=_itself, profile="ips")
A_DOCUMENT = Asked(read=a_document)


@EXERCISES.exercise("2.1", clause="IPS 2.0.0 Composition.section", asked=Asked(read=unpacked))
def required_sections(answer: Any, evidence: Evidence) -> Finding | None:
    """The three sections that each IPS has, even when there is nothing in them."""
    if not isinstance(answer, list):
        return wrong("no_list", expected='["…", "…", "…"]', found=as_json(answer))
    if any(at(item, "title") or at(item, "text") for item in answer):
        return wrong("whole_resource", expected='["…", "…", "…"]', found="{…}")
    given = {str(at(item, "code") or item).strip() for item in answer}
    if given & OTHERS:
        return wrong("optional", expected="3", found=", ".join(sorted(given & OTHERS)))
    if given == REQUIRED:
        return None
    unknown = sorted(given - REQUIRED)
    if not unknown:
        return wrong("fewer", expected="3", found=", ".join(sorted(given)))
    if all(code.replace(" ", "").isalpha() for code in unknown):
        return wrong("section_names", expected="11450-4 …", found=", ".join(unknown))
    slips = (slip_of(code, right) for code in unknown for right in sorted(REQUIRED))
    name = next((slip for slip in slips if slip), "unknown")
    return wrong(name, expected="3", found=", ".join(unknown))


@EXERCISES.exercise(
    "2.2",
    points=2,
    clause="IPS 2.0.0 Condition-uv-ips; FHIR R4 con-3",
    asked=Asked(read=a_resource("Condition"), resource=_itself),
)
def diabetes(answer: Any, evidence: Evidence) -> Finding | None:
    """The diagnosis of the record as a Condition that abroad is understood."""
    where = "Condition.clinicalStatus"
    codings = codings_of(answer.get("clinicalStatus"))
    status = next((c.get("code") for c in codings if c.get("system") == CLINICAL), None)
    return (
        no_type(answer, "Condition")
        or compare("status", status, "active", where=where)
        or not_coded("code", answer.get("code"), E11, where="Condition.code.coding")
        or _wrong_onset(answer)
        or _about(answer, "subject")
    )


def _wrong_onset(condition: Json) -> Finding | None:
    # the record knows the year: a first of January says more than anybody knows
    onset = condition.get("onsetDateTime")
    name = "date_other" if onset else "onset"
    return compare(name, onset, "2011", where="Condition.onsetDateTime")


def _about(resource: Json, element: str) -> Finding | None:
    """Says that a resource is about somebody else; that it says nothing is for the judge to
    tell.
    """
    reference = at(resource, element, "reference")
    if reference is None or reference == PATIENT:
        return None
    where = f"{resource['resourceType']}.{element}.reference"
    return wrong("other_person", where=where, expected=PATIENT, found=reference)


@EXERCISES.exercise(
    "2.3",
    points=2,
    clause="IPS 2.0.0 AllergyIntolerance-uv-ips; Composition.section.emptyReason",
    asked=Asked(
        # an empty answer is a mistake of its own here, and no other type
        read=lambda answer: a_resource("AllergyIntolerance")(answer) if answer else answer,
        resource=_itself,
    ),
)
def no_known_allergy(answer: Any, evidence: Evidence) -> Finding | None:
    """Asked, and none known: said by a code, which is not the same as nothing said."""
    # an empty list is silence: nobody abroad can tell it from a question that was never asked
    if not answer and not isinstance(answer, (bool, int)):
        return wrong("silence", expected="AllergyIntolerance", found=as_json(answer))
    fault = no_type(answer, "AllergyIntolerance")
    if fault:
        return fault
    where = "AllergyIntolerance.code"
    concept = answer.get("code")
    codings = codings_of(concept)
    if isinstance(concept, dict) and not codings:
        return wrong("text_only", where=f"{where}.coding", found=as_json(concept))
    if any((c.get("system"), c.get("code")) == NONE_KNOWN_BEFORE for c in codings):
        return None
    names = (NEARLY.get(str(coding.get("code"))) for coding in codings)
    name = next(filter(None, names), "other_code")
    if name == "not_asked" and codings[0].get("system") != ABSENT:
        name = "other_code"
    if name != "other_code":
        return wrong(name, where=f"{where}.coding.code", found=as_json(codings[0].get("code")))
    return not_coded("other_code", concept, NONE_KNOWN, where=f"{where}.coding") or _about(
        answer, "patient"
    )


@EXERCISES.exercise("2.4", points=2, clause="IPS 2.0.0 Bundle-uv-ips", asked=AN_IPS)
def summary_of_nelida(answer: Any, evidence: Evidence) -> Finding | None:
    """A document without errors that says all that the national record says."""
    by_type = {resource.get("resourceType"): resource for resource in resources_of(answer)}
    identifiers = as_list(as_object(by_type.get("Patient")).get("identifier"))
    if not any(as_object(identifier).get("value") == NELIDA["value"] for identifier in identifiers):
        return differs("other_patient", identifiers, [NELIDA], where="Patient.identifier")
    for name in ("Condition", "AllergyIntolerance", "MedicationStatement"):
        if name not in by_type:
            given = ", ".join(map(str, by_type))
            return wrong("missing", where="Bundle.entry", expected=name, found=given, type=name)
    medication = by_type["MedicationStatement"]
    where = "MedicationStatement.medicationCodeableConcept"
    concept = medication.get("medicationCodeableConcept")
    if not codings_of(concept):
        return wrong("medication", where=f"{where}.coding", found=as_json(concept))
    # to the month, as the record has it: a day would be invented
    start = at(medication, "effectivePeriod", "start")
    return not_coded("medication", concept, METFORMIN, where=f"{where}.coding") or compare(
        "since", start, "2012-05", where="MedicationStatement.effectivePeriod.start"
    )


@EXERCISES.exercise(
    "2.5",
    points=3,
    clause="FHIR R4 bdl-11; IPS 2.0.0 Composition.section.text, Composition.section.entry",
    asked=Asked(
        read=a_document, needs=lambda _: {"original": ABROAD}, resource=_itself, profile="ips"
    ),
)
def mended(answer: Any, evidence: Evidence) -> Finding | None:
    """The document from abroad has no error left, and says all that it said before."""
    original = as_object(evidence["original"].json)
    number = at(original, "identifier", "value")
    # where nothing stands the judge is not waited for: it is another document, whatever its faults
    if at(answer, "identifier", "value") != number:
        given = at(answer, "identifier", "value")
        return wrong("other_document", expected=number, found=as_json(given))
    return _lost(answer, original) or _unlinked_allergy(answer)


def _lost(answer: Json, original: Json) -> Finding | None:
    """Says what the original said and the mended document does not."""
    # both sides as plain JSON: the server's numbers keep their digits, those of an answer do not
    kept = {said(as_artifact(resource)) for resource in resources_of(answer)}
    patients = [r for r in resources_of(answer) if r.get("resourceType") == "Patient"]
    for resource in resources_of(original):
        type = resource.get("resourceType")
        if type == "Patient":
            names = [n for n in resource if not _is_kept(n, at(patients, 0), resource)]
            if names:
                given = ", ".join(names)
                return wrong("person_lost", where="Patient", expected=given, found="–", names=given)
        # the Composition is what was to be mended
        elif type != "Composition" and said(as_artifact(resource)) not in kept:
            return wrong("lost", where="Bundle.entry", expected=type, type=type)
    return None


def _is_kept(name: str, patient: Any, original: Json) -> bool:
    """Tells whether a member of the Patient says all that it said; gender was to be mended."""
    if patient is None:
        return True
    told = as_artifact(original[name])
    return name in patient and (name == "gender" or keeps(as_artifact(patient[name]), told))


def _unlinked_allergy(answer: Json) -> Finding | None:
    """Says that the section of allergies does not lead to the allergy, as the original did not."""
    allergies = _section(answer, "48765-2")
    full_url = next(
        (
            at(entry, "fullUrl")
            for entry in as_list(answer.get("entry"))
            if at(entry, "resource", "resourceType") == "AllergyIntolerance"
        ),
        None,
    )
    reference = at(allergies, "entry", 0, "reference")
    where = "Composition.section.entry.reference"
    return compare("unlinked", reference, full_url, where=where)


@EXERCISES.exercise(
    "2.6",
    points=2,
    clause="IPS 2.0.0 Composition.section; FHIR R4 Patient.gender; RFC 3061 2",
    asked=Asked(read=by_name(*PREDICTIONS)),
)
def predicted_findings(answer: Any, evidence: Evidence) -> Finding | None:
    """How grave the judge finds four ways of breaking a summary."""
    return wrong_prediction(answer, PREDICTIONS, ("error", "warning", "nothing"))


@EXERCISES.exercise("2.7a", clause="IPS 2.0.0 Bundle-uv-ips", asked=AN_IPS, hidden_part_of="2.7")
def open_valid(answer: Any, evidence: Evidence) -> Finding | None:
    """The document of the open task is an IPS; its errors are found by the judge."""
    return None


@EXERCISES.exercise(
    "2.7b", clause="IPS 2.0.0 Immunization-uv-ips", asked=A_DOCUMENT, hidden_part_of="2.7"
)
def open_vaccination(answer: Any, evidence: Evidence) -> Finding | None:
    """A vaccination against yellow fever, coded and dated, stands in the section of
    immunizations.
    """
    shots = _of_type(answer, "Immunization")
    if not shots:
        return wrong("no_vaccination", where="Bundle.entry", expected="Immunization")
    faults = [_wrong_shot(shot) for shot in shots]
    if None not in faults:
        return faults[0]
    section = _section(answer, "11369-6")
    if not _leads_to(answer, section, "Immunization"):
        return wrong("not_listed", where="Composition.section", expected="11369-6")
    return None


def _wrong_shot(shot: Json) -> Finding | None:
    where = "Immunization.occurrenceDateTime"
    given = shot.get("occurrenceDateTime")
    if shot.get("status") != "completed":
        return wrong("not_given", where="Immunization.status", found=shot.get("status"))
    if not interval_of(str(given)):
        return wrong("no_date", where=where, expected="YYYY-MM-DD", found=as_json(given))
    return not_yellow_fever("not_coded", shot)


@EXERCISES.exercise(
    "2.7c",
    clause="IPS 2.0.0 Composition.section.emptyReason",
    asked=A_DOCUMENT,
    hidden_part_of="2.7",
)
def open_absence(answer: Any, evidence: Evidence) -> Finding | None:
    """Allergies are either listed with a code, or said to be none known, or said to be unknown."""
    section = _section(answer, "48765-2")
    if not section:
        return wrong("no_section", where="Composition.section", expected="48765-2")
    where = "Composition.section.entry"
    if section.get("emptyReason"):
        # an emptyReason beside entries would contradict them (FHIR R4 cmp-2)
        found = as_json(section["emptyReason"])
        return wrong("contradiction", where=where, found=found) if section.get("entry") else None
    allergies = _of_type(answer, "AllergyIntolerance")
    if not allergies:
        expected = "AllergyIntolerance | emptyReason"
        return wrong("nothing_said", where="Composition.section", expected=expected)
    if not _leads_to(answer, section, "AllergyIntolerance"):
        return wrong("not_listed", where=where, expected="AllergyIntolerance", found="–")
    codings = [coding for allergy in allergies for coding in codings_of(allergy.get("code"))]
    if not any(coding.get("system") and coding.get("code") for coding in codings):
        given = as_json(allergies[0].get("code"))
        return wrong("not_coded", where="AllergyIntolerance.code.coding", found=given)
    return None


@EXERCISES.exercise(
    "2.7d", clause="IPS 2.0.0 Patient-uv-ips", asked=A_DOCUMENT, hidden_part_of="2.7"
)
def open_patient(answer: Any, evidence: Evidence) -> Finding | None:
    """The patient can be found abroad, and is not the one of the exercise."""
    patients = _of_type(answer, "Patient")
    patient = patients[0] if patients else {}
    identifiers = [as_object(identifier) for identifier in as_list(patient.get("identifier"))]
    # the exercise's own document, handed in again, would pass all else
    if any(identifier.get("value") == NELIDA["value"] for identifier in identifiers):
        return wrong("same_patient", where="Patient.identifier", found=NELIDA["value"])
    systems = [str(i.get("system", "")) for i in identifiers if i.get("value")]
    where = "Patient.identifier.system"
    if not any(system.startswith(("urn:oid:", "urn:uuid:", "http")) for system in systems):
        bare = systems[0].removeprefix("urn:oid.") if systems else ""
        slip = slip_of(systems[0], f"urn:oid:{bare}") if bare.replace(".", "").isdigit() else ""
        given = as_json(identifiers)
        return wrong(slip or "identifier", where=where, expected="urn:… | http…", found=given)
    born = patient.get("birthDate")
    if not interval_of(str(born)):
        name = "date_format" if born else "birth_date"
        where = "Patient.birthDate"
        return wrong(name, where=where, expected="YYYY-MM-DD", found=as_json(born))
    return None


def _of_type(document: Any, type: str) -> list[Json]:
    return [r for r in resources_of(document) if r.get("resourceType") == type]


def _section(document: Any, code: str) -> Json:
    """Returns the section with a LOINC code, or an empty object."""
    sections = [
        as_object(section)
        for composition in _of_type(document, "Composition")
        for section in as_list(composition.get("section"))
    ]
    return next((s for s in sections if at(s, "code", "coding", 0, "code") == code), {})


def _leads_to(document: Json, section: Json, type: str) -> bool:
    """Tells whether an entry of a section leads to a resource of this type in the document."""
    listed = {at(entry, "reference") for entry in as_list(section.get("entry"))}
    places = {
        place
        for entry in as_list(document.get("entry"))
        if at(entry, "resource", "resourceType") == type
        for place in (at(entry, "fullUrl"), f"{type}/{at(entry, 'resource', 'id')}")
    }
    return bool(listed & places)
