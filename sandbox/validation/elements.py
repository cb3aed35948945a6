"""What one value must meet whoever asks for it: fixed and pattern values, limits, invariants;
bindings stand apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sandbox.fhirpath import CannotEvaluate, InvalidExpression, OverBudget, compile_fhirpath
from sandbox.fhirpath.expressions import Expression
from sandbox.findings import Severity
from sandbox.validation.bindings import judge_bindings
from sandbox.validation.context import Place, Validation
from sandbox.validation.limits import judge_limits
from sandbox.validation.matching import as_json, fits_pattern, is_fixed
from sandbox.validation.rules import Constraint, Rule

# Held by the structure pass itself, or advice of good practice that is no rule.
ELSEWHERE = frozenset({"dom-3", "dom-6", "ref-1", "txt-1", "txt-2"})
SILENT_WITHOUT = {"bdl-8": "fullUrl", "ras-2": "probabilityDecimal"}
# Invariants that R4 misprints, as R4B has them.
CORRECTED = {"que-7": "operator = 'exists' implies (answer is boolean)"}
Judge = Callable[[Validation, Place, Rule], None]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A constraint ready to be evaluated; one without an expression cannot be, for its `fault`.

    It says nothing of an object that lacks the element `silent_without`.
    """

    constraint: Constraint
    expression: Expression | None
    silent_without: str = ""
    fault: str = ""

    @property
    def key(self) -> str:
        return self.constraint.key


def judge_value(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds a value against fixed, pattern, length, binding and invariants."""
    if rule.judges is None:
        rule.judges = tuple(_judges_of(rule))
    for judge in rule.judges:
        judge(validation, place, rule)


def asks_type_alone(rule: Rule) -> bool:
    """Tells whether a rule asks nothing of a value but to be one of its type."""
    has_more = rule.children or rule.content_reference or any(_judges_of(rule))
    return not has_more and not any(type.profiles or type.targets for type in rule.types)


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
    # what a fixed value lacks "must also be missing", extensions included
    is_extended = isinstance(place.node.sibling, dict) and "extension" in place.node.sibling
    if value is not None and (is_extended or not is_fixed(value, rule.fixed)):
        validation.note(
            "fixed",
            place,
            clause=rule.clause,
            expected=as_json(rule.fixed),
            found=as_json(value) + (" + extension" if is_extended else ""),
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
    if rule.invariants is None:
        rule.invariants = tuple(_invariants_of(rule))
    value = place.node.value
    environment = None
    for invariant in rule.invariants:
        element = invariant.silent_without
        if element and isinstance(value, dict) and element not in value:
            continue
        expression = invariant.expression
        if expression is None:
            _note_not_evaluated(validation, place, invariant.key, invariant.fault)
            continue
        if expression.is_settled(place.node, validation.knowledge.types):
            continue
        environment = environment or validation.environment(place)
        try:
            if not expression.is_true(place.node, environment):
                _note_broken(validation, place, invariant, expression.text)
        except CannotEvaluate as error:
            _note_not_evaluated(validation, place, invariant.key, str(error))
        except OverBudget as error:
            validation.note_unfinished(place, error, invariant.key)


def _invariants_of(rule: Rule) -> Iterator[Invariant]:
    """Yields the invariants of a rule compiled, which is done once for all places."""
    for constraint in rule.constraints:
        if constraint.key in ELSEWHERE:
            continue
        element = SILENT_WITHOUT.get(constraint.key, "")
        try:
            compiled = compile_fhirpath(CORRECTED.get(constraint.key, constraint.expression))
        except (CannotEvaluate, InvalidExpression) as error:
            yield Invariant(constraint, None, element, str(error))
        else:
            yield Invariant(constraint, compiled, element)


def _note_not_evaluated(validation: Validation, place: Place, key: str, reason: str) -> None:
    validation.note("not_evaluated", place, severity="information", name=key, reason=reason)


def _note_broken(
    validation: Validation, place: Place, invariant: Invariant, expression: str
) -> None:
    constraint = invariant.constraint
    severity: Severity = "error" if constraint.severity == "error" else "warning"
    validation.note(
        "invariant",
        place,
        severity=severity,
        clause=f"{constraint.source} {constraint.key}",
        name=constraint.key,
        human=constraint.human,
        expression=expression,
    )
