"""Mutants: a right resource with one constraint broken at a time, for every constraint that its profiles put on it.

The rules are read from the compiled profiles; what a mutant breaks is decided here, apart from the judge, and proved by
HL7's engine in `make oracle`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.fhir.json import Json
from sandbox.fhirpath import Node
from sandbox.fhirpath.nodes import Member
from sandbox.validation import Knowledge
from sandbox.validation.context import Bundle, Place, Validation
from sandbox.validation.primitives import PRIMITIVES
from sandbox.validation.profiles import judge_profile
from sandbox.validation.rules import Rule
from sandbox.validation.slicing import assign_slices
from tests.rule_mutants_invariants import BREAKERS

Steps = tuple[str | int, ...]
NO_CODE = "no-such-code"
KINDS_OF_VALUE = ("fixed", "pattern", "missing", "binding")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken resource: which kind of constraint, whose, and where."""

    kind: str
    rule: str
    steps: Steps
    resource: Json

    @property
    def name(self) -> str:
        return f"{self.kind} {self.rule} at {'.'.join(map(str, self.steps))}"


class Breaker:
    """Walks a right resource beside its rules and yields the mutants; each rule is broken once."""

    def __init__(self, resource: Json, profile: str, knowledge: Knowledge) -> None:
        self.resource = resource
        self.knowledge = knowledge
        root = Node(resource, str(resource["resourceType"]))
        bundle = Bundle(resource) if root.type == "Bundle" else None
        self.validation = Validation(knowledge, root, bundle=bundle)
        self.place = Place(root, root.type, root)
        self.profile = profile
        self.done: set[tuple[str, str]] = set()

    def mutants(self) -> Iterator[Mutant]:
        """Yields each mutant once."""
        yield from self._object((), self.place, self._rules_of(self.profile), self.place.node.type)

    def _rules_of(self, *profiles: str) -> list[Rule]:
        """Returns the rules of profiles and of the types below them."""
        found: list[Rule] = []
        for url in profiles:
            rule = self.knowledge.profile(url)
            definition = self.knowledge.definitions.type_definition(rule.name) if rule else None
            if rule is not None and definition is not None:
                found += [rule, self.knowledge.rules(definition)]
        return list({id(rule): rule for rule in found}.values())

    def _object(self, steps: Steps, place: Place, rules: list[Rule], type: str) -> Iterator[Mutant]:
        for rule in rules:
            yield from self._invariants(steps, place, rule)
        members = self.knowledge.types.members(type)
        for name in dict.fromkeys(name for rule in rules for name in rule.children):
            entry = next(
                (one for one in members.get(name, ()) if one.key in place.node.value), None
            )
            children = [rule.children[name] for rule in rules if name in rule.children]
            if entry is not None:
                yield from self._element(steps, place, children, entry)

    def _element(
        self, steps: Steps, place: Place, rules: list[Rule], entry: Member
    ) -> Iterator[Mutant]:
        held = place.node.value[entry.key]
        values = held if isinstance(held, list) else [held]
        siblings = place.node.value.get("_" + entry.key)
        if siblings is not None:
            return  # a primitive with an extension is not taken apart here
        here = (*steps, entry.key)
        yield from self._numbers(here, rules, values, repeats=isinstance(held, list))
        homes: dict[int, list[Rule]] = {index: [] for index in range(len(values))}
        places = [
            place.at(Node(value, self._type(value, entry)), f"{entry.name}[{index}]")
            for index, value in enumerate(values)
        ]
        for rule in rules:
            if rule.slices:
                yield from self._slices(here, places, rule, homes, repeats=isinstance(held, list))
        for index, one in enumerate(places):
            inner = (*here, index) if isinstance(held, list) else here
            yield from self._value(
                inner, self._in_entry(place, one, entry), [*rules, *homes[index]], entry.type
            )

    def _in_entry(self, parent: Place, place: Place, entry: Member) -> Place:
        if entry.type != "Resource" or not isinstance(place.node.value, dict):
            return place
        full_url = (
            parent.node.value.get("fullUrl", "") if isinstance(parent.node.value, dict) else ""
        )
        return Place(place.node, place.path, place.node, full_url)

    def _type(self, value: Any, entry: Member) -> str:
        return (
            str(value["resourceType"])
            if entry.type == "Resource" and isinstance(value, dict)
            else entry.type
        )

    def _value(self, steps: Steps, place: Place, rules: list[Rule], type: str) -> Iterator[Mutant]:
        value, type = place.node.value, place.node.type
        for rule in rules:
            yield from self._content(steps, place, rule)
        profiles = [
            url
            for rule in rules
            for one in rule.types
            for url in one.profiles
            if len(one.profiles) == 1
        ]
        inner = [*rules, *self._rules_of(*profiles)]
        definition = self.knowledge.definitions.type_definition(type)
        if definition:
            inner.append(self.knowledge.rules(definition))
        if type in PRIMITIVES or not isinstance(value, dict):
            for rule in inner[len(rules) :]:
                yield from self._invariants(steps, place, rule)
        else:
            yield from self._object(steps, place, inner, type)

    def _numbers(
        self, steps: Steps, rules: list[Rule], values: list[Any], *, repeats: bool
    ) -> Iterator[Mutant]:
        for rule in rules:
            if rule.min and rule.min >= len(values):
                yield from self._once(
                    "missing", rule.id, steps, lambda holder, key: holder.pop(key)
                )
            if rule.max == 1 and repeats and len(values) == 1:
                yield from self._once(
                    "too many",
                    rule.id,
                    steps,
                    lambda holder, key: holder[key].append(holder[key][0]),
                )

    def _slices(
        self,
        steps: Steps,
        places: list[Place],
        rule: Rule,
        homes: dict[int, list[Rule]],
        *,
        repeats: bool,
    ) -> Iterator[Mutant]:
        """Breaks numbers of slices; what is inside an optional slice of an open slicing asks for nothing by itself."""
        is_open = rule.slicing is None or rule.slicing.rules != "closed"
        kinds = {one.type for one in rule.slicing.discriminators} if rule.slicing else set()
        for name, found in assign_slices(self.validation, places, rule, judge_profile).items():
            if not name:
                continue
            one = rule.slices[name]
            members = [
                index
                for index, place in enumerate(places)
                if any(place is other for other in found.places)
            ]
            for index in members:
                if one.min or not is_open or "profile" not in kinds:
                    homes[index].append(one)
                    self._keep_discriminators(
                        one, rule, optional=is_open and (one.min or 0) < len(members)
                    )
            if one.min and one.min >= len(members) and members and repeats:
                yield from self._once("missing slice", one.id, steps, _without(members))
            if one.max == 1 and len(members) == 1 and repeats:
                yield from self._once("too many in slice", one.id, steps, _twice(members[0]))

    def _keep_discriminators(self, one: Rule, rule: Rule, *, optional: bool) -> None:
        """An optional slice that loses its discriminator is no slice any more, so nothing is broken."""
        if not optional or rule.slicing is None:
            return
        roots = [one.id]
        for url in (url for permitted in one.types for url in permitted.profiles):
            profile = self.knowledge.profile(url)
            roots += [profile.name] if profile else []
        for discriminator in rule.slicing.discriminators:
            words = [
                word for word in discriminator.path.split(".") if word not in ("$this", "resolve()")
            ]
            for path in (".".join([root, *words]) for root in roots):
                leaves = ("", ".coding", ".coding.code", ".coding.system")
                self.done |= {(kind, path + leaf) for kind in KINDS_OF_VALUE for leaf in leaves}

    def _content(self, steps: Steps, place: Place, rule: Rule) -> Iterator[Mutant]:
        value = place.node.value
        if rule.fixed is not None or rule.pattern is not None:
            wanted = rule.fixed if rule.fixed is not None else rule.pattern
            yield from self._once(
                "fixed" if rule.fixed is not None else "pattern",
                rule.id,
                steps,
                _other_than(wanted),
            )
        if (
            rule.binding
            and rule.binding[0] == "required"
            and place.node.type in ("code", "Coding", "CodeableConcept")
        ):
            yield from self._once("binding", rule.id, steps, _with_bad_code(value))
        targets = {self.knowledge.type_of_profile(url) for one in rule.types for url in one.targets}
        if (
            targets
            and isinstance(value, dict)
            and "reference" in value
            and not targets & {"", "Resource", "Binary"}
        ):
            yield from self._once(
                "target",
                rule.id,
                steps,
                lambda holder, key: holder[key].update(reference="Binary/b"),
            )
        yield from self._invariants(steps, place, rule)

    def _invariants(self, steps: Steps, place: Place, rule: Rule) -> Iterator[Mutant]:
        for constraint in rule.constraints:
            breaker = BREAKERS.get(constraint.key)
            if (
                breaker is None
                or constraint.severity != "error"
                or not breaker.fits(place.node.value)
            ):
                continue
            broken = breaker.broken(place.node.value)
            yield from self._once("invariant", constraint.key, steps, _replaced(broken))

    def _once(
        self, kind: str, rule: str, steps: Steps, change: Callable[[Any, Any], Any]
    ) -> Iterator[Mutant]:
        if (kind, rule) in self.done:
            return
        self.done.add((kind, rule))
        broken = copy.deepcopy(self.resource)
        if not steps:
            holder: Any = {"root": broken}
            change(holder, "root")
            yield Mutant(kind, rule, steps, holder["root"])
            return
        holder = broken
        for step in steps[:-1]:
            holder = holder[step]
        change(holder, steps[-1])
        yield Mutant(kind, rule, steps, broken)


