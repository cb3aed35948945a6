"""Lesson 10, the event's own systems: mediator, regional node, known faults, and `$icvp`."""

from __future__ import annotations

from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import by_name, wrong_prediction
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_10")
NEEDED = ("composition", "identifier", "patient_id")
LACKS = {
    "right": [],
    "nameless": ["identifier"],
    "late_composition": ["composition"],
    "without_id": ["patient_id"],
    "all_of_it": list(NEEDED),
}
REGION = {"answered": ["CL"], "silent": ["PA"]}
TRIES = {"at_once": 1, "late": 3, "busy": 2, "silent": 3, "refused": 0, "never": 0}
STATUSES = range(100, 600)
MISSING = {"status": 422, "where": "Immunization.extension(ProductID)", "whose": "record"}


def _lacks(answer: Any) -> Any:
    """Reads what each document lacks, as lists of names."""
    value = by_name(*LACKS)(answer)
    if isinstance(value, Finding):
        return value
    for name in LACKS:
        given = value[name]
        slip = "" if isinstance(given, list) else "no_list"
        slip = "one_for_list" if isinstance(given, str) else slip
        slip = "truth_for_list" if isinstance(given, bool) else slip
        slip = "counted" if slip == "no_list" and isinstance(given, int) else slip
        if not slip and any(word not in NEEDED for word in given):
            slip = "word"
        if slip:
            return wrong(slip, where=name, expected=as_json(LACKS[name]), found=as_json(given))
    return value


@EXERCISES.exercise(
    "10.1",
    points=2,
    clause="FHIR R4 documents.html#content; MHD 3:4.65; LACPASS Docker",
    asked=Asked(read=_lacks),
)
def what_a_document_lacks(answer: Any, evidence: Evidence) -> Finding | None:
    """What of each document stays the team's, and is not there."""
    given = {name: set(answer[name]) for name in LACKS}

    def fault(key: str, name: str) -> Finding:
        return wrong(key, where=name, expected=as_json(LACKS[name]), found=as_json(answer[name]))

    if given["right"] == set(NEEDED) and not given["all_of_it"]:
        return fault("turned_round", "right")
    for name, right in LACKS.items():
        more = [word for word in NEEDED if word in given[name] and word not in right]
        if more:
            return fault(f"not_seen_{more[0]}", name)
    if len(given["all_of_it"]) == 1 and all(given[name] for name in LACKS if name != "right"):
        return fault("only_first", "all_of_it")
    for name, right in LACKS.items():
        lost = [word for word in right if word not in given[name]]
        if lost:
            return fault(lost[0], name)
    return None


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
    "10.3",
    points=2,
    clause="RFC 9110 15.5; LACPASS Docker, known faults",
    asked=Asked(read=by_name(*TRIES)),
)
def how_to_cope(answer: Any, evidence: Evidence) -> Finding | None:
    """At which try a client has a document, and where it stops trying."""
    given = {name: answer[name] for name in TRIES}
    numbers = [value for value in given.values() if isinstance(value, int)]
    for name, value in given.items():
        if isinstance(value, bool):
            found = as_json(value)
            return wrong("truth_for_number", where=name, expected=TRIES[name], found=found)
    if any(number in STATUSES for number in numbers):
        return wrong("status_for_try", expected=as_json(TRIES), found=as_json(given))
    if (given["at_once"], given["late"]) == (0, 2):
        return wrong("from_zero", where="at_once", expected=1, found=0)
    faults = (compare(name, given[name], right, where=name) for name, right in TRIES.items())
    return next(filter(None, faults), None)


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
