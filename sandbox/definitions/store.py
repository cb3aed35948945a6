"""The definition store: packages side by side, definitions found by canonical URL, with or without
version.

Several versions of one canonical stand beside each other.  Without version the first one at hand
counts; inside a definition, the one that its own package means (`pinning`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from sandbox.definitions.compiled import TYPE_URL, Definition, Dependency, Manifest, read_compiled
from sandbox.definitions.guides import guide_files, read_guide
from sandbox.definitions.pinning import pinned
from sandbox.definitions.stripping import strip
from sandbox.fhir.json import Json
from sandbox.shipped import shipped

CORE = Path(__file__).parent / "core"
SEEDS = shipped("datasets") / "terminology"
CORE_PACKAGES = (  # the first that brings a canonical gives its default
    "hl7.fhir.r4.core#4.0.1",
    "hl7.fhir.uv.ips#2.0.0",
    "hl7.terminology.r4#7.0.1",
    "hl7.fhir.uv.ips#1.1.0",
)
R4_TYPE = TYPE_URL
KINDS = ("StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap")
ANY_VERSION_SERVES = frozenset({"hl7.fhir.r4.core", "hl7.terminology", "hl7.terminology.r4"})


class Definitions:
    """Looks definitions up; the first package that brings a canonical gives the default version."""

    def __init__(
        self, resources: Iterable[Json | Definition], *, below: Definitions | None = None
    ) -> None:
        """Takes compiled resources; what they do not bring is looked up in the definitions
        `below`.
        """
        self._below = below
        self._by_kind: dict[str, dict[str, list[Definition]]] = {kind: {} for kind in KINDS}
        self._types: dict[str, Definition] = {}
        self._pinned: dict[int, Json] = {}
        self.packages: dict[str, Manifest] = dict(below.packages) if below else {}
        for resource in resources:
            self._add(resource if isinstance(resource, Definition) else Definition.of(resource))

    def structure(self, canonical: str) -> Json | None:
        """Returns a StructureDefinition by `url` or `url|version`; part of a version is enough
        (`url|2.0`).
        """
        return self._find("StructureDefinition", canonical)

    def value_set(self, canonical: str) -> Json | None:
        return self._find("ValueSet", canonical)

    def code_systems(self, canonical: str) -> list[Json]:
        """Returns all versions at hand of a code system, or those that `url|version` asks for."""
        return [definition.content for definition in self._all("CodeSystem", canonical)]

    def code_system_urls(self) -> Iterator[str]:
        """Yields the URL of every code system."""
        yield from self._by_kind["CodeSystem"]
        if self._below:
            yield from self._below.code_system_urls()

    def concept_maps(self) -> Iterator[Json]:
        """Yields every concept map."""
        for versions in self._by_kind["ConceptMap"].values():
            yield from (definition.content for definition in versions)
        if self._below:
            yield from self._below.concept_maps()

    def structures(self) -> Iterator[Json]:
        """Yields every StructureDefinition, in all its versions."""
        for versions in self._by_kind["StructureDefinition"].values():
            yield from (definition.content for definition in versions)
        if self._below:
            yield from self._below.structures()

    def type_definition(self, name: str) -> Json | None:
        """Returns the definition of an R4 type by its name."""
        definition = self._types.get(name)
        return (
            definition.content
            if definition
            else self._below.type_definition(name)
            if self._below
            else None
        )

    def types(self) -> Iterator[tuple[str, Json]]:
        """Yields name and definition of every R4 type."""
        yield from ((name, definition.content) for name, definition in self._types.items())
        if self._below:
            yield from self._below.types()

    def package_of(self, canonical: str) -> Manifest | None:
        """Returns the package that brings a structure, or None where the structure is not at
        hand.
        """
        definition = next(self._all("StructureDefinition", canonical), None)
        return definition.package if definition else None

    def versions(self, url: str) -> list[str]:
        """Returns the versions of a structure at hand, the default first."""
        return list(
            dict.fromkeys(
                definition.version
                for definition in self._all("StructureDefinition", url)
                if definition.version
            )
        )

    def pin(self, kind: str, canonical: str, package: Manifest) -> str:
        """Returns a canonical with the version that a package means by it, where that is not the
        default.

        That is the package's own, else that of a package that it declares to build on.
        """
        if "|" in canonical or not package.name:
            return canonical
        versions = list(self._all(kind, canonical))
        # nearly all canonicals have one version: there is nothing to choose
        if len(versions) < 2:
            return canonical
        meant = _meant(versions, package)
        return (
            canonical
            if meant is versions[0] or not meant.version
            else f"{canonical}|{meant.version}"
        )

    def missing(self, package: Manifest) -> list[Dependency]:
        """Returns the packages that one declares to build on and that are not at hand in a version
        that serves.
        """
        at_hand = list(self.packages.values())
        return [
            dependency
            for dependency in package.dependencies
            if dependency.name not in ANY_VERSION_SERVES
            and not any(
                package.name == dependency.name and dependency.accepts(package.version)
                for package in at_hand
            )
        ]

    def _find(self, kind: str, canonical: str) -> Json | None:
        definition = next(self._all(kind, canonical), None)
        if definition is None:
            return None
        # by identity: two packages may bring one canonical, and mean other versions inside it
        key = id(definition)
        if key not in self._pinned:
            package = definition.package
            self._pinned[key] = pinned(
                definition.content, lambda kind, url: self.pin(kind, url, package)
            )
        return self._pinned[key]

    def _all(self, kind: str, canonical: str) -> Iterator[Definition]:
        url, _, wanted = canonical.partition("|")
        for definition in self._by_kind[kind].get(url, ()):
            version = definition.version
            if not wanted or version == wanted or version.startswith(wanted + "."):
                yield definition
        if self._below:
            yield from self._below._all(kind, canonical)

    def _add(self, definition: Definition) -> None:
        if definition.package.name:
            self.packages.setdefault(str(definition.package), definition.package)
        if not definition.url:
            return
        self._by_kind[definition.kind].setdefault(definition.url, []).append(definition)
        if definition.type:
            self._types.setdefault(definition.type, definition)


def _meant(versions: list[Definition], package: Manifest) -> Definition:
    """Returns the version that a package means: its own, a declared one, else the first."""
    for definition in versions:
        if str(definition.package) == str(package):
            return definition
    for dependency in package.dependencies:
        for definition in versions:
            if definition.package.name == dependency.name and dependency.accepts(
                definition.package.version
            ):
                return definition
    return versions[0]


@cache
def core_definitions() -> Definitions:
    """Returns what every installation knows: R4, IPS, what they need of THO, our guides and the
    terminology seeds.
    """
    return Definitions(core_resources())


def core_resources() -> Iterator[Definition]:
    """Yields the definitions of the core; the first version of a canonical is its default."""
    for package in CORE_PACKAGES:
        yield from read_compiled(CORE / f"{package}.json.xz").definitions
    for file in guide_files():
        yield from read_guide(file).definitions
    for file in sorted(SEEDS.glob("*.json")):
        stripped = strip(json.loads(file.read_text(encoding="utf-8")))
        if stripped is not None:
            yield Definition.of(stripped)
