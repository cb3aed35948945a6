"""Lesson 10, the event's own systems: mediator, regional node, known faults, and `$icvp`."""

from __future__ import annotations

from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import by_name, wrong_prediction
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_10")
WHO = {
    "document": "team",
    "identifier": "team",
    "signature": "mediator",
    "reference": "mediator",
    "submission_set": "mediator",
    "patient_id": "team",
}
REGION = {"answered": ["CL"], "silent": ["PA"]}
COPE = {
    "vague_refusal": "validate",
    "hanging_refusal": "limit",
    "late_address": "retry",
    "undefined_patient": "identify",
    "duplicates": "look",
}
MISSING = {"status": 422, "where": "Immunization.extension(ProductID)", "whose": "record"}


@EXERCISES.exercise(
    "10.1", points=2, clause="MHD 3:4.65; LACPASS Docker", asked=Asked(read=by_name(*WHO))
)
def who_does_it(answer: Any, evidence: Evidence) -> Finding | None:
    """What a mediator does, and what stays the team's."""
    return wrong_prediction(answer, WHO, ("team", "mediator"))


@EXERCISES.exercise(
    "10.2", points=2, clause="FHIR R4 search.html#outcome", asked=Asked(read=by_name(*REGION))
)
def who_answered(answer: Any, evidence: Evidence) -> Finding | None:
    """Which countries answered, and which did not."""
    for name, right in REGION.items():
        given = answer[name]

        def fault(sentence: str, name: str = name, given: Any = given) -> Finding:
            return wrong(sentence, where=name, expected=as_json(REGION[name]), found=as_json(given))

        if isinstance(given, (int, float)):
            return fault("counted")
        if isinstance(given, str):
            return fault("one_for_list")
        if not isinstance(given, list):
            return fault("no_list")
        if not given:
            return fault("nobody")
        if any(len(str(item)) > 2 for item in given):
            return fault("whole_sentence")
        if given == REGION["silent" if name == "answered" else "answered"]:
            return fault("turned_round")
        if sorted(map(str, given)) != right:
            return fault("others")
    return None


@EXERCISES.exercise(
    "10.3", points=2, clause="LACPASS Docker, known faults", asked=Asked(read=by_name(*COPE))
)
def how_to_cope(answer: Any, evidence: Evidence) -> Finding | None:
    """What a client does so that a fault does not matter."""
    return wrong_prediction(answer, COPE, tuple(COPE.values()))


@EXERCISES.exercise(
    "10.4",
    points=2,
    clause="SMART ICVP 0.3.0 Questionnaire ICVP",
    asked=Asked(read=by_name(*MISSING)),
)
def what_is_missing(answer: Any, evidence: Evidence) -> Finding | None:
    """The status, the place of what is missing, and whose task it is."""
    if str(answer["where"]) in ("Bundle", "['Bundle']"):
        return wrong("whole_bundle", where="where", expected=MISSING["where"], found="Bundle")
    if isinstance(answer["where"], str) and answer["where"].startswith(("http", "/")):
        return wrong("address", where="where", expected=MISSING["where"], found=answer["where"])
    fault = compare("other_status", answer["status"], MISSING["status"], where="status")
    fault = fault or compare("other_place", answer["where"], MISSING["where"], where="where")
    return fault or wrong_prediction(answer, {"whose": "record"}, ("record", "mediator"))
