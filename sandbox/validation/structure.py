"""The structure of an instance: properties, JSON shapes, cardinalities, types and the rules of R4 itself.

Everything that the type definitions say is judged here; profiles come on top (`profiles`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.definitions.r4 import nearest, resource_types
from sandbox.fhir.json import Json
from sandbox.fhirpath import Node
from sandbox.fhirpath.nodes import Member
from sandbox.validation.attachments import judge_attachment
from sandbox.validation.codings import judge_coding, judge_identifier, judge_quantity, judge_reference
from sandbox.validation.context import Place, Validation
from sandbox.validation.elements import judge_constraints, judge_value
from sandbox.validation.narratives import judge_narrative
from sandbox.validation.primitives import PRIMITIVES, fault_of
from sandbox.validation.rules import Rule, TypeRule

DATATYPES = "FHIR R4 datatypes.html"
CANONICAL = "FHIR R4 references.html#canonical"
ABSOLUTE = re.compile(r"^(#|[A-Za-z][A-Za-z0-9+.-]*:)")
JSON_RULES = "FHIR R4 json.html"
QUANTITIES = ("Quantity", "Age", "Distance", "Duration", "Count", "SimpleQuantity")
BY_TYPE: dict[str, Callable[[Validation, Place], None]] = {
    "Attachment": judge_attachment,
    "Coding": judge_coding,
    "Identifier": judge_identifier,
    "Narrative": judge_narrative,
    "Reference": judge_reference,
    "Extension": lambda validation, place: validation.extensions.append(place),
    **dict.fromkeys(QUANTITIES, judge_quantity),
}


def judge_resource(validation: Validation, place: Place) -> None:
    """Judges a resource against the definition of its type."""
    name = place.node.value.get("resourceType") if isinstance(place.node.value, dict) else None
    if not isinstance(name, str) or name not in resource_types():
        near = nearest(str(name), sorted(resource_types()))
        validation.note("unknown_type", place, clause="FHIR R4 resourcelist.html", found=name, expected=near)
        return
    own = place.node.value.get("id")
    if isinstance(own, str) and own and fault_of("id", own):
        at = place.at(place.node, "id")
        validation.note("primitive_format", at, clause=f"{DATATYPES}#id", expected="id", found=own)
    judge_type(validation, place, name)


def judge_type(validation: Validation, place: Place, type: str) -> None:
    """Judges a value against the definition of a type: a resource, a data type or a primitive."""
    validation.budget.spend(1)
    definition = validation.knowledge.definitions.type_definition(type)
    if type in PRIMITIVES:
        _judge_primitive(validation, place, type)
    elif not isinstance(place.node.value, dict):
        validation.note("not_an_object", place, clause=JSON_RULES, expected=type, found=place.node.value)
    elif definition is not None:
        rule = validation.knowledge.rules(definition)
        _judge_members(validation, place, rule, type)
        judge_constraints(validation, place, rule)
        if type in BY_TYPE:
            BY_TYPE[type](validation, place)


def _judge_members(validation: Validation, place: Place, rule: Rule, type: str) -> None:
    """Judges the properties of an object against the children of a rule."""
    value: Json = place.node.value
    members = validation.knowledge.types.members(type)
    by_key = members.by_key
    if not [key for key in value if key != "id"]:
        validation.note("empty_object", place, clause=f"{JSON_RULES}; ele-1")
    seen: dict[str, str] = {}
    for key in value:
        plain = key.removeprefix("_")
        entry = by_key.get(plain)
        if key == "resourceType" and type in resource_types():
            continue
        if entry is None or (key.startswith("_") and entry.type not in PRIMITIVES):
            near = nearest(plain, list(by_key))
            at = place.at(place.node, key)
            if near:
                validation.note("misspelt", at, clause=f"FHIR R4 {type}", name=key, expected=near, found=key)
            else:
                validation.note("unknown_property", at, clause=f"FHIR R4 {type}", name=key, found=key)
        elif seen.setdefault(entry.name, plain) != plain:
            validation.note("two_choices", place, clause="FHIR R4 formats.html#choice", name=entry.name, found=key)
    present = {members.entries[members.places[key]].name for key in value if key in members.places}
    for name, child in rule.children.items():
        if child.min or name in present:
            _judge_element(validation, place, child, members.get(name, ()))


def _judge_element(validation: Validation, place: Place, rule: Rule, entries: tuple[Member, ...]) -> None:
    """Judges all values of one element: shape, number, and each by itself."""
    value: Json = place.node.value
    total = 0
    for entry in entries:
        held, sibling = value.get(entry.key), value.get("_" + entry.key)
        if entry.key not in value and sibling is None:
            continue
        step = place.at(place.node, rule.name)
        is_list = isinstance(held if held is not None else sibling, list)
        if rule.max is not None and is_list != (rule.max > 1) and not (entry.type == "Resource" and not is_list):
            validation.note("array" if rule.max > 1 else "no_array", step, clause=JSON_RULES, name=entry.key)
        if is_list and not (held or sibling):
            validation.note("empty_array", step, clause=JSON_RULES)
        for index, node in enumerate(_nodes(held, sibling, entry.type)):
            total += 1
            path = f"{rule.name}[{index}]" if rule.max is not None and rule.max > 1 else rule.name
            _judge_child(validation, place.at(node, path), rule, entry)
    if rule.min and total < rule.min:
        key = "missing" if total == 0 else "too_few"
        validation.note(key, place, clause=rule.clause, name=rule.name, expected=rule.min, found=total)
    if rule.max is not None and total > rule.max:
        validation.note("too_many", place, clause=rule.clause, name=rule.name, expected=rule.max, found=total)


def _judge_child(validation: Validation, place: Place, rule: Rule, entry: Member) -> None:
    node = place.node
    if node.value is None and node.sibling is None:
        validation.note("null", place, clause=JSON_RULES)
        return
    if entry.type == "Resource":
        _judge_inner_resource(validation, place)
        return
    if rule.children or rule.content_reference:
        inner = _referenced(validation, rule.content_reference) if rule.content_reference else rule
        if not isinstance(node.value, dict):
            validation.note("not_an_object", place, clause=JSON_RULES, expected="{…}", found=node.value)
            return
        _judge_members(validation, place, inner, entry.type)
        judge_constraints(validation, place, inner)
        return
    judge_type(validation, place, entry.type)
    if node.value is not None:
        judge_value(validation, place, rule)
    for permitted in rule.types:
        if permitted.code in ("Reference", "canonical") and permitted.code == entry.type:
            judge_target(validation, place, permitted, rule)


def _judge_inner_resource(validation: Validation, place: Place) -> None:
    """A contained resource or a Bundle entry's is a resource of its own, with paths of its own."""
    if not isinstance(place.node.value, dict):
        validation.note("not_an_object", place, clause=JSON_RULES, expected="{…}", found=place.node.value)
        return
    is_contained = ".contained" in place.path.rpartition(".resource")[2]
    around = place.resource if is_contained else place.node
    judge_resource(validation, Place(place.node, place.path, around, place.full_url))


