"""What a profile already says of a value, as the JSON to write: fixed values, patterns, and the
types of resources.
"""

from __future__ import annotations

from typing import Any

from sandbox.definitions.r4 import resource_types
from sandbox.validation.knowledge import Knowledge
from sandbox.validation.rules import BACKBONES, Rule

# How a value of a type is written; three dots are to be filled in.
WRITTEN = {
    "boolean": "true", "integer": "1", "positiveInt": "1", "unsignedInt": "1", "decimal": "1.5",
    "string": '"…"', "markdown": '"…"', "code": '"…"', "id": '"abc-123"',
    "base64Binary": '"aGVsbG8="',
    "date": '"2025-03-14"', "time": '"09:30:00"',
    "dateTime": '"2025-03-14T09:30:00-03:00"', "instant": '"2025-03-14T09:30:00.000-03:00"',
    "uri": '"https://example.org/…"', "url": '"https://example.org/…"',
    "canonical": '"https://example.org/…"',
    "oid": '"urn:oid:2.16.840.1.113883"', "uuid": '"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"',
    "Coding": '{"system": "…", "code": "…"}',
    "CodeableConcept": '{"coding": [{"system": "…", "code": "…"}]}',
    "Identifier": '{"system": "…", "value": "…"}', "Reference": '{"reference": "…"}',
    "HumanName": '{"family": "…", "given": ["…"]}', "Period": '{"start": "2025-03-14"}',
    "Quantity": '{"value": 1.5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}',
    "Narrative": '{"status": "generated", '
    '"div": "<div xmlns=\\"http://www.w3.org/1999/xhtml\\">…</div>"}',
}  # fmt: skip


def written_member(knowledge: Knowledge, rule: Rule, parent_type: str) -> str:
    """Returns an element as it is written in JSON, in the first type that the rule admits."""
    entries = knowledge.types.members(parent_type).get(rule.name, ())
    codes = {type.code for type in rule.types}
    entry = next(
        (entry for entry in entries if entry.type in codes), entries[0] if entries else None
    )
    if entry is None:
        return ""
    value = WRITTEN.get(entry.type, "{…}")
    return f'"{entry.key}": ' + (
        f"[{value}]" if rule.name in knowledge.types.repeating(parent_type) else value
    )


def known_json(knowledge: Knowledge, rule: Rule, parent_type: str) -> Any:
    """Returns what must stand in a value of an element or a slice, as far as the rule tells; None
    where it does not.

    Args:
        knowledge: the types that the elements are walked by.
        rule: of the element; its children may be fixed too.
        parent_type: the type that the element is a member of.
    """
    if rule.fixed is not None or rule.pattern is not None:
        return rule.fixed if rule.fixed is not None else rule.pattern
    entries = knowledge.types.members(parent_type).get(rule.name, ())
    types = {type.code for type in rule.types} - BACKBONES or {entry.type for entry in entries}
    if len(types) != 1:
        return None
    (type,) = types
    known: dict[str, Any] = {"resourceType": type} if type in resource_types() else {}
    profiles = [url for type in rule.types for url in type.profiles]
    if type == "Extension" and len(profiles) == 1:
        known["url"] = profiles[0].partition("|")[0]
    for name, child in rule.children.items():
        members = knowledge.types.members(type).get(name, ())
        codes = {type.code for type in child.types}
        keys = [entry.key for entry in members if len(members) == 1 or codes == {entry.type}]
        content = _content(knowledge, child, type) if len(keys) == 1 and child.max != 0 else None
        if content is not None:
            known[keys[0]] = content
    return known or None


def _content(knowledge: Knowledge, rule: Rule, parent_type: str) -> Any:
    """Returns the value of an element, as a list where it repeats; required slices are its
    entries.
    """
    if rule.name not in knowledge.types.repeating(parent_type):
        return known_json(knowledge, rule, parent_type)
    required = [slice for slice in rule.slices.values() if slice.min]
    items = [known_json(knowledge, item, parent_type) for item in required or [rule]]
    return [item for item in items if item is not None] or None
