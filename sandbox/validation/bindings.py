"""Bindings: is a code in the value set that an element is bound to, and does it matter (FHIR R4 terminologies.html)?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.findings import Severity
from sandbox.validation.context import Place, Validation
from sandbox.validation.rules import Rule

# HL7's engine reads this one as extensible: a component may measure something else, such as oxygen flow in L/min.
LOOSENED = {"vitalsigns 4.0.1 Observation.component.value[x]": "extensible"}
# FHIR R4 capabilitystatement-definitions.html#CapabilityStatement.format: these words stand beside media types.
ALSO_ALLOWED = {"CapabilityStatement.format": ("xml", "json", "ttl")}


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
