"""What every resource has: its type, id, language and rules (resource.html, json.html#resources)."""

from __future__ import annotations

import random
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.places import domain_resources, resources
from tests.oracle.registry import Expected, kind

PAGE = "FHIR R4 resource.html"
# fmt: off
CASES: tuple[tuple[str, str, Any, str, Expected], ...] = (
    ("resourceType misspelt", "resourceType", "Pacient", "json.html#resources: a type of R4", "error"),
    ("resourceType in small letters", "resourceType", "patient", "json.html#resources: names are case-sensitive", "error"),
    ("resourceType a data type", "resourceType", "HumanName", "json.html#resources: a resource", "error"),
    ("resourceType abstract", "resourceType", "DomainResource", "json.html#resources: no abstract type", "error"),
    ("resourceType of R5", "resourceType", "ActorDefinition", "json.html#resources: a type of R4", "error"),
    ("resourceType a list", "resourceType", ["Patient"], "json.html#resources: a string", "error"),
    ("resourceType empty", "resourceType", "", "json.html#resources: a string with content", "error"),
    ("language with underscore", "language", "es_CL", "resource.html: language of BCP 47 (max value set)", "error"),
    ("language a word", "language", "Spanish", "resource.html: language of BCP 47 (max value set)", "error"),
    ("language with blank", "language", "es CL", "resource.html: language is a code of BCP 47", "error"),
    ("language unknown", "language", "xx-YY", "resource.html: language of BCP 47 (max value set)", "error"),
    ("language as CodeableConcept", "language", {"text": "es"}, "resource.html: language is a code", "error"),
    ("language of a region by number", "language", "es-419", "resource.html: language of BCP 47", "ok"),
    ("language with script", "language", "zh-Hant-TW", "resource.html: language of BCP 47", "ok"),
    ("implicitRules with blank", "implicitRules", "http://fhir.salud.test/a b", "resource.html#implicitRules: a uri", "error"),
    ("implicitRules a list", "implicitRules", ["http://fhir.salud.test/a"], "resource.html#implicitRules: one", "error"),
    ("unknown property at the top", "note_", [{"text": "a"}], "json.html: the properties that the type defines", "error"),
    ("comment property of DSTU 2", "fhir_comments", ["a"], "json.html: no comments in JSON", "error"),
    ("$schema", "$schema", "http://hl7.org/fhir/json-schema/4.0", "json.html: the properties that the type defines", "unknown"),
    ("xmlns", "xmlns", "http://hl7.org/fhir", "json.html#xml: no namespaces in JSON", "error"),
    ("text in HTML outside narrative", "div", "<div>a</div>", "json.html: the properties that the type defines", "error"),
)
# fmt: on


def _set(name: str, key: str, value: Any, rule: str, expected: Expected) -> None:
    @kind(f"resource: {name}", f"FHIR R4 {rule}", expected=expected)
    def put(resource: Json, random: random.Random) -> bool:
        chosen = random.choice(list(resources(resource)))
        if chosen.get(key) == value:
            return False
        chosen[key] = value
        return True


for row in CASES:
    _set(*row)


@kind(
    "resource: resourceType taken", "FHIR R4 json.html#resources: every resource has resourceType"
)
def take_type(resource: Json, random: random.Random) -> bool:
    del random.choice(list(resources(resource)))["resourceType"]
    return True


@kind("resource: id a list", f"{PAGE}#id: one id")
def list_id(resource: Json, random: random.Random) -> bool:
    chosen = random.choice([each for each in resources(resource) if "id" in each] or [{}])
    if not chosen:
        return False
    chosen["id"] = [chosen["id"]]
    return True


@kind(
    "resource: type of another resource",
    "FHIR R4 json.html#resources: the properties of the type that is said",
)
def swap_type(resource: Json, random: random.Random) -> bool:
    candidates = [
        each
        for each in domain_resources(resource)
        if len(each) > 4 and each["resourceType"] != "Slot"
    ]
    if not candidates:
        return False
    random.choice(candidates)["resourceType"] = "Slot"
    return True


@kind(
    "resource: properties in reverse order",
    "FHIR R4 json.html: the order of properties means nothing",
    expected="ok",
)
def reverse_order(resource: Json, random: random.Random) -> bool:
    chosen = random.choice(list(resources(resource)))
    members = list(reversed(chosen.items()))
    chosen.clear()
    chosen.update(members)
    return len(members) > 1
