"""Lesson 06, what stands on a list and must not be believed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.course.comparing import as_json, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_06 import EXERCISES as EXERCISES
from sandbox.course.exercises.lesson_06 import GOVERNANCE, LIST
from sandbox.course.exercises.reading import by_name, unpacked, wrong_prediction
from sandbox.findings import Finding

BELIEVED = "believed"
# what our own judge of lists finds, by the words of the exercise
REASONS = {
    "trust.signs_nothing": "usage",
    "trust.status_over": "status",
    "trust.other_key": "key",
    "trust.kid_rule": "kid",
    "trust.chain_broken": "chain",
    "trust.other_country": "country",
}
WORDS = (BELIEVED, *REASONS.values())
LETTERS = "ABCDEFGHI"


def _a_list(answer: Any) -> Any:
    """Reads a trust list that has entries."""
    document = unpacked(answer)
    if isinstance(document, Finding):
        return document
    if not isinstance(document, dict) or not document.get("verificationMethod"):
        return wrong("no_list", where="list", expected="doubtful_list(…)", found=as_json(answer))
    return document


@EXERCISES.exercise(
    "6.9",
    points=3,
    clause=f"{LIST}; {GOVERNANCE}; HCERT 1.1.1 3.3.2; RFC 7517 4.7",
    asked=Asked(read=by_name(list=_a_list, why=by_name(*LETTERS))),
)
def not_believed(answer: Any, evidence: Evidence) -> Finding | None:
    """Which entries of a list must not be believed, and why: as our own judge of lists says."""
    right = _judged(answer["list"])
    if sorted(right.values()) != sorted([BELIEVED, BELIEVED, "usage", *REASONS.values()]):
        found = ", ".join(right.values())
        return wrong("other_list", where="list", expected="doubtful_list(…)", found=found)
    given = answer["why"]
    fault = wrong_prediction(given, right, WORDS)
    if fault is None or fault.key not in LETTERS:
        return fault
    # what the entry shows is told, and not which letter it is
    is_strict = right[fault.key] == BELIEVED
    name = "too_strict" if is_strict else right[fault.key]
    return wrong(name, where=f"why.{fault.key}", found=fault.found)


def _judged(document: Any) -> dict[str, str]:
    """Returns what our judge says to each entry: that it is believed, or the first reason."""
    from sandbox.trust.documents import read_list

    judged = read_list(document, at=datetime.now(UTC))
    words = dict.fromkeys(LETTERS[: len(judged.entries)], BELIEVED)
    for letter, entry in zip(LETTERS, judged.entries, strict=False):
        refusals = [refusal for refusal in judged.refused if refusal.kid == entry.kid]
        reasons = [
            REASONS.get(reason.key, reason.key)
            for refusal in refusals
            for reason in refusal.reasons
            if reason.where.startswith(entry.where)
        ]
        words[letter] = reasons[0] if reasons else BELIEVED
    return words
