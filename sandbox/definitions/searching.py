"""Compiles `search_parameters.json`, with the list of resource types, from the R4 conformance
package (see `build`).
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "search_parameters.json"
KINDS = {"string", "token", "date", "reference", "uri", "number", "quantity", "composite"}
COMPARTMENT = "http://hl7.org/fhir/compartmentdefinition/"
ABSTRACT = {"Resource", "DomainResource"}
SOUNDS_LIKE = "phonetic"  # a plain string match would be a wrong answer
# Expressions that no shape below fits, as paths.
BY_HAND = {
    "Bundle-composition": {"Bundle": ["entry[0].resource"]},
    "Bundle-message": {"Bundle": ["entry[0].resource"]},
    "InsurancePlan-name": {"InsurancePlan": ["name", "alias"]},
    "Observation-value-string": {"Observation": ["value:String", "value:CodeableConcept.text"]},
    "Patient-deceased": {"Patient": ["deceased?"]},
}
# R4 has the expressions of these components the other way round than the parameters that they name.
PARTS_BY_HAND = {"DocumentReference-relationship": ("target", "code")}
# A component of a composite parameter: `code`, `value.as(Quantity)`,
# `%resource.referenceSeq.chromosome`
PART = re.compile(r"^(?P<resource>%resource\.)?(?P<path>\w+(?:\.\w+)*?)(?:\.as\((?P<as>\w+)\))?$")

# One alternative of an expression: Type.path, (Type.path as X), Type.path.as(X),
# Type.path.where(resolve() is X)
SHAPE = re.compile(
    r"^\(?(?P<type>[A-Z]\w*)\.(?P<path>\w+(?:\.\w+)*?)"
    r"(?:(?: as |\.as\()(?P<as>\w+)\)?|\.where\(resolve\(\) is (?P<target>\w+)\)"
    r"|\.where\((?P<key>\w+)='(?P<value>[\w-]+)'\)(?P<rest>(?:\.\w+)*))?\)?$"
)


def write_search_parameters(package: Path) -> None:
    """Writes the table from the SearchParameters and StructureDefinitions of a package; same
    package, same bytes.
    """
    parameters: dict[str, dict[str, Any]] = {}
    definitions: list[dict[str, Any]] = []
    compartments: dict[str, dict[str, list[str]]] = {}
    types: set[str] = set()
    datatypes: set[str] = set()
    left_out: list[str] = []
    for definition in _definitions_in(package):
        if definition["resourceType"] == "SearchParameter":
            definitions.append(definition)
        elif definition["resourceType"] == "CompartmentDefinition":
            # the package has examples of compartments too; only FHIR's own carry its address
            if definition["url"].lower() == COMPARTMENT + definition["code"].lower():
                compartments[definition["code"]] = _members(definition)
        elif _is_concrete(definition):
            (types if definition["kind"] == "resource" else datatypes).add(definition["id"])
    by_url = {definition["url"]: definition for definition in definitions}
    for definition in definitions:
        left_out += _add_parameter(parameters, definition, by_url)
    content = {
        "source": "hl7.fhir.r4.examples 4.0.1, CC0-1.0",
        "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "resource_types": sorted(types - ABSTRACT),
        "datatypes": sorted(name[0].upper() + name[1:] for name in datatypes),
        "left_out": sorted(left_out),
        "compartments": compartments,
        "parameters": {
            base: dict(sorted(rows.items())) for base, rows in sorted(parameters.items())
        },
    }
    TARGET.write_text(_one_row_a_line(content), encoding="utf-8")


def _definitions_in(package: Path) -> Iterator[dict[str, Any]]:
    """Yields the definitions that the table is made of, in the order of their file names."""
    wanted = ("SearchParameter-", "StructureDefinition-", "CompartmentDefinition-")
    with tarfile.open(package) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            if not member.name.rpartition("/")[2].startswith(wanted):
                continue
            stream = archive.extractfile(member)
            if stream is not None:
                yield json.load(stream)


def _is_concrete(definition: dict[str, Any]) -> bool:
    return definition.get("derivation") == "specialization" and not definition.get("abstract")


def _add_parameter(
    parameters: dict[str, dict[str, Any]], definition: dict[str, Any], by_url: dict[str, Any]
) -> list[str]:
    """Adds a row for each base type; returns the ids of what the shapes above cannot express."""
    code = definition["code"]
    kind = definition["type"]
    # `_id` and its like are the server's own; those of extensions are examples of the specification
    if code.startswith("_") or kind not in KINDS or "-extensions-" in definition["id"]:
        return []
    if code == SOUNDS_LIKE:
        return [definition["id"]]
    rows = BY_HAND.get(definition["id"]) or _paths(definition.get("expression", ""))
    if not rows:
        return [definition["id"]]
    for base, paths in rows.items():
        row: dict[str, Any] = {"kind": kind, "paths": paths}
        if kind == "reference":
            targets = definition.get("target", [])
            # `Any` is published as the list of all types
            row["targets"] = ["*"] if len(targets) > 100 else targets
        if kind == "composite":
            expressions = PARTS_BY_HAND.get(definition["id"]) or [
                component["expression"] for component in definition["component"]
            ]
            parts = zip(definition["component"], expressions, strict=True)
            row["parts"] = [
                _part(by_url[part["definition"]], expression) for part, expression in parts
            ]
        parameters.setdefault(base, {})[code] = row
    return []


def _members(definition: dict[str, Any]) -> dict[str, list[str]]:
    """Returns by which parameters each type is in a compartment; the resource itself, `{def}`, by
    its id.
    """
    members = {member["code"]: member.get("param", []) for member in definition["resource"]}
    return {
        type: ["_id" if code == "{def}" else code for code in codes]
        for type, codes in sorted(members.items())
        if codes
    }


def _paths(expression: str) -> dict[str, list[str]]:
    """Returns the paths of each type; nothing when one alternative has none of the shapes."""
    rows: dict[str, list[str]] = {}
    for part in expression.split("|"):
        text = part.strip()
        shape = SHAPE.match(text)
        if shape is None and not re.fullmatch(r"[A-Z]\w*", text):
            return {}
        rows.setdefault(shape["type"] if shape else text, []).append(
            _path_of(shape) if shape else ""
        )
    return rows


def _part(definition: dict[str, Any], expression: str) -> dict[str, Any]:
    """Writes a component as kind and paths below the element; a path with `/` begins at the
    resource.
    """
    paths = []
    for alternative in expression.split("|"):
        shape = PART.match(alternative.strip())
        if shape is None:
            raise ValueError(f"not a component: {expression}")
        wanted = f":{shape['as'][0].upper()}{shape['as'][1:]}" if shape["as"] else ""
        paths.append(("/" if shape["resource"] else "") + shape["path"] + wanted)
    part: dict[str, Any] = {"kind": definition["type"], "paths": paths}
    if "target" in definition:
        part["targets"] = definition["target"]
    return part


def _path_of(shape: re.Match[str]) -> str:
    """Writes `path`, `path:Type` (choice), `path>Type` (target of a reference) or
    `path[key=value].rest`.

    By hand also `entry[0]`, the first one, and `deceased?`, whether it is there and not false.
    """
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
