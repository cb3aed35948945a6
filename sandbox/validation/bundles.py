"""The entries of a Bundle as references find them (FHIR R4 bundle.html#references), each looked up
at once.

Two versions of one resource may stand in a Bundle under one fullUrl (bdl-7): `meta.versionId` tells
them apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from sandbox.fhir.json import Json, as_list
from sandbox.fhir.references import parse_reference
from sandbox.fhirpath import Node


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource in a Bundle with its address, which may be empty, and its place."""

    full_url: str
    node: Node
    path: str

    @property
    def version(self) -> str:
        """The `meta.versionId`, or an empty text."""
        meta = self.node.value.get("meta")
        return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


@dataclass
class Bundle:
    """The Bundle around a resource."""

    value: Json
    _found: dict[tuple[str, str], list[Node]] = field(default_factory=dict)

    @cached_property
    def entries(self) -> list[Entry]:
        """The entries that hold a resource."""
        entries = []
        for index, entry in enumerate(as_list(self.value.get("entry"))):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                full_url = entry.get("fullUrl")
                node = Node(resource, str(resource.get("resourceType")))
                address = full_url if isinstance(full_url, str) else ""
                entries.append(Entry(address, node, f"Bundle.entry[{index}].resource"))
        return entries

    def find(self, reference: str, full_url: str) -> Node | None:
        """Returns the first target of `find_all`; a fragment leads on to what the target
        contains.
        """
        targets = self.find_all(reference, full_url)
        if not targets:
            return None
        fragment = reference.partition("#")[2]
        for contained in as_list(targets[0].value.get("contained")) if fragment else ():
            if isinstance(contained, dict) and contained.get("id") == fragment:
                return Node(contained, str(contained.get("resourceType")))
        return targets[0]

    def find_all(self, reference: str, full_url: str) -> list[Node]:
        """Returns the targets of a reference that stands in the entry of that fullUrl.

        Several: the reference names no version, and the Bundle holds more than one.
        """
        key = (reference, full_url)
        targets = self._found.get(key)
        if targets is None:
            url, _, version = reference.partition("#")[0].partition("/_history/")
            entries = self._look_up(url, full_url)
            targets = [entry.node for entry in entries if not version or entry.version == version]
            self._found[key] = targets
        return targets

    def namesake(self, type: str, id: str) -> str:
        """Returns the fullUrl of an entry that has this type and id, or an empty text."""
        return next(
            (entry.full_url for entry in self._by_identity.get((type, id), ()) if entry.full_url),
            "",
        )

    def meant_by(self, reference: str) -> list[Node]:
        """Returns the entries with the type and id that a reference names in any style, or with its
        id alone.
        """
        *_, type, id = [
            "",
            *re.split(r"[/:]", reference.partition("#")[0].partition("/_history/")[0]),
        ]
        alike = self._by_identity.get((type, id)) or [] if type else []
        return [entry.node for entry in alike or self._by_id.get(id, [])]

    def path_of(self, node: Node) -> str:
        """Returns where a resource stands in the Bundle, or `?` for one that is no entry."""
        entry = self._by_value.get(id(node.value))
        return entry.path if entry and entry.node.value is node.value else "?"

    def entry_of(self, node: Node) -> Entry | None:
        """Returns the entry whose resource, or a resource contained in it, a node is."""
        return self._by_value.get(id(node.value))

    def _look_up(self, url: str, full_url: str) -> list[Entry]:
        literal = parse_reference(url)
        if literal is None or literal.base:
            return self._by_url.get(url, [])
        around = parse_reference(full_url)
        if around and around.base:
            return self._by_url.get(f"{around.base}/{url}", [])
        entries = self._by_ending.get(url, [])
        return entries if len({entry.full_url for entry in entries}) == 1 else []

    @cached_property
    def _by_url(self) -> dict[str, list[Entry]]:
        entries = defaultdict(list)
        for entry in self.entries:
            if entry.full_url:
                entries[entry.full_url].append(entry)
        return dict(entries)

    @cached_property
    def _by_ending(self) -> dict[str, list[Entry]]:
        """Entries by the last two segments of their fullUrl, `Type/id`."""
        entries = defaultdict(list)
        for entry in self.entries:
            if entry.full_url.count("/") > 1:
                entries["/".join(entry.full_url.split("/")[-2:])].append(entry)
        return dict(entries)

    @cached_property
    def _by_identity(self) -> dict[tuple[str, str], list[Entry]]:
        entries = defaultdict(list)
        for entry in self.entries:
            if "id" in entry.node.value:
                entries[entry.node.type, str(entry.node.value["id"])].append(entry)
        return dict(entries)

    @cached_property
    def _by_id(self) -> dict[str, list[Entry]]:
        alike: dict[str, list[Entry]] = defaultdict(list)
        for (_, own), entries in self._by_identity.items():
            alike[own] += entries
        return dict(alike)

    @cached_property
    def _by_value(self) -> dict[int, Entry]:
        """Entries by the identity of their resource and of those that it contains."""
        entries = {}
        for entry in self.entries:
            for contained in as_list(entry.node.value.get("contained")):
                entries[id(contained)] = entry
            entries[id(entry.node.value)] = entry
        return entries
