"""Sorts resources into the sections of an International Patient Summary, by the table
`sections.toml`.  Pure.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json

ABSENT_UNKNOWN = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
TABLE = Path(__file__).parent / "sections.toml"


@dataclass(frozen=True, slots=True)
class Taking:
    """One kind of resource that a section takes; an empty text among the wanted codes lets the
    element be absent.
    """

    type: str
    wanted: Mapping[str, frozenset[str]]
    unwanted: Mapping[str, frozenset[str]]

    def takes(self, resource: Json) -> bool:
        """Tells whether a resource is of the kind."""
        if resource.get("resourceType") != self.type:
            return False
        for name, codes in self.wanted.items():
            # "" stands for a resource that does not say: the table decides whether it is taken
            if not codes & (codes_of(resource.get(name)) or {""}):
                return False
        return not any(
            codes & codes_of(resource.get(name)) for name, codes in self.unwanted.items()
        )


@dataclass(frozen=True, slots=True)
class Absent:
    """The entry by which a section says that nothing is known (IPS 1.1.0 CodeSystem
    absent-unknown-uv-ips).

    Attributes:
        element: The element that holds the code.
        subject: The element that refers to the patient.
        resource: The rest of it.
    """

    code: str
    display: str
    element: str
    subject: str
    resource: Json

    def entry(self, patient: str, text: str) -> Json:
        """Returns the resource about the patient of a reference, its code in words for people."""
        coding = {"system": ABSENT_UNKNOWN, "code": self.code, "display": self.display}
        return {
            **self.resource,
            "id": self.code,
            self.element: {"coding": [coding], "text": text},
            self.subject: {"reference": patient},
        }


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the IPS Composition with its LOINC code; the required ones are there even
    without entries.
    """

    name: str
    code: str
    display: str
    is_required: bool
    takings: tuple[Taking, ...]
    absent: Absent | None = None


@cache
def sections() -> tuple[Section, ...]:
    """Returns the sections in the order of the document (IPS 2.0.0 Composition.section)."""
    with TABLE.open("rb") as file:
        rows = tomllib.load(file)["section"]
    return tuple(map(_section, rows))


def sort_into_sections(resources: Sequence[Json]) -> dict[str, list[Json]]:
    """Returns the resources of each section by its name; a resource stands in the first section
    that takes it.
    """
    by_section: dict[str, list[Json]] = {section.name: [] for section in sections()}
    by_type: dict[str, list[tuple[str, Taking]]] = {}
    for section in sections():
        for taking in section.takings:
            by_type.setdefault(taking.type, []).append((section.name, taking))
    for resource in resources:
        for name, taking in by_type.get(str(resource.get("resourceType")), ()):
            if taking.takes(resource):
                by_section[name].append(resource)
                break
    return by_section


def _section(row: Mapping[str, Any]) -> Section:
    return Section(
        row["name"],
        row["code"],
        row["display"],
        row.get("required", False),
        tuple(map(_taking, row["take"])),
        Absent(**row["absent"]) if "absent" in row else None,
    )


def _taking(row: Mapping[str, Any]) -> Taking:
    wanted, unwanted = (
        {name: frozenset(codes) for name, codes in row.get(word, {}).items()}
        for word in ("with", "without")
    )
    return Taking(row["type"], wanted, unwanted)
