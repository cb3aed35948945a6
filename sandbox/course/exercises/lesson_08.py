"""Lesson 08, the workshop: a national record, a summary of it, Source, Consumer and viewer.

What a learner's functions return is judged, wherever they read it from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.benched import failure_of_document, failure_of_submission
from sandbox.course.exercises.reading import (
    a_resource,
    as_list,
    as_object,
    at,
    by_name,
    codings_of,
    not_coded,
    resources_of,
    unpacked,
)
from sandbox.course.national_record import COLUMNS, FACTS, MARIA, RAMON, rows_of
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_08")
DATES = {
    "17/09/1984": "1984-09-17",
    "05/2012": "2012-05",
    "19840917": "1984-09-17",
    "201205": "2012-05",
    "1984-09-17": "1984-09-17",
    "2011": "2011",
}
SYSTEM = "urn:oid:2.16.600"
FAMILY = "Benítez Godoy"
GIVEN = ["María", "Estela"]
SNOMED = "http://snomed.info/sct"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
NONE_KNOWN = "716186003"
TEXTS = {code: text for _, _, code, text, _ in FACTS}
SECTIONS = {"allergies": "48765-2", "problems": "11450-4", "medications": "10160-0"}
# what a reader finds under each name of the viewer
SEEN = {"allergies": "91936005", "problems": "J45", "medications": "R03AC02"}
TITLES = {"alergias": "allergies", "problemas": "problems", "medicamentos": "medications"}


def _rows(answer: Any) -> Any:
    value = unpacked(answer)
    if isinstance(value, dict):
        return wrong("one_for_list", expected="[{…}, {…}, {…}]", found=as_json(answer))
    if not isinstance(value, list):
        return wrong("no_rows", expected="[{…}, {…}, {…}]", found=as_json(answer))
    return value


@EXERCISES.exercise("8.1", clause="RFC 4180; HL7 v2.5 2.5, 3.4.2", asked=Asked(read=_rows))
def rows_of_one_person(rows: Any, evidence: Evidence) -> Finding | None:
    """One dictionary for each fact about María, whole and undamaged."""
    expected = [dict(row) for row in rows_of(MARIA)]
    fault = _shape_of_rows(rows)
    if fault:
        return wrong(fault, expected=f"{len(expected)} × {', '.join(COLUMNS)}", found=as_json(rows))
    if any(str(row["ci"]) != MARIA for row in rows):
        return wrong(
            "everybody", where="ci", expected=MARIA, found=as_json([r["ci"] for r in rows])
        )
    if len(rows) != len(expected):
        name = "some_rows" if len(rows) < len(expected) else "twice"
        return wrong(name, expected=len(expected), found=len(rows))
    for row, right in zip(_sorted(rows), _sorted(expected), strict=True):
        for name in ("nombre", "clase", "codigo", "texto", "sexo"):
            # half-read letters are no other spelling: the file was decoded wrongly
            if re.search("[\ufffdÃÂ]", str(row[name])):
                return wrong("damaged", where=name, expected=right[name], found=as_json(row[name]))
            fault_of_value = compare("other_value", row[name], right[name], where=name)
            if fault_of_value:
                return fault_of_value
    lost = next((name for row in rows for name in ("nacimiento", "desde") if not row[name]), "")
    return wrong("no_date", where=lost) if lost else None


def _shape_of_rows(rows: Sequence[Any]) -> str:
    if not rows:
        return "nobody"
    if not all(isinstance(row, dict) for row in rows):
        return "no_names"
    if any(";" in str(name) for row in rows for name in row):
        return "delimiter"
    if any("clase" not in row or "codigo" not in row for row in rows):
        return "no_facts"
    return "" if all(set(COLUMNS) <= set(row) for row in rows) else "other_names"


def _sorted(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: str(row["clase"]))


@EXERCISES.exercise("8.2", clause="FHIR R4 datatypes.html#date", asked=Asked(read=by_name(*DATES)))
def dates_of_the_record(answer: Any, evidence: Evidence) -> Finding | None:
    """Each date in FHIR's order, and as precise as the record."""
    for text, right in DATES.items():
        fault = compare("other_date", answer[text], right, where=text)
        if fault:
            return fault
    return None


