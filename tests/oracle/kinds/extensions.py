"""Extensions: value or parts, the url, and where modifiers may stand (extensibility.html)."""

from __future__ import annotations

import random
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.places import PROBE, domain_resources, pick, pick_any
from tests.oracle.registry import Expected, kind

PAGE = "FHIR R4 extensibility.html"
PART = {"url": "part", "valueString": "a"}
# fmt: off
CASES: tuple[tuple[str, Any, str, Expected], ...] = (
    ("simple", {"url": PROBE, "valueString": "a"}, ": a url and a value", "ok"),
    ("complex", {"url": PROBE, "extension": [PART]}, ": a url and parts", "ok"),
    ("with an id", {"id": "x1", "url": PROBE, "valueBoolean": False}, ": an element may have an id", "ok"),
    ("value by extension", {"url": PROBE, "_valueCode": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}}, ": an extended value is a value", "ok"),
    ("parts of absolute url", {"url": PROBE, "extension": [{"url": PROBE + "-part", "valueString": "a"}]}, ": parts may have absolute urls", "ok"),
    ("value and parts", {"url": PROBE, "valueString": "a", "extension": [PART]}, ", ext-1: value or extensions, not both", "error"),
    ("neither value nor parts", {"url": PROBE}, ", ext-1: value or extensions", "error"),
    ("only an id", {"id": "x1", "url": PROBE}, ", ext-1: value or extensions", "error"),
    ("no url", {"valueString": "a"}, ": url 1..1", "error"),
    ("url empty", {"url": "", "valueString": "a"}, ": url 1..1", "error"),
    ("url relative", {"url": "probe", "valueString": "a"}, ": the url is absolute", "error"),
    ("url a path", {"url": "StructureDefinition/probe", "valueString": "a"}, ": the url is absolute", "error"),
    ("url a fragment", {"url": "#probe", "valueString": "a"}, ": the url is absolute", "error"),
    ("url with a blank", {"url": PROBE + " a", "valueString": "a"}, ": the url is a uri", "error"),
    ("url a number", {"url": 5, "valueString": "a"}, ": the url is a uri", "error"),
    ("two values", {"url": PROBE, "valueString": "a", "valueCode": "a"}, ": one value", "error"),
    ("value without type", {"url": PROBE, "value": "a"}, ": value[x] has its type in the name", "error"),
    ("value of unknown type", {"url": PROBE, "valueText": "a"}, ": value[x] of the listed types", "error"),
    ("value of a type not listed", {"url": PROBE, "valueNarrative": {"status": "empty"}}, ": value[x] of the listed types", "error"),
    ("value of type in capitals", {"url": PROBE, "valuestring": "a"}, ": names are case-sensitive", "error"),
    ("value of a resource", {"url": PROBE, "valuePatient": {"resourceType": "Patient"}}, ": value[x] of the listed types", "error"),
    ("value empty", {"url": PROBE, "valueString": ""}, ": a string is never empty", "error"),
    ("value an empty object", {"url": PROBE, "valueCodeableConcept": {}}, ": an object is never empty", "error"),
    ("part wrong inside", {"url": PROBE, "extension": [{"url": "part"}]}, ", ext-1 holds at each depth", "error"),
    ("part without url", {"url": PROBE, "extension": [{"valueString": "a"}]}, ": url 1..1 at each depth", "error"),
    ("part of both", {"url": PROBE, "extension": [{"url": "a", "extension": [{**PART, "extension": [PART]}]}]}, ", ext-1 holds at each depth", "error"),
    ("a modifier inside", {"url": PROBE, "valueString": "a", "modifierExtension": [{"url": PROBE, "valueString": "a"}]}, ": an Extension has no modifierExtension", "error"),
    ("unknown property", {"url": PROBE, "valueString": "a", "name": "b"}, ": an Extension has url, value and extension", "error"),
    ("a text", PROBE, ": an Extension is an object", "error"),
    ("null", None, ": an Extension is never null", "error"),
    ("known, another type", {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueString": "unknown"}, ": the value is of the type that its definition says", "error"),
    ("known, code not bound", {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "no-such-reason"}, ": the binding of its definition", "error"),
    ("known, url misspelt", {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reasons", "valueCode": "unknown"}, ": hl7.org has no such definition", "error"),
)
# fmt: on


def _extend(name: str, value: Any, rule: str, expected: Expected) -> None:
    @kind(f"extension: {name}", PAGE + rule, expected=expected)
    def extend(resource: Json, random: random.Random) -> bool:
        candidates = domain_resources(resource)
        if not candidates:
            return False
        random.choice(candidates).setdefault("extension", []).append(value)
        return True


for row in CASES:
    if row[0] not in ("known, another type", "known, code not bound"):
        _extend(*row)


def _on_element(name: str, value: Json, rule: str, expected: Expected) -> None:
    @kind(f"extension on a data type: {name}", PAGE + rule, expected=expected)
    def extend(resource: Json, random: random.Random) -> bool:
        place = pick(
            resource, random, "CodeableConcept", "HumanName", "Period", "Identifier", "Address"
        )
        if place is None or not isinstance(place.value, dict):
            return False
        place.value.setdefault("extension", []).append(value)
        return True


for row in CASES:
    if row[0] in (
        "simple",
        "url relative",
        "neither value nor parts",
        "value and parts",
        "known, another type",
        "known, code not bound",
    ):
        _on_element(*row)


@kind("extension: an object, not a list", "FHIR R4 json.html#repeat: extension repeats")
def single_extension(resource: Json, random: random.Random) -> bool:
    candidates = [each for each in domain_resources(resource) if "extension" not in each]
    if not candidates:
        return False
    random.choice(candidates)["extension"] = {"url": PROBE, "valueString": "a"}
    return True


@kind("extension: empty list", "FHIR R4 json.html: arrays are never empty")
def no_extension(resource: Json, random: random.Random) -> bool:
    candidates = [each for each in domain_resources(resource) if "extension" not in each]
    if not candidates:
        return False
    random.choice(candidates)["extension"] = []
    return True


@kind(
    "modifierExtension: on a data type",
    PAGE + "#modifier: resources and backbone elements alone (and Dosage, Timing)",
)
def modify_type(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "CodeableConcept",
        "HumanName",
        "Period",
        "Identifier",
        "Coding",
        "Reference",
        "Quantity",
    )
    if place is None or not isinstance(place.value, dict):
        return False
    place.value["modifierExtension"] = [{"url": PROBE, "valueBoolean": True}]
    return True


@kind("modifierExtension: on a primitive", PAGE + "#modifier: never on a primitive")
def modify_primitive(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "string",
        "code",
        "date",
        "dateTime",
        where=lambda place: place.index is None,
    )
    if place is None or "_" + place.key in place.owner:
        return False
    place.owner["_" + place.key] = {"modifierExtension": [{"url": PROBE, "valueBoolean": True}]}
    return True


@kind("modifierExtension: empty", "FHIR R4 json.html: arrays are never empty")
def empty_modifier(resource: Json, random: random.Random) -> bool:
    candidates = domain_resources(resource)
    if not candidates:
        return False
    random.choice(candidates)["modifierExtension"] = []
    return True


@kind("modifierExtension: neither value nor parts", PAGE + ", ext-1 holds for modifiers too")
def hollow_modifier(resource: Json, random: random.Random) -> bool:
    candidates = domain_resources(resource)
    if not candidates:
        return False
    random.choice(candidates)["modifierExtension"] = [{"url": PROBE}]
    return True


@kind(
    "modifierExtension: a known extension that modifies nothing",
    PAGE + "#modifier: only what is defined as modifier",
)
def false_modifier(resource: Json, random: random.Random) -> bool:
    candidates = [each for each in domain_resources(resource) if each["resourceType"] == "Patient"]
    if not candidates:
        return False
    url = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
    random.choice(candidates)["modifierExtension"] = [{"url": url, "valueString": "a"}]
    return True


@kind(
    "extension: known, on another resource", PAGE + "#context: only where its definition allows it"
)
def wrong_context(resource: Json, random: random.Random) -> bool:
    candidates = [
        each
        for each in domain_resources(resource)
        if each["resourceType"] not in ("Patient", "RelatedPerson", "Person")
    ]
    if not candidates:
        return False
    url = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
    random.choice(candidates).setdefault("extension", []).append({"url": url, "valueString": "a"})
    return True


@kind("extension: existing, its value taken", PAGE + ", ext-1: value or extensions")
def take_value(resource: Json, random: random.Random) -> bool:
    place = pick_any(
        resource,
        random,
        lambda place: (
            place.owner_type == "Extension" and place.name == "value" and place.index is None
        ),
    )
    return place is not None and place.remove()


@kind("extension: existing, its url taken", PAGE + ": url 1..1")
def take_url(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "extension-url")
    return place is not None and place.remove()
