"""What a profile already says of a value, as the JSON to write: fixed values, patterns, and the types of resources."""

from __future__ import annotations

from typing import Any

from sandbox.definitions.r4 import resource_types
from sandbox.validation.context import Knowledge
from sandbox.validation.rules import BACKBONES, Rule


def known_json(knowledge: Knowledge, rule: Rule, parent_type: str) -> Any:
    """Returns what must stand in a value of an element or a slice, as far as the rule tells; None where it does not.

    Args:
        knowledge: the types that the elements are walked by.
        rule: of the element; its children may be fixed too.
        parent_type: the type that the element is a member of.
    """
    if rule.fixed is not None or rule.pattern is not None:
        return rule.fixed if rule.fixed is not None else rule.pattern
    entries = knowledge.types.members(parent_type).get(rule.name, ())
    types = {one.code for one in rule.types} - BACKBONES or {entry.type for entry in entries}
    if len(types) != 1:
        return None
    (type,) = types
    known: dict[str, Any] = {"resourceType": type} if type in resource_types() else {}
    profiles = [url for one in rule.types for url in one.profiles]
    if type == "Extension" and len(profiles) == 1:
        known["url"] = profiles[0].partition("|")[0]
    for name, child in rule.children.items():
        members = knowledge.types.members(type).get(name, ())
        codes = {one.code for one in child.types}
        keys = [entry.key for entry in members if len(members) == 1 or codes == {entry.type}]
        content = _content(knowledge, child, type) if len(keys) == 1 and child.max != 0 else None
        if content is not None:
            known[keys[0]] = content
    return known or None


def _content(knowledge: Knowledge, rule: Rule, parent_type: str) -> Any:
    """Returns the value of an element, as a list where it repeats; required slices are its entries."""
    if rule.name not in knowledge.types.repeating(parent_type):
        return known_json(knowledge, rule, parent_type)
    required = [one for one in rule.slices.values() if one.min]
    items = [known_json(knowledge, one, parent_type) for one in required or [rule]]
    return [item for item in items if item is not None] or None
