"""Profiles: what they ask on top of the type's own definition (FHIR R4 profiling.html).

A profile is laid over its bases without a snapshot (`rules.compose`); slices are assigned by their discriminators.
"""

from __future__ import annotations

from sandbox.fhirpath import Node
from sandbox.fhirpath.nodes import member
from sandbox.validation.context import Place, Validation
from sandbox.validation.elements import judge_value
from sandbox.validation.rules import Rule, Slicing, TypeRule
from sandbox.validation.slicing import Slice, assign_slices, conforms, sign_of
from sandbox.validation.structure import judge_target


def judge_profile(validation: Validation, place: Place, canonical: str) -> None:
    """Holds a place against a profile and the profiles below it; an unknown one is said as not checked."""
    key = (id(place.node.value), canonical)
    if key in validation.busy:
        return
    rule = validation.knowledge.profile(canonical)
    if rule is None:
        _note_unknown(validation, place, canonical)
        return
    if not validation.knowledge.types.is_a(place.node.type, rule.name):
        validation.note("wrong_type", place, clause=canonical, expected=rule.name, found=place.node.type)
        return
    validation.busy.add(key)
    try:
        judge_rule(validation, place, rule)
    finally:
        validation.busy.discard(key)


def _note_unknown(validation: Validation, place: Place, canonical: str) -> None:
    """Says which definition is missing, and which package brings it where a guide at hand tells."""
    base, package = validation.knowledge.lacking(canonical)
    key = "unknown_profile" if base == canonical else "unknown_base"
    params = {"base": base, "package": package} if package else {"base": base}
    validation.note(f"{key}_package" if package else key, place, severity="information", name=canonical, **params)


