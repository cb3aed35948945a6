"""The types of R4 and their members, read from the compiled definitions: the model that FHIRPath
navigates by.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.definitions.r4 import resource_types
from sandbox.definitions.store import Definitions
from sandbox.fhir.json import Json
from sandbox.fhirpath.nodes import Member, Members

SYSTEM_STRING = "http://hl7.org/fhirpath/System.String"
TYPE_URL = "http://hl7.org/fhir/StructureDefinition/"


class TypeCatalogue:
    """Answers which elements a type has; paths such as `Patient.contact` are types too."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._repeating: dict[str, frozenset[str]] = {}
        self._members: dict[str, Members] = {}
        self._lineages: dict[str, frozenset[str]] = {}

    def members(self, type: str) -> Members:
        """Returns, by element name, the JSON properties that can hold it; nothing for an unknown
        type.
        """
        known = self._members.get(type)
        if known is None:
            known = Members(self._read(type))
            if known:  # names that documents make up are not kept
                self._members[type] = known
        return known

    def is_a(self, type: str, ancestor: str) -> bool:
        """Tells whether a type is another or descends from it."""
        return type == ancestor or ancestor in self.lineage(type)

    def lineage(self, type: str) -> frozenset[str]:
        """Returns a type and the types that it descends from."""
        known = self._lineages.get(type)
        if known is None:
            known = frozenset(self.ancestors(type))
            if type in self._members:  # names that documents make up are not kept
                self._lineages[type] = known
        return known

    def ancestors(self, type: str) -> Iterator[str]:
        """Yields a type and the types that it descends from."""
        while type:
            yield type
            type = self._parent(type)

    def repeating(self, type: str) -> frozenset[str]:
        """Returns the elements of a type that can repeat, and so are lists in JSON."""
        if type not in self._repeating:
            definition = self._definitions.type_definition(type.split(".")[0]) or {"element": []}
            own = [
                e
                for e in definition["element"]
                if e["path"].rpartition(".")[0] == type and e.get("max") not in ("0", "1")
            ]
            self._repeating[type] = frozenset(
                e["path"].rpartition(".")[2].removesuffix("[x]") for e in own
            )
        return self._repeating[type]

    def summary(self, type: str) -> frozenset[str]:
        """Returns the elements of a resource type that its summary keeps (FHIR R4
        elementdefinition.html#isSummary).
        """
        definition = self._definitions.type_definition(type) or {"element": []}
        marked = [
            element["path"]
            for element in definition["element"]
            if element.get("isSummary") and element["path"].count(".") == 1
        ]
        return frozenset(path.partition(".")[2].removesuffix("[x]") for path in marked)

    def required(self, type: str) -> frozenset[str]:
        """Returns the elements of a resource type that must be there."""
        definition = self._definitions.type_definition(type) or {"element": []}
        needed = [
            element["path"]
            for element in definition["element"]
            if element.get("min") and element["path"].count(".") == 1
        ]
        return frozenset(path.partition(".")[2].removesuffix("[x]") for path in needed)

    def knows(self, type: str) -> bool:
        """Tells whether a type of that name exists."""
        return self._definitions.type_definition(type) is not None

    def _parent(self, type: str) -> str:
        if "." in type:
            return "BackboneElement" if type.split(".")[0] in resource_types() else "Element"
        definition = self._definitions.type_definition(type)
        base = definition.get("baseDefinition", "") if definition else ""
        return str(base).removeprefix(TYPE_URL)

    def _read(self, type: str) -> dict[str, tuple[Member, ...]]:
        definition = self._definitions.type_definition(type.split(".")[0])
        if definition is None:
            return {}
        members: dict[str, tuple[Member, ...]] = {}
        depth = type.count(".") + 1
        for element in definition["element"]:
            path = element["path"]
            if path.startswith(type + ".") and path.count(".") == depth:
                name = path.rpartition(".")[2]
                members[name.removesuffix("[x]")] = tuple(_members_of(element, name))
        return members


def _members_of(element: Json, name: str) -> list[Member]:
    # it has the members of the element that it points to (Questionnaire.item.item)
    if "contentReference" in element:
        return [Member(name, name, element["contentReference"].rpartition("#")[2])]
    codes = [str(entry["code"]) for entry in element.get("type", [])]
    if name.endswith("[x]"):
        stem = name[:-3]
        return [Member(stem + code[0].upper() + code[1:], stem, code) for code in codes]
    code = codes[0] if codes else "Element"
    if code in ("BackboneElement", "Element"):
        return [Member(name, name, element["path"])]
    return [Member(name, name, "string" if code == SYSTEM_STRING else code)]
