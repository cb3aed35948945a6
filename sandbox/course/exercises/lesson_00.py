"""Lesson 00, welcome: a first request, a first search, and which track is which."""

from __future__ import annotations

from typing import Any

from sandbox.course.exercise import Evidence, ExerciseSet, wrong
from sandbox.course.exercises.reading import as_object, at
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_00")
PAGE_OF_THE_EXAMPLE = 3


@EXERCISES.exercise(
    "0.1",
    clause="FHIR R4 CapabilityStatement.fhirVersion",
    needs=lambda _: {"metadata": "metadata"},
)
def fhir_version(answer: Any, evidence: Evidence) -> Finding | None:
    """The answer is the number in CapabilityStatement.fhirVersion, as the server at hand writes
    it.
    """
    statement = as_object(evidence["metadata"].json)
    right = statement.get("fhirVersion")
    if answer == right:
        return None
    where = "CapabilityStatement.fhirVersion"
    if isinstance(answer, dict):
        return wrong(
            "whole_document",
            where=where,
            expected="text",
            found=answer.get("resourceType", "object"),
        )
    # a release has versions (4.0.0, 4.0.1): a client compares the number
    if str(answer).strip().upper() in {"R4", "4", "4.0", "FHIR R4"}:
        return wrong("release_name", where=where, found=answer)
    if answer == at(statement, "software", "version"):
        return wrong("software_version", where="CapabilityStatement.software.version", found=answer)
    return wrong("other", where=where, found=answer)


@EXERCISES.exercise(
    "0.2", clause="FHIR R4 Bundle.total", needs=lambda _: {"count": "Patient?_summary=count"}
)
def how_many_patients(answer: Any, evidence: Evidence) -> Finding | None:
    """The answer is Bundle.total of a search for all patients, as a number."""
    total = at(evidence["count"].json, "total")
    # True is 1 in Python
    if answer == total and not isinstance(answer, bool):
        return None
    if isinstance(answer, dict):
        return wrong(
            "whole_bundle",
            where="Bundle.total",
            expected="1, 2, 3 …",
            found=answer.get("resourceType", "object"),
        )
    if str(answer).strip() == str(total):
        return wrong("text", where="Bundle.total", expected="1, 2, 3 …", found=repr(answer))
    # whoever counts the entries of the example above counts one page
    if answer == PAGE_OF_THE_EXAMPLE:
        return wrong("one_page", where="Bundle.entry", found=answer)
    return wrong("other", where="Bundle.total", found=answer)


@EXERCISES.exercise("0.3", clause="IHE MHD 4.2.3 1:33; IPS 2.0.0")
def track_of_summaries(answer: Any, evidence: Evidence) -> Finding | None:
    """Sharing patient summaries is Track 1."""
    # the word may stand before it, in any of the three languages
    word = (
        str(answer)
        .strip()
        .lower()
        .removeprefix("track")
        .removeprefix("pista")
        .removeprefix("trilha")
        .strip()
    )
    if word == "1":
        return None
    if word in {"2a", "2b"}:
        return wrong(f"track_{word}", found=answer)
    if word in {"ips", "mhd", "fhir"}:
        return wrong("standard_name", expected="1, 2a, 2b", found=answer)
    return wrong("other", expected="1, 2a, 2b", found=answer)
