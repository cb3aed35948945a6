"""Filters of a value set's include, held against one concept (FHIR R4
valueset-filter-operator.html).

A filter on a property that the code system does not declare, or whose values were not kept, stays
undecided.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.fhir.json import Json
from sandbox.fhir.patterns import UnusablePattern, compile_pattern
from sandbox.terminology.systems import CodeSystems, Concept

OF_CODE = ("concept", "code")


def meets(systems: CodeSystems, system: str, concept: Concept, wanted: Json) -> bool | None:
    """Tells whether a concept passes a filter, or None; in a system that is not wholly at hand the
    hierarchy is not known.
    """
    property_ = str(wanted.get("property"))
    operator = str(wanted.get("op"))
    value = str(wanted.get("value"))
    if property_ not in OF_CODE:
        verdict = _by_values(_values_of(concept, property_), operator, value)
    elif operator in ("=", "in", "not-in", "regex"):
        return _by_values((concept.code,), operator, value)
    else:
        verdict = _by_hierarchy(concept, systems.find(system, value), operator, value)
    return verdict if systems.standing(system) == "complete" or verdict is True else None


def _values_of(concept: Concept, property_: str) -> Sequence[str] | None:
    if property_ == "display":
        return (concept.display,)
    return None if concept.properties is None else concept.properties.get(property_)


def _by_values(values: Sequence[str] | None, operator: str, wanted: str) -> bool | None:
    if values is None:
        return None
    if operator == "exists":
        return bool(values) is (wanted == "true")
    if operator == "regex":
        try:
            pattern = compile_pattern(wanted)
        except UnusablePattern:
            return None
        return any(pattern.fullmatch(value) is not None for value in values)
    if operator not in ("=", "in", "not-in") or (operator == "not-in" and not values):
        return None
    named = [wanted] if operator == "=" else [word.strip() for word in wanted.split(",")]
    return any(value in named for value in values) is (operator != "not-in")


def _by_hierarchy(
    concept: Concept, named: Concept | None, operator: str, value: str
) -> bool | None:
    is_self = concept.code == value
    is_below = value in concept.ancestors
    is_above = named is not None and concept.code in named.ancestors
    return {
        "is-a": is_self or is_below,
        "descendent-of": is_below,
        "is-not-a": not (is_self or is_below),
        "generalizes": is_self or is_above,
    }.get(operator)
