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

from sandbox.fhir.json import Json

CORE = Path(__file__).parent / "core"
CORE_PACKAGES = ("hl7.fhir.r4.core#4.0.1", "hl7.fhir.uv.ips#2.0.0", "hl7.terminology.r4#7.0.1")  # R4 gives the defaults
R4_TYPE = "http://hl7.org/fhir/StructureDefinition/"
Versions = list[tuple[str, Json]]


class Definitions:
    """Looks definitions up; the first package that brings a canonical gives the default version."""

    def __init__(self, resources: Iterable[Json]) -> None:
        self._by_kind: dict[str, dict[str, Versions]] = {"StructureDefinition": {}, "ValueSet": {}, "CodeSystem": {}}
        self._types: dict[str, Json] = {}
        for resource in resources:
            self._add(resource)

    def structure(self, canonical: str) -> Json | None:
        """Returns a StructureDefinition by `url` or `url|version`; part of a version is enough (`url|2.0`)."""
        return self._find("StructureDefinition", canonical)

    def value_set(self, canonical: str) -> Json | None:
        return self._find("ValueSet", canonical)

    def code_system(self, canonical: str) -> Json | None:
        return self._find("CodeSystem", canonical)

    def type_definition(self, name: str) -> Json | None:
        """Returns the definition of an R4 type by its name."""
        return self._types.get(name)

    def types(self) -> Iterator[tuple[str, Json]]:
        """Yields name and definition of every R4 type."""
        yield from self._types.items()

    def _find(self, kind: str, canonical: str) -> Json | None:
        url, _, wanted = canonical.partition("|")
        for version, resource in self._by_kind[kind].get(url, ()):
            if not wanted or version == wanted or version.startswith(wanted + "."):
                return resource
        return None

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
    """Returns the committed core, read once: R4, IPS and the part of THO that they need."""
    files = [CORE / f"{package}.json.xz" for package in CORE_PACKAGES]
    return Definitions(resource for file in files for resource in read_compiled(file)["resources"])