@EXERCISES.exercise(
    "8.3",
    points=2,
    clause="FHIR R4 Patient; HumanName",
    asked=Asked(read=a_resource("Patient"), resource=lambda answer, _: answer),
)
def patient_of_the_record(patient: Any, evidence: Evidence) -> Finding | None:
    """Identifier, name, gender and birth date of María."""
    identifier = as_object(at(patient, "identifier", 0))
    name = as_object(at(patient, "name", 0))
    if str(name.get("family")).isupper() or any(
        str(n).isupper() for n in as_list(name.get("given"))
    ):
        return wrong("capitals", where="Patient.name", expected=FAMILY, found=as_json(name))
    if name.get("family") == " ".join(GIVEN) or as_list(name.get("given")) == FAMILY.split():
        return wrong("names_swapped", where="Patient.name", expected=FAMILY, found=as_json(name))
    if as_list(name.get("given")) == [" ".join(GIVEN)]:
        return wrong(
            "one_given",
            where="Patient.name.given",
            expected=as_json(GIVEN),
            found=as_json(name.get("given")),
        )
    rows = (
        ("no_number", identifier.get("value"), MARIA, "identifier.value"),
        ("other_system", identifier.get("system"), SYSTEM, "identifier.system"),
        ("other_family", name.get("family"), FAMILY, "name.family"),
        ("other_given", name.get("given"), GIVEN, "name.given"),
        ("other_gender", patient.get("gender"), "female", "gender"),
        ("other_birth", patient.get("birthDate"), "1984-09-17", "birthDate"),
    )
    faults = (
        compare(sentence, given, right, where=f"Patient.{where}")
        for sentence, given, right, where in rows
    )
    return next(filter(None, faults), None)


