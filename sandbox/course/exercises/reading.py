"""Reads answers without ever failing: whatever a learner hands in, these return something that can
be compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.course.exercise import Evidence, wrong
from sandbox.fhir.json import Json
from sandbox.fhir.references import Literal, parse_reference
from sandbox.findings import Finding


def as_object(value: Any) -> Json:
    """Returns a JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Returns a list, or an empty one."""
    return value if isinstance(value, list) else []


def at(value: Any, *path: str | int) -> Any:
    """Returns the value at a path of names and indexes, or None."""
    for step in path:
        if isinstance(step, int):
            value = (
                value[step]
                if isinstance(value, list) and -len(value) <= step < len(value)
                else None
            )
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def place(value: Any, resource_type: str = "") -> Literal | None:
    """Returns a relative reference such as `Patient/1` in parts, or None when the answer is
    anything else.
    """
    # a version is another thing than the resource: it never changes
    literal = (
        parse_reference(value) if isinstance(value, str) and "/_history" not in value else None
    )
    if literal is None or literal.base or (resource_type and literal.type != resource_type):
        return None
    return literal


def not_a_place(answer: Any, resource_type: str) -> Finding | None:
    """Says what is wrong with an answer that should be `Type/id`."""
    if place(answer, resource_type):
        return None
    expected = f"{resource_type}/…"
    if isinstance(answer, dict):
        return wrong("whole_resource", expected=expected, found="{…}")
    if "/_history/" in str(answer):
        return wrong("version_place", expected=expected, found=answer)
    if str(answer).startswith("http"):
        return wrong("absolute", expected=expected, found=answer)
    if "/" not in str(answer):
        return wrong("id_only", expected=expected, found=answer)
    return wrong("other_type", expected=expected, found=answer)


def handed_in(evidence: Evidence, name: str) -> Json:
    """Returns the resource that an answer named and the server has, or an empty object."""
    exchange = evidence.get(name)
    return as_object(exchange.json) if exchange and exchange.status == 200 else {}


def wrong_prediction(
    answer: Any, right: Mapping[str, str], words: Collection[str]
) -> Finding | None:
    """Finds the first wrong prediction.

    Args:
        answer: Predictions by name.
        right: The outcomes by name, in the order in which they are judged.
        words: What may be predicted; capitals make no difference, and `_` stands for a blank.

    Returns:
        A finding under the name of the prediction, or `word` for one that is none of the words;
        None where all are right.
    """
    predictions = as_object(answer)
    for name, outcome in right.items():
        guess = str(predictions.get(name))
        predicted = next(
            (
                word
                for word in words
                if guess.lower() in (word.lower(), word.lower().replace(" ", "_"))
            ),
            None,
        )
        if predicted is None:
            return wrong(
                "word", where=name, expected=" | ".join(words), found=predictions.get(name)
            )
        if predicted != outcome:
            return wrong(name, where=name, found=predicted)
    return None


def resources_of(bundle: Any) -> list[Json]:
    """Returns the resources of a Bundle's entries."""
    return [as_object(at(entry, "resource")) for entry in as_list(at(bundle, "entry"))]


def codings_of(concept: Any) -> list[Json]:
    """Returns the codings of a CodeableConcept."""
    return [as_object(coding) for coding in as_list(at(concept, "coding"))]
