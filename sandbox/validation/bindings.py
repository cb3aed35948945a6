"""Bindings: is a code in the value set that an element is bound to, and does it matter (FHIR R4
terminologies.html)?
"""

from __future__ import annotations

from sandbox.definitions.stripping import PURPOSES
from sandbox.fhir.codes import codings_of
from sandbox.findings import Severity
from sandbox.terminology.asking import Question
from sandbox.validation.codings import note_silence
from sandbox.validation.context import Place, Validation
from sandbox.validation.rules import Rule

# HL7's engine reads this one as extensible: a component may measure something else, such as oxygen
# flow in L/min.
LOOSENED = {"vitalsigns 4.0.1 Observation.component.value[x]": "extensible"}
# FHIR R4 capabilitystatement-definitions.html#CapabilityStatement.format: these words stand beside
# media types.
ALSO_ALLOWED = {
    "CapabilityStatement.format": ("xml", "json", "ttl"),
    # FHIR R4 elementdefinition.html#ElementDefinition.type.code: the types of FHIRPath stand beside
    # those of FHIR.
    "ElementDefinition.type.code": tuple(
        f"http://hl7.org/fhirpath/System.{name}"
        for name in (
            "Boolean",
            "String",
            "Integer",
            "Decimal",
            "Date",
            "DateTime",
            "Time",
            "Quantity",
        )
    ),
}


def judge_bindings(validation: Validation, place: Place, rule: Rule) -> None:
    """Judges the binding of an element, the greatest value set that it allows, and what a guide
    adds.
    """
    if rule.binding is None:
        return
    strength, value_set = rule.binding
    _judge(validation, place, rule, (LOOSENED.get(rule.clause, strength), value_set))
    for binding in rule.more_bindings:
        _judge(validation, place, rule, binding)


def _judge(validation: Validation, place: Place, rule: Rule, binding: tuple[str, str]) -> None:
    """Judges a binding; one right coding is enough, and a text without codes breaks only a required
    one.
    """
    strength, value_set = binding
    if strength not in PURPOSES:
        return
    if place.node.value in ALSO_ALLOWED.get(rule.id, ()):
        return
    codings = list(codings_of(place.node.value))
    if not codings:
        _note_no_code(validation, place, rule, binding)
        return
    verdicts = [_is_member(validation, place, value_set, coding) for coding in codings]
    if True in verdicts:
        return
    shown = ", ".join(f"{system or ''}|{code}".lstrip("|") for system, code in codings)
    if None in verdicts:
        validation.note(
            "not_checked",
            place,
            severity="information",
            clause=rule.clause,
            value_set=value_set,
            found=shown,
        )
        return
    severity: Severity = "warning" if strength == "extensible" else "error"
    if severity == "error":
        validation.end_trial()
    validation.note(
        "not_in_value_set",
        place,
        severity=severity,
        clause=rule.clause,
        value_set=value_set,
        found=shown,
        misnamed=_misnamed(validation, value_set, codings),
        example=", ".join(validation.knowledge.terminology.choices(value_set)),
    )


def _note_no_code(
    validation: Validation, place: Place, rule: Rule, binding: tuple[str, str]
) -> None:
    strength, value_set = binding
    is_concept = isinstance(place.node.value, dict) and place.node.type == "CodeableConcept"
    if strength == "required" and is_concept:
        validation.note(
            "no_code", place, clause=rule.clause, value_set=value_set, expected=value_set
        )


def _misnamed(validation: Validation, value_set: str, codings: list[tuple[str | None, str]]) -> str:
    """Returns the system that is all that keeps a code out of a value set: under its right name it
    would be in.
    """
    terminology = validation.knowledge.terminology
    for system, code in codings:
        meant = terminology.judge_code(system, code).expected if system else ""
        if system and meant and terminology.is_member(value_set, meant, code):
            return system
    return ""


def _is_member(
    validation: Validation, place: Place, value_set: str, coding: tuple[str | None, str]
) -> bool | None:
    """Asks the definitions at hand, then the terminology server where there is one."""
    system, code = coding
    verdict = validation.knowledge.terminology.is_member(value_set, system, code)
    if verdict is not None or validation.asker is None or not system:
        return verdict
    answer = validation.asker.ask(Question(system, code, value_set=value_set))
    if answer.failure:
        note_silence(validation, place, code, answer.failure)
    return answer.is_right