def _together(answer: Any, _: Evidence) -> Any:
    # an entry needs an address of its own; it is no part of the answer
    entries = [
        {"fullUrl": f"https://record.example/fhir/made/{name}", "resource": as_object(answer[name])}
        for name in MADE
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


# of each thing: its type, who it is about, its system and code, since when
MADE = {
    "allergy": ("AllergyIntolerance", "Patient/1", SNOMED, "91936005", "onsetDateTime", "2012-05"),
    "problem": ("Condition", "Patient/1", ICD_10, "J45", "onsetDateTime", "2011"),
    "medication": (
        "MedicationStatement", "Patient/1", ATC, "R03AC02", "effectivePeriod", "2020-02-03",
    ),
    "none": ("AllergyIntolerance", "Patient/2", SNOMED, NONE_KNOWN, "onsetDateTime", None),
}  # fmt: skip


@EXERCISES.exercise(
    "8.4",
    points=3,
    clause="IPS 2.0.0 AllergyIntolerance, Condition, MedicationStatement",
    asked=Asked(
        read=by_name(
            allergy=a_resource("AllergyIntolerance"),
            problem=a_resource("Condition"),
            medication=a_resource("MedicationStatement"),
            none=a_resource("AllergyIntolerance"),
        ),
        resource=_together,
    ),
)
def facts_of_the_record(answer: Any, evidence: Evidence) -> Finding | None:
    """What each row says, and nothing more."""
    faults = (_wrong_fact(name, as_object(answer[name])) for name in MADE)
    return next(filter(None, faults), None)


def _wrong_fact(name: str, resource: Mapping[str, Any]) -> Finding | None:
    type, patient, system, code, since, date = MADE[name]
    found = resource.get("resourceType")
    if found != type:
        return wrong("other_resource", where=f"{name}.resourceType", expected=type, found=found)
    concept = resource.get("code") or resource.get("medicationCodeableConcept")
    if any(coding.get("code") == "NINGUNA" for coding in codings_of(concept)):
        return wrong("local_word", where=f"{type}.code", expected=NONE_KNOWN, found="NINGUNA")
    element = "medicationCodeableConcept" if name == "medication" else "code"
    fault = not_coded(
        "other_code", concept, {"system": system, "code": code}, where=f"{type}.{element}"
    )
    if fault:
        return fault
    about = at(resource, "patient" if type == "AllergyIntolerance" else "subject", "reference")
    if about != patient:
        where = f"{type}.patient" if type == "AllergyIntolerance" else f"{type}.subject"
        return wrong("about_whom", where=where, expected=patient, found=as_json(about))
    if not at(concept, "text"):
        return wrong("no_words", where=f"{type}.{element}.text", expected=as_json(TEXTS.get(code)))
    if name in ("allergy", "problem") and not at(resource, "clinicalStatus", "coding", 0, "code"):
        return wrong("no_status", where=f"{type}.clinicalStatus", expected="active")
    given = resource.get(since)
    moment = at(given, "start") if since == "effectivePeriod" else given
    if moment is None and date is not None:
        return wrong("no_since", where=f"{type}.{since}", expected=date)
    if moment is not None and date is None:
        return wrong("made_up", where=f"{type}.{since}", found=as_json(moment))
    return compare("other_since", moment, date, where=f"{type}.{since}") if date else None


@EXERCISES.exercise(
    "8.5",
    points=4,
    clause="IPS 2.0.0 Bundle-uv-ips",
    asked=Asked(read=by_name(maria=a_resource("Bundle"), ramon=a_resource("Bundle"))),
)
def documents_of_both(answer: Any, evidence: Evidence) -> Finding | None:
    """Both documents pass the bench, and hold what the record knows, no less and no more."""
    for name, number in (("maria", MARIA), ("ramon", RAMON)):
        document = answer[name]
        fault = (
            _wrong_document(name, number, document)
            or failure_of_document(document)
            or _lost_fact(name, number, document)
        )
        if fault:
            return fault
    return None


def _wrong_document(name: str, number: str, document: Any) -> Finding | None:
    if at(document, "type") != "document":
        return wrong(
            "no_document",
            where=f"{name}.type",
            expected="document",
            found=as_json(at(document, "type")),
        )
    numbers = [at(r, "identifier", 0, "value") for r in resources_of(document)]
    if number not in numbers:
        return wrong("other_person", where=f"{name}: Patient.identifier", expected=number)
    return None


def _lost_fact(name: str, number: str, document: Any) -> Finding | None:
    sections = _sections(document)
    for whose, kind, code, text, _ in FACTS:
        if whose != number:
            continue
        section = sections.get(TITLES.get(f"{kind.lower()}s", ""), [])
        right = NONE_KNOWN if code == "NINGUNA" else code
        if right not in {c.get("code") for r in section for c in codings_of(_concept(r))}:
            return wrong("fact_lost", where=f"{name}: {kind}", expected=right, found=text)
    if number == RAMON and sections.get("medications"):
        return wrong("none_said", where="ramon: MEDICAMENTO", expected="emptyReason")
    return None


def _concept(resource: Any) -> Any:
    return at(resource, "code") or at(resource, "medicationCodeableConcept")


def _sections(document: Any) -> dict[str, list[Any]]:
    """Returns the resources that each section refers to, by the name that the viewer gives it."""
    entries = as_list(at(document, "entry"))
    by_address = {str(at(entry, "fullUrl")): at(entry, "resource") for entry in entries}
    names = {code: name for name, code in SECTIONS.items()}
    found: dict[str, list[Any]] = {}
    for section in as_list(at(entries[0] if entries else None, "resource", "section")):
        codes = [coding.get("code") for coding in codings_of(at(section, "code"))]
        references = [str(at(entry, "reference")) for entry in as_list(at(section, "entry"))]
        for code in codes:
            if code in names:
                found[names[code]] = [by_address.get(reference) for reference in references]
    return found


@EXERCISES.exercise(
    "8.6", points=3, clause="MHD 3:4.65.4.1.2", asked=Asked(read=a_resource("Bundle"))
)
def submission_of_a_summary(answer: Any, evidence: Evidence) -> Finding | None:
    """The bench finds nothing in the submission."""
    if at(answer, "type") == "document":
        return wrong(
            "document_alone", where="Bundle.type", expected="transaction", found="document"
        )
    if at(answer, "type") == "transaction-response":
        return wrong(
            "response", where="Bundle.type", expected="transaction", found="transaction-response"
        )
    kinds = [resource.get("resourceType") for resource in resources_of(answer)]
    lost = [k for k in ("List", "DocumentReference", "Binary", "Patient") if k not in kinds]
    if lost:
        return wrong("part_lost", where="Bundle.entry", expected=lost[0], found=as_json(kinds))
    return failure_of_submission(answer)


@EXERCISES.exercise("8.7", points=2, clause="MHD 3:4.68.4.2.2", asked=Asked(read=unpacked))
def received_document(answer: Any, evidence: Evidence) -> Finding | None:
    """The document itself, about María."""
    if isinstance(answer, list):
        return wrong("list_for_one", expected="Bundle", found=as_json(answer))
    kind = at(answer, "resourceType")
    if kind in ("Binary", "DocumentReference", "OperationOutcome"):
        return wrong(f"a_{str(kind).lower()}", where="resourceType", expected="Bundle", found=kind)
    if at(answer, "type") == "searchset":
        return wrong("a_searchset", where="Bundle.type", expected="document", found="searchset")
    if at(answer, "type") != "document":
        name = "still_base64" if _is_base64(answer) else "no_document_came"
        return wrong(name, expected="Bundle document", found=as_json(answer))
    numbers = [at(r, "identifier", 0, "value") for r in resources_of(answer)]
    if MARIA not in numbers:
        return wrong("other_person", where="Patient.identifier", expected=MARIA)
    return None


def _is_base64(answer: Any) -> bool:
    return isinstance(answer, str) and bool(re.fullmatch(r"[A-Za-z0-9+/\s]{80,}=*", answer[:400]))


@EXERCISES.exercise(
    "8.8", points=2, clause="IPS 2.0.0 Composition.section", asked=Asked(read=unpacked)
)
def words_of_the_viewer(answer: Any, evidence: Evidence) -> Finding | None:
    """The words of each entry under the name of its section."""
    expected = ", ".join(SEEN)
    if not isinstance(answer, dict):
        name = "list_for_names" if isinstance(answer, list) else "not_by_name"
        return wrong(name, expected=expected, found=as_json(answer))
    if set(answer) & set(TITLES) or set(answer) & {title.title() for title in TITLES}:
        return wrong("by_title", expected=expected, found=", ".join(map(str, answer)))
    if set(answer) & set(SECTIONS.values()):
        return wrong("by_code", expected=expected, found=", ".join(map(str, answer)))
    for name, code in SEEN.items():
        fault = _wrong_words(name, answer.get(name), TEXTS[code], code)
        if fault:
            return fault
    return None


def _wrong_words(name: str, given: Any, text: str, code: str) -> Finding | None:
    right = as_json([text])
    if given is None:
        return wrong("missing_name", where=name, expected=", ".join(SEEN), missing=name)
    if not isinstance(given, list):
        sentence = "one_for_list" if isinstance(given, str) else "counted"
        return wrong(sentence, where=name, expected=right, found=as_json(given))
    if not given:
        return wrong("nothing_shown", where=name, expected=right, found="[]")
    if any(isinstance(word, dict) for word in given):
        return wrong("resources_shown", where=name, expected=right, found=as_json(given))
    if any("urn:" in str(word) for word in given):
        return wrong("references_shown", where=name, expected=right, found=as_json(given))
    if given == [code]:
        return wrong("codes_shown", where=name, expected=right, found=as_json(given))
    others = {TEXTS[other] for key, other in SEEN.items() if key != name}
    if others & set(map(str, given)):
        return wrong("mixed", where=name, expected=right, found=as_json(given))
    if len(given) > 1:
        return wrong("shown_twice", where=name, expected=right, found=as_json(given))
    return compare("other_words", given[0], text, where=name)
