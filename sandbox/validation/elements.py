"""What one value must meet whoever asks for it: fixed and pattern values, limits, invariants;
bindings stand apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.fhirpath import CannotEvaluate, InvalidExpression, OverBudget, compile_fhirpath
from sandbox.findings import Severity
from sandbox.validation.bindings import judge_bindings
from sandbox.validation.context import Place, Validation
from sandbox.validation.limits import judge_limits
from sandbox.validation.matching import as_json, fits_pattern, is_fixed
from sandbox.validation.rules import Rule

# Held by the structure pass itself, or advice of good practice that is no rule.
ELSEWHERE = frozenset({"dom-3", "dom-6", "ref-1", "txt-1", "txt-2"})
SILENT_WITHOUT = {"bdl-8": "fullUrl", "ras-2": "probabilityDecimal"}
# Invariants that R4 misprints, as R4B has them.
CORRECTED = {"que-7": "operator = 'exists' implies (answer is boolean)"}
Judge = Callable[[Validation, Place, Rule], None]


def judge_value(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds a value against fixed, pattern, length, binding and invariants."""
    if rule.judges is None:
        rule.judges = tuple(_judges_of(rule))
    for judge in rule.judges:
        judge(validation, place, rule)


def asks_type_alone(rule: Rule) -> bool:
    """Tells whether a rule asks nothing of a value but to be one of its type."""
    if rule.is_plain is None:
        has_more = rule.children or rule.content_reference or any(_judges_of(rule))
        rule.is_plain = not has_more and not any(one.profiles or one.targets for one in rule.types)
    return rule.is_plain


def _judges_of(rule: Rule) -> Iterator[Judge]:
    """Yields what holds a value against each thing that a rule says; most rules say little of the
    value itself.
    """
    if rule.fixed is not None:
        yield _judge_fixed
    if rule.pattern is not None:
        yield _judge_pattern
    if rule.max_length:
        yield _judge_length
    if rule.limits:
        yield judge_limits
    if rule.binding is not None:
        yield judge_bindings
    if rule.constraints:
        yield judge_constraints


def _judge_fixed(validation: Validation, place: Place, rule: Rule) -> None:
    value = place.node.value  # None: an element may stand without value, by extensions that say why
    if value is not None and not is_fixed(value, rule.fixed):
        validation.note(
            "fixed", place, clause=rule.clause, expected=as_json(rule.fixed), found=as_json(value)
        )


def _judge_pattern(validation: Validation, place: Place, rule: Rule) -> None:
    value = place.node.value
    if value is not None and not fits_pattern(value, rule.pattern):
        validation.note(
            "pattern",
            place,
            clause=rule.clause,
            expected=as_json(rule.pattern),
            found=as_json(value),
        )


def _judge_length(validation: Validation, place: Place, rule: Rule) -> None:
    value = place.node.value
    if isinstance(value, str) and len(value) > (rule.max_length or 0):
        validation.note("too_long", place, clause=rule.clause, limit=rule.max_length)


def judge_constraints(validation: Validation, place: Place, rule: Rule) -> None:
    """Evaluates the invariants of a rule on a place."""
    environment = None
    for constraint in rule.constraints:
        if constraint.key in ELSEWHERE or _is_silent(constraint.key, place.node.value):
            continue
        try:
            expression = CORRECTED.get(constraint.key, constraint.expression)
            invariant = compile_fhirpath(expression)
            if invariant.is_settled(place.node, validation.knowledge.types):
                continue
            environment = environment or validation.environment(place)
            holds = invariant.is_true(place.node, environment)
        except (CannotEvaluate, InvalidExpression) as error:
            validation.note(
                "not_evaluated",
                place,
                severity="information",
                name=constraint.key,
                reason=str(error),
            )
            continue
        except OverBudget as error:
            validation.note_unfinished(place, error, constraint.key)
            continue
        if not holds:
            severity: Severity = "error" if constraint.severity == "error" else "warning"
            clause = f"{constraint.source} {constraint.key}"
            validation.note(
                "invariant",
                place,
                severity=severity,
                clause=clause,
                name=constraint.key,
                human=constraint.human,
                expression=expression,
            )


def _is_silent(key: str, value: Any) -> bool:
    """Some invariants speak of an element that may be absent; their empty result would count as
    broken.
    """
    return key in SILENT_WITHOUT and isinstance(value, dict) and SILENT_WITHOUT[key] not in value
