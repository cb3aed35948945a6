"""Where a document has elements of a given type: navigation by R4's element definitions, and nothing about right or wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.definitions.store import core_definitions
from sandbox.definitions.types import TypeCatalogue
from sandbox.fhir.json import Json

PROBE = "http://fhir.salud.test/StructureDefinition/probe"


@dataclass(frozen=True, slots=True)
class Place:
    """One value in a document; `depth` counts the elements between it and the resource that it is in."""

    owner: Json
    key: str
    index: int | None
    type: str
    owner_type: str
    name: str
    depth: int

    @property
    def value(self) -> Any:
        value = self.owner[self.key]
        return value if self.index is None else value[self.index]

    @property
    def path(self) -> str:
        return f"{self.owner_type}.{self.name}"

    def put(self, value: Any) -> bool:
        """Puts a value in this place."""
        if self.index is None:
            self.owner[self.key] = value
        else:
            self.owner[self.key][self.index] = value
        return True

    def remove(self) -> bool:
        """Takes the whole element away, with its sibling."""
        del self.owner[self.key]
        self.owner.pop("_" + self.key, None)
        return True


@cache
def catalogue() -> TypeCatalogue:
    """Returns R4's types."""
    return TypeCatalogue(core_definitions())


@cache
def minimum(path: str) -> int:
    """Returns how often R4 asks for an element, by its path."""
    definition = core_definitions().type_definition(path.split(".")[0]) or {"element": []}
    elements = {
        str(element["path"]).removesuffix("[x]"): element for element in definition["element"]
    }
    return int(elements.get(path, {}).get("min") or 0)


def resources(resource: Json, *, contained: bool = False) -> Iterator[Json]:
    """Yields a resource and, of a Bundle, those of its entries; with `contained`, those inside too."""
    yield resource
    for entry in resource.get("entry", []) if resource.get("resourceType") == "Bundle" else []:
        if isinstance(entry.get("resource"), dict):
            yield from resources(entry["resource"], contained=contained)
    if contained:
        yield from resource.get("contained", [])


def domain_resources(resource: Json) -> list[Json]:
    """Returns the resources that can have narrative, extensions and contained resources."""
    without = ("Bundle", "Binary", "Parameters")
    return [each for each in resources(resource) if each["resourceType"] not in without]


def places(resource: Json) -> Iterator[Place]:
    """Yields every element of a document, resources inside it too, in the document's order."""
    yield from _places(resource, str(resource.get("resourceType")), 0)


def pick(
    resource: Json, random: random.Random, *types: str, where: Callable[[Place], bool] | None = None
) -> Place | None:
    """Chooses a place of one of the types; None where the document has none."""
    fit = [
        each for each in places(resource) if each.type in types and (where is None or where(each))
    ]
    return random.choice(fit) if fit else None


def pick_any(resource: Json, random: random.Random, where: Callable[[Place], bool]) -> Place | None:
    """Chooses a place of any type that meets a condition."""
    fit = [each for each in places(resource) if where(each)]
    return random.choice(fit) if fit else None


def _places(owner: Json, type: str, depth: int) -> Iterator[Place]:
    for name, members in catalogue().members(type).items():
        for member in members:
            if member.key in owner:
                yield from _elements(
                    owner, member.key, _kind_of(member.type, type, name), (type, name, depth)
                )


def _elements(owner: Json, key: str, type: str, of: tuple[str, str, int]) -> Iterator[Place]:
    owner_type, name, depth = of
    values = owner[key]
    listed = enumerate(values) if isinstance(values, list) else [(None, values)]
    for index, value in listed:
        inner = (
            str(value.get("resourceType", ""))
            if type == "Resource" and isinstance(value, dict)
            else type
        )
        yield Place(owner, key, index, type, owner_type, name, depth + 1)
        if isinstance(value, dict):
            yield from _places(value, inner, 0 if type == "Resource" else depth + 1)


def _kind_of(type: str, owner_type: str, name: str) -> str:
    """Tells ids and the urls of extensions apart, which R4 types as the strings of FHIRPath."""
    if name == "id":
        is_resource = "." not in owner_type and "resource" in _kinds().get(owner_type, "")
        return "resource-id" if is_resource else "element-id"
    return "extension-url" if owner_type == "Extension" and name == "url" else type


@cache
def _kinds() -> dict[str, str]:
    return {name: str(definition.get("kind")) for name, definition in core_definitions().types()}