def judge_rule(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds a node against a rule, and its children against the rules below."""
    judge_value(validation, place, rule)
    for name, child in rule.children.items():
        nodes = list(member(place.node, name, validation.knowledge.types))
        is_list = _is_list(validation, place, name)
        places = [place.at(node, f"{name}[{index}]" if is_list else name) for index, node in enumerate(nodes)]
        _judge_number(validation, place, child, len(places))
        for one in places:
            _judge_one(validation, one, child)
        if child.slices:
            _judge_slices(validation, place, places, child)


def _judge_one(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds one value against a rule or a slice: its type, its content, the profiles of its type."""
    _judge_types(validation, place, rule)
    judge_rule(validation, place, rule)


def _judge_types(validation: Validation, place: Place, rule: Rule) -> None:
    if not rule.types:
        return
    node = place.node
    fitting = [one for one in rule.types if _is_type(validation, node, one.code)]
    if not fitting:
        expected = ", ".join(one.code for one in rule.types)
        validation.note("wrong_type", place, clause=rule.clause, expected=expected, found=node.type)
        return
    for one in fitting:
        if one.profiles:
            _judge_any(validation, place, one.profiles)
        if one.aggregation == ("contained",) and node.type == "Reference":
            _judge_contained(validation, place, rule)
        if one.targets and node.type == "Reference":
            judge_target(validation, place, one, rule)
            _judge_target_profiles(validation, place, one, rule)


def _judge_contained(validation: Validation, place: Place, rule: Rule) -> None:
    """Some profiles want the target inside of the resource (FHIR R4 valueset-resource-aggregation-mode.html)."""
    reference = place.node.value.get("reference") if isinstance(place.node.value, dict) else None
    if isinstance(reference, str) and not reference.startswith("#"):
        validation.note("not_contained", place, clause=rule.clause, found=reference)


def _is_type(validation: Validation, node: Node, code: str) -> bool:
    if code.startswith("http://hl7.org/fhirpath/"):
        return True
    return validation.knowledge.types.is_a(node.type, code)


def _judge_any(validation: Validation, place: Place, profiles: tuple[str, ...]) -> None:
    """One of several profiles must hold; with only one, its findings are said as they are."""
    if len(profiles) == 1:
        judge_profile(validation, place, profiles[0])
    elif not any(conforms(validation, place, url, judge_profile) for url in profiles):
        validation.note("no_profile", place, expected=", ".join(profiles))


def _judge_target_profiles(validation: Validation, place: Place, permitted: TypeRule, rule: Rule) -> None:
    """Judges where a reference leads, when that is within reach."""
    reference = place.node.value.get("reference") if isinstance(place.node.value, dict) else None
    target = validation.resolve(reference, place) if isinstance(reference, str) else None
    if target is None:
        return
    at = Place(target, place.path + ".resolve()", target, place.full_url)
    if not any(conforms(validation, at, url, judge_profile) for url in permitted.targets):
        names = ", ".join(url.rpartition("/")[2] for url in permitted.targets)
        where = validation.bundle.path_of(target) if validation.bundle else place.path
        validation.note("target_profile", place, clause=rule.clause, expected=names, found=target.type, target=where)
        meant = [url for url in permitted.targets if validation.knowledge.type_of_profile(url) == target.type]
        if validation.bundle and len(meant) == 1:  # no doubt which profile it should meet: say what it lacks
            judge_profile(validation, Place(target, where, target, place.full_url), meant[0])


def _judge_number(validation: Validation, place: Place, rule: Rule, count: int) -> None:
    if rule.min and count < rule.min:
        key = "missing" if count == 0 else "too_few"
        validation.note(key, place, clause=rule.clause, name=rule.name, expected=rule.min, found=count)
    if rule.max is not None and count > rule.max:
        validation.note("too_many", place, clause=rule.clause, name=rule.name, expected=rule.max, found=count)


def _judge_slices(validation: Validation, parent: Place, places: list[Place], rule: Rule) -> None:
    slices = assign_slices(validation, places, rule, judge_profile)
    for name, found in slices.items():
        if name:
            _judge_slice(validation, parent, found, rule.slices[name], rule.slicing)
    if rule.slicing is None:
        return
    explained = [one for found in slices.values() for one in found.explained]
    if rule.slicing.rules == "closed":
        for one in slices[""].places:
            if not any(one is other for other in explained):
                validation.note("closed_slicing", one, clause=rule.clause)
    _judge_order(validation, places, slices, rule)


def _judge_order(validation: Validation, places: list[Place], slices: dict[str, Slice], rule: Rule) -> None:
    """Slices of an ordered slicing stand in their order; with openAtEnd the rest stands behind them."""
    if rule.slicing is None or not (rule.slicing.ordered or rule.slicing.rules == "openAtEnd"):
        return
    rank = {id(one): number for number, found in enumerate(slices.values()) for one in found.places}
    highest = 0
    for one in places:
        number = rank[id(one)]
        is_rest = number == len(slices) - 1
        if is_rest and rule.slicing.rules != "openAtEnd":
            continue
        if number < highest and (rule.slicing.ordered or highest == len(slices) - 1):
            validation.note("slice_order", one, clause=rule.clause)
        highest = max(highest, number)


def _judge_slice(validation: Validation, parent: Place, found: Slice, rule: Rule, slicing: Slicing | None) -> None:
    """Judges number and content of a slice; where a required one is empty, its nearest candidate says why."""
    if rule.min and not found.places and found.candidates:
        found.explained = found.candidates[: rule.min]
        for one in found.explained:
            _judge_one(validation, one, rule)
        return
    name = rule.id.rpartition(":")[2]
    if rule.min and len(found.places) < rule.min:
        validation.note(
            "missing_slice", parent, clause=rule.clause, name=name,
            element=rule.name, expected=sign_of(validation, rule, slicing), found=len(found.places),
        )  # fmt: skip
    if rule.max is not None and len(found.places) > rule.max:
        validation.note(
            "too_many_in_slice", parent, clause=rule.clause, name=name,
            element=rule.name, expected=rule.max, found=len(found.places),
        )  # fmt: skip
    for one in found.places:
        _judge_one(validation, one, rule)


def _is_list(validation: Validation, place: Place, name: str) -> bool:
    """Tells whether an element stands as a JSON array here, so that its values have an index."""
    value = place.node.value
    entries = validation.knowledge.types.members(place.node.type).get(name, ())
    return isinstance(value, dict) and any(isinstance(value.get(entry.key), list) for entry in entries)
