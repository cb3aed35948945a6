"""What one value must meet whoever asks for it: fixed and pattern values, bindings, invariants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
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
SILENT_WITHOUT = {"ref-1": "reference", "bdl-8": "fullUrl", "ras-2": "probabilityDecimal"}
DAYS = {"a": 365.25, "mo": 365.25 / 12, "wk": 7, "d": 1}
# Invariants that R4 misprints, as R4B has them.
CORRECTED = {"que-7": "operator = 'exists' implies (answer is boolean)"}
# FHIR R4 capabilitystatement-definitions.html#CapabilityStatement.format: these words stand beside media types.
# HL7's engine reads this one as extensible: a component may measure something else, such as oxygen flow in L/min.
LOOSENED = {"vitalsigns 4.0.1 Observation.component.value[x]": "extensible"}
ALSO_ALLOWED = {
    "CapabilityStatement.format": ("xml", "json", "ttl"),
    # FHIR R4 elementdefinition.html#ElementDefinition.type.code: the types of FHIRPath stand beside those of FHIR.
    "ElementDefinition.type.code": tuple(
        f"http://hl7.org/fhirpath/System.{name}"
        for name in ("Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity")
    ),
}


def judge_value(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds a value against fixed, pattern, length, binding and invariants."""
    value = place.node.value
    if rule.fixed is not None and not _same(value, rule.fixed):
        validation.note("fixed", place, clause=rule.clause, expected=rule.fixed, found=value)
    if rule.pattern is not None and not fits_pattern(value, rule.pattern):
        validation.note("pattern", place, clause=rule.clause, expected=rule.pattern, found=value)
    if rule.max_length and isinstance(value, str) and len(value) > rule.max_length:
        validation.note("too_long", place, clause=rule.clause, limit=rule.max_length)
    for end, limit in rule.limits:
        if _is_beyond(value, end, limit, validation.today):
            validation.note("beyond_limit", place, clause=rule.clause, expected=f"{end} {limit}", found=value)
    if rule.binding:
        judge_binding(validation, place, rule)
    for purpose, value_set in rule.more_bindings:
        judge_binding(validation, place, replace(rule, binding=(purpose, value_set)))
    judge_constraints(validation, place, rule)


def judge_constraints(validation: Validation, place: Place, rule: Rule) -> None:
    """Evaluates the invariants of a rule on a place."""
    for constraint in rule.constraints:
        if constraint.key in ELSEWHERE or _is_silent(constraint.key, place.node.value):
            continue
        try:
            expression = CORRECTED.get(constraint.key, constraint.expression)
            holds = compile_fhirpath(expression).is_true(place.node, validation.environment(place))
        except (CannotEvaluate, InvalidExpression) as error:
            validation.note("not_evaluated", place, severity="information", name=constraint.key, reason=str(error))
            continue
        if not holds:
            severity: Severity = "error" if constraint.severity == "error" else "warning"
            clause = f"{constraint.source} {constraint.key}"
            validation.note(
                "invariant", place, severity=severity, clause=clause, name=constraint.key, human=constraint.human,
                expression=expression,
            )  # fmt: skip


def _is_silent(key: str, value: Any) -> bool:
    """Some invariants speak of an element that may be absent; their empty result would count as broken."""
    return key in SILENT_WITHOUT and isinstance(value, dict) and SILENT_WITHOUT[key] not in value


def judge_binding(validation: Validation, place: Place, rule: Rule) -> None:
    """Judges required and extensible bindings; one right coding is enough (FHIR R4 terminologies.html)."""
    if rule.binding is None or rule.binding[0] not in ("required", "extensible"):
        return
    strength, value_set = rule.binding
    strength = LOOSENED.get(rule.clause, strength)
    if place.node.value in ALSO_ALLOWED.get(rule.id, ()):
        return
    codings = list(codings_of(place.node.value))
    if not codings:
        if strength == "required" and isinstance(place.node.value, dict) and place.node.type == "CodeableConcept":
            validation.note("no_code", place, clause=rule.clause, value_set=value_set, expected=value_set)
        return
    verdicts = [validation.knowledge.terminology.is_member(value_set, system, code) for system, code in codings]
    if True in verdicts:
        return
    shown = ", ".join(f"{system or ''}|{code}".lstrip("|") for system, code in codings)
    if None in verdicts:
        validation.note(
            "not_checked", place, severity="information", clause=rule.clause, value_set=value_set, found=shown
        )
        return
    severity: Severity = "error" if strength == "required" else "warning"
    validation.note("not_in_value_set", place, severity=severity, clause=rule.clause, value_set=value_set, found=shown)


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


def _is_beyond(value: Any, end: str, limit: Any, today: date) -> bool:
    """Compares numbers, dates, quantities of one unit, and dates with a duration before or after today."""
    if isinstance(value, str):
        one = interval_of(value)
        other = interval_of(limit) if isinstance(limit, str) else _interval_from(today, end, limit)
        if one is None or other is None:
            return False
        return one[1] < other[0] if end == "min" else one[0] > other[1]
    if isinstance(value, dict) and isinstance(limit, dict):
        if value.get("system") != limit.get("system") or value.get("code") != limit.get("code"):
            return False
        value, limit = value.get("value"), limit.get("value")
    if isinstance(value, int | Decimal | float) and isinstance(limit, int | float):
        return value < limit if end == "min" else value > limit
    return False


def _interval_from(today: date, end: str, duration: Any) -> tuple[int, int] | None:
    """A least duration reaches back from today, a greatest forward (FHIR R4 elementdefinition.html#minValue)."""
    days = DAYS.get(str(duration.get("code")))
    if days is None:
        return None
    reach = timedelta(days=float(duration.get("value", 0)) * days)
    return interval_of((today + reach if end == "max" else today - reach).isoformat())


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        other: Json = value if isinstance(value, dict) else {}
        return wanted.keys() == other.keys() and all(_same(other[name], part) for name, part in wanted.items())
    if isinstance(wanted, list):
        return isinstance(value, list) and len(value) == len(wanted) and all(map(_same, value, wanted))
    return bool(value == wanted)
