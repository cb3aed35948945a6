"""Profiles of guides as tables for readers: a row for each element of which a profile says
something.  Made from the compiled definitions alone, so that a reader sees what the judge holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from sandbox.definitions.compiled import Definition, Manifest
from sandbox.definitions.rulesets import profile_url, ruleset, years
from sandbox.definitions.store import core_definitions, core_resources
from sandbox.errors import NotFound
from sandbox.fhir.json import Json, as_list, write_json

R4 = "hl7.fhir.r4.core"
CLAUSE = re.compile(r"(\S+) (\S+) (\S+)")
"""How a clause of the judge names a profile, its version and an element or rule of it."""
GIVEN = re.compile(r"(?:fixed|pattern)[A-Z]")
SAID = ("min", "max", "type", "binding", "slicing", "constraint")
"""What makes an element a row; guides also list elements to call them important."""
Key = tuple[str, str]
"""The id of a profile and its version."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule of an element: its key, what it says in the words of its guide, and its FHIRPath."""

    key: str
    says: str
    expression: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a profile says of an element; what it leaves as it was is empty, but for the
    cardinality.

    `types` are types with their profiles, `apart` is by what slices are told apart, `given` a value
    that is fixed, `example` one that is allowed.
    """

    id: str
    cardinality: str
    types: tuple[str, ...]
    strength: str
    value_set: str
    invariants: tuple[Invariant, ...]
    apart: tuple[str, ...]
    given: str
    example: str


@dataclass(frozen=True, slots=True)
class Table:
    """A profile: what it is of, on what it builds, and its rows."""

    id: str
    version: str
    url: str
    type: str
    base: str
    package: Manifest
    rows: tuple[Row, ...]


@cache
def guides() -> Mapping[Manifest, tuple[Key, ...]]:
    """Returns the guides with their profiles, each by id and version."""
    by_guide: dict[Manifest, list[Key]] = {}
    for key, definition in _profiles().items():
        by_guide.setdefault(definition.package, []).append(key)
    return {package: tuple(sorted(keys)) for package, keys in by_guide.items()}


def years_of(package: Manifest) -> tuple[int, ...]:
    """Returns the years whose rules ask for a profile of a guide."""
    definitions = core_definitions()
    asked = {
        year: {
            definitions.package_of(profile_url(name))
            for name in ruleset(year).by_bundle_type.values()
        }
        for year in years()
    }
    return tuple(year for year, packages in asked.items() if package in packages)


def years_asking(url: str) -> tuple[int, ...]:
    """Returns the years whose rules ask for a profile itself, by its canonical."""
    return tuple(
        year for year in years() if url in map(profile_url, ruleset(year).by_bundle_type.values())
    )


@cache
def table_of(key: Key) -> Table:
    """Returns the table of a profile; raises NotFound."""
    definition = _profiles().get(key)
    if definition is None:
        raise NotFound("guides.none_at", where="profile", id=f"{key[0]} {key[1]}"[:80])
    structure = definition.content
    bases = list(_bases(structure))
    said = [row for row in as_list(structure.get("element")) if _is_said(row)]
    return Table(
        id=key[0],
        version=key[1],
        url=definition.url,
        type=str(structure.get("type")),
        base=str(structure.get("baseDefinition", "")),
        package=definition.package,
        rows=tuple(_row(element, bases) for element in said),
    )


def place_of(clause: str) -> tuple[Key, str] | None:
    """Returns the profile of which a clause of the judge speaks, and the id of its row, empty where
    the profile has none; None for what is no clause of a guide.
    """
    match = CLAUSE.fullmatch(clause)
    if match is None or (match[1], match[2]) not in _profiles():
        return None
    key = (match[1], match[2])
    for row in table_of(key).rows:
        if match[3] == row.id or match[3] in [rule.key for rule in row.invariants]:
            return key, row.id
    return key, ""


@cache
def _profiles() -> Mapping[Key, Definition]:
    """Returns the profiles of all guides; of none is the content read."""
    return {
        (definition.url.rpartition("/")[2], definition.version): definition
        for definition in core_resources()
        if definition.kind == "StructureDefinition"
        and definition.package.name != R4
        and not definition.type
    }


def _is_said(element: Json) -> bool:
    return any(name in SAID or GIVEN.match(name) for name in element)


def _bases(structure: Json) -> Iterator[Mapping[str, Json]]:
    """Yields the elements of the profiles below a profile by their ids, the nearest first."""
    definitions = core_definitions()
    base = definitions.structure(str(structure.get("baseDefinition", "")))
    while base is not None:
        yield {str(element["id"]): element for element in as_list(base.get("element"))}
        base = definitions.structure(str(base.get("baseDefinition", "")))


def _row(element: Json, bases: list[Mapping[str, Json]]) -> Row:
    binding = element.get("binding") or {}
    value_set = str(binding.get("valueSet", ""))
    slicing = element.get("slicing") or {}
    given = next((value for name, value in element.items() if GIVEN.match(name)), None)
    bounds = [_bound(element, name, bases) for name in ("min", "max")]
    return Row(
        id=str(element["id"]),
        cardinality=f"{bounds[0]}..{bounds[1]}" if any(bounds) else "",
        types=tuple(_types(element)),
        strength=str(binding.get("strength", "")),
        value_set=value_set,
        invariants=tuple(
            Invariant(str(rule["key"]), str(rule.get("human", "")), str(rule.get("expression", "")))
            for rule in as_list(element.get("constraint"))
        ),
        apart=tuple(
            f"{part['type']}:{part['path']}" for part in as_list(slicing.get("discriminator"))
        ),
        given="" if given is None else write_json(given).decode(),
        example=_example(value_set),
    )


def _bound(element: Json, name: str, bases: list[Mapping[str, Json]]) -> str:
    """Returns how often an element may be there: what the profile says, else what is below it, of a
    slice what is said of all.
    """
    id = str(element["id"])
    plain = ".".join(word.partition(":")[0] for word in id.split("."))
    for known in (element, *_below(id, bases), *_below(plain, bases)):
        if name in known:
            return str(known[name])
    return ""


def _below(id: str, bases: list[Mapping[str, Json]]) -> Iterator[Json]:
    """Yields what the profiles and types below say of an element, the nearest first."""
    yield from (elements[id] for elements in bases if id in elements)
    parent, _, name = id.rpartition(".")
    for whole in _below(parent, bases) if parent else ():
        for type in as_list(whole.get("type")):
            definition = core_definitions().type_definition(str(type["code"])) or {}
            for element in as_list(definition.get("element")):
                if element["id"] == f"{type['code']}.{name}":
                    yield element


def _types(element: Json) -> Iterator[str]:
    for each in as_list(element.get("type")):
        urls = [*as_list(each.get("profile")), *as_list(each.get("targetProfile"))]
        names = ", ".join(str(url).rpartition("/")[2] for url in urls)
        yield f"{each['code'].rpartition('/')[2]} ({names})" if names else str(each["code"])


def _example(value_set: str) -> str:
    """Returns a code that a value set names itself; empty where it names none."""
    definition = core_definitions().value_set(value_set) if value_set else None
    for part in as_list((definition or {}).get("include")):
        for code, *_ in as_list(part.get("concept")):
            return f"{part.get('system', '')}|{code}"
    return ""
