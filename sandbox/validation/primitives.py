"""Primitive values: JSON kind and format of each type (FHIR R4 datatypes.html#primitive).  Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from sandbox.fhir.dates import interval_of

DATE = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
ZONE = r"(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
FORMATS = {
    "date": re.compile(f"^{DATE}$"),
    "dateTime": re.compile(f"^{DATE}(T{CLOCK}{ZONE})?$"),
    "instant": re.compile(f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{CLOCK}{ZONE}$"),
    "time": re.compile(f"^{CLOCK}$"),
    "code": re.compile(r"^[^\s]+(\s[^\s]+)*$"),
    "id": re.compile(r"^[A-Za-z0-9\-.]{1,64}$"),
    "uri": re.compile(r"^\S*$"),
    "url": re.compile(r"^\S*$"),
    "canonical": re.compile(r"^\S*$"),
    "oid": re.compile(r"^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$"),
    "uuid": re.compile(r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    "base64Binary": re.compile(r"^[0-9a-zA-Z+/=\s]*$"),
}
URIS = frozenset({"uri", "url", "canonical", "oid", "uuid"})
# FHIR R4 datatypes.html#uri: a UUID is written in lower case, an OID in its numbers.
URNS = (("urn:uuid:", FORMATS["uuid"]), ("urn:oid:", FORMATS["oid"]))
DATES = frozenset({"date", "dateTime", "instant"})
RANGES = {"integer": (-(2**31), 2**31 - 1), "positiveInt": (1, 2**31 - 1), "unsignedInt": (0, 2**31 - 1)}
TEXTS = frozenset({"string", "markdown", "xhtml", *FORMATS})
PRIMITIVES = TEXTS | frozenset(RANGES) | {"boolean", "decimal"}


def fault_of(type: str, value: Any) -> str:
    """Returns the name of what is wrong with a value of a primitive type: `kind`, `format`, `empty`, or nothing."""
    if type == "boolean":
        return "" if isinstance(value, bool) else "kind"
    if type in RANGES:
        if isinstance(value, bool) or not isinstance(value, int):
            return "kind"
        low, high = RANGES[type]
        return "" if low <= value <= high else "format"
    if type == "decimal":
        return "" if isinstance(value, int | Decimal | float) and not isinstance(value, bool) else "kind"
    if not isinstance(value, str):
        return "kind"
    if not value.strip():
        return "empty"
    form = FORMATS.get(type)
    if form and not form.match(value):
        return "format"
    if type in URIS and any(
        value.startswith(start) and not urn.match(re.split(r"[#|]", value, maxsplit=1)[0]) for start, urn in URNS
    ):
        return "format"
    if type in DATES and interval_of(value) is None:
        return "format"
    if type == "base64Binary" and len("".join(value.split())) % 4:
        return "format"
    return ""


def _is_bad_urn(value: str) -> bool:
    plain = value.partition("#")[0].partition("|")[0]
    return any(plain.startswith(start) and not urn.match(plain) for start, urn in URNS)
