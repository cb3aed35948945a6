"""Minimal resources: for each rule of eight pages of R4 one resource that keeps it and one that breaks it, as text."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent
CARRIER = (
    '{"resourceType":"Basic","code":{"text":"probe"},'
    '"extension":[{"url":"http://fhir.salud.test/StructureDefinition/probe","%s":%s}]}'
)
PAGES = (
    "datatypes",
    "references",
    "json",
    "xml",
    "narrative",
    "extensibility",
    "bundle",
    "documents",
)
Severity = Literal["error", "warning", "ok", "unknown"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a page, with a resource for and one against it; text that starts with `<` is XML, the rest JSON."""

    id: str
    clause: str
    right: str
    wrong: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Value:
    """A rule of a data type, with a value for and one against it, both as JSON text."""

    fault: str
    clause: str
    type: str
    right: str
    wrong: str
    severity: Severity = "error"

    @property
    def property(self) -> str:
        """The property of an extension that carries the type."""
        return "value" + self.type[0].upper() + self.type[1:]


@cache
def rules() -> tuple[Rule, ...]:
    """Returns every rule, those of the data types carried by an extension of a Basic."""
    carried = [
        Rule(
            id=f"datatypes-{each.type}-{each.fault.replace(' ', '-')}",
            clause=each.clause,
            right=CARRIER % (each.property, each.right),
            wrong=CARRIER % (each.property, each.wrong),
            severity=each.severity,
        )
        for each in values()
    ]
    return (*carried, *(Rule(**row) for page in PAGES for row in _read(f"{page}.toml")))


@cache
def values() -> tuple[Value, ...]:
    """Returns the rules of the data types."""
    return tuple(Value(**row) for row in _read("values.toml"))


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads((FOLDER / name).read_text())["rules"]
    return rows
