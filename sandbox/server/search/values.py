"""From an element to the values it is found by, a function for each kind of parameter (FHIR R4
search.html).  Pure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

from sandbox.fhir.dates import interval_of
from sandbox.fhir.references import parse_reference

PARTS = (
    "text",
    "family",
    "given",
    "prefix",
    "suffix",
    "line",
    "city",
    "district",
    "state",
    "postalCode",
    "country",
)
# Open ends: beyond any date in milliseconds, yet within a 64-bit column.
ALWAYS = (-(2**62), 2**62)
ENDLESS = 1e308
Quantity = tuple[float, float, str | None, str | None, str | None]


def fold(text: str) -> str:
    """Returns text without case, accents and doubled blanks, as string searches compare it."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def tokens(value: Any) -> Iterator[tuple[str | None, str | None]]:
    """Yields system and code of a code, Coding, CodeableConcept, Identifier, ContactPoint or
    boolean.
    """
    if isinstance(value, bool):
        yield "*", "true" if value else "false"
    elif isinstance(value, str):
        yield "*", value
    elif isinstance(value, dict):
        codings = value.get("coding")
        if isinstance(codings, list):
            for coding in codings:
                yield from tokens(coding if isinstance(coding, dict) else None)
            return
        code = value.get("code", value.get("value"))
        system = value.get("system")
        if isinstance(code, str):
            yield system if isinstance(system, str) else None, code


def texts(value: Any) -> Iterator[str]:
    """Yields what `:text` searches: text and displays of a concept, those of an identifier's
    type.
    """
    if not isinstance(value, dict):
        return
    for part in (value, value.get("type")):
        if isinstance(part, dict):
            codings = part.get("coding")
            for labelled in (part, *(codings if isinstance(codings, list) else ())):
                for name in ("text", "display"):
                    if isinstance(labelled, dict) and isinstance(labelled.get(name), str):
                        yield labelled[name]


def typed_identifiers(identifier: Any) -> Iterator[tuple[str | None, str]]:
    """Yields system of the type, and `code|value`, of an identifier that says its type
    (`:of-type`).
    """
    if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
        for system, code in tokens(identifier.get("type")):
            if code is not None:
                yield system, f"{code}|{identifier['value']}"


def strings(value: Any) -> Iterator[str]:
    """Yields the texts of a string, HumanName or Address."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in PARTS:
            words = value.get(part)
            for text in words if isinstance(words, list) else (words,):
                if isinstance(text, str):
                    yield text


def intervals(value: Any) -> Iterator[tuple[int, int]]:
    """Yields the milliseconds that a date, Period or Timing covers."""
    if isinstance(value, str):
        interval = interval_of(value)
        if interval:
            yield interval
    elif isinstance(value, dict):
        if "start" in value or "end" in value:
            start, end = (
                interval_of(str(value[part])) if part in value else None
                for part in ("start", "end")
            )
            yield (start[0] if start else ALWAYS[0]), (end[1] if end else ALWAYS[1])
        repeat = value.get("repeat")  # Timing: of a repetition only the outer limits count
        if isinstance(repeat, dict) and "boundsPeriod" in repeat:
            yield from intervals(repeat["boundsPeriod"])
        events = value.get("event")
        for event in events if isinstance(events, list) else ():
            yield from intervals(event)


def targets(
    value: Any, bases: Collection[str]
) -> Iterator[tuple[str | None, str | None, str | None]]:
    """Yields type and id of a local target, or the URL of another one."""
    text = value.get("reference") if isinstance(value, dict) else value
    if not isinstance(text, str) or text.startswith("#"):
        return
    literal = parse_reference(text)
    if literal and (not literal.base or literal.base in bases):
        yield literal.type, literal.id, None
    else:
        yield None, None, text


def quantities(element: Any) -> Iterator[Quantity]:
    """Yields the extent and unit of a number, Quantity, Money, Range or SampledData's origin."""
    if isinstance(element, int | Decimal) and not isinstance(element, bool):
        yield float(element), float(element), None, None, None
    elif isinstance(element, dict):
        if "low" in element or "high" in element:
            yield from _range(element)
            return
        value = element.get("value")
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            return
        low = high = float(value)
        comparator = element.get("comparator")
        if comparator in ("<", "<="):
            low = -ENDLESS
        elif comparator in (">", ">="):
            high = ENDLESS
        yield low, high, *_unit(element)


def _range(element: Any) -> Iterator[Quantity]:
    low = element.get("low")
    high = element.get("high")
    start = next(quantities(low), None) if isinstance(low, dict) else None
    end = next(quantities(high), None) if isinstance(high, dict) else None
    unit = (start or end or (0, 0, None, None, None))[2:]
    yield start[0] if start else -ENDLESS, end[1] if end else ENDLESS, *unit


def _unit(element: Any) -> tuple[str | None, str | None, str | None]:
    if isinstance(element.get("currency"), str):
        return "urn:iso:std:iso:4217", element["currency"], None
    system, code, unit = (element.get(name) for name in ("system", "code", "unit"))
    return tuple(word if isinstance(word, str) else None for word in (system, code, unit))  # type: ignore[return-value]  # three
