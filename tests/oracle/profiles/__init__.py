"""Profiles with instances whose answer is known from the text of profiling.html and elementdefinition.html alone.

Each TOML file is a topic.  A `[[profile]]` gives its elements as JSON (a differential; `path` and `sliceName` follow
from the id), `given` as the instance that all start from, and under `right` and `wrong` what each instance changes in
it: a JSON merge patch (RFC 7396), so that null removes.  `more` brings further definitions, without them stated twice.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.fhir.json import Json

FOLDER = Path(__file__).parent
CANONICAL = "https://oracle.test/StructureDefinition/"
R4 = "http://hl7.org/fhir/StructureDefinition/"
SLICE = re.compile(r":[^.]+")


@dataclass(frozen=True, slots=True)
class ProfileCase:
    """An instance, the profile it is judged by ("" where only its own claims count), and the answer by a clause.

    `is_guide`: its definitions hold an ImplementationGuide that speaks of other cases too, so they stand apart.
    """

    id: str
    topic: str
    clause: str
    profile: str
    definitions: tuple[Json, ...]
    resource: Json
    is_valid: bool
    is_guide: bool


def cases() -> list[ProfileCase]:
    """Returns every case, in the order of the files."""
    return [case for topic, row in _rows() for case in _cases_of(topic, row)]


def definitions(*, with_guide: bool) -> Iterator[Json]:
    """Yields the definitions of the cases with an ImplementationGuide, or of the others."""
    seen: set[str] = set()
    for case in cases():
        if case.is_guide == with_guide:
            fresh = [one for one in case.definitions if one["url"] not in seen]
            seen.update(one["url"] for one in fresh)
            yield from fresh


@cache
def _rows() -> tuple[tuple[str, dict[str, Any]], ...]:
    files = sorted(FOLDER.glob("*.toml"))
    return tuple(
        (file.stem, row)
        for file in files
        for row in tomllib.loads(file.read_text("utf-8"))["profile"]
    )


def _cases_of(topic: str, row: dict[str, Any]) -> Iterator[ProfileCase]:
    more = json.loads(row.get("more", "[]"))
    structures = (
        _structure(row),
        *(one if "resourceType" in one else _structure(one) for one in more),
    )
    is_guide = any(one["resourceType"] == "ImplementationGuide" for one in structures)
    judged_by = row.get("judged_by", "" if is_guide else CANONICAL + row["id"])
    given = json.loads(row["given"])
    for side in ("right", "wrong"):
        for number, patch in enumerate(row.get(side, []), start=1):
            yield ProfileCase(
                f"{row['id']} {side} {number}", topic, row["clause"], judged_by, structures,
                _patched(given, json.loads(patch)), side == "right", is_guide,
            )  # fmt: skip


def _structure(row: dict[str, Any]) -> Json:
    """Builds a profile of a type, or of another profile in `base`; one of Extension says where it may stand."""
    type = row["type"]
    elements = row.get("elements", "[]")
    listed = json.loads(elements) if isinstance(elements, str) else elements
    is_complex = type[0].isupper() and row.get("kind", "resource") == "complex-type"
    structure = {
        "resourceType": "StructureDefinition",
        "url": CANONICAL + row["id"],
        "version": "1.0.0",
        "name": re.sub(r"\W", "", row["id"].title()),
        "status": "active",
        "fhirVersion": "4.0.1",
        "kind": "complex-type" if is_complex else "resource",
        "abstract": row.get("abstract", False),
        "type": type,
        "baseDefinition": row.get("base", R4 + type),
        "derivation": "constraint",
        "differential": {"element": [_element(one) for one in listed]},
    }
    if type == "Extension":
        anywhere = [{"type": "element", "expression": "Element"}]
        structure["context"] = row.get("context", anywhere)
        structure |= {name: row[name] for name in ("contextInvariant",) if name in row}
    return structure


def _element(element: Json) -> Json:
    last = element["id"].rpartition(".")[2]
    named = {"id": element["id"], "path": element.get("path", SLICE.sub("", element["id"]))}
    if ":" in last:
        named["sliceName"] = last.partition(":")[2]
    return named | element


def _patched(value: Any, patch: Any) -> Any:
    """Applies a JSON merge patch."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            merged.pop(name, None)
        else:
            merged[name] = _patched(merged.get(name), change)
    return merged
