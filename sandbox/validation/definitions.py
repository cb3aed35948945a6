"""Definitions as instances: what a profile, value set or code system must meet beyond the
invariants of its type.

A profile narrows what it builds on (FHIR R4 profiling.html#3.3): paths, types, numbers, bindings,
slicing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.fhir.json import Json
from sandbox.fhirpath import CannotEvaluate, InvalidExpression, compile_fhirpath
from sandbox.validation.bindings import LOOSENED
from sandbox.validation.context import Place, Validation
from sandbox.validation.knowledge import Knowledge
from sandbox.validation.rules import UNBOUNDED, Rule

PROFILING = "FHIR R4 profiling.html"
ELEMENT = "FHIR R4 elementdefinition.html"
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def judge_definition(validation: Validation, place: Place) -> None:
    """Judges a StructureDefinition, SearchParameter, ValueSet or CodeSystem as what it defines."""
    value: Json = place.node.value
    if place.node.type == "StructureDefinition":
        _judge_structure(validation, place, value)
    elif place.node.type == "SearchParameter":
        _judge_expression(validation, place, value.get("expression"))
    elif place.node.type == "ValueSet":
        _judge_compose(validation, place, value.get("compose"))
    elif place.node.type == "CodeSystem":
        _judge_hierarchy(validation, place, value.get("concept"))


@dataclass(frozen=True, slots=True)
class _Profile:
    """What a profile builds on: its type, and the rules of its base where that is at hand."""

    type: str
    base: Rule | None


def _judge_structure(validation: Validation, place: Place, value: Json) -> None:
    knowledge = validation.knowledge
    type = value.get("type")
    is_profile = (
        value.get("derivation") == "constraint"
        and isinstance(type, str)
        and knowledge.types.knows(type)
    )
    profile = (
        _Profile(type, _base_rule(validation, place, value))
        if is_profile and isinstance(type, str)
        else None
    )
    for part in ("differential", "snapshot"):
        content = value.get(part)
        elements = content.get("element") if isinstance(content, dict) else None
        for index, element in enumerate(elements if isinstance(elements, list) else ()):
            if isinstance(element, dict) and isinstance(element.get("path"), str):
                at = Place(
                    place.node,
                    f"{place.path}.{part}.element[{index}]",
                    place.resource,
                    place.full_url,
                )
                _judge_constraints(validation, at, element)
                if profile:
                    _judge_element(validation, at, element, profile)


def _base_rule(validation: Validation, place: Place, value: Json) -> Rule | None:
    """Returns the rules of the base; a base that is not at hand is said, one of another type is
    wrong.
    """
    canonical = value.get("baseDefinition")
    if not isinstance(canonical, str):
        return None
    rule = validation.knowledge.profile(canonical)
    if rule is None:
        validation.note(
            "base_not_at_hand", place, severity="information", clause=PROFILING, name=canonical
        )
    elif rule.name != value.get("type"):
        at = place.at(place.node, "type")
        validation.note(
            "base_of_other_type", at, clause=PROFILING, expected=rule.name, found=value.get("type")
        )
        return None
    return rule


def _judge_element(validation: Validation, place: Place, element: Json, profile: _Profile) -> None:
    path: str = element["path"]
    types = _types_at(validation.knowledge, path, profile.type)
    if types is None:
        validation.note(
            "no_such_path", place.at(place.node, "path"), clause=f"{ELEMENT}#path", found=path
        )
        return
    _judge_id(validation, place, element)
    is_slice = ":" in str(element.get("id", ""))
    _judge_types(validation, place, element, types)
    _judge_values(validation, place, element, types)
    _judge_slicing(validation, place, element, types)
    for base in _bases(validation.knowledge, path, profile) if not is_slice else ():
        _judge_number(validation, place, element, base)
        _judge_strength(validation, place, element, base)


def _types_at(knowledge: Knowledge, path: str, type: str) -> list[str] | None:
    """Returns the types that a path can have, none where any resource may stand there; None for no
    such path.
    """
    words = path.split(".")
    if words[0] != type:
        return None
    current = [type]
    for word in words[1:]:
        members = [
            entry
            for element in current
            for group in knowledge.types.members(element).values()
            for entry in group
        ]
        stem = word.removesuffix("[x]")
        fitting = [entry for entry in members if stem in (entry.name, entry.key)]
        if not fitting:
            return None
        if any(entry.type == "Resource" for entry in fitting):
            return []
        current = list(dict.fromkeys(entry.type for entry in fitting))
    return current


def _judge_id(validation: Validation, place: Place, element: Json) -> None:
    """The id repeats the path, with the name of each slice behind a colon (FHIR R4
    elementdefinition.html#id).
    """
    id = element.get("id")
    if not isinstance(id, str):
        return
    words = id.split(".")
    steps = element["path"].split(".")
    plain = [word.partition(":")[0] for word in words]
    if len(plain) != len(steps) or not all(map(_is_same_step, plain, steps)):
        validation.note(
            "id_of_other_path",
            place.at(place.node, "id"),
            severity="warning",
            clause=f"{ELEMENT}#id",
            expected=element["path"],
            found=id,
        )


def _is_same_step(word: str, step: str) -> bool:
    return word == step or (word.endswith("[x]") and step.startswith(word[:-3]))


def _judge_types(validation: Validation, place: Place, element: Json, types: list[str]) -> None:
    for index, entry in enumerate(_objects(element.get("type"))):
        code = entry.get("code")
        if not isinstance(code, str) or not types or "/" in code or "." not in element["path"]:
            continue
        wanted = [_data_type(type) for type in types]
        if not any(
            validation.knowledge.types.is_a(code, type) or type in ("Element", "*")
            for type in wanted
        ):
            at = place.at(place.node, f"type[{index}].code")
            validation.note(
                "type_not_of_base", at, clause=PROFILING, expected=", ".join(wanted[:8]), found=code
            )


def _judge_values(validation: Validation, place: Place, element: Json, types: list[str]) -> None:
    """The name of a fixed or pattern value ends with a type of the element."""
    own = [str(entry.get("code")) for entry in _objects(element.get("type"))] or types
    for key in element:
        match = re.fullmatch(r"(?:fixed|pattern|minValue|maxValue)([A-Z]\w*)", key)
        if match is None or not own:
            continue
        names = [_data_type(type) for type in own]
        if any("/" in name for name in names):
            continue
        if match[1].lower() not in [name.lower() for name in names]:
            at = place.at(place.node, key)
            validation.note(
                "value_of_other_type",
                at,
                clause=ELEMENT,
                expected=", ".join(names[:8]),
                found=match[1],
            )


def _judge_number(validation: Validation, place: Place, element: Json, base: Rule) -> None:
    least = element.get("min")
    most = element.get("max")
    if isinstance(least, int) and base.min is not None and least < base.min:
        at = place.at(place.node, "min")
        validation.note("min_below_base", at, clause=PROFILING, expected=base.min, found=least)
    largest = (
        UNBOUNDED
        if most == "*"
        else int(most)
        if isinstance(most, str) and most.isdigit()
        else None
    )
    if largest is not None and base.max is not None and largest > base.max:
        validation.note(
            "max_above_base",
            place.at(place.node, "max"),
            clause=PROFILING,
            expected=base.max,
            found=most,
        )


def _judge_strength(validation: Validation, place: Place, element: Json, base: Rule) -> None:
    binding = element.get("binding")
    strength = binding.get("strength") if isinstance(binding, dict) else None
    wanted = LOOSENED.get(base.clause, base.binding[0]) if base.binding else ""
    if isinstance(strength, str) and wanted == "required" != strength:
        at = place.at(place.node, "binding.strength")
        validation.note(
            "weaker_binding", at, clause=f"{PROFILING}#binding", expected="required", found=strength
        )


def _judge_slicing(validation: Validation, place: Place, element: Json, types: list[str]) -> None:
    """A discriminator leads to an element; functions and extensions are not followed."""
    slicing = element.get("slicing")
    for index, entry in enumerate(
        _objects(slicing.get("discriminator") if isinstance(slicing, dict) else None)
    ):
        path = entry.get("path")
        if (
            isinstance(path, str)
            and types
            and not _leads_somewhere(validation.knowledge, path, types)
        ):
            at = place.at(place.node, f"slicing.discriminator[{index}].path")
            validation.note("no_such_path", at, clause=f"{PROFILING}#discriminator", found=path)


def _leads_somewhere(knowledge: Knowledge, path: str, types: list[str]) -> bool:
    current = types
    for word in path.split("."):
        if word == "$this":
            continue
        if WORD.fullmatch(word) is None or "Resource" in current:
            return True
        members = [
            entry
            for type in current
            for group in knowledge.types.members(type).values()
            for entry in group
        ]
        current = [entry.type for entry in members if word in (entry.name, entry.key)]
        if not current:
            return False
    return True


def _bases(knowledge: Knowledge, path: str, profile: _Profile) -> Iterator[Rule]:
    """Yields what the base profile says of a path, and what the type says."""
    words = [word.removesuffix("[x]") for word in path.split(".")[1:]]
    definition = knowledge.definitions.type_definition(profile.type)
    for rule in (profile.base, knowledge.rules(definition) if definition else None):
        for word in words:
            rule = rule.children.get(word) if rule else None
        if rule:
            yield rule


def _judge_constraints(validation: Validation, place: Place, element: Json) -> None:
    for index, constraint in enumerate(_objects(element.get("constraint"))):
        at = Place(place.node, f"{place.path}.constraint[{index}]", place.resource, place.full_url)
        _judge_expression(validation, at, constraint.get("expression"))


def _judge_expression(validation: Validation, place: Place, expression: Any) -> None:
    if not isinstance(expression, str):
        return
    try:
        compile_fhirpath(expression)
    except InvalidExpression as error:
        at = place.at(place.node, "expression")
        validation.note(
            "bad_expression", at, clause="FHIRPath 2.0.0", found=expression, reason=str(error)
        )
    except CannotEvaluate:
        return


def _judge_compose(validation: Validation, place: Place, compose: Any) -> None:
    """The codes that a value set lists are codes of their system; another version of the system is
    not judged.
    """
    systems = validation.knowledge.terminology.systems
    for part in ("include", "exclude"):
        for index, include in enumerate(
            _objects(compose.get(part) if isinstance(compose, dict) else None)
        ):
            system = include.get("system")
            if (
                not isinstance(system, str)
                or "version" in include
                or systems.standing(system) != "complete"
            ):
                continue
            for number, concept in enumerate(_objects(include.get("concept"))):
                code = concept.get("code")
                if isinstance(code, str) and systems.has(system, code) is False:
                    at = place.at(place.node, f"compose.{part}[{index}].concept[{number}].code")
                    validation.note(
                        "unknown_code",
                        at,
                        severity="warning",
                        clause="FHIR R4 valueset.html#compositions",
                        name=code,
                        system=system,
                        found=code,
                    )


def _judge_hierarchy(validation: Validation, place: Place, concepts: Any) -> None:
    """No concept is its own ancestor by the properties `parent` and `child` (FHIR R4
    codesystem.html#hierarchy).
    """
    parents: dict[str, set[str]] = {}
    for concept in _all_concepts(concepts):
        code = str(concept.get("code"))
        for entry in _objects(concept.get("property")):
            other = entry.get("valueCode")
            if isinstance(other, str) and entry.get("code") == "parent":
                parents.setdefault(code, set()).add(other)
            elif isinstance(other, str) and entry.get("code") == "child":
                parents.setdefault(other, set()).add(code)
    circle = _circle(parents)
    if circle:
        validation.note(
            "circle", place, clause="FHIR R4 codesystem.html#hierarchy", found=" > ".join(circle)
        )


def _circle(parents: dict[str, set[str]]) -> list[str]:
    """Returns a way from a concept back to itself, or nothing; takes away what has no parent left
    until none goes.
    """
    open_parents = {
        code: {parent for parent in above if parent in parents} for code, above in parents.items()
    }
    while ends := [code for code, above in open_parents.items() if not above]:
        for code in ends:
            del open_parents[code]
        for above in open_parents.values():
            above.difference_update(ends)
    if not open_parents:
        return []
    way = [min(open_parents)]
    while (next_code := min(open_parents[way[-1]])) not in way:
        way.append(next_code)
    return [*way[way.index(next_code) :], next_code]


def _all_concepts(concepts: Any) -> Iterator[Json]:
    stack = list(_objects(concepts))
    while stack:
        concept = stack.pop()
        yield concept
        stack += _objects(concept.get("concept"))


def _objects(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _data_type(type: str) -> str:
    """Returns a type as a definition writes it: a part of a resource is a BackboneElement or an
    Element.
    """
    return "Element" if "." in type and "/" not in type else type
