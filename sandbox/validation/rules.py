"""Rules: a compiled StructureDefinition as a tree, ready to be held against an instance.  Reads no instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.fhir.json import Json

UNBOUNDED = 2**31


@dataclass(frozen=True, slots=True)
class Constraint:
    """An invariant: key, severity, FHIRPath expression, and what it means in the words of its author."""

    key: str
    severity: str
    expression: str
    human: str


@dataclass(frozen=True, slots=True)
class TypeRule:
    """A permitted type with the profiles that its value or its target must meet."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discriminator:
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class Slicing:
    discriminators: tuple[Discriminator, ...]
    rules: str


@dataclass(slots=True)
class Rule:
    """What one element must meet; None and empty mean that this layer says nothing about it."""

    id: str
    name: str
    min: int | None = None
    max: int | None = None
    types: tuple[TypeRule, ...] = ()
    fixed: Any = None
    pattern: Any = None
    binding: tuple[str, str] | None = None
    constraints: tuple[Constraint, ...] = ()
    max_length: int | None = None
    limits: tuple[tuple[str, Any], ...] = ()
    content_reference: str = ""
    slicing: Slicing | None = None
    slices: dict[str, Rule] = field(default_factory=dict)
    children: dict[str, Rule] = field(default_factory=dict)


def build_rules(structure: Json, choices: Mapping[str, str]) -> Rule:
    """Returns the rules of a StructureDefinition as a tree from its root element.

    `choices` maps names such as `valueQuantity` to the choice that they cut short (`value`): a differential may write
    `Observation.valueQuantity` for the slice of that type (FHIR R4 profiling.html#choice).
    """
    root = Rule(structure["type"], structure["type"])
    for element in structure["element"]:
        words = element["id"].split(".")
        if len(words) > 1:
            if words[1] in choices:
                words[1] = f"{choices[words[1]]}[x]:{words[1]}"
            _place(root, words[1:], element)
        else:
            _fill(root, element)
    return root


def _place(root: Rule, words: list[str], element: Json) -> None:
    rule = root
    for depth, word in enumerate(words):
        name, _, slice_name = word.partition(":")
        name = name.removesuffix("[x]")
        is_last = depth == len(words) - 1
        child = rule.children.get(name)
        if child is None:
            child = rule.children[name] = Rule(".".join(words[: depth + 1]), name)
        if slice_name:
            sliced = child.slices.get(slice_name)
            if sliced is None:
                sliced = child.slices[slice_name] = Rule(f"{child.id}:{slice_name}", name)
            child = sliced
        if is_last:
            _fill(child, element)
        rule = child


def _fill(rule: Rule, element: Json) -> None:
    rule.id = element["id"]
    rule.min = element.get("min")
    largest = element.get("max")
    rule.max = None if largest is None else UNBOUNDED if largest == "*" else int(largest)
    rule.types = tuple(_type(entry) for entry in element.get("type", ()))
    rule.constraints = tuple(_constraint(entry) for entry in element.get("constraint", ()))
    rule.max_length = element.get("maxLength")
    rule.content_reference = element.get("contentReference", "").rpartition("#")[2]
    if "binding" in element:
        rule.binding = (element["binding"]["strength"], element["binding"]["valueSet"])
    if "slicing" in element:
        rule.slicing = _slicing(element["slicing"])
    for name, value in element.items():
        if name.startswith("fixed"):
            rule.fixed = value
        elif name.startswith("pattern"):
            rule.pattern = value
        elif name.startswith(("minValue", "maxValue")):
            rule.limits += ((name[:3], value),)


def _type(entry: Mapping[str, Any]) -> TypeRule:
    return TypeRule(entry["code"], tuple(entry.get("profile", ())), tuple(entry.get("targetProfile", ())))


def _constraint(entry: Mapping[str, Any]) -> Constraint:
    return Constraint(entry["key"], entry["severity"], entry["expression"], entry.get("human", ""))


def _slicing(entry: Mapping[str, Any]) -> Slicing:
    discriminators = tuple(Discriminator(one["type"], one["path"]) for one in entry.get("discriminator", ()))
    return Slicing(discriminators, entry.get("rules", "open"))
