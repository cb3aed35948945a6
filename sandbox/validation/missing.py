"""What a profile asks for and is not there: values, slices, and the profile itself where it is not
at hand.
"""

from __future__ import annotations

from sandbox.validation.context import Place, Validation
from sandbox.validation.examples import known_json, written_member
from sandbox.validation.matching import as_json
from sandbox.validation.recognition import recognitions
from sandbox.validation.rules import Rule
from sandbox.validation.slicing import Slice


def note_unknown(validation: Validation, place: Place, profiles: tuple[str, ...]) -> None:
    """Says of each profile that is not at hand what is missing, and which package brings it where a
    guide tells.
    """
    for canonical in profiles:
        if validation.knowledge.profile(canonical) is not None:
            continue
        base, package = validation.knowledge.lacking(canonical)
        key = "unknown_profile" if base == canonical else "unknown_base"
        params = {"base": base, "package": package} if package else {"base": base}
        key = f"{key}_package" if package else key
        validation.note(key, place, severity="information", name=canonical, **params)


def note_blind(validation: Validation, place: Place, rule: Rule, name: str) -> None:
    """Says of a slice that nothing tells which values belong to it."""
    sliced = rule.slices[name]
    paths = ", ".join(recognitions(validation.knowledge, rule)[name].blind)
    validation.note(
        "not_discriminated",
        place,
        severity="information",
        clause=sliced.clause,
        name=sliced.id,
        element=rule.name,
        expected=paths,
    )


def judge_number(validation: Validation, place: Place, rule: Rule, count: int) -> None:
    """Notes too few or too many values (FHIR R4 conformance-rules.html#cardinality)."""
    if rule.min and count < rule.min:
        validation.end_trial()
        example = known_json(validation.knowledge, rule, place.node.type) if count == 0 else None
        if example is not None:
            shown = f'"{rule.name}": {as_json(example)}'
            validation.note(
                "missing_value", place, clause=rule.clause, name=rule.name, expected=shown
            )
        else:
            key = "missing" if count == 0 else "too_few"
            written = written_member(validation.knowledge, rule, place.node.type)
            validation.note(
                key,
                place,
                clause=rule.clause,
                name=rule.name,
                expected=rule.min,
                found=count,
                example=written,
            )
    if rule.max == 0 and count:
        validation.note("prohibited", place, clause=rule.clause, name=rule.name, found=count)
    elif rule.max is not None and count > rule.max:
        validation.note(
            "too_many", place, clause=rule.clause, name=rule.name, expected=rule.max, found=count
        )


def note_missing(
    validation: Validation, parent: Place, slice: Slice, rule: Rule, name: str
) -> None:
    """Says what is missing: a choice by its JSON name, another slice by its entries' sign."""
    validation.end_trial()
    sliced = rule.slices[name]
    choice = _choice_of(validation, parent, rule, sliced)
    if choice:
        validation.note(
            "missing",
            parent,
            clause=sliced.clause,
            name=choice,
            expected=sliced.min,
            found=len(slice.places),
        )
        return
    sign = recognitions(validation.knowledge, rule)[name].sign or name
    example = known_json(validation.knowledge, sliced, parent.node.type)
    if example is None:
        validation.note(
            "missing_kind",
            parent,
            clause=sliced.clause,
            name=name,
            element=rule.name,
            expected=sign,
            found=len(slice.places),
        )
        return
    validation.note(
        "missing_slice",
        parent,
        clause=sliced.clause,
        name=name,
        sign=sign,
        element=rule.name,
        expected=as_json(example),
        found=len(slice.places),
    )


def _choice_of(validation: Validation, parent: Place, rule: Rule, sliced: Rule) -> str:
    """Returns the JSON name of a choice that a slice restricts to one type, as in valueQuantity."""
    members = validation.knowledge.types.members(parent.node.type)
    keys = {entry.key for entry in members.get(rule.name, ())}
    choices = [f"{rule.name}{type.code[:1].upper()}{type.code[1:]}" for type in sliced.types]
    return choices[0] if len(choices) == 1 and choices[0] in keys else ""
