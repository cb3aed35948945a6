"""Compiled packages: one compressed file each, an index in its first line and one definition in each line below.

A definition is read when it is asked for: a judgement needs a few dozen of the thousands that stand in the core.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from sandbox.fhir.json import Json

TYPE_URL = "http://hl7.org/fhir/StructureDefinition/"
Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package that another builds on; `canonical` is where its URLs begin, empty where nobody said so."""

    name: str
    version: str
    canonical: str = ""

    def __str__(self) -> str:
        return f"{self.name}#{self.version}"

    def accepts(self, version: str) -> bool:
        """Tells whether a version serves: the same, or one of `1.1.x` or `1.1`."""
        wanted = self.version.removesuffix(".x")
        return version == wanted or version.startswith(wanted + ".")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package says of itself; `globals` are the profiles that it asks of every instance of a type."""

    name: str
    version: str
    integrity: str = ""
    dependencies: tuple[Dependency, ...] = ()
    globals: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.name}#{self.version}"


UNPACKED = Manifest("", "")


@dataclass(eq=False, slots=True)
class Definition:
    """A compiled resource with the package that brings it; `type` is set for the definition of a type of R4."""

    kind: str
    url: str
    version: str
    type: str
    package: Manifest = UNPACKED
    line: bytes = b""
    _content: Json = field(default_factory=dict)

    @classmethod
    def of(cls, resource: Json, package: Manifest = UNPACKED) -> Definition:
        """Returns a resource that is already read as a definition."""
        kind, url, version, type = _row(resource)
        return cls(kind, url, version, type, package, _content=resource)

    @property
    def content(self) -> Json:
        """The resource, read at the first look."""
        if not self._content:
            self._content = orjson.loads(self.line)
        return self._content


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled package."""

    manifest: Manifest
    definitions: tuple[Definition, ...]


def read_compiled(file: Path) -> Compiled:
    """Returns a compiled package; also one that an earlier release wrote as a single object."""
    first, *lines = lzma.decompress(file.read_bytes()).split(b"\n")
    head: dict[str, Any] = orjson.loads(first)
    manifest = Manifest(
        head["name"],
        head["version"],
        head["integrity"],
        tuple(Dependency(*row) for row in head.get("dependencies", ())),
        tuple((type, profile) for type, profile in head.get("globals", ())),
    )
    if "resources" in head:
        return Compiled(manifest, tuple(Definition.of(one, manifest) for one in head["resources"]))
    rows: list[Row] = head["index"]
    definitions = (Definition(*row, manifest, line) for row, line in zip(rows, lines, strict=True))
    return Compiled(manifest, tuple(definitions))


def compiled_bytes(manifest: Manifest, resources: Iterable[Json]) -> bytes:
    """Returns a compiled package as it stands in a file; the same input gives the same bytes."""
    kept = [resource for resource in resources if isinstance(resource.get("url"), str)]
    head = {
        "name": manifest.name,
        "version": manifest.version,
        "integrity": manifest.integrity,
        "dependencies": [[one.name, one.version, one.canonical] for one in manifest.dependencies],
        "globals": [list(pair) for pair in manifest.globals],
        "index": [_row(resource) for resource in kept],
    }
    return lzma.compress(b"\n".join(_lines([head, *kept])), preset=9 | lzma.PRESET_EXTREME)


def _lines(objects: Iterable[Json]) -> Iterator[bytes]:
    for one in objects:
        yield json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()


def _row(resource: Json) -> Row:
    """Returns what finds a definition: kind, url, version, and the name of the R4 type that it defines, if any."""
    url, type = str(resource.get("url", "")), str(resource.get("type", ""))
    is_type = resource.get("derivation") != "constraint" and url == TYPE_URL + type
    return str(resource["resourceType"]), url, str(resource.get("version", "")), type if is_type else ""
