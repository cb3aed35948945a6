"""The JSON shape of one element: a value or a list, with the `_` sibling that carries id and
extensions.

FHIR R4 json.html#primitive: both are lists where the element can repeat, and `null` fills the gaps
of one beside the other; nowhere else may `null` stand.  Lists of unequal length, and a list of
nulls alone, are warnings: R4 describes that nulls fill both lists, but has no SHALL for it, what
belongs together stays clear, R5 says in so many words that the lists may differ, and HL7's engine
takes both.
"""

from __future__ import annotations

from itertools import zip_longest

from sandbox.fhirpath import Node
from sandbox.fhirpath.nodes import Member, node_of
from sandbox.validation.context import Place, Validation
from sandbox.validation.rules import Rule

JSON_RULES = "FHIR R4 json.html"
PRIMITIVE = "FHIR R4 json.html#primitive"


def read_shape(validation: Validation, place: Place, rule: Rule, entry: Member) -> list[Node]:
    """Judges how the values of one property stand in an object, and returns them."""
    source = place.node.value
    value = source.get(entry.key)
    _judge_list(validation, place, rule, entry.key)
    if entry.beside not in source:
        values = value if isinstance(value, list) else [value]
        if entry.type != "Resource":
            return [Node(each, entry.type) for each in values]
        return [node_of(each, entry.type, None) for each in values]
    sibling = source[entry.beside]
    _judge_list(validation, place, rule, entry.beside)
    values = value if isinstance(value, list) else [] if value is None else [value]
    siblings = sibling if isinstance(sibling, list) else [sibling]
    if isinstance(value, list) and isinstance(sibling, list) and len(value) != len(sibling):
        validation.note(
            "unequal_lists",
            place.at(place.node, rule.name),
            severity="warning",
            clause=PRIMITIVE,
            name=entry.key,
            expected=len(value),
            found=len(sibling),
        )
    if isinstance(sibling, list) and sibling and not any(beside is not None for beside in sibling):
        at = place.at(place.node, rule.name)
        validation.note(
            "only_nulls", at, severity="warning", clause=PRIMITIVE, name=f"_{entry.key}"
        )
    for beside in siblings:
        if beside is not None and not isinstance(beside, dict):
            at = place.at(place.node, rule.name)
            validation.note("not_an_object", at, clause=PRIMITIVE, expected="Element", found=beside)
    pairs = zip_longest(values, siblings)
    return [node_of(each, entry.type, beside) for each, beside in pairs]


def _judge_list(validation: Validation, place: Place, rule: Rule, key: str) -> None:
    """A list stands where the element can repeat, and only there; neither null nor an empty list
    stands for nothing.
    """
    value = place.node.value.get(key)
    is_list = isinstance(value, list)
    if value is None:
        if key in place.node.value:
            validation.note("null", place.at(place.node, rule.name), clause=JSON_RULES)
    elif rule.max is not None and is_list != (rule.max > 1):
        at = place.at(place.node, rule.name)
        validation.note("array" if rule.max > 1 else "no_array", at, clause=JSON_RULES, name=key)
    if is_list and not value:
        validation.note("empty_array", place.at(place.node, rule.name), clause=JSON_RULES)