def judge_target(validation: Validation, place: Place, permitted: TypeRule, rule: Rule) -> None:
    """Judges the type that a reference names or leads to against those that may stand there."""
    value = place.node.value
    reference = value.get("reference") if isinstance(value, dict) else None
    wanted = {validation.knowledge.type_of_profile(url) for url in permitted.targets}
    if not isinstance(reference, str) or not wanted or wanted & {"Resource", ""}:
        return
    target = validation.resolve(reference, place)
    found = target.type if target else _type_of(reference)
    if found in resource_types() and found not in wanted:
        validation.note("wrong_target", place, clause=rule.clause, expected=", ".join(sorted(wanted)), found=found)


def _type_of(reference: str) -> str:
    words = reference.partition("/_history/")[0].split("/")
    return words[-2] if len(words) > 1 and ":" not in words[-1] else ""


def _judge_primitive(validation: Validation, place: Place, type: str) -> None:
    node = place.node
    if node.value is not None:
        fault = fault_of(type, node.value)
        if fault:
            validation.note(f"primitive_{fault}", place, clause=f"{DATATYPES}#{type}", expected=type, found=node.value)
        elif type == "canonical" and not ABSOLUTE.match(node.value):
            validation.note("relative_canonical", place, severity="warning", clause=CANONICAL, found=node.value)
    if node.sibling is not None:
        definition = validation.knowledge.definitions.type_definition("Element")
        if definition is not None:
            inner = Place(Node(node.sibling, "Element"), place.path, place.resource, place.full_url)
            _judge_members(validation, inner, validation.knowledge.rules(definition), "Element")


def _nodes(held: Any, sibling: Any, type: str) -> list[Node]:
    values = held if isinstance(held, list) else [held] if held is not None or sibling is None else []
    siblings = sibling if isinstance(sibling, list) else [sibling]
    nodes = []
    for index in range(max(len(values), len(siblings) if sibling is not None else 0)):
        value = values[index] if index < len(values) else None
        beside = siblings[index] if index < len(siblings) else None
        kind = str(value.get("resourceType", type)) if type == "Resource" and isinstance(value, dict) else type
        nodes.append(Node(value, kind, beside if isinstance(beside, dict) else None))
    return nodes


def _referenced(validation: Validation, path: str) -> Rule:
    """Follows a contentReference such as `Questionnaire.item`."""
    words = path.split(".")
    definition = validation.knowledge.definitions.type_definition(words[0])
    rule = validation.knowledge.rules(definition or {"element": [], "type": words[0]})
    for word in words[1:]:
        rule = rule.children[word]
    return rule
