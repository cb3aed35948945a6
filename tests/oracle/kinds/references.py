"""References: their type, their forms and their targets (references.html)."""

from __future__ import annotations

import random
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.places import pick, places
from tests.oracle.registry import Expected, kind

PAGE = "FHIR R4 references.html"
# fmt: off
VALUES: tuple[tuple[str, Any, str, Expected], ...] = (
    ("empty object", {}, "#Reference, ele-1: an element has a value or children", "error"),
    ("reference empty", {"reference": ""}, "#literal: strings are never empty", "error"),
    ("only its id", {"id": "r1"}, "#Reference, ele-1: an id alone is no content", "error"),
    ("only its type", {"type": "Patient"}, "#Reference: one of reference, identifier and display SHALL be there", "error"),
    ("text for object", "Patient/1", "#Reference: a Reference is an object", "error"),
    ("list for object", [{"display": "a"}], "#Reference: one where the element does not repeat", "error"),
    ("blank in the id", {"reference": "Patient/a b"}, "#literal: an id has no blanks", "error"),
    ("reference a number", {"reference": 12}, "#literal: reference is a string", "error"),
    ("reference an object", {"reference": {"id": "1"}}, "#literal: reference is a string", "error"),
    ("identifier a list", {"identifier": [{"value": "1"}]}, "#logical: one identifier", "error"),
    ("identifier text", {"identifier": "1"}, "#logical: identifier is an Identifier", "error"),
    ("fragment to nothing", {"reference": "#no-such-id"}, "#contained, ref-1: a local reference SHALL resolve", "error"),
    ("uri for reference", {"uri": "Patient/1"}, "#Reference: has no uri", "error"),
    ("type unknown", {"type": "NoSuchType", "display": "a"}, "#Reference: type of the resource types", "error"),
    ("uuid wrong", {"reference": "urn:uuid:1234"}, "#literal: urn:uuid by RFC 4122, for which R4 has no pattern", "warning"),
    ("display only", {"display": "a"}, "#display: display alone is enough", "ok"),
    ("identifier only", {"identifier": {"system": "http://fhir.salud.test/id", "value": "1"}}, "#logical", "ok"),
)
# fmt: on
OTHERS = {
    "Patient": "Substance",
    "Practitioner": "Substance",
    "Organization": "Substance",
    "Encounter": "Slot",
}


def _replace(fault: str, value: Any, rule: str, expected: Expected) -> None:
    @kind(f"Reference: {fault}", PAGE + rule, expected=expected)
    def replace(resource: Json, random: random.Random) -> bool:
        place = (
            _of_any_target(resource, random)
            if expected == "ok"
            else pick(resource, random, "Reference")
        )
        return place is not None and place.put(value)


def _of_any_target(resource: Json, random: random.Random) -> Any:
    """Chooses a reference that no rule of a guide asks to be literal, as far as its name tells."""
    names = (
        "performer",
        "asserter",
        "recorder",
        "requester",
        "location",
        "practitioner",
        "partOf",
        "basedOn",
    )
    return pick(resource, random, "Reference", where=lambda place: place.name in names)


for row in VALUES:
    _replace(*row)


@kind(
    "Reference: type lies about a relative reference",
    PAGE + "#Reference: type and reference SHALL be consistent",
)
def lie_about_type(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Reference", where=lambda place: _type_of(place.value) in OTHERS)
    if place is None:
        return False
    place.value["type"] = OTHERS[_type_of(place.value)]
    return True


@kind("Reference: type lies about an entry", PAGE + "#Reference: type SHALL agree with the target")
def lie_about_entry(resource: Json, random: random.Random) -> bool:
    known = {entry.get("fullUrl") for entry in resource.get("entry", []) if isinstance(entry, dict)}
    urns = {url for url in known if str(url).startswith("urn:uuid:")}
    place = pick(
        resource,
        random,
        "Reference",
        where=lambda place: isinstance(place.value, dict) and place.value.get("reference") in urns,
    )
    if place is None:
        return False
    place.value["type"] = "MolecularSequence"
    return True


@kind("Reference: type as its own reference says", PAGE + "#Reference", expected="ok")
def say_type(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "Reference",
        where=lambda place: _type_of(place.value) in OTHERS and "type" not in place.value,
    )
    if place is None:
        return False
    place.value["type"] = _type_of(place.value)
    return True


@kind(
    "Reference: to a type that the element does not allow",
    PAGE + "#Reference: the target is of the types that are listed",
)
def point_elsewhere(resource: Json, random: random.Random) -> bool:
    names = (
        "subject",
        "patient",
        "encounter",
        "performer",
        "author",
        "custodian",
        "requester",
        "asserter",
    )
    place = pick(resource, random, "Reference", where=lambda place: place.name in names)
    return place is not None and place.put({"reference": "ImplementationGuide/a"})


@kind(
    "Reference: to an unknown resource type",
    PAGE + "#literal: the reference SHALL point to a resource of FHIR",
)
def point_to_unknown(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Reference")
    return place is not None and place.put({"reference": "Persona/1"})


@kind("Reference: type in small letters", PAGE + "#literal: URLs are case-sensitive")
def small_letters(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Reference", where=lambda place: _type_of(place.value) in OTHERS)
    if place is None:
        return False
    return place.put(
        {
            "reference": place.value["reference"].replace(
                _type_of(place.value), _type_of(place.value).lower()
            )
        }
    )


@kind("Reference: with a version", PAGE + "#literal: a version-specific reference", expected="ok")
def add_version(resource: Json, random: random.Random) -> bool:
    if resource["resourceType"] == "Bundle":
        return False
    place = pick(resource, random, "Reference", where=lambda place: _type_of(place.value) in OTHERS)
    if place is None or "_history" in place.value["reference"]:
        return False
    place.value["reference"] += "/_history/1"
    return True


@kind("Reference: unknown property", PAGE + "#Reference: reference, type, identifier, display")
def add_unknown(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Reference", where=lambda place: isinstance(place.value, dict))
    if place is None:
        return False
    place.value["resource"] = {"resourceType": "Patient"}
    return True


@kind(
    "Reference: to what is not in the document",
    "FHIR R4 bundle.html#references: an urn:uuid resolves within the Bundle",
)
def point_outside(resource: Json, random: random.Random) -> bool:
    if resource.get("type") != "document":
        return False
    target = "urn:uuid:00000000-0000-4000-8000-000000000000"
    fit = [
        place
        for place in places(resource)
        if place.type == "Reference" and place.name in ("subject", "patient", "author", "entry")
    ]
    return bool(fit) and random.choice(fit).put({"reference": target})


def _type_of(value: Any) -> str:
    reference = value.get("reference") if isinstance(value, dict) else None
    return (
        reference.split("/")[0] if isinstance(reference, str) and reference.count("/") == 1 else ""
    )
