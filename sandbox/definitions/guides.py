"""Guides that this project writes itself from published facts: profiles as differentials, in TOML.

A row is an element; its `id` stands below the profile's type.  Short words: `to` (targets of a
reference), `profile`, `required` and the other strengths (binding), `slicing` (discriminators
`type:path`) with `rules`, `rule` (an invariant: key, FHIRPath, sentence).  A name is looked up in
the same guide, by its prefix (`ips:`), then among the types of R4.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.definitions.compiled import Compiled, Definition, Dependency, Manifest
from sandbox.fhir.json import Json

GUIDES = Path(__file__).parent / "guides"
R4 = "http://hl7.org/fhir/StructureDefinition/"
STRENGTHS = ("required", "extensible", "preferred", "example")
AS_THEY_ARE = ("min", "max", "rules")


def guide_files() -> list[Path]:
    """Returns the guides, one file each, `NAME#VERSION.toml`."""
    return sorted(GUIDES.glob("*.toml"))


def read_guide(file: Path) -> Compiled:
    """Returns a guide as a compiled package.

    Raises:
        KeyError: A row has a word that is not understood.
    """
    with file.open("rb") as opened:
        content = tomllib.load(opened)
    name, _, version = file.stem.partition("#")
    dependencies = tuple(Dependency(*row) for row in content.get("dependencies", {}).items())
    manifest = Manifest(name, version, dependencies=dependencies)
    return Compiled(
        manifest,
        tuple(Definition.of(resource, manifest) for resource in _Guide(content).resources()),
    )


@dataclass(frozen=True, slots=True)
class _Guide:
    content: Json

    def resources(self) -> Iterator[Json]:
        yield from map(self._profile, self.content.get("profile", []))
        yield from map(self._code_system, self.content.get("codes", []))
        yield from map(self._value_set, self.content.get("values", []))

    def _url(self, kind: str, name: str) -> str:
        """Returns the canonical of a name in this guide, or of a type of R4."""
        if ":" in name:
            prefix, _, rest = name.partition(":")
            return (
                self.content["prefixes"][prefix] + rest
                if prefix in self.content.get("prefixes", {})
                else name
            )
        table = {"StructureDefinition": "profile", "ValueSet": "values", "CodeSystem": "codes"}[
            kind
        ]
        own = next((row for row in self.content.get(table, []) if row["id"] == name), None)
        if own is None and kind == "StructureDefinition":
            return R4 + name
        return (
            str(own.get("url", ""))
            if own and "url" in own
            else f"{self.content['canonical']}/{kind}/{name}"
        )

    def _profile(self, profile: Json) -> Json:
        type = str(profile["type"])
        return {
            "resourceType": "StructureDefinition",
            "id": profile["id"],
            "url": profile.get("url") or self._url("StructureDefinition", profile["id"]),
            "version": self.content["version"],
            "kind": profile.get("kind", "resource"),
            "abstract": False,
            "type": type,
            "baseDefinition": self._url("StructureDefinition", profile.get("base", type)),
            "derivation": "constraint",
            "context": [
                {"type": "element", "expression": word}
                for word in profile.get("context", "").split()
            ],
            "element": [self._element(type, dict(row)) for row in profile.get("elements", [])],
        }

    def _element(self, type: str, row: Json) -> Json:
        name = row.pop("id")
        id = f"{type}.{name}" if name else type
        element: Json = {
            "id": id,
            # an id names slices behind a colon, a path does not (elementdefinition.html#path)
            "path": ".".join(word.partition(":")[0] for word in id.split(".")),
        }
        if "slicing" in row:
            element["slicing"] = _slicing(row.pop("slicing"), row.pop("rules", "open"))
        if "type" in row or "to" in row or "profile" in row:
            element["type"] = list(self._types(row))
        if "rule" in row:
            rules = row.pop("rule")
            element["constraint"] = [
                {"key": key, "severity": "error", "expression": expression, "human": human}
                for key, expression, human in (rules if isinstance(rules[0], list) else [rules])
            ]
        for strength in STRENGTHS:
            if strength in row:
                element["binding"] = {
                    "strength": strength,
                    "valueSet": self._url("ValueSet", row.pop(strength)),
                }
        for word, value in row.items():
            # a misspelt word would loosen a profile in silence
            if word not in AS_THEY_ARE and not word.startswith(("fixed", "pattern")):
                raise KeyError(f"{id}: {word}")
            element[word] = value
        return element

    def _types(self, row: Json) -> Iterator[Json]:
        named = row.pop("type", "Reference")
        profiles = row.pop("profile", [])
        targets = row.pop("to", [])
        aggregation = row.pop("aggregation", [])
        for code in named if isinstance(named, list) else [named]:
            entry: Json = {"code": code}
            if profiles:
                names = profiles if isinstance(profiles, list) else [profiles]
                entry["profile"] = [self._url("StructureDefinition", name) for name in names]
            if targets:
                entry["targetProfile"] = [
                    self._url("StructureDefinition", name) for name in targets
                ]
            if aggregation:
                entry["aggregation"] = aggregation
            yield entry

    def _code_system(self, system: Json) -> Json:
        return {
            "resourceType": "CodeSystem",
            "id": system["id"],
            "url": self._url("CodeSystem", system["id"]),
            "version": self.content["version"],
            "content": system.get("content", "complete"),
            "concept": [[code, display] for code, display in system["concepts"].items()],
        }

    def _value_set(self, value_set: Json) -> Json:
        stripped: Json = {
            "resourceType": "ValueSet",
            "id": value_set["id"],
            "url": self._url("ValueSet", value_set["id"]),
            "version": self.content["version"],
        }
        for part in ("include", "exclude"):
            if part in value_set:
                stripped[part] = [self._include(include) for include in value_set[part]]
        return stripped

    def _include(self, include: Json) -> Json:
        stripped: Json = {}
        if "system" in include:
            stripped["system"] = self._url("CodeSystem", include["system"])
        if "codes" in include:
            codes: Any = include["codes"]
            rows = codes.items() if isinstance(codes, dict) else [(code, "") for code in codes]
            stripped["concept"] = [list(row) for row in rows]
        if "values" in include:
            stripped["valueSet"] = [self._url("ValueSet", name) for name in include["values"]]
        if "filter" in include:
            stripped["filter"] = include["filter"]
        return stripped


def _slicing(discriminators: list[str], rules: str) -> Json:
    pairs = [word.split(":", 1) for word in discriminators]
    return {"discriminator": [{"type": type, "path": path} for type, path in pairs], "rules": rules}
