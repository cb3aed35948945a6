"""Profiles: what they ask on top of the type's own definition (FHIR R4 profiling.html).

A profile is laid over its bases without a snapshot (`rules.compose`); slices are assigned by their
discriminators.
"""

from __future__ import annotations

from sandbox.fhir.json import Json
from sandbox.fhirpath import Node
from sandbox.fhirpath.nodes import Member, add_values
from sandbox.findings import Reason
from sandbox.validation.context import Place, Validation
from sandbox.validation.elements import judge_value
from sandbox.validation.missing import judge_number, note_blind, note_missing, note_unknown
from sandbox.validation.recognition import recognitions
from sandbox.validation.rules import Rule, Slicing, TypeRule
from sandbox.validation.slicing import DEFAULT, Slice, assign_slices, conforms
from sandbox.validation.targets import judge_aggregation, judge_target

FHIRPATH_TYPE = "http://hl7.org/fhirpath/"


def judge_profile(validation: Validation, place: Place, canonical: str) -> None:
    """Holds a place against a profile and the profiles below it; an unknown one is said as not
    checked.
    """
    key = (id(place.node.value), canonical)
    if key in validation.busy:
        # a circle of references conforms until something says otherwise
        validation.assumed.add(key)
        return
    rule = validation.knowledge.profile(canonical)
    if rule is None:
        note_unknown(validation, place, (canonical,))
        return
    if not validation.knowledge.types.is_a(place.node.type, rule.name):
        validation.note(
            "wrong_type", place, clause=canonical, expected=rule.name, found=place.node.type
        )
        return
    place = validation.place_of(place.node, place.path, place)
    place_key = (*key, place.full_url, id(place.resource.value), id(place.root.value))
    if place_key in validation.clean:
        return
    noted = validation.noted
    faults = validation.faults
    since = len(validation.kept)
    is_met = False
    validation.busy.add(key)
    try:
        judge_rule(validation, place, rule)
        is_met = validation.faults == faults
    finally:
        validation.busy.discard(key)
        if not is_met:
            validation.forget(key, since)
    # equal texts are one object
    if validation.noted == noted and isinstance(place.node.value, dict):
        validation.clean.add(place_key)
        validation.kept.append(lambda: validation.clean.discard(place_key))


def judge_any(validation: Validation, place: Place, profiles: tuple[str, ...]) -> None:
    """One of several profiles must hold; with only one, its findings are said as they are."""
    if len(profiles) == 1:
        judge_profile(validation, place, profiles[0])
        return
    known = [url for url in profiles if validation.knowledge.profile(url) is not None]
    if any(conforms(validation, place, url, judge_profile) for url in known):
        return
    if len(known) < len(profiles):
        note_unknown(validation, place, profiles)
    else:
        validation.note("no_profile", place, expected=", ".join(profiles))


