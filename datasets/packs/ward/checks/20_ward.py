"""Lesson 20, night shift: questions that only the data can answer, and one that they cannot."""

from __future__ import annotations

from typing import Any

from sandbox.course.comparing import compare, differs, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import a_reference, a_resource, at, resources_of, unpacked
from sandbox.findings import Finding

# its two checks are the teacher's: they stand in hidden/
EXERCISES = ExerciseSet("ward", open_tasks={"20.4": 2})
OF_THE_WARD = "Patient?organization=Organization/ward-4&_summary=count"
HEART_RATES = (
    "Observation?code=http://loinc.org|8867-4"
    "&subject:Patient.organization=Organization/ward-4&_count=100"
)


@EXERCISES.exercise(
    "20.1",
    clause="FHIR R4 Bundle.total",
    asked=Asked(read=unpacked, needs=lambda _: {"count": OF_THE_WARD}),
)
def how_many(answer: Any, evidence: Evidence) -> Finding | None:
    """The answer is how many patients the ward looks after, as the server counts them now."""
    return compare("other", answer, at(evidence["count"].json, "total"), where="Bundle.total")


@EXERCISES.exercise(
    "20.2",
    points=2,
    clause="FHIR R4 Observation.subject; search.html#chaining",
    asked=Asked(read=a_reference("Patient"), needs=lambda _: {"measured": HEART_RATES}),
)
def fastest_heart(answer: Any, evidence: Evidence) -> Finding | None:
    """The answer leads to whoever has the highest heart rate of the ward."""
    measured = resources_of(evidence["measured"].json)
    rates = {row["subject"]["reference"]: row["valueQuantity"]["value"] for row in measured}
    if answer not in rates:
        return wrong("nobody_of_the_ward", where="Observation.subject", found=answer)
    if rates[answer] < max(rates.values()):
        right = max(rates, key=rates.__getitem__)
        return differs("slower", answer, right, where="Observation.subject", rate=rates[answer])
    return None


@EXERCISES.exercise(
    "20.3",
    clause="FHIR R4 datatypes.html#Coding; observation-vitalsigns.html",
    asked=Asked(read=a_resource("Coding")),
)
def code_of_heart_rate(answer: Any, evidence: Evidence) -> Finding | None:
    """Heart rate in LOINC: the same on any data."""
    return compare(
        "system", answer.get("system"), "http://loinc.org", where="Coding.system"
    ) or compare("code", answer.get("code"), "8867-4", where="Coding.code")
