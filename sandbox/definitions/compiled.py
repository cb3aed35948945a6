"""Compiled packages: one compressed file each, an index in its first line and one definition in
each line below.

A judgement needs a few dozen of the thousands that stand in the core.  So the lines are compressed
in blocks, one xz stream each, that are unpacked when one of their definitions is asked for; `xz
-dc` shows the whole text.
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
BLOCK_BYTES = 1 << 15  # of text; larger ones make a smaller file and a slower first judgement
# a dictionary larger than a block would only cost memory at each unpacking
PACKING = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 20}]


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package that another builds on; `canonical` is where its URLs begin, empty where nobody
    said so.
    """

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
    """What a package says of itself; `globals` are the profiles that it asks of every instance of a
    type.
    """

    name: str
    version: str
    integrity: str = ""
    dependencies: tuple[Dependency, ...] = ()
    globals: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.name}#{self.version}"


UNPACKED = Manifest("", "")


@dataclass(eq=False, slots=True)
class Block:
    """Lines that were compressed together, unpacked at the first look."""

    packed: bytes
    _lines: list[bytes] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Tells whether it was unpacked already."""
        return bool(self._lines)

    @property
    def lines(self) -> list[bytes]:
        """The definitions as JSON, a line each."""
        if not self._lines:
            self._lines = lzma.decompress(self.packed).split(b"\n")
        return self._lines


READ = Block(b"")


@dataclass(eq=False, slots=True)
class Definition:
    """A compiled resource with the package that brings it; `type` is set for the definition of a
    type of R4.
    """

    kind: str
    url: str
    version: str
    type: str
    package: Manifest = UNPACKED
    block: Block = READ
    position: int = 0
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
            self._content = orjson.loads(self.block.lines[self.position])
        return self._content


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled package."""

    manifest: Manifest
    definitions: tuple[Definition, ...]


def read_compiled(file: Path) -> Compiled:
    """Returns a compiled package; also one that an earlier release wrote as one block, or as a
    single object.
    """
    stream = lzma.LZMADecompressor()
    # the first stream alone; the others stay packed behind it, in `unused_data`
    first, *lines = stream.decompress(file.read_bytes()).split(b"\n")
    head: dict[str, Any] = orjson.loads(first)
    manifest = Manifest(
        head["name"],
        head["version"],
        head["integrity"],
        tuple(Dependency(*row) for row in head.get("dependencies", ())),
        tuple((type, profile) for type, profile in head.get("globals", ())),
    )
    if "resources" in head:
        return Compiled(
            manifest, tuple(Definition.of(resource, manifest) for resource in head["resources"])
        )
    rows: list[Row] = head["index"]
    places = (
        _places(head["blocks"], stream.unused_data)
        if "blocks" in head
        else _lines_of(Block(b"", lines), len(rows))
    )
    definitions = (
        Definition(*row, manifest, *place) for row, place in zip(rows, places, strict=True)
    )
    return Compiled(manifest, tuple(definitions))


def _places(sizes: Iterable[tuple[int, int]], packed: bytes) -> Iterator[tuple[Block, int]]:
    """Yields block and position of each definition; the sizes of a block are its bytes and its
    definitions.
    """
    begin = 0
    for length, count in sizes:
        yield from _lines_of(Block(packed[begin : begin + length]), count)
        begin += length


def _lines_of(block: Block, count: int) -> Iterator[tuple[Block, int]]:
    for position in range(count):
        yield block, position


def compiled_bytes(manifest: Manifest, resources: Iterable[Json]) -> bytes:
    """Returns a compiled package as it stands in a file; the same input gives the same bytes."""
    kept = [resource for resource in resources if isinstance(resource.get("url"), str)]
    blocks = [(_packed(lines), len(lines)) for lines in _blocks(map(_line, kept))]
    head = {
        "name": manifest.name,
        "version": manifest.version,
        "integrity": manifest.integrity,
        "dependencies": [
            [dependency.name, dependency.version, dependency.canonical]
            for dependency in manifest.dependencies
        ],
        "globals": [list(pair) for pair in manifest.globals],
        "blocks": [(len(packed), count) for packed, count in blocks],
        "index": [_row(resource) for resource in kept],
    }
    return b"".join([_packed([_line(head)]), *(packed for packed, _ in blocks)])


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yields lines in groups of some size; a line that is larger stands alone."""
    block: list[bytes] = []
    size = 0
    for line in lines:
        if block and size + len(line) > BLOCK_BYTES:
            yield block
            block = []
            size = 0
        block.append(line)
        size += len(line)
    if block:
        yield block


def _packed(lines: Iterable[bytes]) -> bytes:
    return lzma.compress(b"".join(lines), check=lzma.CHECK_CRC32, filters=PACKING)


def _line(definition: Json) -> bytes:
    return json.dumps(definition, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _row(resource: Json) -> Row:
    """Returns what finds a definition: kind, url, version, and the name of the R4 type that it
    defines, if any.
    """
    url = str(resource.get("url", ""))
    type = str(resource.get("type", ""))
    is_type = resource.get("derivation") != "constraint" and url == TYPE_URL + type
    return (
        str(resource["resourceType"]),
        url,
        str(resource.get("version", "")),
        type if is_type else "",
    )
