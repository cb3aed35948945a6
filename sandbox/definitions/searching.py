"""Compiles `search_parameters.json`, with the list of resource types, from the R4 conformance package (see `build`)."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "search_parameters.json"
KINDS = {"string", "token", "date", "reference", "uri", "number", "quantity"}
ABSTRACT = {"Resource", "DomainResource"}
SOUNDS_LIKE = "phonetic"  # a plain string match would be a wrong answer

# One alternative of an expression: Type.path, (Type.path as X), Type.path.as(X), Type.path.where(resolve() is X)
SHAPE = re.compile(
    r"^\(?(?P<type>[A-Z]\w*)\.(?P<path>\w+(?:\.\w+)*?)"
    r"(?:(?: as |\.as\()(?P<as>\w+)\)?|\.where\(resolve\(\) is (?P<target>\w+)\)"
    r"|\.where\((?P<key>\w+)='(?P<value>[\w-]+)'\)(?P<rest>(?:\.\w+)*))?\)?$"
)


def write_search_parameters(package: Path) -> None:
    """Writes the table from the SearchParameters and StructureDefinitions of a package; same package, same bytes."""
    parameters: dict[str, dict[str, Any]] = {}
    types: set[str] = set()
    datatypes: set[str] = set()
    left_out: list[str] = []
    with tarfile.open(package) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            name = member.name.rpartition("/")[2]
            if not name.startswith(("SearchParameter-", "StructureDefinition-")):
                continue
            stream = archive.extractfile(member)
            if stream is None:
                continue
            definition = json.load(stream)
            if definition["resourceType"] == "SearchParameter":
                left_out += _add_parameter(parameters, definition)
            elif definition.get("derivation") == "specialization" and not definition.get("abstract"):
                (types if definition["kind"] == "resource" else datatypes).add(definition["id"])
    content = {
        "source": "hl7.fhir.r4.examples 4.0.1, CC0-1.0",
        "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "resource_types": sorted(types - ABSTRACT),
        "datatypes": sorted(name[0].upper() + name[1:] for name in datatypes),
        "left_out": sorted(left_out),
        "parameters": {base: dict(sorted(rows.items())) for base, rows in sorted(parameters.items())},
    }
    TARGET.write_text(_one_row_a_line(content), encoding="utf-8")


def _add_parameter(parameters: dict[str, dict[str, Any]], definition: dict[str, Any]) -> list[str]:
    """Adds a row for each base type; returns the ids of what the shapes above cannot express."""
    code, kind = definition["code"], definition["type"]
    if code.startswith("_") or kind not in KINDS or "-extensions-" in definition["id"]:
        return []
    if code == SOUNDS_LIKE:
        return [definition["id"]]
    rows: dict[str, list[str]] = {}
    for part in definition.get("expression", "").split("|"):
        shape = SHAPE.match(part.strip())
        if shape is None:
            return [definition["id"]]
        rows.setdefault(shape["type"], []).append(_path_of(shape))
    for base, paths in rows.items():
        row: dict[str, Any] = {"kind": kind, "paths": paths}
        if kind == "reference":
            targets = definition.get("target", [])
            row["targets"] = ["*"] if len(targets) > 100 else targets
        parameters.setdefault(base, {})[code] = row
    return []


def _path_of(shape: re.Match[str]) -> str:
    """Writes `path`, `path:Type` (choice), `path>Type` (target of a reference) or `path[key=value].rest`."""
    if shape["as"]:
        return f"{shape['path']}:{shape['as'][0].upper()}{shape['as'][1:]}"
    if shape["target"]:
        return f"{shape['path']}>{shape['target']}"
    if shape["key"]:
        return f"{shape['path']}[{shape['key']}={shape['value']}]{shape['rest']}"
    return str(shape["path"])


def _one_row_a_line(content: dict[str, Any]) -> str:
    lines = ["{"]
    for name, value in content.items():
        if name != "parameters":
            lines.append(f"{json.dumps(name)}: {json.dumps(value)},")
    lines.append('"parameters": {')
    blocks = []
    for base, rows in content["parameters"].items():
        inner = ",\n".join(f"  {json.dumps(code)}: {json.dumps(row)}" for code, row in rows.items())
        blocks.append(f"{json.dumps(base)}: {{\n{inner}\n}}")
    lines.append(",\n".join(blocks))
    lines.append("}}")
    return "\n".join(lines) + "\n"
