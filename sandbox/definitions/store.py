"""The definition store: compiled packages side by side, found by canonical URL, with or without version.

A compiled package is one compressed file, `NAME#VERSION.json.xz`; the core ones are committed, others live in the
user's data folder.  Several versions of one canonical stand beside each other.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.definitions.guides import guide_files, read_guide
from sandbox.definitions.stripping import strip
from sandbox.fhir.json import Json
from sandbox.settings import project_folder

CORE = Path(__file__).parent / "core"
SEEDS = project_folder() / "datasets" / "terminology"
CORE_PACKAGES = ("hl7.fhir.r4.core#4.0.1", "hl7.fhir.uv.ips#2.0.0", "hl7.terminology.r4#7.0.1")  # R4 gives the defaults
R4_TYPE = "http://hl7.org/fhir/StructureDefinition/"
KINDS = ("StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap")
Versions = list[tuple[str, Json]]


class Definitions:
    """Looks definitions up; the first package that brings a canonical gives the default version."""

    def __init__(self, resources: Iterable[Json], *, below: Definitions | None = None) -> None:
        """Reads compiled resources; what they do not bring is looked up in the definitions `below`."""
        self._below = below
        self._by_kind: dict[str, dict[str, Versions]] = {kind: {} for kind in KINDS}
        self._types: dict[str, Json] = {}
        for resource in resources:
            self._add(resource)

    def structure(self, canonical: str) -> Json | None:
        """Returns a StructureDefinition by `url` or `url|version`; part of a version is enough (`url|2.0`)."""
        return self._find("StructureDefinition", canonical)

    def value_set(self, canonical: str) -> Json | None:
        return self._find("ValueSet", canonical)

    def code_systems(self, canonical: str) -> list[Json]:
        """Returns all versions at hand of a code system, or those that `url|version` asks for."""
        return list(self._all("CodeSystem", canonical))

    def code_system_urls(self) -> Iterator[str]:
        """Yields the URL of every code system."""
        yield from self._by_kind["CodeSystem"]
        if self._below:
            yield from self._below.code_system_urls()

    def concept_maps(self) -> Iterator[Json]:
        """Yields every concept map."""
        for versions in self._by_kind["ConceptMap"].values():
            yield from (resource for _, resource in versions)
        if self._below:
            yield from self._below.concept_maps()

    def type_definition(self, name: str) -> Json | None:
        """Returns the definition of an R4 type by its name."""
        return self._types.get(name) or (self._below.type_definition(name) if self._below else None)

    def types(self) -> Iterator[tuple[str, Json]]:
        """Yields name and definition of every R4 type."""
        yield from self._types.items()
        if self._below:
            yield from self._below.types()

    def _find(self, kind: str, canonical: str) -> Json | None:
        return next(self._all(kind, canonical), None)

    def _all(self, kind: str, canonical: str) -> Iterator[Json]:
        url, _, wanted = canonical.partition("|")
        for version, resource in self._by_kind[kind].get(url, ()):
            if not wanted or version == wanted or version.startswith(wanted + "."):
                yield resource
        if self._below:
            yield from self._below._all(kind, canonical)

    def _add(self, resource: Json) -> None:
        url = resource.get("url")
        if not isinstance(url, str):
            return
        versions = self._by_kind[resource["resourceType"]].setdefault(url, [])
        versions.append((str(resource.get("version", "")), resource))
        if resource.get("derivation") != "constraint" and url == R4_TYPE + str(resource.get("type")):
            self._types.setdefault(str(resource["type"]), resource)


def read_compiled(file: Path) -> dict[str, Any]:
    """Returns a compiled package: name, version, integrity of its source, and its resources."""
    content: dict[str, Any] = json.loads(lzma.decompress(file.read_bytes()))
    return content


def compiled_bytes(name: str, version: str, source_integrity: str, resources: list[Json]) -> bytes:
    """Returns a compiled package as it stands in a file; the same input gives the same bytes."""
    content = {"name": name, "version": version, "integrity": source_integrity, "resources": resources}
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return lzma.compress(plain, preset=9 | lzma.PRESET_EXTREME)


@cache
def core_definitions() -> Definitions:
    """Returns what every installation knows: R4, IPS, what they need of THO, our guides and the terminology seeds."""
    return Definitions(core_resources())


def core_resources() -> Iterator[Json]:
    """Yields the compiled resources of the core; the first version of a canonical is its default."""
    for package in CORE_PACKAGES:
        yield from read_compiled(CORE / f"{package}.json.xz")["resources"]
    for file in guide_files():
        yield from read_guide(file)
    for file in sorted(SEEDS.glob("*.json")):
        stripped = strip(json.loads(file.read_text(encoding="utf-8")))
        if stripped is not None:
            yield stripped
