"""Lesson 20, its open task: judged when the teacher grades, and seen by nobody else."""

from __future__ import annotations

from typing import Any

from sandbox.course.comparing import wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import as_list, resources_of
from sandbox.findings import Finding

EXERCISES = ExerciseSet("ward")
TOO_FAST = 100  # beats a minute
HEART_RATES = (
    "Observation?code=http://loinc.org|8867-4"
    "&subject:Patient.organization=Organization/ward-4&_count=100"
)


def _too_fast(evidence: Evidence) -> set[str]:
    return {
        f"Observation/{row['id']}"
        for row in resources_of(evidence["measured"].json)
        if row["valueQuantity"]["value"] > TOO_FAST
    }


@EXERCISES.exercise(
    "20.4a",
    points=2,
    clause="FHIR R4 search.html#quantity",
    asked=Asked(needs=lambda _: {"measured": HEART_RATES}),
    hidden_part_of="20.4",
)
def none_is_missing(answer: Any, evidence: Evidence) -> Finding | None:
    """Every heart rate above 100 is on the list."""
    missing = _too_fast(evidence) - set(map(str, as_list(answer)))
    return (
        wrong("missing", where="Observation", found=", ".join(sorted(missing))) if missing else None
    )


@EXERCISES.exercise(
    "20.4b",
    clause="FHIR R4 search.html#quantity",
    asked=Asked(needs=lambda _: {"measured": HEART_RATES}),
    hidden_part_of="20.4",
)
def none_is_too_many(answer: Any, evidence: Evidence) -> Finding | None:
    """Nothing else is on the list; an empty list would be free of what is too many."""
    listed = set(map(str, as_list(answer)))
    others = listed - _too_fast(evidence)
    if others:
        return wrong("too_many", where="Observation", found=", ".join(sorted(others)))
    return None if listed else wrong("empty", where="Observation", found="[]")
