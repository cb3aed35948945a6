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


def tokens(found: Any) -> Iterator[tuple[str | None, str | None]]:
    """Yields system and code of a code, Coding, CodeableConcept, Identifier, ContactPoint or
    boolean.
    """
    if isinstance(found, bool):
        yield "*", "true" if found else "false"
    elif isinstance(found, str):
        yield "*", found
    elif isinstance(found, dict):
        codings = found.get("coding")
        if isinstance(codings, list):
            for coding in codings:
                yield from tokens(coding if isinstance(coding, dict) else None)
            return
        code = found.get("code", found.get("value"))
        system = found.get("system")
        if isinstance(code, str):
            yield system if isinstance(system, str) else None, code


def texts(found: Any) -> Iterator[str]:
    """Yields what `:text` searches: text and displays of a concept, those of an identifier's
    type.
    """
    if not isinstance(found, dict):
        return
    for part in (found, found.get("type")):
        if isinstance(part, dict):
            codings = part.get("coding")
            for labelled in (part, *(codings if isinstance(codings, list) else ())):
                for name in ("text", "display"):
                    if isinstance(labelled, dict) and isinstance(labelled.get(name), str):
                        yield labelled[name]


def typed_identifiers(found: Any) -> Iterator[tuple[str | None, str]]:
    """Yields system of the type, and `code|value`, of an identifier that says its type
    (`:of-type`).
    """
    if isinstance(found, dict) and isinstance(found.get("value"), str):
        for system, code in tokens(found.get("type")):
            if code is not None:
                yield system, f"{code}|{found['value']}"


def strings(found: Any) -> Iterator[str]:
    """Yields the texts of a string, HumanName or Address."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for part in PARTS:
            words = found.get(part)
            for text in words if isinstance(words, list) else (words,):
                if isinstance(text, str):
                    yield text


def intervals(found: Any) -> Iterator[tuple[int, int]]:
    """Yields the milliseconds that a date, Period or Timing covers."""
    if isinstance(found, str):
        interval = interval_of(found)
        if interval:
            yield interval
    elif isinstance(found, dict):
        if "start" in found or "end" in found:
            start, end = (
                interval_of(str(found[part])) if part in found else None
                for part in ("start", "end")
            )
            yield (start[0] if start else ALWAYS[0]), (end[1] if end else ALWAYS[1])
        repeat = found.get("repeat")  # Timing: of a repetition only the outer limits count
        if isinstance(repeat, dict) and "boundsPeriod" in repeat:
            yield from intervals(repeat["boundsPeriod"])
        events = found.get("event")
        for event in events if isinstance(events, list) else ():
            yield from intervals(event)


def targets(
    found: Any, bases: Collection[str]
) -> Iterator[tuple[str | None, str | None, str | None]]:
    """Yields type and id of a local target, or the URL of another one."""
    text = found.get("reference") if isinstance(found, dict) else found
    if not isinstance(text, str) or text.startswith("#"):
        return
    literal = parse_reference(text)
    if literal and (not literal.base or literal.base in bases):
        yield literal.type, literal.id, None
    else:
        yield None, None, text


def quantities(found: Any) -> Iterator[Quantity]:
    """Yields the extent and unit of a number, Quantity, Money, Range or SampledData's origin."""
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        yield float(found), float(found), None, None, None
    elif isinstance(found, dict):
        if "low" in found or "high" in found:
            yield from _range(found)
            return
        value = found.get("value")
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            return
        low = high = float(value)
        comparator = found.get("comparator")
        if comparator in ("<", "<="):
            low = -ENDLESS
        elif comparator in (">", ">="):
            high = ENDLESS
        yield low, high, *_unit(found)


def _range(found: Any) -> Iterator[Quantity]:
    low = found.get("low")
    high = found.get("high")
    start = next(quantities(low), None) if isinstance(low, dict) else None
    end = next(quantities(high), None) if isinstance(high, dict) else None
    unit = (start or end or (0, 0, None, None, None))[2:]
    yield start[0] if start else -ENDLESS, end[1] if end else ENDLESS, *unit


def _unit(found: Any) -> tuple[str | None, str | None, str | None]:
    if isinstance(found.get("currency"), str):
        return "urn:iso:std:iso:4217", found["currency"], None
    system, code, unit = (found.get(name) for name in ("system", "code", "unit"))
    return tuple(word if isinstance(word, str) else None for word in (system, code, unit))  # type: ignore[return-value]  # three
