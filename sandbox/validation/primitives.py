"""Primitive values: JSON kind and format of each type (FHIR R4 datatypes.html#primitive).  Pure.

The formats are R4's own expressions.  What R4 only advises against (SHOULD) is told apart from what
it forbids.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

YEAR = r"(?!0000)[0-9]{4}"
DATE = rf"{YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
ZONE = r"(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
# XML's white space, which R4's expressions mean by \s: a no-break space is none.
BLANK = r"[ \t\r\n]"
SOLID = r"[^ \t\r\n]"
FORMATS = {
    "date": re.compile(DATE),
    "dateTime": re.compile(
        rf"{YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T{CLOCK}{ZONE})?)?)?"
    ),
    "instant": re.compile(rf"{YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T{CLOCK}{ZONE}"),
    "time": re.compile(CLOCK),
    "code": re.compile(rf"{SOLID}+( {SOLID}+)*"),
    "id": re.compile(r"[A-Za-z0-9\-.]{1,64}"),
    "uri": re.compile(rf"{SOLID}*"),
    "url": re.compile(rf"{SOLID}*"),
    "canonical": re.compile(rf"{SOLID}*"),
    "oid": re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+"),
    "uuid": re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
BASE64 = re.compile(r"[0-9A-Za-z+/]*={0,2}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
URIS = frozenset({"uri", "url", "canonical", "oid", "uuid"})
# FHIR R4 datatypes.html#uri: a UUID is written in lower case, an OID in its numbers.
URNS = (("urn:uuid:", FORMATS["uuid"]), ("urn:oid:", FORMATS["oid"]))
DATES = frozenset({"date", "dateTime", "instant"})
RANGES = {
    "integer": (-(2**31), 2**31 - 1),
    "positiveInt": (1, 2**31 - 1),
    "unsignedInt": (0, 2**31 - 1),
}
FREE_TEXTS = frozenset({"string", "markdown"})
LONGEST = 1024 * 1024
TEXTS = frozenset({"string", "markdown", "xhtml", "base64Binary", *FORMATS})
PRIMITIVES = TEXTS | frozenset(RANGES) | {"boolean", "decimal"}


def fault_of(type: str, value: Any) -> str:
    """Returns the name of what is wrong with a value of a primitive type, or nothing.

    The names: `kind`, `format`, `range`, `empty` and `long`.
    """
    if type not in TEXTS:
        if type == "boolean":
            return "" if isinstance(value, bool) else "kind"
        return _fault_of_number(type, value)
    if not isinstance(value, str):
        return "kind"
    if not value:
        return "empty"
    if type in FREE_TEXTS:
        return "long" if len(value) > LONGEST else ""
    has_format = HAS_FORMAT.get(type)
    return "" if has_format is None or has_format(value) else "format"


def form_of(type: str, value: Any) -> str:
    """Returns the type whose format a value has to keep: of a URI that is a UUID or an OID, that of
    these.
    """
    if type in URIS and isinstance(value, str):
        return next((urn[len("urn:") : -1] for urn, _ in URNS if value.startswith(urn)), type)
    return type


def advice_on(type: str, value: str) -> str:
    """Returns the name of what R4 advises against in a text that it admits: `control`, `blank`, or
    nothing.

    FHIR R4 datatypes.html#string: a string SHOULD NOT hold control characters, and SHOULD hold more
    than white space.
    """
    if not value.isprintable() and CONTROL.search(value):
        return "control"
    return "blank" if type in FREE_TEXTS and value.isspace() and not value.strip(" \t\r\n") else ""


def _fault_of_number(type: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        return "kind"
    literal = getattr(value, "literal", None)
    if type == "decimal":
        return "" if literal is None or NUMBER.fullmatch(literal) else "format"
    if not isinstance(value, int):
        is_long = literal is not None and literal.lstrip("-").isdigit() and literal != "-0"
        return "range" if is_long else "kind"
    low, high = RANGES[type]
    return "" if low <= value <= high else "range"


def _is_base64(value: str) -> bool:
    r"""Tells whether white space stands only between groups of four, and padding only at the end.

    R4's expression is `(\s*([0-9a-zA-Z\+\/=]){4}\s*)+`; matched by groups, since its two runs of
    white space side by side take quadratic time on a long text that fails.
    """
    groups = [group for group in re.split(f"{BLANK}+", value) if group]
    text = "".join(groups)
    return (
        bool(text)
        and all(len(group) % 4 == 0 for group in groups)
        and BASE64.fullmatch(text) is not None
    )


def _is_day(value: str) -> bool:
    """Tells whether the calendar has the day; a leap second is admitted by R4's expressions."""
    if len(value) < len("2000-01-01"):
        return True
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def _is_good_urn(value: str) -> bool:
    """Tells whether a URI that is a UUID or an OID has the form of one; any other is fine."""
    if not value.startswith("urn:"):
        return True
    plain = value.partition("#")[0].partition("|")[0]
    return all(urn.fullmatch(plain) for start, urn in URNS if plain.startswith(start))


def _checked_by(form: re.Pattern[str], more: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda value: form.fullmatch(value) is not None and more(value)


# what a text of each type must be, but for those that may be any
HAS_FORMAT: dict[str, Callable[[str], object]] = {
    **{type: form.fullmatch for type, form in FORMATS.items()},
    **{type: _checked_by(FORMATS[type], _is_good_urn) for type in URIS},
    **{type: _checked_by(FORMATS[type], _is_day) for type in DATES},
    "base64Binary": _is_base64,
}
