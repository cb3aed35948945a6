"""Filters of a value set's include, held against one concept (FHIR R4
valueset-filter-operator.html).

Hierarchy and codes are compiled, other properties are not: a filter on those stays undecided.
"""

from __future__ import annotations

from sandbox.fhir.json import Json
from sandbox.fhir.patterns import UnusablePattern, compile_pattern
from sandbox.terminology.systems import Concept


def meets(concept: Concept, wanted: Json, *, whole: bool) -> bool | None:
    """Tells whether a concept passes a filter, or None; in a system that is not `whole` the
    hierarchy is not known.
    """
    property_ = str(wanted.get("property"))
    operator = str(wanted.get("op"))
    value = str(wanted.get("value"))
    if property_ not in ("concept", "code"):
        return None
    if operator == "regex":
        try:
            return compile_pattern(value).fullmatch(concept.code) is not None
        except UnusablePattern:
            return None
    if operator in ("=", "in", "not-in"):
        is_named = concept.code in [word.strip() for word in value.split(",")]
        return is_named is (operator != "not-in")
    verdict = _by_hierarchy(concept, operator, value)
    return verdict if whole or verdict is True else None


def _by_hierarchy(concept: Concept, operator: str, value: str) -> bool | None:
    is_self = concept.code == value
    is_below = value in concept.ancestors
    return {
        "is-a": is_self or is_below,
        "descendent-of": is_below,
        "is-not-a": not (is_self or is_below),
    }.get(operator)
