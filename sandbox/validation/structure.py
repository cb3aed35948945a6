"""The structure of an instance: properties, JSON shapes, cardinalities, types and the rules of R4
itself.

Everything that the type definitions say is judged here; profiles come on top (`profiles`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sandbox.definitions.r4 import nearest, resource_types
from sandbox.fhir.json import Json
from sandbox.fhirpath import Node
from sandbox.fhirpath.nodes import Member, Members
from sandbox.validation.attachments import judge_attachment
from sandbox.validation.codings import (
    judge_coding,
    judge_identifier,
    judge_quantity,
    judge_reference,
)
from sandbox.validation.containing import (
    gather_reference,
    judge_contained,
    judge_element_id,
    judge_reach_of_contained,
)
from sandbox.validation.context import Place, Validation, contained_in
from sandbox.validation.elements import asks_type_alone, judge_constraints, judge_value
from sandbox.validation.examples import written_member
from sandbox.validation.extending import judge_any_extension
from sandbox.validation.matching import as_json
from sandbox.validation.narratives import judge_narrative
from sandbox.validation.primitives import (
    CONTROL,
    HAS_FORMAT,
    LONGEST,
    PRIMITIVES,
    RANGES,
    TEXTS,
    advice_on,
    fault_of,
    form_of,
)
from sandbox.validation.profiles import judge_any
from sandbox.validation.referring import judge_fragment, judge_reference_type, keep_reference
from sandbox.validation.rules import Rule
from sandbox.validation.shapes import read_shape
from sandbox.validation.targets import judge_target

DATATYPES = "FHIR R4 datatypes.html"
CANONICAL = "FHIR R4 references.html#canonical"
ABSOLUTE = re.compile(r"^(#|[A-Za-z][A-Za-z0-9+.-]*:)")
JSON_RULES = "FHIR R4 json.html"
QUANTITIES = ("Quantity", "Age", "Distance", "Duration", "Count", "SimpleQuantity")
BY_TYPE: dict[str, tuple[Callable[[Validation, Place], None], ...]] = {
    "Attachment": (judge_attachment,),
    "Coding": (judge_coding,),
    "Extension": (judge_any_extension,),
    "Identifier": (judge_identifier,),
    "Narrative": (judge_narrative,),
    "Reference": (keep_reference, judge_reference, judge_fragment, judge_reference_type),
    **dict.fromkeys(QUANTITIES, (judge_quantity,)),
}


def judge_resource(validation: Validation, place: Place) -> None:
    """Judges a resource against the definition of its type."""
    name = place.node.value.get("resourceType") if isinstance(place.node.value, dict) else None
    if name is None:
        validation.note("no_resource_type", place, clause=f"{JSON_RULES}#resources")
        return
    if not isinstance(name, str) or name not in resource_types():
        near = nearest(str(name), sorted(resource_types())) or "Patient"
        validation.note(
            "unknown_type", place, clause="FHIR R4 resourcelist.html", found=name, expected=near
        )
        return
    own = place.node.value.get("id")
    if isinstance(own, str) and own and fault_of("id", own):
        at = place.at(place.node, "id")
        validation.note("primitive_format", at, clause=f"{DATATYPES}#id", expected="id", found=own)
    judge_type(validation, place, name)
    if place.container is None:
        judge_reach_of_contained(validation, place)


def judge_type(validation: Validation, place: Place, type: str) -> None:
    """Judges a value against the definition of a type: a resource, a data type or a primitive."""
    validation.budget.spend(1)
    if type in PRIMITIVES:
        _judge_primitive(validation, place, type)
    elif not isinstance(place.node.value, dict):
        validation.note(
            "not_an_object", place, clause=JSON_RULES, expected=type, found=place.node.value
        )
    elif (rule := validation.knowledge.type_rules(type)) is not None:
        _judge_members(validation, place, rule, type)
        judge_constraints(validation, place, rule)
        for judge in BY_TYPE.get(type, ()):
            judge(validation, place)


def _judge_members(
    validation: Validation, place: Place, rule: Rule, type: str, *, has_value: bool = False
) -> None:
    """Judges the properties of an object against the children of a rule; `has_value`: it stands
    beside a value.
    """
    value: Json = place.node.value
    if not value or (len(value) == 1 and "id" in value and not has_value):
        validation.note("empty_object", place, clause=f"{JSON_RULES}; ele-1")
    if "id" in value and type not in resource_types():
        judge_element_id(validation, place)
    validation.budget.spend(len(value))
    present = _present(validation, place, rule, type)
    for name, entries in present.items():
        child = rule.children.get(name) if entries else None
        if child is not None:
            _judge_element(validation, place, child, entries)
    for child in rule.required:
        if child.name not in present:
            _judge_element(validation, place, child, ())


def _present(
    validation: Validation, place: Place, rule: Rule, type: str
) -> dict[str, tuple[Member, ...]]:
    """Judges the names of the properties of an object.

    Returns:
        By the name of each element that is there the properties that hold it; none where nothing
        more is to be said of it.
    """
    value: Json = place.node.value
    members = validation.knowledge.types.members(type)
    plain = _plain_texts(rule, members)
    present: dict[str, tuple[Member, ...]] = {}
    for key, content in value.items():
        text = plain.get(key)
        if text is not None and _is_fine_text(text, content, value):
            present[text.name] = ()
            continue
        alone = members.by_property.get(key)
        if alone is None:
            _judge_unknown_property(validation, place, key, type)
            continue
        entry = alone[0]
        chosen = present.setdefault(entry.name, alone)
        if key != entry.key and entry.type not in PRIMITIVES:
            _judge_unknown_property(validation, place, key, type)
        elif chosen is not alone and entry not in chosen:
            present[entry.name] = (*chosen, entry)
            validation.note(
                "two_choices",
                place,
                clause="FHIR R4 formats.html#choice",
                name=entry.name,
                found=key,
            )
    return present


def _plain_texts(rule: Rule, members: Members) -> dict[str, Member]:
    """Returns, by property, the elements that are one text of which only its type is asked: most
    are, and need neither the node nor the place that a finding, a binding or an invariant needs.
    """
    if rule.plain_texts is None:
        rule.plain_texts = {
            entries[0].key: entries[0]
            for name, entries in members.items()
            if len(entries) == 1
            and entries[0].type in TEXTS
            and name in rule.children
            and rule.children[name].max == 1
            and asks_type_alone(rule.children[name])
        }
    return rule.plain_texts


def _is_fine_text(entry: Member, value: object, source: Json) -> bool:
    """Tells whether surely nothing is to be said of a text, whatever stands around it."""
    # what cannot be printed, such as a line break, is looked at closely
    if not isinstance(value, str) or not value or not value.isprintable() or value[0] == "#":
        return False
    if entry.beside in source:
        return False
    has_format = HAS_FORMAT.get(entry.type)
    if has_format is None:
        return not value.isspace() and len(value) <= LONGEST
    is_relative = entry.type == "canonical" and not ABSOLUTE.match(value)
    return bool(has_format(value)) and not is_relative


def _judge_unknown_property(validation: Validation, place: Place, key: str, type: str) -> None:
    if key == "resourceType" and type in resource_types():
        return
    at = place.at(place.node, key)
    clause = f"FHIR R4 {type}"
    near = nearest(key.removeprefix("_"), list(validation.knowledge.types.members(type).by_key))
    if near:
        validation.note("misspelt", at, clause=clause, name=key, expected=near, found=key)
    else:
        validation.note("unknown_property", at, clause=clause, name=key, found=key)


def _judge_element(
    validation: Validation, place: Place, rule: Rule, entries: tuple[Member, ...]
) -> None:
    """Judges all values of one element: shape, number, and each by itself.

    Args:
        entries: the properties of the element that are there; of a choice rightly one.
    """
    can_repeat = rule.max is not None and rule.max > 1
    total = 0
    for entry in entries:
        for index, node in enumerate(read_shape(validation, place, rule, entry)):
            total += 1
            child = place.at(node, f"{rule.name}[{index}]" if can_repeat else rule.name)
            if entry.type == "Resource":
                _judge_inner_resource(validation, place, child)
            else:
                _judge_child(validation, child, rule, entry)
    if rule.min and total < rule.min:
        key = "missing" if total == 0 else "too_few"
        example = written_member(validation.knowledge, rule, place.node.type)
        validation.note(
            key,
            place,
            clause=rule.clause,
            name=rule.name,
            expected=rule.min,
            found=total,
            example=example,
        )
    if rule.max is not None and total > rule.max:
        validation.note(
            "too_many", place, clause=rule.clause, name=rule.name, expected=rule.max, found=total
        )


def _judge_child(validation: Validation, place: Place, rule: Rule, entry: Member) -> None:
    node = place.node
    if node.value is None and node.sibling is None:
        validation.note("null", place, clause=JSON_RULES)
        return
    if rule.children or rule.content_reference:
        inner = _referenced(validation, rule.content_reference) if rule.content_reference else rule
        if not isinstance(node.value, dict):
            validation.note(
                "not_an_object", place, clause=JSON_RULES, expected="{…}", found=node.value
            )
            return
        _judge_members(validation, place, inner, entry.type)
        judge_constraints(validation, place, inner)
        return
    judge_type(validation, place, entry.type)
    # an element without a value, by extensions that say why, has invariants to meet all the same
    judge_value(validation, place, rule)
    for permitted in rule.types:
        if permitted.code == entry.type:
            if permitted.targets:
                judge_target(validation, place, permitted.targets, rule)
            if permitted.profiles:
                judge_any(validation, place, permitted.profiles)


def _judge_inner_resource(validation: Validation, parent: Place, place: Place) -> None:
    """A contained resource, a Bundle entry's or a parameter's is a resource of its own, with paths
    of its own.
    """
    value = place.node.value
    if not isinstance(value, dict):
        validation.note("not_an_object", place, clause=JSON_RULES, expected="{…}", found=value)
        return
    is_contained = parent.node.value is parent.resource.value
    container = parent.root if is_contained else None
    full_url = place.full_url if is_contained else parent.node.value.get("fullUrl")
    inner = Place(
        place.node, place.path, place.node, full_url if isinstance(full_url, str) else "", container
    )
    if is_contained:
        judge_contained(validation, inner)
    validation.inner.append(inner)
    judge_resource(validation, inner)


def _judge_primitive(validation: Validation, place: Place, type: str) -> None:
    node = place.node
    has_value = node.value is not None
    if has_value:
        _judge_primitive_value(validation, place, type)
    if node.sibling is not None:
        rule = validation.knowledge.type_rules("Element")
        if rule is not None:
            inner = replace(place, node=Node(node.sibling, "Element"))
            _judge_members(validation, inner, rule, "Element", has_value=has_value)
        if type == "xhtml" and "extension" in node.sibling:
            clause = f"{DATATYPES}#xhtml"
            validation.note("too_many", place, clause=clause, name="extension", expected=0, found=1)


def _judge_primitive_value(validation: Validation, place: Place, type: str) -> None:
    value = place.node.value
    fault = fault_of(type, value)
    if fault:
        _note_fault(validation, place, type, fault)
        return
    if not isinstance(value, str):
        return
    advice = advice_on(type, value)
    if advice:
        controls = ", ".join(f"U+{ord(each):04X}" for each in dict.fromkeys(CONTROL.findall(value)))
        validation.note(
            f"string_{advice}",
            place,
            severity="warning",
            clause=f"{DATATYPES}#string",
            found=controls,
        )
    if type == "canonical" and not ABSOLUTE.match(value):
        validation.note(
            "relative_canonical", place, severity="warning", clause=CANONICAL, found=value
        )
    if value.startswith("#"):
        gather_reference(validation, place, type)
        if type == "canonical" and contained_in(place.root, value[1:]) is None:
            validation.note(
                "no_contained_canonical",
                place,
                severity="warning",
                clause=CANONICAL,
                found=value,
            )


def _note_fault(validation: Validation, place: Place, type: str, fault: str) -> None:
    clause = f"{DATATYPES}#{type}"
    value = place.node.value
    if fault == "long":
        validation.note("too_long", place, clause=clause, limit=LONGEST)
    elif fault == "range":
        low, high = RANGES[type]
        validation.note(
            "primitive_range",
            place,
            clause=clause,
            name=type,
            expected=f"{low} … {high}",
            found=value,
        )
    else:
        shown = value if fault == "format" else as_json(value)
        validation.note(
            f"primitive_{fault}", place, clause=clause, expected=form_of(type, value), found=shown
        )


def _referenced(validation: Validation, path: str) -> Rule:
    """Follows a contentReference such as `Questionnaire.item`."""
    words = path.split(".")
    rule = validation.knowledge.type_rules(words[0]) or Rule(words[0], words[0])
    for word in words[1:]:
        rule = rule.children[word]
    return rule
