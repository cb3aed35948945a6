"""Search values: what a resource says at the paths of its search parameters, as rows for the store.

Each path is compiled once to a short list of steps.  Clauses: FHIR R4 search.html#string, #token,
#date, #reference, #number, #quantity.  Names with a suffix serve modifiers (`:text`, `:of-type`,
`:identifier`) and chains into contained resources (`DocumentReference.author>Practitioner.given`,
and `>Practitioner.given` for `_contained`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, NamedTuple

from sandbox.definitions.r4 import SearchParameter, datatype_suffixes
from sandbox.fhir.json import Json
from sandbox.fhir.references import parse_reference
from sandbox.server.search.parameters import KINDS, parameters_of
from sandbox.server.search.values import fold as fold
from sandbox.server.search.values import (
    intervals,
    quantities,
    strings,
    targets,
    texts,
    tokens,
    typed_identifiers,
)
from sandbox.store.resources import SearchValues

STEP = re.compile(
    r"^(?P<name>\w+)(?P<first>\[0\])?(?:\[(?P<key>\w+)=(?P<value>[^\]]+)\])?"
    r"(?::(?P<type>\w+))?(?:>(?P<target>\w+))?(?P<truth>\?)?$"
)
# What is there without a code or a target to search by still counts as present (FHIR R4
# search.html#missing).
NOTHING_TO_NAME: tuple[tuple[None, None]] = ((None, None),)
ROWS = ("token", "string", "date", "reference", "uri", "quantity")
NOWHERE: tuple[tuple[None, None, None]] = ((None, None, None),)
WORD = re.compile(r"(?:[^.\[]|\[[^\]]*\])+")


class Step(NamedTuple):
    """One step of a path: an element, perhaps with a wanted choice type, a filter or the type of
    its target.

    `is_first`: only the first of its items; `is_truth`: whether it is there and not false.
    """

    name: str
    type: str
    filter: tuple[str, str] | None
    target: str
    is_first: bool = False
    is_truth: bool = False


Path = tuple[Step, ...]


class Compiled(NamedTuple):
    """A parameter with its paths; those of a composite one lead to elements, and `parts` to values
    below each.
    """

    parameter: SearchParameter
    paths: tuple[Path, ...]
    parts: tuple[Compiled, ...]


def extract_search_values(resource: Json, *, bases: Collection[str]) -> SearchValues:
    """Returns all rows of a resource; references below one of `bases` count as local ones."""
    values = SearchValues()
    _extract(resource, f"{resource['resourceType']}.", bases, values)
    contained = resource.get("contained")
    for number, inner in enumerate(contained if isinstance(contained, list) else ()):
        if isinstance(inner, dict) and isinstance(inner.get("resourceType"), str):
            # for `_contained`: what one contained resource says stays together
            own = SearchValues()
            _extract(inner, f">{inner['resourceType']}.", bases, own)
            values.parts.extend((kind, number, row) for kind in ROWS for row in getattr(own, kind))
    return values


def _extract(resource: Json, prefix: str, bases: Collection[str], values: SearchValues) -> None:
    for compiled in _compiled(str(resource["resourceType"])):
        parameter = compiled.parameter
        name = prefix + parameter.code
        if compiled.parts:
            _add_parts(resource, compiled, prefix, bases, values)
            continue
        for path in compiled.paths:
            for value in _walk(resource, path):
                _add(values, parameter.kind, name, value, bases)
                if parameter.kind == "reference" and ">" not in prefix:
                    _add_contained(resource, name, value, bases, values)


def _add_parts(
    resource: Json, compiled: Compiled, prefix: str, bases: Collection[str], values: SearchValues
) -> None:
    """Adds what one element has for all parts of a composite parameter (FHIR R4
    search.html#composite).
    """
    elements = (
        element
        for path in compiled.paths
        for element in (_walk(resource, path) if path else (resource,))
    )
    for number, element in enumerate(elements):
        if not isinstance(element, dict):
            continue
        own = SearchValues()
        for part in compiled.parts:
            for path in part.paths:
                for value in _walk(
                    # A leading slash means: from the resource, not from the element.
                    resource if part.parameter.paths[0].startswith("/") else element,
                    path,
                ):
                    _add(own, part.parameter.kind, prefix + part.parameter.code, value, bases)
        rows = [(kind, row) for kind in ROWS for row in getattr(own, kind)]
        # An element that lacks one of the parts can never match.
        if {row[0] for _, row in rows} >= {prefix + part.parameter.code for part in compiled.parts}:
            values.parts.extend((kind, number, row) for kind, row in rows)


def _add_contained(
    resource: Json, name: str, reference: Any, bases: Collection[str], values: SearchValues
) -> None:
    """A chain reaches into a contained resource: its values stand under the name of the
    reference.
    """
    if not isinstance(reference, dict):
        return
    # not a reference: Bundle.composition and Bundle.message
    if isinstance(reference.get("resourceType"), str):
        _extract(reference, f"{name}>{reference['resourceType']}.", bases, values)
        return
    text = reference.get("reference")
    if not isinstance(text, str) or not text.startswith("#"):
        return
    contained = resource.get("contained")
    for inner in contained if isinstance(contained, list) else ():
        if (
            isinstance(inner, dict)
            and inner.get("id") == text[1:]
            and isinstance(inner.get("resourceType"), str)
        ):
            _extract(inner, f"{name}>{inner['resourceType']}.", bases, values)


@cache
def _compiled(resource_type: str) -> tuple[Compiled, ...]:
    return tuple(
        _compile(parameter)
        for parameter in parameters_of(resource_type).values()
        if parameter.kind in KINDS
    )


def _compile(parameter: SearchParameter) -> Compiled:
    paths = tuple(
        tuple(_step(word) for word in WORD.findall(path.removeprefix("/")))
        for path in parameter.paths
    )
    return Compiled(parameter, paths, tuple(_compile(part) for part in parameter.parts))


def _step(word: str) -> Step:
    match = STEP.match(word)
    if match is None:
        raise ValueError(f"not a step of a search path: {word}")
    wanted = (match["key"], match["value"]) if match["key"] else None
    is_first = match["first"] is not None
    is_truth = match["truth"] is not None
    return Step(
        match["name"], match["type"] or "", wanted, match["target"] or "", is_first, is_truth
    )


def _walk(node: Json, path: Path) -> Iterator[Any]:
    step = path[0]
    rest = path[1:]
    if step.is_truth:
        # For `Patient.deceased.exists() and Patient.deceased != false`.
        yield any(child is not False for child in _children(node, step))
        return
    for child in _children(node, step):
        items = child if isinstance(child, list) else [child]
        for item in items[:1] if step.is_first else items:
            if step.filter and not (
                isinstance(item, dict) and item.get(step.filter[0]) == step.filter[1]
            ):
                continue
            if step.target and not _points_to(item, step.target):
                continue
            if not rest:
                yield item
            elif isinstance(item, dict):
                yield from _walk(item, rest)


def _children(node: Json, step: Step) -> Iterator[Any]:
    if step.name in node:
        yield node[step.name]
    elif step.type:
        if step.name + step.type in node:
            yield node[step.name + step.type]
    else:
        for key in node:
            if key.startswith(step.name) and key[len(step.name) :] in datatype_suffixes():
                yield node[key]


def _points_to(item: Any, target: str) -> bool:
    """Judges `resolve() is Type` by what the reference itself says, as a server may (FHIR R4
    search.html#reference).
    """
    if not isinstance(item, dict):
        return False
    text = item.get("reference")
    literal = parse_reference(text) if isinstance(text, str) else None
    if literal:
        return literal.type == target
    # A logical reference, or one by URN, may be of any type unless it states one.
    return item.get("type", target) == target and ("reference" in item or "identifier" in item)


def _add(values: SearchValues, kind: str, name: str, value: Any, bases: Collection[str]) -> None:
    if kind == "token":
        values.token.extend(
            (name, system, code) for system, code in list(tokens(value)) or NOTHING_TO_NAME
        )
        values.string.extend((f"{name}:text", fold(text), text) for text in texts(value))
        values.token.extend(
            (f"{name}:of-type", system, code) for system, code in typed_identifiers(value)
        )
    elif kind == "string":
        values.string.extend((name, fold(text), text) for text in strings(value))
    elif kind == "date":
        values.date.extend((name, low, high) for low, high in intervals(value))
    elif kind == "uri":
        if isinstance(value, str):
            values.uri.append((name, value))
    elif kind == "reference":
        values.reference.extend((name, *row) for row in list(targets(value, bases)) or NOWHERE)
        if isinstance(value, dict) and "identifier" in value:
            values.token.extend(
                (f"{name}:identifier", system, code) for system, code in tokens(value["identifier"])
            )
    else:
        values.quantity.extend((name, *row) for row in quantities(value))
