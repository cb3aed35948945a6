"""Primitive values in their places: what the table of datatypes.html#primitive allows and refuses for each type."""

from __future__ import annotations

import random
from typing import Any

from sandbox.fhir.json import Json, Number
from tests.oracle.places import pick
from tests.oracle.registry import Expected, kind

# type, what is wrong, value, expected
# fmt: off
IN_PLACE: tuple[tuple[str, str, Any, Expected], ...] = (
    ("boolean", "text", "true", "error"),
    ("boolean", "number", 1, "error"),
    ("boolean", "capital", "True", "error"),
    ("integer", "text", "1", "error"),
    ("integer", "decimal", Number("1.5"), "error"),
    ("integer", "over 32 bits", 2147483648, "error"),
    ("unsignedInt", "negative", -1, "error"),
    ("unsignedInt", "over 31 bits", 2147483648, "error"),
    ("positiveInt", "zero", 0, "error"),
    ("positiveInt", "text", "1", "error"),
    ("decimal", "text", "1.5", "error"),
    ("decimal", "boolean", True, "error"),
    ("string", "number", 5, "error"),
    ("string", "boolean", True, "error"),
    ("string", "object", {"value": "a"}, "error"),
    ("string", "only blanks", "   ", "warning"),
    ("string", "over a megabyte", "a" * (1024 * 1024 + 1), "error"),
    ("string", "control character", "a\u0001b", "warning"),
    ("markdown", "number", 5, "error"),
    ("markdown", "tab and line break", "a\tb\r\n\r\nc", "ok"),
    ("uri", "blank inside", "http://fhir.salud.test/a b", "error"),
    ("uri", "blank before", " http://fhir.salud.test/a", "error"),
    ("uri", "not a uuid", "urn:uuid:not-a-uuid", "error"),
    ("uri", "not an oid", "urn:oid:abc", "error"),
    ("uri", "oid with leading zero", "urn:oid:2.016.840.1", "error"),
    ("uri", "number", 5, "error"),
    ("url", "blank inside", "http://fhir.salud.test/a b", "error"),
    ("canonical", "blank inside", "http://fhir.salud.test/a b", "error"),
    ("code", "blank before", " final", "error"),
    ("code", "blank after", "final ", "error"),
    ("code", "two blanks inside", "fi  nal", "error"),
    ("code", "line break", "fi\nnal", "error"),
    ("code", "capitals", "FINAL-NOT-A-CODE", "unknown"),
    ("date", "31 February", "2020-02-31", "error"),
    ("date", "29 February of no leap year", "2019-02-29", "error"),
    ("date", "month 13", "2020-13-01", "error"),
    ("date", "day zero", "2020-01-00", "error"),
    ("date", "American", "01/31/2020", "error"),
    ("date", "packed", "20200131", "error"),
    ("date", "with time", "2020-01-31T10:00:00Z", "error"),
    ("date", "year of two digits", "20", "error"),
    ("date", "month of one digit", "2020-1-31", "error"),
    ("dateTime", "no zone", "2020-01-31T10:00:00", "error"),
    ("dateTime", "no seconds", "2020-01-31T10:00Z", "error"),
    ("dateTime", "hour only", "2020-01-31T10Z", "error"),
    ("dateTime", "hour 24", "2020-01-31T24:00:00Z", "error"),
    ("dateTime", "minute 60", "2020-01-31T10:60:00Z", "error"),
    ("dateTime", "second 61", "2020-01-31T10:00:61Z", "error"),
    ("dateTime", "blank for T", "2020-01-31 10:00:00Z", "error"),
    ("dateTime", "small z", "2020-01-31T10:00:00z", "error"),
    ("dateTime", "zone without colon", "2020-01-31T10:00:00+0100", "error"),
    ("dateTime", "zone over 14 hours", "2020-01-31T10:00:00+15:00", "error"),
    ("dateTime", "30 February with time", "2020-02-30T10:00:00Z", "error"),
    ("dateTime", "31 April", "2020-04-31", "error"),
    ("instant", "date only", "2020-01-31", "error"),
    ("instant", "no zone", "2020-01-31T10:00:00.000", "error"),
    ("instant", "minutes only", "2020-01-31T10:00Z", "error"),
    ("instant", "second 60", "2016-12-31T23:59:60Z", "ok"),
    ("instant", "picoseconds", "2020-01-31T10:00:00.123456789012Z", "ok"),
    ("time", "no seconds", "10:00", "error"),
    ("time", "hour 24", "24:00:00", "error"),
    ("time", "with zone", "10:00:00Z", "error"),
    ("base64Binary", "not base64", "not base64!", "error"),
    ("base64Binary", "padding missing", "YWJjZA", "error"),
    ("base64Binary", "one character", "Y", "error"),
    ("base64Binary", "url alphabet", "-_-_", "error"),
    ("id", "65 characters", "a" * 65, "error"),
    ("id", "blank", "a b", "error"),
    ("id", "underscore", "a_b", "error"),
    ("resource-id", "65 characters", "a" * 65, "error"),
    ("resource-id", "underscore", "a_b", "error"),
    ("resource-id", "slash", "Patient/1", "error"),
    ("resource-id", "accent", "año", "error"),
    ("resource-id", "number", 5, "error"),
)
# fmt: on
EMPTY = [
    "string",
    "code",
    "uri",
    "url",
    "canonical",
    "date",
    "dateTime",
    "instant",
    "base64Binary",
    "markdown",
    "id",
    "resource-id",
]
PADDED = ["string", "date", "dateTime", "instant", "code", "uri", "boolean", "decimal"]