def judge_rule(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds a node against a rule, and its children against the rules below."""
    validation.budget.spend(1 + len(rule.children))
    if not validation.is_trial:
        judge_value(validation, place, rule)
        _judge_children(validation, place, rule)
    else:
        # what ends a trial is mostly a child, and invariants are dear
        _judge_children(validation, place, rule)
        judge_value(validation, place, rule)


def _judge_children(validation: Validation, place: Place, rule: Rule) -> None:
    asking = rule.asking
    if not asking:
        return
    node = place.node
    source = node.value if isinstance(node.value, dict) else node.sibling or {}
    members = validation.knowledge.types.members(node.type if source is node.value else "Element")
    present: dict[str, tuple[Member, ...]] = {}
    for key in source:
        alone = members.by_property.get(key)
        if alone is not None and alone[0].name in asking:
            chosen = present.setdefault(alone[0].name, alone)
            if chosen is not alone and alone[0] not in chosen:
                present[alone[0].name] = (*chosen, *alone)
    # a trial ends at the first error: by what a profile is told, that comes soon
    for name in asking if validation.is_trial else present:
        entries = present.get(name)
        if entries is not None:
            _judge_child(validation, place, asking[name], source, entries)
    for child in rule.needed:
        if child.name not in present:
            _judge_child(validation, place, child, source, ())


def _judge_child(
    validation: Validation, place: Place, rule: Rule, source: Json, entries: tuple[Member, ...]
) -> None:
    """Holds one element of a node, by the properties of it that are there, against its rule."""
    if rule.asks_of_parts_alone and _are_bare_texts(source, entries):
        return
    if rule.asks_of_number_alone:
        judge_number(validation, place, rule, _count(source, entries))
        return
    places = _children(place, rule.name, source, entries)
    judge_number(validation, place, rule, len(places))
    for inner in places:
        _judge_one(validation, inner, rule)
    if rule.slices:
        _judge_slices(validation, place, places, rule)


def _are_bare_texts(source: Json, entries: tuple[Member, ...]) -> bool:
    for entry in entries:
        if entry.beside in source or not isinstance(source.get(entry.key, ""), str):
            return False
    return True


def _count(source: Json, entries: tuple[Member, ...]) -> int:
    nodes: list[Node] = []
    for entry in entries:
        add_values(nodes, source, entry)
    return len(nodes)


def _children(place: Place, name: str, source: Json, entries: tuple[Member, ...]) -> list[Place]:
    """Returns the values of an element with their index where they stand in a JSON array."""
    nodes: list[Node] = []
    is_list = False
    for entry in entries:
        add_values(nodes, source, entry)
        is_list = (
            is_list
            or isinstance(source.get(entry.key), list)
            or isinstance(source.get(entry.beside), list)
        )
    return [
        place.at(node, f"{name}[{index}]" if is_list else name) for index, node in enumerate(nodes)
    ]


def _judge_one(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds one value against a rule or a slice: its type, its content, the profiles of its
    type.
    """
    _judge_types(validation, place, rule)
    judge_rule(validation, place, rule)


def _judge_types(validation: Validation, place: Place, rule: Rule) -> None:
    """Of several types that fit, each with its own profiles and targets, any may be the one that is
    meant.
    """
    if not rule.types:
        return
    node = place.node
    types = validation.knowledge.types
    fitting = [
        permitted
        for permitted in rule.types
        if types.is_a(node.type, permitted.code) or permitted.code.startswith(FHIRPATH_TYPE)
    ]
    if not fitting:
        expected = ", ".join(permitted.code for permitted in rule.types)
        validation.note("wrong_type", place, clause=rule.clause, expected=expected, found=node.type)
        return
    profiles = _of_each(fitting, "profiles")
    if profiles:
        around = validation.reason
        validation.reason = Reason("element", rule.clause)
        judge_any(validation, place, profiles)
        validation.reason = around
    if node.type != "Reference":
        return
    allowed = _of_each(fitting, "aggregation")
    if allowed:
        judge_aggregation(validation, place, frozenset(allowed), rule)
    targets = _of_each(fitting, "targets")
    if targets:
        judge_target(validation, place, targets, rule)
        _judge_target_profiles(validation, place, targets, rule)


def _of_each(fitting: list[TypeRule], name: str) -> tuple[str, ...]:
    """Returns what the types ask together; nothing where one of them asks nothing."""
    asked: tuple[str, ...] = ()
    for permitted in fitting:
        own = getattr(permitted, name)
        if not own:
            return ()
        asked += own
    return asked


def _judge_target_profiles(
    validation: Validation, place: Place, targets: tuple[str, ...], rule: Rule
) -> None:
    """Judges where a reference leads, when that is within reach."""
    reference = place.node.value.get("reference") if isinstance(place.node.value, dict) else None
    target = validation.resolve(reference, place) if isinstance(reference, str) else None
    if target is None:
        return
    at = validation.place_of(target, place.path + ".resolve()", place)
    known = [url for url in targets if validation.knowledge.profile(url) is not None]
    if any(conforms(validation, at, url, judge_profile) for url in known):
        return
    if len(known) < len(targets):
        note_unknown(validation, place, targets)
        return
    names = ", ".join(url.rpartition("/")[2] for url in targets)
    where = validation.bundle.path_of(target) if validation.bundle else place.path
    validation.note(
        "target_profile", place, clause=rule.clause, expected=names, found=target.type, target=where
    )
    meant = [url for url in targets if validation.knowledge.type_of_profile(url) == target.type]
    # no doubt which profile it should meet: say what it lacks
    if validation.bundle and len(meant) == 1:
        around = validation.reason
        validation.reason = Reason("target", place.path)
        judge_profile(validation, validation.place_of(target, where, place), meant[0])
        validation.reason = around


def _judge_slices(validation: Validation, parent: Place, places: list[Place], rule: Rule) -> None:
    slices = assign_slices(validation, places, rule, judge_profile)
    known = recognitions(validation.knowledge, rule)
    for name, slice in slices.items():
        if (
            name in known
            and name != DEFAULT
            and known[name].blind
            and (places or rule.slices[name].min)
        ):
            note_blind(validation, parent, rule, name)
        if name:
            _judge_slice(validation, parent, slice, rule, name)
            _judge_re_slices(validation, slices, rule, name)
    if rule.slicing is not None:
        _judge_closed(validation, slices[""].places, slices, rule, rule.slicing)
        _judge_order(validation, places, slices, rule.slicing, rule)


def _judge_re_slices(
    validation: Validation, slices: dict[str, Slice], rule: Rule, name: str
) -> None:
    """A slice may be closed in turn: each of its values is then of one of its re-slices,
    `name/…`.
    """
    slicing = rule.slices[name].slicing
    if slicing is None:
        return
    inner = {path: slice for path, slice in slices.items() if path.startswith(f"{name}/")}
    if inner:
        of_inner = {id(place) for slice in inner.values() for place in slice.places}
        rest = [place for place in slices[name].places if id(place) not in of_inner]
        _judge_closed(validation, rest, inner, rule, slicing)


def _judge_closed(
    validation: Validation,
    rest: list[Place],
    slices: dict[str, Slice],
    rule: Rule,
    slicing: Slicing,
) -> None:
    """In a closed slicing each value is of a slice; one of which that cannot be told is not
    blamed.
    """
    if slicing.rules != "closed":
        return
    spared = {
        id(spared_place)
        for slice in slices.values()
        for spared_place in (*slice.explained, *slice.unknown)
    }
    known = recognitions(validation.knowledge, rule)
    signs = "; ".join(known[name].sign or name for name in slices if name)
    for place in rest:
        if id(place) not in spared:
            validation.note("closed_slicing", place, clause=rule.clause, expected=signs)


def _judge_order(
    validation: Validation,
    places: list[Place],
    slices: dict[str, Slice],
    slicing: Slicing,
    rule: Rule,
) -> None:
    """Slices of an ordered slicing stand in their order; with openAtEnd the rest stands behind
    them.
    """
    if not (slicing.ordered or slicing.rules == "openAtEnd"):
        return
    rank = {
        id(member): number
        for number, slice in enumerate(slices.values())
        for member in slice.places
    }
    known = recognitions(validation.knowledge, rule)
    highest = 0
    for place in places:
        number = rank[id(place)]
        is_rest = number == len(slices) - 1
        if is_rest and slicing.rules != "openAtEnd":
            continue
        if number < highest and (slicing.ordered or highest == len(slices) - 1):
            order = "; ".join(known[name].sign or name for name in slices if name)
            validation.note("slice_order", place, clause=rule.clause, expected=order)
        highest = max(highest, number)


def _judge_slice(
    validation: Validation, parent: Place, slice: Slice, rule: Rule, name: str
) -> None:
    """Judges number and content of a slice; where one is lacking, its nearest candidates say
    why.
    """
    sliced = rule.slices[name]
    lacking = (sliced.min or 0) - len(slice.places)
    if lacking > 0:
        slice.explained = [*slice.candidates, *slice.unknown][:lacking]
        for place in slice.explained:
            _judge_one(validation, place, sliced)
        # nothing tells the default slice, and yet it is known: it is the rest
        is_blind = name != DEFAULT and recognitions(validation.knowledge, rule)[name].blind
        if len(slice.explained) < lacking and not is_blind:
            note_missing(validation, parent, slice, rule, name)
    if sliced.max is not None and len(slice.places) > sliced.max:
        sign = recognitions(validation.knowledge, rule)[name].sign or name
        validation.note(
            "too_many_in_slice",
            parent,
            clause=sliced.clause,
            name=name,
            sign=sign,
            element=rule.name,
            expected=sliced.max,
            found=len(slice.places),
        )
    for place in slice.places:
        _judge_one(validation, place, sliced)
