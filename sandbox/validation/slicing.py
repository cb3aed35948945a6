"""Slicing: which slice a value belongs to, by its discriminators (FHIR R4 profiling.html#discriminator)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.fhirpath import CannotEvaluate, Node, OverBudget, compile_fhirpath
from sandbox.fhirpath.nodes import member
from sandbox.validation.context import Place, Validation
from sandbox.validation.elements import codings_of, fits_pattern
from sandbox.validation.rules import Discriminator, Rule, Slicing, TypeRule

Met = bool | None | Literal["unknown"]
UNKNOWN: Literal["unknown"] = "unknown"
JudgeProfile = Callable[[Validation, Place, str], None]
BY_TYPE = (Discriminator("type", "$this"),)
NOTHING = Node(None, "")
BY_URL = (Discriminator("value", "url"),)


@dataclass(slots=True)
class Slice:
    """The values of a slice, those that only their profile keeps out of it, and those of them that were explained."""

    places: list[Place] = field(default_factory=list)
    candidates: list[Place] = field(default_factory=list)
    explained: list[Place] = field(default_factory=list)


def assign_slices(validation: Validation, places: list[Place], rule: Rule, judge: JudgeProfile) -> dict[str, Slice]:
    """Returns the slices of an element by name; those of no slice stand under the empty name."""
    slices = {name: Slice() for name in (*rule.slices, "")}
    silent = BY_URL if rule.name in ("extension", "modifierExtension") else BY_TYPE
    discriminators = (rule.slicing.discriminators if rule.slicing else ()) or silent
    for place in places:
        home = ""
        for name, one in rule.slices.items():
            if home and not name.startswith(f"{home}/"):
                continue  # a value has one slice, and may have a re-slice of it
            verdict = _belongs(validation, place, one, discriminators, judge)
            if verdict is True:
                home = name
                slices[name].places.append(place)
            elif verdict is None:
                slices[name].candidates.append(place)
        if not home:
            slices[""].places.append(place)
    return slices


def sign_of(validation: Validation, rule: Rule, slicing: Slicing | None) -> str:
    """Says by what a slice is recognised: `code http://loinc.org|48765-2`, or the profile that it meets."""
    words = []
    for one in slicing.discriminators if slicing else ():
        for found in _rules_at(validation, rule, one.path):
            wanted = found.fixed if found.fixed is not None else found.pattern
            if wanted is not None:
                codes = ", ".join(f"{system or ''}|{code}".lstrip("|") for system, code in codings_of(wanted))
                words.append(f"{one.path} {codes or wanted}")
            elif one.type == "profile":
                words += [url.rpartition("/")[2] for permitted in found.types for url in permitted.profiles]
            elif one.type == "type":
                words += [permitted.code for permitted in found.types]
    return ", ".join(words) or rule.id.rpartition(":")[2]


def conforms(validation: Validation, place: Place, canonical: str, judge: JudgeProfile) -> bool:
    """Tells whether a place meets a profile, without noting anything; what cannot be known counts as yes."""
    key = (id(place.node.value), canonical)
    if key not in validation.conforming:
        validation.conforming[key] = True  # a circle of references conforms until something says otherwise
        validation.conforming[key] = validation.passes(lambda: judge(validation, place, canonical))
    return validation.conforming[key]


def _belongs(
    validation: Validation, place: Place, rule: Rule, discriminators: tuple[Discriminator, ...], judge: JudgeProfile
) -> bool | None:
    """True: in the slice; None: all holds but a profile, or what cannot be known here; False: not in it.

    A discriminator about which the slice says nothing does not count, but one at least must.
    """
    almost, counted, is_open = False, False, False
    for one in discriminators:
        if one.type == "profile":
            counted = True
            if not _meets_profile(validation, place, rule, one.path, judge):
                almost = True
            continue
        verdict = _meets(validation, place, rule, one)
        if verdict is False:
            return False
        is_open = is_open or verdict == UNKNOWN
        counted = counted or verdict is True
    if is_open:
        return None
    if almost:
        return None if _same_type(validation, place, rule, discriminators) else False
    return counted


def _same_type(validation: Validation, place: Place, rule: Rule, discriminators: tuple[Discriminator, ...]) -> bool:
    """A candidate has at least the type that the profile constrains."""
    for one in discriminators:
        if one.type == "profile":
            nodes = _at(validation, place, one.path)
            types = {t.code for found in _rules_at(validation, rule, one.path) for t in found.types}
            wanted = {url for found in _rules_at(validation, rule, one.path) for t in found.types for url in t.profiles}
            types |= {validation.knowledge.type_of_profile(url) for url in wanted}
            if not any(node.type in types for node in nodes):
                return False
    return True


def _meets(validation: Validation, place: Place, rule: Rule, one: Discriminator) -> Met:
    nodes = _at(validation, place, one.path)
    rules = list(_rules_at(validation, rule, one.path))
    if one.type == "exists":
        wanted = not any(found.max == 0 for found in rules)
        return bool(nodes) == wanted
    if one.type == "type":
        types = {t.code for found in rules for t in found.types}
        if not types:
            return None
        return any(validation.knowledge.types.is_a(node.type, code) for node in nodes for code in types)
    if one.path == "url" and not any(found.fixed for found in rules):
        urls = {url for permitted in rule.types for url in permitted.profiles}  # an extension is known by its profile
        return any(node.value in urls for node in nodes) if urls else None
    verdicts = [_meets_value(validation, node.value, found) for node in nodes or [NOTHING] for found in rules]
    decided = [verdict for verdict in verdicts if verdict is not None]
    return next((one for one in (True, UNKNOWN, False) if one in decided), None)


def _meets_value(validation: Validation, value: Any, rule: Rule) -> Met:
    """Value and pattern discriminators: fixed, pattern, or a required binding; None where none of them is given.

    UNKNOWN: the value set, or a code system of it, is not wholly at hand.
    """
    if rule.fixed is not None:
        return fits_pattern(value, rule.fixed)
    if rule.pattern is not None:
        return fits_pattern(value, rule.pattern)
    if rule.binding and rule.binding[0] == "required":
        is_member = validation.knowledge.terminology.is_member
        members = [is_member(rule.binding[1], system, code) for system, code in codings_of(value)]
        return True if True in members else UNKNOWN if None in members else False
    inner = [_meets_value(validation, _of(value, child.name), child) for child in rule.children.values()]
    decided = [verdict for verdict in inner if verdict is not None]
    return next((one for one in (False, UNKNOWN, True) if one in decided), None)


def _of(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _meets_profile(validation: Validation, place: Place, rule: Rule, path: str, judge: JudgeProfile) -> bool:
    nodes = _at(validation, place, path)
    profiles = [url for found in _rules_at(validation, rule, path) for t in found.types for url in _profiles(t, path)]
    return any(
        conforms(validation, Place(node, f"{place.path}.{path}", node, place.full_url), url, judge)
        for node in nodes
        for url in profiles
    )


def _profiles(type_rule: TypeRule, path: str) -> tuple[str, ...]:
    return type_rule.targets if path.endswith("resolve()") and type_rule.targets else type_rule.profiles


def _at(validation: Validation, place: Place, path: str) -> list[Node]:
    if path == "$this":
        return [place.node]
    if path.isidentifier() and path[0].islower():  # most paths name one element, which needs no evaluation
        return member(place.node, path, validation.knowledge.types)
    try:
        return compile_fhirpath(path).evaluate(place.node, validation.environment(place))
    except CannotEvaluate:
        return []
    except OverBudget as error:
        validation.note_unfinished(place, error, path)
        return []


def _rules_at(validation: Validation, rule: Rule, path: str) -> Iterator[Rule]:
    """Finds the rules at a discriminator's path inside a slice, also in the profile of its type."""
    words = [word for word in path.split(".") if word not in ("$this", "resolve()")]
    yield from _descend(validation, rule, words)


def _descend(validation: Validation, rule: Rule, words: list[str]) -> Iterator[Rule]:
    if not words:
        yield rule
        return
    child = rule.children.get(words[0].partition("(")[0])
    if child is not None:
        for one in (child, *child.slices.values()):
            yield from _descend(validation, one, words[1:])
        return
    for permitted in rule.types:
        for url in permitted.profiles:
            inner = validation.knowledge.profile(url)
            if inner is not None:
                yield from _descend(validation, inner, words)
