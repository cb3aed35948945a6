"""Slicing: which slice a value belongs to, by its discriminators (FHIR R4
profiling.html#discriminator).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.fhir.codes import codings_of
from sandbox.fhirpath import Node
from sandbox.fhirpath.nodes import member
from sandbox.validation.context import Place, Validation
from sandbox.validation.matching import fits_pattern, is_fixed
from sandbox.validation.recognition import (
    BY_TYPE,
    Recognition,
    Step,
    Trait,
    Wanted,
    discriminators_of,
    recognitions,
)
from sandbox.validation.rules import Rule
from sandbox.validation.targets import type_named_by

Verdict = bool | Literal["unknown", "almost"]
"""In the slice, not in it, cannot be told here, or kept out of it by a profile alone."""
JudgeProfile = Callable[[Validation, Place, str], None]
DEFAULT = "@default"
NOTHING = Node(None, "")


@dataclass(slots=True)
class Slice:
    """The values of a slice; those that only their profile keeps out of it; those of which it
    cannot be told.
    """

    places: list[Place] = field(default_factory=list)
    candidates: list[Place] = field(default_factory=list)
    unknown: list[Place] = field(default_factory=list)
    explained: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reached:
    """The nodes at a path, and the types of the targets that are not at hand ('' where none is
    named).
    """

    nodes: list[Node]
    away: list[str]


@dataclass(frozen=True, slots=True)
class Sought:
    """A value whose slice is sought; each path of the discriminators is followed once, many slices
    as may share it.
    """

    validation: Validation
    place: Place
    _reached: dict[str, Reached] = field(default_factory=dict)
    _lineages: dict[str, frozenset[str]] = field(default_factory=dict)

    def reach(self, trait: Trait) -> Reached:
        """Returns what stands at the path of a discriminator."""
        reached = self._reached.get(trait.path)
        if reached is None:
            reached = _reach(self.validation, self.place, trait.steps)
            self._reached[trait.path] = reached
        return reached

    def lineage(self, trait: Trait) -> frozenset[str]:
        """Returns the types of what stands at a path, and the types that those descend from."""
        lineage = self._lineages.get(trait.path)
        if lineage is None:
            types = self.validation.knowledge.types
            lineage = frozenset().union(
                *(types.lineage(node.type) for node in self.reach(trait).nodes)
            )
            self._lineages[trait.path] = lineage
        return lineage


def assign_slices(
    validation: Validation, places: list[Place], rule: Rule, judge: JudgeProfile
) -> dict[str, Slice]:
    """Returns the slices of an element by name; those of no slice stand under the empty name, or
    `@default`.
    """
    slices = {name: Slice() for name in (*rule.slices, "")}
    known = recognitions(validation.knowledge, rule)
    by_type = discriminators_of(rule) == BY_TYPE
    rest = DEFAULT if DEFAULT in rule.slices else ""
    for place in places:
        sought = Sought(validation, place)
        home = ""
        for name in rule.slices:
            if name == DEFAULT or (home and not by_type and not name.startswith(f"{home}/")):
                continue  # a value has one slice, and may have a re-slice of it
            parent = name.rpartition("/")[0]
            if parent in rule.slices and not any(
                place is parent_place for parent_place in slices[parent].places
            ):
                continue
            verdict = _belongs(sought, known[name], judge)
            if verdict is True:
                home = name
                slices[name].places.append(place)
            elif verdict == "almost":
                slices[name].candidates.append(place)
            elif verdict == "unknown":
                slices[name].unknown.append(place)
        if not home:
            slices[rest].places.append(place)
    return slices


def conforms(validation: Validation, place: Place, canonical: str, judge: JudgeProfile) -> bool:
    """Tells whether a place meets a profile, without noting anything; what cannot be known counts
    as yes.
    """
    key = (id(place.node.value), canonical)
    known = validation.conforming.get(key)
    if known is None:
        known = validation.passes(lambda: judge(validation, place, canonical))
        validation.conforming[key] = known
        if known:
            validation.kept.append(lambda: validation.conforming.pop(key, None))
    return known


def _belongs(sought: Sought, known: Recognition, judge: JudgeProfile) -> Verdict:
    whole: Verdict = "unknown" if known.blind else True
    for trait in known.traits:
        verdict = _meets(sought, trait, judge)
        if verdict is False:
            return False
        # what is almost in is out for certain, whatever another discriminator cannot tell
        if verdict == "almost" or (verdict == "unknown" and whole is True):
            whole = verdict
    return whole


def _meets(sought: Sought, trait: Trait, judge: JudgeProfile) -> Verdict:
    validation = sought.validation
    place = sought.place
    reached = sought.reach(trait)
    if trait.kind == "exists":
        return "unknown" if reached.away else bool(reached.nodes) == trait.is_there
    if trait.kind == "type":
        verdict: Verdict = not trait.types.isdisjoint(sought.lineage(trait))
    elif trait.kind == "profile":
        verdict = _meets_profile(validation, place, trait, reached.nodes, judge)
    else:
        verdict = _meets_any(validation, reached.nodes, trait.wanted)
    if verdict is True or not reached.away:
        return verdict
    is_possible = any(
        not named or not trait.types or _is_any(validation, named, trait.types)
        for named in reached.away
    )
    if trait.kind == "type" and "" not in reached.away:
        return is_possible
    return "unknown" if is_possible else verdict


def _meets_profile(
    validation: Validation, place: Place, trait: Trait, nodes: list[Node], judge: JudgeProfile
) -> Verdict:
    """A value that has the type that the profile constrains is almost in the slice, and so can be
    explained.
    """
    for node in nodes:
        at = validation.place_of(node, f"{place.path}.{trait.path}", place)
        if any(conforms(validation, at, url, judge) for url in trait.profiles):
            return True
    return "almost" if nodes and all(node.type in trait.types for node in nodes) else False


def _is_any(validation: Validation, type: str, wanted: frozenset[str]) -> bool:
    return not wanted.isdisjoint(validation.knowledge.types.lineage(type))


def _meets_any(validation: Validation, nodes: list[Node], wanted: tuple[Wanted, ...]) -> Verdict:
    verdicts = [
        _meets_value(validation, node, wanted_value)
        for node in nodes or [NOTHING]
        for wanted_value in wanted
    ]
    return True if True in verdicts else "unknown" if "unknown" in verdicts else False


def _meets_value(validation: Validation, node: Node, wanted: Wanted) -> Verdict:
    """Holds a value against fixed, pattern or required binding; unknown where the value set is not
    at hand.
    """
    value = node.value
    if wanted.is_absent:
        return node is NOTHING
    if wanted.fixed is not None:
        return is_fixed(value, wanted.fixed)
    if wanted.pattern is not None:
        return fits_pattern(value, wanted.pattern)
    if wanted.value_set:
        is_member = validation.knowledge.terminology.is_member
        members = [is_member(wanted.value_set, system, code) for system, code in codings_of(value)]
        return True if True in members else "unknown" if None in members else False
    verdicts = []
    for name, part in wanted.parts:
        nodes = list(member(node, name, validation.knowledge.types))
        verdicts.append(_meets_any(validation, nodes, (part,)))
    return False if False in verdicts else "unknown" if "unknown" in verdicts else True


def _reach(validation: Validation, place: Place, steps: tuple[Step, ...]) -> Reached:
    """Follows a discriminator's path from a value."""
    nodes = [place.node]
    away: list[str] = []
    types = validation.knowledge.types
    for step in steps:
        if step.kind == "resolve":
            nodes = _resolved(validation, place, nodes, away)
        elif step.kind == "type":
            nodes = [node for node in nodes if types.is_a(node.type, step.name)]
        elif step.kind == "extension":
            every = [extension for node in nodes for extension in member(node, "extension", types)]
            nodes = [
                extension
                for extension in every
                if isinstance(extension.value, dict) and extension.value.get("url") == step.name
            ]
        else:
            nodes = [child for node in nodes for child in member(node, step.name, types)]
    return Reached(nodes, away)


def _resolved(
    validation: Validation, place: Place, nodes: list[Node], away: list[str]
) -> list[Node]:
    """Returns the targets of references; of those that are not at hand the type is kept, as far as
    it is named.
    """
    targets = []
    for node in nodes:
        value = node.value
        reference = value.get("reference") if isinstance(value, dict) else value
        target = validation.resolve(reference, place) if isinstance(reference, str) else None
        if target is not None:
            targets.append(target)
        else:
            named = value.get("type") if isinstance(value, dict) else None
            type_in_url = type_named_by(reference) if isinstance(reference, str) else ""
            away.append(type_in_url or (named if isinstance(named, str) else ""))
    return targets
