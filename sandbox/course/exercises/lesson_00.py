"""Lesson 00, welcome: a first request, a first search, and which track is which."""

from __future__ import annotations

import re
from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import as_object, at, unpacked
from sandbox.course.slips import whole_of
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_00")
PAGE_OF_THE_EXAMPLE = 3
RELEASES = {"R4", "R4B", "4", "4.0", "FHIR R4", "FHIR 4", "RELEASE 4"}
TRACK = re.compile(r"(?<![\w.])(1|2a|2b)(?![\w.])")


@EXERCISES.exercise(
    "0.1",
    clause="FHIR R4 CapabilityStatement.fhirVersion",
    asked=Asked(read=unpacked, needs=lambda _: {"metadata": "metadata"}),
)
def fhir_version(answer: Any, evidence: Evidence) -> Finding | None:
    """The answer is the number in CapabilityStatement.fhirVersion, as the server at hand writes
    it.
    """
    statement = as_object(evidence["metadata"].json)
    where = "CapabilityStatement.fhirVersion"
    # it is so long that it is not kept
    if whole_of(answer) == "whole_resource" or at(answer, "unreadable"):
        return wrong("whole_document", where=where, found=answer.get("resourceType", "{…}"))
    name = "other"
    # a release has versions (4.0.0, 4.0.1): a client compares the number
    if str(answer).strip().upper() in RELEASES:
        return wrong("release_name", where=where, found=as_json(answer))
    if answer == at(statement, "software", "version"):
        name = "software_version"
        where = "CapabilityStatement.software.version"
    return compare(name, answer, statement.get("fhirVersion"), where=where)


@EXERCISES.exercise(
    "0.2",
    clause="FHIR R4 Bundle.total",
    asked=Asked(read=unpacked, needs=lambda _: {"count": "Patient?_summary=count"}),
)
def how_many_patients(answer: Any, evidence: Evidence) -> Finding | None:
    """The answer is Bundle.total of a search for all patients, as a number."""
    where = "Bundle.total"
    if whole_of(answer) == "search_result":
        return wrong("whole_bundle", where=where, found="Bundle")
    if isinstance(answer, list) and any(at(entry, "resource") for entry in answer):
        return wrong("entries", where="Bundle.entry", found=f"[{len(answer)}]")
    # whoever counts the entries of the example above counts one page
    name = "one_page" if answer == PAGE_OF_THE_EXAMPLE else "other"
    return compare(name, answer, at(evidence["count"].json, "total"), where=where)


@EXERCISES.exercise("0.3", clause="IHE MHD 4.2.3 1:33; IPS 2.0.0", asked=Asked(read=unpacked))
def track_of_summaries(answer: Any, evidence: Evidence) -> Finding | None:
    """Sharing patient summaries is Track 1."""
    # the word may stand before it, in any language
    text = " ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
    named = set(TRACK.findall(text.lower()))
    expected = "1, 2a, 2b"
    if named == {"1"} and not isinstance(answer, list):
        return None
    if len(named) > 1:
        return wrong("two_tracks", expected=expected, found=as_json(answer))
    if named and named != {"1"}:
        return wrong(f"track_{named.pop()}", found=as_json(answer))
    if named:
        return wrong("list_for_one", expected=expected, found=as_json(answer))
    if re.search(r"(?i)\b(ips|mhd|fhir|patient summary)\b", text):
        return wrong("standard_name", expected=expected, found=answer)
    return wrong("other", expected=expected, found=as_json(answer))
