"""Meta: versions, profiles, tags, source (resource.html#Meta)."""

from __future__ import annotations

import random
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.places import resources
from tests.oracle.registry import Expected, kind

# fmt: off
CASES: tuple[tuple[str, str, Any, str, Expected], ...] = (
    ("versionId a number", "versionId", 1, "versionId is an id", "error"),
    ("versionId with slash", "versionId", "W/1", "versionId is an id", "error"),
    ("lastUpdated a date", "lastUpdated", "2020-01-31", "lastUpdated is an instant", "error"),
    ("lastUpdated without zone", "lastUpdated", "2020-01-31T10:00:00", "lastUpdated is an instant", "error"),
    ("source with blank", "source", "my system", "source is a uri", "error"),
    ("source a list", "source", ["urn:a"], "one source", "error"),
    ("profile a text", "profile", "http://fhir.salud.test/a", "profile repeats", "error"),
    ("profile empty", "profile", [], "arrays are never empty", "error"),
    ("profile with blank", "profile", ["http://fhir.salud.test/a b"], "profile is a canonical", "error"),
    ("profile null", "profile", [None], "a null needs its extension", "error"),
    ("profile relative", "profile", ["StructureDefinition/a"], "datatypes.html#canonical: an absolute URI", "error"),
    ("profile of another type", "profile", ["http://hl7.org/fhir/StructureDefinition/VisionPrescription"], "a claim SHALL be true", "error"),
    ("profile unknown", "profile", ["http://fhir.salud.test/StructureDefinition/no-such"], "a profile that is not known", "unknown"),
    ("tag a text", "tag", ["a"], "a tag is a Coding", "error"),
    ("tag an object", "tag", {"system": "urn:a", "code": "b"}, "tag repeats", "error"),
    ("security a CodeableConcept", "security", [{"coding": [{"code": "R"}]}], "a label is a Coding", "error"),
    ("unknown property", "version", "1", "Meta has no version", "error"),
    ("a tag", "tag", [{"system": "http://fhir.salud.test/tags", "code": "a"}], "tags are free", "ok"),
    ("a source", "source", "http://fhir.salud.test/source#1", "source is a uri", "ok"),
)
# fmt: on


def _set(name: str, key: str, value: Any, rule: str, expected: Expected) -> None:
    @kind(f"meta: {name}", f"FHIR R4 resource.html#Meta: {rule}", expected=expected)
    def put(resource: Json, random: random.Random) -> bool:
        chosen = random.choice(list(resources(resource)))
        meta = chosen.setdefault("meta", {})
        if not isinstance(meta, dict) or meta.get(key) == value:
            return False
        meta[key] = value
        return True


for row in CASES:
    _set(*row)


@kind("meta: a list", "FHIR R4 resource.html#Meta: one meta")
def list_meta(resource: Json, random: random.Random) -> bool:
    chosen = random.choice(list(resources(resource)))
    chosen["meta"] = [chosen.get("meta") or {"versionId": "1"}]
    return True


@kind("meta: empty", "FHIR R4 json.html: objects are never empty")
def empty_meta(resource: Json, random: random.Random) -> bool:
    random.choice(list(resources(resource)))["meta"] = {}
    return True


@kind("meta: a profile twice", "FHIR R4 resource.html#Meta: profile is a set", expected="unknown")
def repeat_profile(resource: Json, random: random.Random) -> bool:
    fit = [
        each
        for each in resources(resource)
        if isinstance(each.get("meta"), dict) and each["meta"].get("profile")
    ]
    if not fit:
        return False
    profiles = random.choice(fit)["meta"]["profile"]
    profiles.append(profiles[0])
    return True
