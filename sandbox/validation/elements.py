"""What one value must meet whoever asks for it: fixed and pattern values, bindings, invariants."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json
from sandbox.fhirpath import CannotEvaluate, InvalidExpression, compile_fhirpath
from sandbox.findings import Severity
from sandbox.validation.context import Place, Validation
from sandbox.validation.rules import Rule

# Held by the structure pass itself, or advice of good practice that is no rule.
ELSEWHERE = frozenset({"dom-6"})


def judge_value(validation: Validation, place: Place, rule: Rule, *, source: str) -> None:
    """Holds a value against fixed, pattern, length, binding and invariants; `source` names the profile."""
    value = place.node.value
    if rule.fixed is not None and not _same(value, rule.fixed):
        validation.note("fixed", place, clause=source, expected=rule.fixed, found=value)
    if rule.pattern is not None and not fits_pattern(value, rule.pattern):
        validation.note("pattern", place, clause=source, expected=rule.pattern, found=value)
    if rule.max_length and isinstance(value, str) and len(value) > rule.max_length:
        validation.note("too_long", place, clause=source, limit=rule.max_length)
    for end, limit in rule.limits:
        if _is_beyond(value, end, limit):
            validation.note("beyond_limit", place, clause=source, expected=f"{end} {limit}", found=value)
    if rule.binding:
        judge_binding(validation, place, rule, source=source)
    judge_constraints(validation, place, rule, source=source)


def judge_constraints(validation: Validation, place: Place, rule: Rule, *, source: str) -> None:
    """Evaluates the invariants of a rule on a place."""
    for constraint in rule.constraints:
        if constraint.key in ELSEWHERE or _is_silent(constraint.key, place.node.value):
            continue
        try:
            holds = compile_fhirpath(constraint.expression).is_true(place.node, validation.environment(place))
        except (CannotEvaluate, InvalidExpression) as error:
            validation.note("not_evaluated", place, severity="information", name=constraint.key, reason=str(error))
            continue
        if not holds:
            severity: Severity = "error" if constraint.severity == "error" else "warning"
            clause = f"{source} {constraint.key}"
            validation.note(
                "invariant", place, severity=severity, clause=clause, name=constraint.key, human=constraint.human
            )


def _is_silent(key: str, value: Any) -> bool:
    """ref-1 speaks of references by text only; without one its result is empty, which would count as broken."""
    return key == "ref-1" and isinstance(value, dict) and "reference" not in value


def judge_binding(validation: Validation, place: Place, rule: Rule, *, source: str) -> None:
    """Judges required and extensible bindings; one right coding is enough (FHIR R4 terminologies.html)."""
    if rule.binding is None or rule.binding[0] not in ("required", "extensible"):
        return
    strength, value_set = rule.binding
    codings = list(codings_of(place.node.value))
    if not codings:
        if strength == "required" and isinstance(place.node.value, dict) and place.node.type == "CodeableConcept":
            validation.note("no_code", place, clause=source, value_set=value_set, expected=value_set)
        return
    verdicts = [validation.knowledge.terminology.is_member(value_set, system, code) for system, code in codings]
    if True in verdicts:
        return
    shown = ", ".join(f"{system or ''}|{code}".lstrip("|") for system, code in codings)
    if None in verdicts:
        validation.note("not_checked", place, severity="information", clause=source, value_set=value_set, found=shown)
        return
    severity: Severity = "error" if strength == "required" else "warning"
    validation.note("not_in_value_set", place, severity=severity, clause=source, value_set=value_set, found=shown)


def codings_of(value: Any) -> Iterator[tuple[str | None, str]]:
    """Yields system and code of a code, Coding, CodeableConcept or Quantity."""
    if isinstance(value, str):
        yield None, value
    elif isinstance(value, dict):
        held = value.get("coding")
        for coding in held if isinstance(held, list) else (value,):
            if isinstance(coding, dict) and isinstance(coding.get("code"), str):
                system = coding.get("system")
                yield system if isinstance(system, str) else "", coding["code"]


def fits_pattern(value: Any, pattern: Any) -> bool:
    """Tells whether a value holds at least what the pattern holds (FHIR R4 elementdefinition.html#pattern)."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(fits_pattern(value.get(name), part) for name, part in pattern.items())
    if isinstance(pattern, list):
        held = value if isinstance(value, list) else []
        return all(any(fits_pattern(one, part) for one in held) for part in pattern)
    return _same(value, pattern)


def _is_beyond(value: Any, end: str, limit: Any) -> bool:
    """Compares numbers and dates; limits that depend on the day of the check are not judged."""
    if isinstance(value, str) and isinstance(limit, str):
        one, other = interval_of(value), interval_of(limit)
        if one is None or other is None:
            return False
        return one[1] < other[0] if end == "min" else one[0] > other[1]
    if isinstance(value, int | Decimal) and isinstance(limit, int | float):
        return value < limit if end == "min" else value > limit
    return False


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        other: Json = value if isinstance(value, dict) else {}
        return wanted.keys() == other.keys() and all(_same(other[name], part) for name, part in wanted.items())
    if isinstance(wanted, list):
        return isinstance(value, list) and len(value) == len(wanted) and all(map(_same, value, wanted))
    return bool(value == wanted)