def mutants(resource: Json, profile: str, knowledge: Knowledge) -> list[Mutant]:
    """Returns the mutants of a resource that is right by a profile."""
    return list(Breaker(resource, profile, knowledge).mutants())


def _without(members: list[int]) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        kept = [value for index, value in enumerate(holder[key]) if index not in members]
        if kept:
            holder[key] = kept
        else:
            del holder[key]

    return change


def _twice(index: int) -> Callable[[Any, Any], None]:
    return lambda holder, key: holder[key].append(copy.deepcopy(holder[key][index]))


def _replaced(value: Any) -> Callable[[Any, Any], None]:
    return lambda holder, key: holder.__setitem__(key, value)


def _other_than(wanted: Any) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        holder[key] = _spoiled(holder[key], wanted)

    return change


def _spoiled(value: Any, wanted: Any) -> Any:
    """Changes the first leaf that the pattern names."""
    if isinstance(wanted, dict) and isinstance(value, dict):
        name = next(reversed(wanted))
        return {**value, name: _spoiled(value.get(name), wanted[name])}
    if isinstance(wanted, list) and isinstance(value, list):
        return [_spoiled(one, wanted[0]) for one in value]
    if isinstance(wanted, bool):
        return not wanted
    return f"{wanted}-x" if isinstance(wanted, str) else wanted + 1


def _with_bad_code(value: Any) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        if isinstance(value, str):
            holder[key] = NO_CODE
        elif "coding" in value:
            holder[key]["coding"] = [{**coding, "code": NO_CODE} for coding in value["coding"]]
        else:
            holder[key]["code"] = NO_CODE

    return change
