"""Complex types: the wrong values of the table of minimal resources, each carried by an extension of a random resource."""

from __future__ import annotations

import json
import random

from sandbox.fhir.json import Json, Number
from tests.oracle.minimal import Value, values
from tests.oracle.places import PROBE, domain_resources, pick
from tests.oracle.registry import kind


def _carry(row: Value, value: str) -> None:
    @kind(f"{row.type}: {row.fault}", f"FHIR R4 {row.clause}", expected=row.severity)
    def carry(resource: Json, random: random.Random) -> bool:
        candidates = domain_resources(resource)
        if not candidates:
            return False
        extension = {"url": PROBE, row.property: json.loads(value, parse_float=Number)}
        random.choice(candidates).setdefault("extension", []).append(extension)
        return True


for each in values():
    _carry(each, each.wrong)


@kind("Period in place: ends before it starts", "FHIR R4 datatypes.html#Period, per-1")
def turn_period(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Period", where=lambda place: "start" in place.value)
    if place is None:
        return False
    place.value["end"] = "1801-01-01"
    return True


@kind("Attachment in place: data without contentType", "FHIR R4 datatypes.html#Attachment, att-1")
def take_content_type(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "Attachment",
        where=lambda place: {"data", "contentType"} <= place.value.keys(),
    )
    return place is not None and place.value.pop("contentType") is not None


@kind(
    "Attachment in place: size as text", "FHIR R4 datatypes.html#Attachment: size is an unsignedInt"
)
def write_size(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Attachment")
    if place is None:
        return False
    place.value["size"] = "12 kB"
    return True


@kind(
    "Attachment in place: hash in hex",
    "FHIR R4 datatypes.html#Attachment: SHA-1 as base64Binary, 20 bytes",
    expected="unknown",
)
def write_hex(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Attachment")
    if place is None:
        return False
    place.value["hash"] = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    return True


@kind("Quantity in place: code without system", "FHIR R4 datatypes.html#Quantity, qty-3")
def take_system(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource, random, "Quantity", where=lambda place: {"code", "system"} <= place.value.keys()
    )
    return place is not None and place.value.pop("system") is not None


@kind(
    "Identifier in place: urn:ietf:rfc:3986 with a bare value",
    "FHIR R4 datatypes.html#Identifier: the value is then a full URI",
)
def write_bare_uuid(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Identifier", where=lambda place: "value" in place.value)
    if place is None:
        return False
    place.value.update(system="urn:ietf:rfc:3986", value="c757873d-ec9a-4326-a141-556f43239520")
    return True


@kind("ContactPoint in place: value without system", "FHIR R4 datatypes.html#ContactPoint, cpt-2")
def take_contact_system(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "ContactPoint",
        where=lambda place: {"value", "system"} <= place.value.keys(),
    )
    return place is not None and place.value.pop("system") is not None


@kind("HumanName in place: family as a list", "FHIR R4 datatypes.html#HumanName: one family")
def list_family(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "HumanName", where=lambda place: "family" in place.value)
    if place is None:
        return False
    place.value["family"] = [place.value["family"]]
    return True


@kind(
    "HumanName in place: given as text",
    "FHIR R4 datatypes.html#HumanName: given repeats; json.html#repeat",
)
def text_for_given(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "HumanName", where=lambda place: "given" in place.value)
    if place is None:
        return False
    place.value["given"] = " ".join(map(str, place.value["given"]))
    return True


@kind("Annotation in place: no text", "FHIR R4 datatypes.html#Annotation: text 1..1")
def take_note(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Annotation", where=lambda place: "text" in place.value)
    if place is None:
        return False
    del place.value["text"]
    place.value["time"] = "2020-01-31"
    return True


@kind("Timing in place: duration without its unit", "FHIR R4 datatypes.html#Timing, tim-1")
def take_duration_unit(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Timing", where=lambda place: "repeat" in place.value)
    if place is None:
        return False
    place.value["repeat"]["duration"] = 5
    return place.value["repeat"].pop("durationUnit", "") is not None


@kind("Dosage in place: both asNeeded", "FHIR R4 json.html#choice: one type of a choice")
def say_as_needed_twice(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Dosage")
    if place is None:
        return False
    place.value.update(asNeededBoolean=True, asNeededCodeableConcept={"text": "pain"})
    return True
