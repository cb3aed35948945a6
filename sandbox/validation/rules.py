"""Rules: a compiled StructureDefinition as a tree, ready to be held against an instance.  Reads no
instance.

A profile says only what it changes; `compose` lays it over the rules of its base, so that no
snapshot is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.fhir.json import Json
from sandbox.fhirpath.nodes import Member, TypeModel

UNBOUNDED = 2**31
LOOSE_TO_STRICT = ("open", "openAtEnd", "closed")
BACKBONES = frozenset({"BackboneElement", "Element"})


@dataclass(frozen=True, slots=True)
class Constraint:
    """An invariant: key, severity, FHIRPath expression, and what it means in the words of its
    author.
    """

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
    """What one element must meet; None and empty mean that nothing is said; `source` is who said
    the last word.
    """

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
    slice_name: str = ""
    slicing: Slicing | None = None
    slices: dict[str, Rule] = field(default_factory=dict)
    children: dict[str, Rule] = field(default_factory=dict)
    recognitions: dict[str, Any] | None = None
    """By what each slice is recognised: worked out once, by `recognition`."""
    judges: tuple[Any, ...] | None = None
    """What holds a value against each thing that is said of it: chosen once, by `elements`."""
    invariants: tuple[Any, ...] | None = None
    """The constraints compiled, but for those that are judged elsewhere: by `elements`, once."""
    plain_texts: dict[str, Member] | None = None
    """By property, the children that are one text of which only its type is asked: by `structure`,
    once.
    """
    asks_of_parts_alone: bool = False
    """Whether it asks nothing of a text without parts or extensions; known with `asking` of its
    parent.
    """
    asks_of_number_alone: bool = False
    """Whether it asks nothing of any value, only how many there are; known with `asking` of its
    parent.
    """
    _required: tuple[Rule, ...] | None = None
    _asking: dict[str, Rule] | None = None
    _needed: tuple[Rule, ...] | None = None

    @property
    def clause(self) -> str:
        """Who asks for it, and of which element: `Patient-uv-ips 2.0.0 Patient.birthDate`."""
        return f"{self.source} {self.id}"

    @property
    def needs_value(self) -> bool:
        """Tells whether something is to be said where the element is absent."""
        return bool(self.min) or any(sliced.min for sliced in self.slices.values())

    @property
    def required(self) -> tuple[Rule, ...]:
        """The children that must be there."""
        if self._required is None:
            self._required = tuple(child for child in self.children.values() if child.min)
        return self._required

    @property
    def needed(self) -> tuple[Rule, ...]:
        """The children of which something is to be said where they are absent."""
        if self._needed is None:
            self._needed = tuple(child for child in self.children.values() if child.needs_value)
        return self._needed

    @property
    def asking(self) -> dict[str, Rule]:
        """The children that ask for anything, those first by which a profile is told apart.

        Guides also list elements only to call them important.
        """
        if self._asking is None:
            for child in self.children.values():
                child.asks_of_parts_alone = not child._asks_itself() and not child.needed
                child.asks_of_number_alone = not child._asks_of_value() and not child.asking
            self._asking = {
                name: child
                for name, child in sorted(self.children.items(), key=_is_seldom_missed)
                if child._asks_itself() or child.asking
            }
        return self._asking

    def _asks_itself(self) -> bool:
        is_limited = self.max is not None and self.max < UNBOUNDED
        return bool(self.min) or is_limited or self._asks_of_value()

    def _asks_of_value(self) -> bool:
        own = (
            self.types,
            self.binding,
            self.constraints,
            self.max_length,
            self.limits,
            self.content_reference,
            self.slicing,
            self.slices,
        )
        return any(own) or self.fixed is not None or self.pattern is not None


def _is_seldom_missed(child: tuple[str, Rule]) -> int:
    """Sorts by how often a resource that is not of a profile does not meet a rule of it."""
    rule = child[1]
    if rule.fixed is not None or rule.pattern is not None:
        return 0
    return 1 if rule.binding else 2 if rule.slices else 3


def build_rules(structure: Json, model: TypeModel) -> Rule:
    """Returns the rules of a StructureDefinition as a tree from its root element.

    Args:
        structure: a compiled StructureDefinition.
        model: the types that the elements are walked by: a differential may write
            `Observation.valueQuantity`, at any depth, for the slice of that type (FHIR R4
            profiling.html, constraining choice elements).
    """
    source = _source(structure)
    root = Rule(structure["type"], structure["type"], source)
    for element in structure["element"]:
        rule = root
        types = frozenset((root.name,))
        for word in element["id"].split(".")[1:]:
            rule, types = _step(rule, word, types, model)
        _fill(rule, element, source)
    return root


def compose(base: Rule, own: Rule) -> Rule:
    """Returns the rules of a profile: its own words where it has any, else those of its base;
    invariants of both.
    """
    constraints = {
        constraint.key: constraint for constraint in (*base.constraints, *own.constraints)
    }
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
        limits=tuple((dict(base.limits) | dict(own.limits)).items()),
        content_reference=own.content_reference or base.content_reference,
        slice_name=own.slice_name,
        slicing=_compose_slicing(base.slicing, own.slicing),
        slices=_compose_all(base.slices, own.slices),
        children=_compose_all(base.children, own.children),
    )


def _compose_all(base: dict[str, Rule], own: dict[str, Rule]) -> dict[str, Rule]:
    both = {name: compose(rule, own[name]) if name in own else rule for name, rule in base.items()}
    return both | {name: rule for name, rule in own.items() if name not in base}


def _compose_slicing(base: Slicing | None, own: Slicing | None) -> Slicing | None:
    """A derived profile may only tighten the slicing of its base (FHIR R4
    profiling.html#slicing).
    """
    if base is None or own is None:
        return own or base
    rules = max(base.rules, own.rules, key=LOOSE_TO_STRICT.index)
    return Slicing(own.discriminators or base.discriminators, rules, own.ordered or base.ordered)


def _source(structure: Json) -> str:
    """Names the definition as a clause does: `FHIR R4` for the types, else id and version."""
    if structure.get("derivation") != "constraint":
        return "FHIR R4"
    return f"{structure['id']} {structure.get('version', '')}".strip()


def _step(
    parent: Rule, word: str, types: frozenset[str], model: TypeModel
) -> tuple[Rule, frozenset[str]]:
    """Returns the rule that a word of an element id leads to, made where it is new, and the types
    it can have.
    """
    stem, _, slice_name = word.partition(":")
    name = stem.removesuffix("[x]")
    members = [model.members(type) for type in types]
    entries = [entry for by_name in members for entry in by_name.get(name, ())]
    if not entries:
        every = (entry for by_name in members for group in by_name.values() for entry in group)
        entries = [entry for entry in every if entry.key == name]
        if entries:
            slice_name = name
            stem = f"{entries[0].name}[x]"
            name = entries[0].name
    child = parent.children.get(name)
    if child is None:
        child = parent.children[name] = Rule(f"{parent.id}.{stem}", name)
    if slice_name:
        entries = [entry for entry in entries if entry.key == slice_name] or entries
        child = _slice_of(child, slice_name, tuple(entries))
    narrowed = {type.code for type in child.types} - BACKBONES
    return child, frozenset(narrowed or (entry.type for entry in entries))


def _slice_of(rule: Rule, name: str, entries: tuple[Member, ...]) -> Rule:
    """Returns a slice of an element; one that is named as a choice cut short is of that type."""
    sliced = rule.slices.get(name)
    if sliced is None:
        sliced = rule.slices[name] = Rule(f"{rule.id}:{name}", rule.name, slice_name=name)
        if len(entries) == 1 and entries[0].key == name != rule.name:
            sliced.types = (TypeRule(entries[0].type),)
    return sliced


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
            (additional["purpose"], additional["valueSet"])
            for additional in element["binding"].get("additional", ())
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


def _type(entry: Mapping[str, Any]) -> TypeRule:
    return TypeRule(
        entry["code"],
        tuple(entry.get("profile", ())),
        tuple(entry.get("targetProfile", ())),
        tuple(entry.get("aggregation", ())),
    )


def _constraint(entry: Mapping[str, Any], source: str) -> Constraint:
    return Constraint(
        entry["key"], entry["severity"], entry["expression"], entry.get("human", ""), source
    )


def _slicing(entry: Mapping[str, Any]) -> Slicing:
    discriminators = tuple(
        Discriminator(discriminator["type"], discriminator["path"])
        for discriminator in entry.get("discriminator", ())
    )
    return Slicing(discriminators, entry.get("rules", "open"), bool(entry.get("ordered")))
