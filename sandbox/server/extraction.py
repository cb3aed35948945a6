"""Search values: what a resource says at the paths of its search parameters, as rows for the store.

Each path is compiled once to a short list of steps.  Clauses: FHIR R4 search.html#string, #token, #date, #reference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from sandbox.definitions.r4 import SearchParameter, datatype_suffixes, search_parameters
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json
from sandbox.fhir.references import parse_reference
from sandbox.store.resources import SearchValues

KINDS = ("token", "string", "date", "reference", "uri")
PARTS = ("text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country")
STEP = re.compile(r"^(?P<name>\w+)(?:\[(?P<key>\w+)=(?P<value>[\w-]+)\])?(?::(?P<type>\w+))?(?:>(?P<target>\w+))?$")


class Step(NamedTuple):
    """One step of a path: an element, perhaps with a wanted choice type, a filter or the type of its target."""

    name: str
    type: str
    filter: tuple[str, str] | None
    target: str


def extract_search_values(resource: Json, *, base: str) -> SearchValues:
    """Returns all rows of a resource; references below `base` count as local ones."""
    values = SearchValues()
    resource_type = resource["resourceType"]
    for parameter, paths in _compiled(resource_type):
        name = f"{resource_type}.{parameter.code}"
        for path in paths:
            for found in _walk(resource, path):
                _add(values, parameter.kind, name, found, base)
    return values


def fold(text: str) -> str:
    """Returns text without case, accents and doubled blanks, as string searches compare it."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


@cache
def _compiled(resource_type: str) -> tuple[tuple[SearchParameter, tuple[tuple[Step, ...], ...]], ...]:
    return tuple(
        (parameter, tuple(tuple(_step(word) for word in path.split(".")) for path in parameter.paths))
        for parameter in search_parameters(resource_type).values()
        if parameter.kind in KINDS
    )


def _step(word: str) -> Step:
    match = STEP.match(word)
    if match is None:
        raise ValueError(f"not a step of a search path: {word}")
    wanted = (match["key"], match["value"]) if match["key"] else None
    return Step(match["name"], match["type"] or "", wanted, match["target"] or "")


def _walk(node: Json, path: tuple[Step, ...]) -> Iterator[Any]:
    step, rest = path[0], path[1:]
    for child in _children(node, step):
        for item in child if isinstance(child, list) else (child,):
            if step.filter and not (isinstance(item, dict) and item.get(step.filter[0]) == step.filter[1]):
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
    """Judges `resolve() is Type` by what the reference itself says, as a server may (FHIR R4 search.html#reference)."""
    if not isinstance(item, dict):
        return False
    text = item.get("reference")
    literal = parse_reference(text) if isinstance(text, str) else None
    return literal.type == target if literal else item.get("type") in (target, None)


def _add(values: SearchValues, kind: str, name: str, found: Any, base: str) -> None:
    if kind == "token":
        values.token.extend((name, system, code) for system, code in _tokens(found))
    elif kind == "string":
        values.string.extend((name, fold(text), text) for text in _strings(found))
    elif kind == "date":
        values.date.extend((name, low, high) for low, high in _intervals(found))
    elif kind == "uri":
        if isinstance(found, str):
            values.uri.append((name, found))
    elif kind == "reference":
        values.reference.extend((name, *row) for row in _targets(found, base))


def _tokens(found: Any) -> Iterator[tuple[str | None, str | None]]:
    if isinstance(found, bool):
        yield "*", "true" if found else "false"
    elif isinstance(found, str):
        yield "*", found
    elif isinstance(found, dict):
        codings = found.get("coding")
        if isinstance(codings, list):
            for coding in codings:
                yield from _tokens(coding if isinstance(coding, dict) else None)
            return
        code, system = found.get("code", found.get("value")), found.get("system")
        if isinstance(code, str):
            yield system if isinstance(system, str) else None, code


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for part in PARTS:
            held = found.get(part)
            for text in held if isinstance(held, list) else (held,):
                if isinstance(text, str):
                    yield text


def _intervals(found: Any) -> Iterator[tuple[int, int]]:
    if isinstance(found, str):
        interval = interval_of(found)
        if interval:
            yield interval
    elif isinstance(found, dict):
        if "start" in found or "end" in found:
            start, end = (interval_of(str(found[part])) if part in found else None for part in ("start", "end"))
            yield (start[0] if start else _ALWAYS[0]), (end[1] if end else _ALWAYS[1])
        events = found.get("event")  # Timing
        for event in events if isinstance(events, list) else ():
            yield from _intervals(event)


def _targets(found: Any, base: str) -> Iterator[tuple[str | None, str | None, str | None]]:
    text = found.get("reference") if isinstance(found, dict) else found
    if not isinstance(text, str) or text.startswith("#"):
        return
    literal = parse_reference(text)
    if literal and literal.base in ("", base):
        yield literal.type, literal.id, None
    else:
        yield None, None, text


_ALWAYS = (-(2**62), 2**62)
