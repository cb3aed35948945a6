"""Lesson 12, the monitor: what waits, what the evidence says, a comment that helps, and which
decision.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.course.comparing import as_json, compare, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import by_name, wrong_prediction
from sandbox.course.slips import artefact_of, shape_of, slip_of
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_12")
WAITING = ["PE", "PA"]
QUEUE = {"waiting": WAITING, "own": 403}
OWN = "CL"
READ = {"country": "PE", "verdict": "fail", "test": "SRC-13"}
DECISIONS = {
    "complete": "verified",
    "not_shown": "partially",
    "mendable": "return",
    "over": "failed",
    "by_mistake": "return",
    "bench_wrong": "overrule",
    "own_partner": "leave",
}
SHORTEST = 30  # letters: less says no more than that something is wrong
MOST_WORDS = 1500
PLACE = re.compile(r"(?i)SRC-?13|\bhash\b|SHA-?1")
# a verb that tells the team what to do, in the languages of the event
STEP = re.compile(
    r"(?i)\b(calc|recalc|cálc|env[ií]|reenv|corr[ií]|corrij|cambi|mud|mand|entreg|repit|rep[ie]t|"
    r"send|resend|recompute|compute|hash it|fix|mend|change|hand|run|replace|reempla|substitu|"
    r"escrib|escrev|write|put|pon|use\b|usa)"
)
BLAME = re.compile(
    r"(?i)descuid|irrespons|torpe|incompet|negligen|careless|sloppy|stupid|lazy|inaceptable|"
    r"inaceitável|pésim|péssim|otra vez mal|de novo errado|you should have|debieron"
)
PATIENT = re.compile(r"(?i)\brosa\b|fuenzalida|48215377")
PEOPLE = re.compile(r"(?i)equipo perú 1|monitora|directora")


@EXERCISES.exercise(
    "12.1", points=1, clause="docs/how-to/monitor.md 1", asked=Asked(read=by_name(*QUEUE))
)
def what_waits(answer: Any, evidence: Evidence) -> Finding | None:
    """The countries that wait, and with which status one's own team is refused."""
    return _waiting(answer["waiting"]) or _refused(answer["own"])


def _waiting(given: Any) -> Finding | None:
    def fault(name: str) -> Finding:
        return wrong(name, where="waiting", expected='["…", "…"]', found=as_json(given))

    if isinstance(given, int):
        return fault("counted")
    if isinstance(given, str):
        return fault("one_for_list")
    if not isinstance(given, list):
        return fault("no_list")
    if any(isinstance(item, (dict, list)) for item in given):
        return fault("whole_rows")
    if OWN in given:
        return fault("own_in_queue")
    if any(len(str(item)) > 2 for item in given):
        return fault("no_codes")
    if given == WAITING[::-1]:
        return fault("newest_first")
    if not given:
        return fault("nothing_waits")
    if sorted(set(map(str, given))) == sorted(WAITING) and len(given) > len(WAITING):
        return fault("not_handed_in")
    return None if list(map(str, given)) == WAITING else fault("others")


def _refused(given: Any) -> Finding | None:
    if given in (200, 201):
        return wrong("not_accepted", where="own", expected="refused.status", found=given)
    if given in (401, 404, 412):
        return wrong("other_refusal", where="own", expected="refused.status", found=given)
    return compare("other_status", given, 403, where="own")


@EXERCISES.exercise(
    "12.2", points=2, clause="docs/how-to/monitor.md 3", asked=Asked(read=by_name(*READ))
)
def what_evidence_says(answer: Any, evidence: Evidence) -> Finding | None:
    """The country, the verdict of the run and the test that failed."""
    if answer["country"] == OWN:
        return wrong("own_country", where="country", expected="PE", found=OWN)
    if answer["country"] == "PA":
        return wrong("not_the_next", where="country", expected="PE", found="PA")
    if answer["verdict"] in ("to_verify", "por verificar", "a verificar"):
        found = answer["verdict"]
        return wrong("state_for_verdict", where="verdict", expected="bench", found=found)
    if str(answer["verdict"]).lower() == "pass":
        return wrong("not_passed", where="verdict", expected="bench", found=answer["verdict"])
    if answer["test"] in ("1.4", "mhd.source"):
        return wrong("planned_test", where="test", expected="SRC-…", found=answer["test"])
    faults = (
        compare(f"other_{name}", answer[name], right, where=name) for name, right in READ.items()
    )
    return next(filter(None, faults), None)


def _words(answer: Any) -> Any:
    """Reads a comment."""
    if isinstance(answer, str) and not artefact_of(answer):
        return answer
    slip = artefact_of(answer) or slip_of(answer, "") or "shape"
    return wrong(slip, found=as_json(answer), given=shape_of(answer), wanted="text")


@EXERCISES.exercise("12.3", points=2, clause="docs/how-to/monitor.md 5", asked=Asked(read=_words))
def comment_that_helps(answer: Any, evidence: Evidence) -> Finding | None:
    """A comment that says what it is about and what to do first, of nobody in person."""
    text = answer.strip()

    def fault(name: str) -> Finding:
        return wrong(name, where="words", expected="SRC-13 …", found=text)

    if not text:
        return fault("no_words")
    if PATIENT.search(text):
        return fault("patient")
    if PEOPLE.search(text):
        return fault("person")
    if BLAME.search(text):
        return fault("blame")
    if len(text) < SHORTEST:
        return fault("too_short")
    if len(text) > MOST_WORDS:
        return fault("too_long")
    if not PLACE.search(text):
        return fault("no_place")
    return None if STEP.search(text) else fault("no_step")


@EXERCISES.exercise(
    "12.4", points=2, clause="docs/how-to/monitor.md 5", asked=Asked(read=by_name(*DECISIONS))
)
def which_decision(answer: Any, evidence: Evidence) -> Finding | None:
    """What a monitor decides in seven situations."""
    given = {as_json(answer[name]) for name in DECISIONS}
    if len(given) == 1 and given <= {as_json(word) for word in DECISIONS.values()}:
        return wrong("one_for_all", expected=as_json(DECISIONS), found=given.pop())
    # one by one: of a rule, two wrong decisions are not two that were mistaken for each other
    words = tuple(DECISIONS.values())
    faults = (wrong_prediction(answer, {name: DECISIONS[name]}, words) for name in DECISIONS)
    return next(filter(None, faults), None)