def _put(type: str, fault: str, value: Any, expected: Expected) -> None:
    page = "resource.html#id" if type == "resource-id" else f"datatypes.html#{type}"

    @kind(f"{type} in place: {fault}", f"FHIR R4 {page}", expected=expected)
    def put(resource: Json, random: random.Random) -> bool:
        place = pick(resource, random, type)
        return place is not None and place.put(value)


for row in IN_PLACE:
    _put(*row)
for name in EMPTY:
    _put(name, "empty", "", "error")
for name in PADDED:
    _put(name, "in an object", {"value": "a"}, "error") if name != "string" else None


@kind(
    "decimal in place: a zero more",
    "FHIR R4 datatypes.html#decimal: precision is significant and free",
    expected="ok",
)
def add_zero(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "decimal", where=lambda place: isinstance(place.value, Number))
    return (
        place is not None
        and "e" not in place.value.literal.lower()
        and place.put(Number(place.value.literal + "0"))
    )


@kind(
    "decimal in place: written with an exponent",
    "FHIR R4 datatypes.html#decimal: the regex has e and E",
    expected="ok",
)
def write_exponent(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource, random, "decimal", where=lambda place: "e" not in str(place.value).lower()
    )
    return place is not None and place.put(
        Number(f"{getattr(place.value, 'literal', place.value)}e0")
    )


@kind(
    "base64Binary in place: white space inside",
    "FHIR R4 datatypes.html#base64Binary: the regex has (\\s*)",
    expected="ok",
)
def break_base64(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "base64Binary",
        where=lambda place: len(place.value) > 8 and " " not in place.value,
    )
    return place is not None and place.put(place.value[:4] + " " + place.value[4:])


@kind(
    "dateTime in place: to the second, in another zone",
    "FHIR R4 datatypes.html#dateTime",
    expected="ok",
)
def move_zone(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "dateTime", where=lambda place: str(place.value).endswith("Z"))
    return place is not None and place.put(place.value[:-1] + "+00:00")


@kind("element id: with a blank", "FHIR R4 element.html#id: any string without spaces")
def blank_in_element_id(resource: Json, random: random.Random) -> bool:
    place = pick(
        resource,
        random,
        "CodeableConcept",
        "Coding",
        "HumanName",
        "Identifier",
        "Quantity",
        "Reference",
    )
    if place is None or not isinstance(place.value, dict):
        return False
    place.value["id"] = "a b"
    return True
