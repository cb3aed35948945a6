"""By what each slice of an element is recognised: its discriminators, worked out once for each
profile.

A discriminator names a path; what the slice asks of the value there may stand on the element
itself, on one above it, in the profile of its type or in the profile of the target of a reference
(FHIR R4 profiling.html#discriminator).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.definitions.store import R4_TYPE
from sandbox.fhir.codes import codings_of
from sandbox.validation.knowledge import Knowledge
from sandbox.validation.matching import as_json
from sandbox.validation.rules import Discriminator, Rule, TypeRule

BY_TYPE = (Discriminator("type", "$this"),)
BY_URL = (Discriminator("value", "url"),)
EXTENSIONS = ("extension", "modifierExtension")
STEP = re.compile(r"(?:^|\.)(?:(\w+)\(\s*(?:'([^']*)'|([\w.]*))\s*\)|(\$?\w+))")
StepKind = Literal["element", "extension", "resolve", "type"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a discriminator's path: an element, `extension(url)`, `resolve()` or
    `ofType(type)`.
    """

    kind: StepKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a slice asks of the value at the path: one of these is given, or parts."""

    fixed: Any = None
    pattern: Any = None
    value_set: str = ""
    is_absent: bool = False
    parts: tuple[tuple[str, Wanted], ...] = ()


@dataclass(frozen=True, slots=True)
class Trait:
    """A discriminator of one slice, ready to be asked of a value; `is_there` is for `exists`."""

    kind: str
    path: str
    steps: tuple[Step, ...]
    wanted: tuple[Wanted, ...] = ()
    types: frozenset[str] = frozenset()
    profiles: tuple[str, ...] = ()
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class Recognition:
    """The traits of a slice; `blind` are the paths that decide alone and cannot be evaluated
    here.
    """

    traits: tuple[Trait, ...]
    blind: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        """Says by what the slice is recognised: `code http://loinc.org|48765-2`, or the profile
        that it meets.
        """
        return ", ".join(dict.fromkeys(word for trait in self.traits for word in _words_of(trait)))


def discriminators_of(rule: Rule) -> tuple[Discriminator, ...]:
    """Returns the discriminators of a sliced element; R4 gives those of extensions and of
    choices.
    """
    own = rule.slicing.discriminators if rule.slicing else ()
    return own or (BY_URL if rule.name in EXTENSIONS else BY_TYPE)


def recognitions(knowledge: Knowledge, rule: Rule) -> dict[str, Recognition]:
    """Returns, by the name of a slice, how it is recognised; worked out once for each rule."""
    if rule.recognitions is None:
        rule.recognitions = {
            name: _recognition(knowledge, sliced, _discriminators(rule, name))
            for name, sliced in rule.slices.items()
        }
    return rule.recognitions


def _discriminators(rule: Rule, name: str) -> tuple[Discriminator, ...]:
    """A re-slice `a/b` is told by the slicing of the slice `a`, where that has one of its own."""
    parent = rule.slices.get(name.rpartition("/")[0])
    own = parent.slicing.discriminators if parent and parent.slicing else ()
    return own or discriminators_of(rule)


def steps_of(path: str) -> tuple[Step, ...] | None:
    """Reads the restricted FHIRPath of a discriminator; None for anything beyond it."""
    steps = []
    end = 0
    for match in STEP.finditer(path):
        if match.start() != end:
            return None
        end = match.end()
        function, text, argument, name = match.groups()
        if function == "resolve":
            steps.append(Step("resolve"))
        elif function == "extension" and text:
            steps.append(Step("extension", text))
        elif function in ("ofType", "as") and argument:
            steps.append(Step("type", argument.rpartition(".")[2]))
        elif name and name != "$this":
            steps.append(Step("element", name))
        elif not name:
            return None
    return tuple(steps) if end == len(path) else None


def _recognition(
    knowledge: Knowledge, rule: Rule, discriminators: tuple[Discriminator, ...]
) -> Recognition:
    """A discriminator about which the slice says nothing does not count, but one at least must."""
    traits = []
    unknown = []
    silent = []
    for discriminator in discriminators:
        steps = steps_of(discriminator.path)
        trait = _trait(knowledge, rule, discriminator, steps) if steps is not None else None
        if trait is None:
            silent.append(discriminator.path)
        elif trait.profiles and not any(map(knowledge.profile, trait.profiles)):
            unknown.append(discriminator.path)
        else:
            traits.append(trait)
    return Recognition(tuple(traits), tuple(unknown or (() if traits else silent)))


def _trait(
    knowledge: Knowledge, rule: Rule, discriminator: Discriminator, steps: tuple[Step, ...]
) -> Trait | None:
    """Returns what a discriminator asks by the rules of a slice, or None where these say nothing of
    it.
    """
    kind = discriminator.type
    path = discriminator.path
    if kind in ("value", "pattern"):
        wanted = tuple(_wanted_at(knowledge, rule, steps))
        return Trait(kind, path, steps, wanted=wanted) if wanted else None
    rules = list(_rules_at(knowledge, rule, steps))
    if kind == "exists":
        if any(alternative.max == 0 for alternative in rules):
            return Trait(kind, path, steps, is_there=False)
        return Trait(kind, path, steps) if any(alternative.min for alternative in rules) else None
    if kind == "type":
        types = frozenset(
            type for alternative in rules for type in _types_of(knowledge, alternative)
        )
        return Trait(kind, path, steps, types=types) if types else None
    if kind == "profile":
        leads_away = bool(steps) and steps[-1].kind == "resolve"
        holders = _rules_at(knowledge, rule, steps[:-1]) if leads_away else iter(rules)
        permitted = [alternative for holder in holders for alternative in holder.types]
        profiles = tuple(
            url
            for permitted_type in permitted
            for url in _profiles_of(permitted_type, leads_away=leads_away)
        )
        types = frozenset(filter(None, map(knowledge.type_of_profile, profiles)))
        return Trait(kind, path, steps, types=types, profiles=profiles) if profiles else None
    return None


def _profiles_of(permitted: TypeRule, *, leads_away: bool) -> tuple[str, ...]:
    if leads_away:
        return permitted.targets
    return permitted.profiles or (R4_TYPE + permitted.code,)


def _types_of(knowledge: Knowledge, rule: Rule) -> Iterator[str]:
    """The root of a profile is of the type that it constrains; an element is of those that it
    permits.
    """
    if rule.types:
        yield from (type.code for type in rule.types)
    elif "." not in rule.id and knowledge.types.knows(rule.name):
        yield rule.name


def _wanted_at(knowledge: Knowledge, rule: Rule, steps: tuple[Step, ...]) -> Iterator[Wanted]:
    """Yields what is asked at a path below a rule, by what stands there and by what stands
    above.
    """
    if not steps:
        own = _wanted(rule)
        if own:
            yield own
        else:
            roots = _profiles_below(knowledge, rule)
            yield from filter(None, map(_wanted, roots))
        return
    for value, is_fixed in ((rule.fixed, True), (rule.pattern, False)):
        if value is not None:
            yield from _inside(value, steps, is_fixed=is_fixed)
    if steps == (Step("element", "url"),) and "url" not in rule.children:
        # an extension is known by its definition, even by one that is not at hand
        yield from (
            Wanted(fixed=url.partition("|")[0]) for type in rule.types for url in type.profiles
        )
        return
    for below in _next(knowledge, rule, steps[0]):
        yield from _wanted_at(knowledge, below, steps[1:])


def _wanted(rule: Rule) -> Wanted | None:
    if rule.max == 0:
        return Wanted(is_absent=True)
    if rule.fixed is not None:
        return Wanted(fixed=rule.fixed)
    if rule.pattern is not None:
        return Wanted(pattern=rule.pattern)
    if rule.binding and rule.binding[0] == "required":
        return Wanted(value_set=rule.binding[1])
    parts = ((name, _wanted(child)) for name, child in rule.children.items())
    asked = tuple((name, part) for name, part in parts if part is not None and not part.is_absent)
    return Wanted(parts=asked) if asked else None


def _inside(value: Any, steps: tuple[Step, ...], *, is_fixed: bool) -> Iterator[Wanted]:
    """Yields what a fixed value or a pattern holds at a path; what a fixed value lacks must be
    absent.
    """
    values = [value]
    for step in steps:
        if step.kind != "element":
            return
        values = [
            item
            for parent in values
            if isinstance(parent, dict) and step.name in parent
            for item in (
                parent[step.name] if isinstance(parent[step.name], list) else [parent[step.name]]
            )
        ]
    if is_fixed and not values:
        yield Wanted(is_absent=True)
    for leaf in values:
        yield Wanted(fixed=leaf) if is_fixed else Wanted(pattern=leaf)


def _rules_at(knowledge: Knowledge, rule: Rule, steps: tuple[Step, ...]) -> Iterator[Rule]:
    if not steps:
        yield rule
        return
    for below in _next(knowledge, rule, steps[0]):
        yield from _rules_at(knowledge, below, steps[1:])


def _next(knowledge: Knowledge, rule: Rule, step: Step) -> Iterator[Rule]:
    """Yields the rules one step on, those in the profile of the type included."""
    if step.kind == "resolve":
        targets = (url for type in rule.types for url in type.targets)
        yield from filter(None, map(knowledge.profile, targets))
        return
    if step.kind == "type":
        if not rule.types or any(type.code == step.name for type in rule.types):
            yield rule
        return
    for holder in (rule, *_profiles_below(knowledge, rule)):
        child = holder.children.get("extension" if step.kind == "extension" else step.name)
        if child is None:
            continue
        if step.kind == "element":
            yield child
        for sliced in child.slices.values():
            if sliced.max != 0 and (step.kind == "element" or _has_url(sliced, step.name)):
                yield sliced


def _has_url(rule: Rule, url: str) -> bool:
    own = rule.children.get("url")
    profiles = (profile.partition("|")[0] for type in rule.types for profile in type.profiles)
    return (own is not None and own.fixed == url) or url in profiles


def _profiles_below(knowledge: Knowledge, rule: Rule) -> Iterator[Rule]:
    profiles = (url for type in rule.types for url in type.profiles)
    yield from filter(None, map(knowledge.profile, profiles))


def _words_of(trait: Trait) -> Iterator[str]:
    for wanted in trait.wanted:
        value = wanted.fixed if wanted.fixed is not None else wanted.pattern
        if value is not None:
            codes = ", ".join(
                f"{system or ''}|{code}".lstrip("|") for system, code in codings_of(value)
            )
            yield f"{trait.path} {codes or as_json(value)}"
        elif wanted.value_set:
            yield f"{trait.path} {wanted.value_set}"
    if trait.profiles:
        yield from (url.rpartition("/")[2] for url in trait.profiles)
    elif trait.types:
        yield f"{trait.path} {' | '.join(sorted(trait.types))}".removeprefix("$this ")
    if trait.kind == "exists":
        yield trait.path if trait.is_there else f"{trait.path} = ∅"
