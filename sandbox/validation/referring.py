"""References by themselves: what `#id` leads to, and the type stated beside (FHIR R4
references.html#Reference).

The type is a URL relative to `http://hl7.org/fhir/StructureDefinition/`, and SHALL be consistent
with the reference.
"""

from __future__ import annotations

from sandbox.definitions.r4 import nearest, resource_types
from sandbox.definitions.store import R4_TYPE
from sandbox.fhir.references import parse_reference
from sandbox.validation.context import Place, Validation, contained_in

CONTAINED = "FHIR R4 references.html#contained"
CLAUSE = "FHIR R4 references.html#Reference"
TYPE_ALONE = frozenset({"type", "id"})


def keep_reference(validation: Validation, place: Place) -> None:
    """Keeps where a literal reference stands, so that a Bundle is not walked again for them."""
    reference = place.node.value.get("reference")
    if isinstance(reference, str):
        kept = validation.references.setdefault(id(place.root.value), [])
        kept.append((place, reference))


def judge_fragment(validation: Validation, place: Place) -> None:
    """Holds ref-1: `#id` leads to a contained resource, and `#` from one of these to its container.

    R4's own expression refuses `#`, which dom-3 and references.html#contained provide for; R4B
    mended it.
    """
    reference = place.node.value.get("reference")
    if not isinstance(reference, str) or not reference.startswith("#"):
        return
    target = contained_in(place.root, reference[1:])
    if target is None or (reference == "#" and place.container is None):
        at = place.at(place.node, "reference")
        validation.note("no_contained", at, clause=f"{CONTAINED} ref-1", found=reference)


def judge_reference_type(validation: Validation, place: Place) -> None:
    """Judges `Reference.type` by itself, and against the type that the reference names or leads
    to.
    """
    stated = place.node.value.get("type")
    reference = place.node.value.get("reference")
    if not isinstance(stated, str) or not stated:
        return
    if place.node.value.keys() <= TYPE_ALONE:
        validation.note("reference_type_alone", place, clause=CLAUSE, found=stated)
    at = place.at(place.node, "type")
    name = stated.removeprefix(R4_TYPE)
    if ":" in name:
        return  # the absolute URL of a logical model
    if validation.knowledge.definitions.type_definition(name) is None:
        near = nearest(name, sorted(resource_types()))
        validation.note("unknown_type", at, clause=CLAUSE, expected=near, found=stated)
    elif isinstance(reference, str):
        target = type_of_target(validation, place, reference)
        if target and not validation.knowledge.types.is_a(target, name):
            validation.note(
                "reference_type", at, clause=CLAUSE, name=reference, expected=target, found=stated
            )


def type_of_target(validation: Validation, place: Place, reference: str) -> str:
    """Returns the resource type that a reference leads to, or names; an empty text where neither
    tells.
    """
    target = validation.resolve(reference, place)
    if target is not None:
        return target.type
    literal = parse_reference(reference.partition("#")[0])
    return literal.type if literal and literal.type in resource_types() else ""
