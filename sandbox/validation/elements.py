"""What one value must meet whoever asks for it: fixed and pattern values, bindings, invariants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox.fhirpath import CannotEvaluate, InvalidExpression, compile_fhirpath
from sandbox.findings import Severity
from sandbox.validation.context import Place, Validation
from sandbox.validation.limits import judge_limits
from sandbox.validation.matching import as_json, fits_pattern, is_fixed
from sandbox.validation.rules import Rule

# Held by the structure pass itself, or advice of good practice that is no rule.
ELSEWHERE = frozenset({"dom-6"})
SILENT_WITHOUT = {"ref-1": "reference", "bdl-8": "fullUrl", "ras-2": "probabilityDecimal"}
# Invariants that R4 misprints, as R4B has them.
CORRECTED = {"que-7": "operator = 'exists' implies (answer is boolean)"}
# FHIR R4 capabilitystatement-definitions.html#CapabilityStatement.format: these words stand beside media types.
# HL7's engine reads this one as extensible: a component may measure something else, such as oxygen flow in L/min.
LOOSENED = {"vitalsigns 4.0.1 Observation.component.value[x]": "extensible"}
ALSO_ALLOWED = {"CapabilityStatement.format": ("xml", "json", "ttl")}


def judge_value(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds a value against fixed, pattern, length, binding and invariants."""
    value = place.node.value
    if value is not None:  # an element may stand without value, by extensions that say why
        _judge_content(validation, place, rule)
    if rule.binding:
        judge_binding(validation, place, rule)
    for purpose, value_set in rule.more_bindings:
        judge_binding(validation, place, replace(rule, binding=(purpose, value_set)))
    judge_constraints(validation, place, rule)


def _judge_content(validation: Validation, place: Place, rule: Rule) -> None:
    value = place.node.value
    if rule.fixed is not None and not is_fixed(value, rule.fixed):
        validation.note("fixed", place, clause=rule.clause, expected=as_json(rule.fixed), found=as_json(value))
    if rule.pattern is not None and not fits_pattern(value, rule.pattern):
        validation.note("pattern", place, clause=rule.clause, expected=as_json(rule.pattern), found=as_json(value))
    if rule.max_length and isinstance(value, str) and len(value) > rule.max_length:
        validation.note("too_long", place, clause=rule.clause, limit=rule.max_length)
    if rule.limits:
        judge_limits(validation, place, rule)


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
