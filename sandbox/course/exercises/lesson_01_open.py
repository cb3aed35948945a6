"""Lesson 01, its open task: a patient and a vaccination of one's own, judged when the facilitator
grades.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.clock import utc_now
from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_01 import BORN, EXERCISES
from sandbox.course.exercises.reading import (
    a_reference,
    as_list,
    as_object,
    at,
    by_name,
    codings_of,
    handed_in,
    leads_to,
    not_all_there,
    not_there,
    place,
)
from sandbox.course.slips import slip_of
from sandbox.fhir.dates import interval_of, milliseconds_of
from sandbox.fhir.json import Json
from sandbox.findings import Finding

YELLOW_FEVER = {"J07BL01", "1121000221106", "1119254000"}
# codes of vaccines against something else, which are often copied from an example
OTHER_VACCINES = re.compile(r"^J07(?!BL)")


def _asks_both(*names: str) -> Asked:
    """Asks for what an open task handed in under these names, and has the judge look at the
    first.
    """
    readers = {name: a_reference(name.capitalize()) for name in names}
    return Asked(
        read=by_name(**readers),
        needs=lambda answer: {name: answer[name] for name in names},
        resource=lambda answer, evidence: handed_in(evidence, names[0]),
    )


@EXERCISES.exercise(
    "1.9a",
    clause="FHIR R4 patient.html; IPS 2.0.0 Patient",
    asked=_asks_both("patient"),
    hidden_part_of="1.9",
)
def open_patient(answer: Any, evidence: Evidence) -> Finding | None:
    """The patient can be identified: an identifier with an absolute system, a name, a birth
    date.
    """
    fault = not_there(evidence, "patient", answer["patient"])
    if fault:
        return fault
    patient = handed_in(evidence, "patient")
    identifiers = [as_object(identifier) for identifier in as_list(patient.get("identifier"))]
    absolute = re.compile(r"^(urn:|https?://)")
    if not any(absolute.match(str(i.get("system", ""))) and i.get("value") for i in identifiers):
        where = "Patient.identifier"
        given = as_json(identifiers)
        return wrong("identifier", where=where, expected="urn:… | http…", found=given)
    born = patient.get("birthDate")
    if not at(patient, "name", 0) or born is None:
        given = ", ".join(sorted(patient))
        return wrong("incomplete", where="Patient", expected="name, birthDate", found=given)
    slip = slip_of(born, str(born)[:10]) if interval_of(str(born)[:10]) else slip_of(born, BORN)
    return (
        wrong(slip, where="Patient.birthDate", expected="YYYY-MM-DD", found=born) if slip else None
    )


@EXERCISES.exercise(
    "1.9b",
    clause="FHIR R4 immunization.html",
    asked=_asks_both("immunization"),
    hidden_part_of="1.9",
)
def open_immunization(answer: Any, evidence: Evidence) -> Finding | None:
    """The vaccination happened and its vaccine has a system and a code."""
    immunization = handed_in(evidence, "immunization")
    status = immunization.get("status")
    return (
        not_there(evidence, "immunization", answer["immunization"])
        or compare("status", status, "completed", where="Immunization.status")
        or not_yellow_fever("vaccine", immunization)
    )


def not_yellow_fever(name: str, immunization: Json) -> Finding | None:
    """Says that a vaccine is not coded, or that its code is of a vaccine against something else.

    Codes of other systems than ATC and SNOMED CT are not known here, and pass.
    """
    where = "Immunization.vaccineCode"
    concept = immunization.get("vaccineCode")
    codings = [c for c in codings_of(concept) if c.get("system") and c.get("code")]
    if not codings:
        return wrong(name, where=f"{where}.coding", expected="system, code", found=as_json(concept))
    codes = {str(coding["code"]) for coding in codings}
    if not codes & YELLOW_FEVER and any(OTHER_VACCINES.match(code) for code in codes):
        given = ", ".join(sorted(codes))
        return wrong("other_vaccine", where=where, expected="J07BL01", found=given)
    return None


@EXERCISES.exercise(
    "1.9c",
    clause="FHIR R4 references.html#literal",
    asked=_asks_both("immunization", "patient"),
    hidden_part_of="1.9",
)
def open_reference(answer: Any, evidence: Evidence) -> Finding | None:
    """The vaccination points to the patient that was handed in."""
    fault = not_all_there(evidence, answer, "immunization", "patient")
    if fault:
        return fault
    patient = handed_in(evidence, "immunization").get("patient")
    reference = at(patient, "reference")
    where = "Immunization.patient"
    expected = answer["patient"]
    if reference is None:
        key = "identifier_only" if at(patient, "identifier") else "no_reference"
        return wrong(key, where=where, expected=expected, found=as_json(patient))
    if leads_to(reference, expected, evidence):
        return None
    key = "other_reference" if place(reference) else "not_a_reference"
    return wrong(key, where=where, expected=expected, found=reference)


@EXERCISES.exercise(
    "1.9d",
    clause="FHIR R4 immunization.html; datatypes.html#date",
    asked=_asks_both("immunization", "patient"),
    hidden_part_of="1.9",
)
def open_dates(answer: Any, evidence: Evidence) -> Finding | None:
    """Nobody is vaccinated before birth, nor tomorrow."""
    where = "Immunization.occurrenceDateTime"
    given = handed_in(evidence, "immunization").get("occurrenceDateTime")
    if given is None:
        return wrong("no_date", where=where, expected="YYYY-MM-DD", found="–")
    interval = interval_of(str(given))
    if interval is None:
        slip = slip_of(str(given), "2024-03-12") or "date_format"
        return wrong(slip, where=where, expected="YYYY-MM-DD", found=given)
    if "T" in given and not re.search(r"(Z|[+-]\d\d:\d\d)$", given):
        return wrong("no_zone", where=where, expected=f"{given}-03:00", found=given)
    # intervals: a vaccination in 2020 is not before a birth in May 2020
    born = interval_of(str(handed_in(evidence, "patient").get("birthDate")))
    if born is None or interval[1] < born[0]:
        return wrong("before_birth", where=where, found=given)
    now = milliseconds_of(utc_now())
    return wrong("in_future", where=where, found=given) if interval[0] > now else None
