"""Where a reference leads: the type that it names, the types that it may lead to, and how far away
it may be.
"""

from __future__ import annotations

from sandbox.definitions.r4 import resource_types
from sandbox.definitions.store import R4_TYPE
from sandbox.validation.context import Place, Validation
from sandbox.validation.rules import Rule

AGGREGATION = frozenset({"contained", "referenced", "bundled"})


def judge_target(
    validation: Validation, place: Place, targets: tuple[str, ...], rule: Rule
) -> None:
    """Judges the type that a reference leads to, names or states against those that may stand
    there.
    """
    value = place.node.value
    reference, stated = (
        (value.get("reference"), value.get("type")) if isinstance(value, dict) else (None, None)
    )
    if not isinstance(reference, str) and not isinstance(stated, str):
        return
    wanted = validation.knowledge.types_of_profiles(targets)
    if not wanted or "Resource" in wanted or "" in wanted:
        return
    target = validation.resolve(reference, place) if isinstance(reference, str) else None
    if target is not None:
        target_type = target.type
    else:
        target_type = type_named_by(reference) if isinstance(reference, str) else ""
        target_type = target_type or str(stated or "").removeprefix(R4_TYPE)
    if target_type in resource_types() and target_type not in wanted:
        validation.note(
            "wrong_target",
            place,
            clause=rule.clause,
            expected=", ".join(sorted(wanted)),
            found=target_type,
        )


def type_named_by(reference: str) -> str:
    """Returns the type that stands in the text of a literal reference, or an empty text."""
    words = reference.partition("/_history/")[0].split("/")
    named = words[-2] if len(words) > 1 and ":" not in words[-1] else ""
    return named if named in resource_types() else ""


def judge_aggregation(
    validation: Validation, place: Place, allowed: frozenset[str], rule: Rule
) -> None:
    """Holds a reference against the ways in which it may lead to its target.

    (FHIR R4 valueset-resource-aggregation-mode.html: contained, referenced and bundled.)
    """
    reference = place.node.value.get("reference") if isinstance(place.node.value, dict) else None
    if not allowed or allowed == AGGREGATION or not isinstance(reference, str):
        return
    if reference.startswith("#"):
        if "contained" not in allowed:
            validation.note("contained_target", place, clause=rule.clause, found=reference)
    elif allowed == {"contained"}:
        validation.note("not_contained", place, clause=rule.clause, found=reference)
    elif "referenced" not in allowed and validation.bundle is None:
        validation.note(
            "bundle_unknown", place, severity="information", clause=rule.clause, found=reference
        )
    elif "referenced" not in allowed and validation.resolve(reference, place) is None:
        validation.note("not_bundled", place, clause=rule.clause, found=reference)
