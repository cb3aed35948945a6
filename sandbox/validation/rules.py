"""Rules: a compiled StructureDefinition as a tree, ready to be held against an instance.  Reads no instance.

A profile says only what it changes; `compose` lays it over the rules of its base, so that no snapshot is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.fhir.json import Json
from sandbox.validation.primitives import PRIMITIVES

UNBOUNDED = 2**31


@dataclass(frozen=True, slots=True)
class Constraint:
    """An invariant: key, severity, FHIRPath expression, and what it means in the words of its author."""

    key: str
    severity: str
    expression: str
    human: str
    source: str


@dataclass(frozen=True, slots=True)
class TypeRule:
    """A permitted type with the profiles that its value or its target must meet."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    aggregation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discriminator:
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class Slicing:
    discriminators: tuple[Discriminator, ...]
    rules: str
    ordered: bool = False


@dataclass(slots=True)
class Rule:
    """What one element must meet; None and empty mean that nothing is said; `source` is who said the last word."""

    id: str
    name: str
    source: str = ""
    min: int | None = None
    max: int | None = None
    types: tuple[TypeRule, ...] = ()
    fixed: Any = None
    pattern: Any = None
    binding: tuple[str, str] | None = None
    more_bindings: tuple[tuple[str, str], ...] = ()
    constraints: tuple[Constraint, ...] = ()
    max_length: int | None = None
    limits: tuple[tuple[str, Any], ...] = ()
    content_reference: str = ""
    slicing: Slicing | None = None
    slices: dict[str, Rule] = field(default_factory=dict)
    children: dict[str, Rule] = field(default_factory=dict)

    @property
    def clause(self) -> str:
        """Who asks for it, and of which element: `Patient-uv-ips 2.0.0 Patient.birthDate`."""
        return f"{self.source} {self.id}"


def build_rules(structure: Json, choices: Mapping[str, str]) -> Rule:
    """Returns the rules of a StructureDefinition as a tree from its root element.

    `choices` maps names such as `valueQuantity` to the choice that they cut short (`value`): a differential may write
    `Observation.valueQuantity` for the slice of that type (FHIR R4 profiling.html#choice).
    """
    source = _source(structure)
    root = Rule(structure["type"], structure["type"], source)
    for element in structure["element"]:
        words = element["id"].split(".")
        if len(words) > 1:
            if words[1] in choices:
                words[1] = f"{choices[words[1]]}[x]:{words[1]}"
            if (
                words[-2].startswith("extension")
                and words[-1].startswith("value")
                and words[-1] not in ("value[x]", "value")
            ):
                words[-1] = words[-1] if "[x]" in words[-1] else f"value[x]:{words[-1]}"
            _place(root, words[1:], element, source)
        else:
            _fill(root, element, source)
    return root


def compose(base: Rule, own: Rule) -> Rule:
    """Returns the rules of a profile: its own words where it has any, else those of its base; invariants of both."""
    constraints = {one.key: one for one in (*base.constraints, *own.constraints)}
    return Rule(
        id=own.id,
        name=own.name,
        source=own.source or base.source,
        min=base.min if own.min is None else own.min,
        max=base.max if own.max is None else own.max,
        types=own.types or base.types,
        fixed=base.fixed if own.fixed is None else own.fixed,
        pattern=base.pattern if own.pattern is None else own.pattern,
        binding=own.binding or base.binding,
        more_bindings=own.more_bindings or base.more_bindings,
        constraints=tuple(constraints.values()),
        max_length=own.max_length or base.max_length,
        limits=own.limits or base.limits,
        content_reference=own.content_reference or base.content_reference,
        slicing=own.slicing or base.slicing,
        slices=_compose_all(base.slices, own.slices),
        children=_compose_all(base.children, own.children),
    )


def _compose_all(base: dict[str, Rule], own: dict[str, Rule]) -> dict[str, Rule]:
    both = {name: compose(rule, own[name]) if name in own else rule for name, rule in base.items()}
    return both | {name: rule for name, rule in own.items() if name not in base}


def _source(structure: Json) -> str:
    """Names the definition as a clause does: `FHIR R4` for the types, else id and version."""
    if structure.get("derivation") != "constraint":
        return "FHIR R4"
    return f"{structure['id']} {structure.get('version', '')}".strip()


def _place(root: Rule, words: list[str], element: Json, source: str) -> None:
    rule = root
    for depth, word in enumerate(words):
        name, _, slice_name = word.partition(":")
        name = name.removesuffix("[x]")
        is_last = depth == len(words) - 1
        child = rule.children.get(name)
        if child is None:
            child = rule.children[name] = Rule(f"{rule.id}.{word.partition(':')[0]}", name)
        if slice_name:
            sliced = child.slices.get(slice_name)
            if sliced is None:
                sliced = child.slices[slice_name] = Rule(f"{child.id}:{slice_name}", name)
                if word.partition(":")[0].endswith("[x]") and slice_name.startswith(name):
                    sliced.types = (TypeRule(_type_in(slice_name.removeprefix(name))),)
            child = sliced
        if is_last:
            _fill(child, element, source)
        rule = child


def _fill(rule: Rule, element: Json, source: str) -> None:
    rule.id = element["id"]
    rule.source = source
    rule.min = element.get("min")
    largest = element.get("max")
    rule.max = None if largest is None else UNBOUNDED if largest == "*" else int(largest)
    if "type" in element:
        rule.types = tuple(_type(entry) for entry in element["type"])
    rule.constraints = tuple(_constraint(entry, source) for entry in element.get("constraint", ()))
    rule.max_length = element.get("maxLength")
    rule.content_reference = element.get("contentReference", "").rpartition("#")[2]
    if "binding" in element:
        rule.binding = (element["binding"]["strength"], element["binding"]["valueSet"])
        rule.more_bindings = tuple(
            (one["purpose"], one["valueSet"]) for one in element["binding"].get("additional", ())
        )
    if "slicing" in element:
        rule.slicing = _slicing(element["slicing"])
    for name, value in element.items():
        if name.startswith("fixed"):
            rule.fixed = value
        elif name.startswith("pattern"):
            rule.pattern = value
        elif name.startswith(("minValue", "maxValue")):
            rule.limits += ((name[:3], value),)


def _type_in(suffix: str) -> str:
    """Returns the type that ends the name of a choice: `Quantity` of valueQuantity, `dateTime` of valueDateTime."""
    lowered = suffix[:1].lower() + suffix[1:]
    return lowered if lowered in PRIMITIVES else suffix


def _type(entry: Mapping[str, Any]) -> TypeRule:
    return TypeRule(
        entry["code"],
        tuple(entry.get("profile", ())),
        tuple(entry.get("targetProfile", ())),
        tuple(entry.get("aggregation", ())),
    )


def _constraint(entry: Mapping[str, Any], source: str) -> Constraint:
    return Constraint(entry["key"], entry["severity"], entry["expression"], entry.get("human", ""), source)


def _slicing(entry: Mapping[str, Any]) -> Slicing:
    discriminators = tuple(Discriminator(one["type"], one["path"]) for one in entry.get("discriminator", ()))
    return Slicing(discriminators, entry.get("rules", "open"), bool(entry.get("ordered")))
