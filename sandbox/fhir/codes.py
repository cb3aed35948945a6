"""Codes of a coded element, whatever its type: code, Coding or CodeableConcept (FHIR R4
datatypes.html).  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def codes_of(element: Any) -> set[str]:
    """Returns the codes of a code, Coding or CodeableConcept, or of a list of them."""
    return set(_codes(element))


def _codes(element: Any) -> Iterator[str]:
    if isinstance(element, str):
        yield element
    elif isinstance(element, list):
        for item in element:
            yield from _codes(item)
    elif isinstance(element, dict):
        if isinstance(element.get("code"), str):
            yield element["code"]
        yield from _codes(element.get("coding") or ())


def codings_of(value: Any) -> Iterator[tuple[str | None, str]]:
    """Yields system and code of a code, Coding, CodeableConcept or Quantity."""
    if isinstance(value, str):
        yield None, value
    elif isinstance(value, dict):
        codings = value.get("coding")
        for coding in codings if isinstance(codings, list) else (value,):
            if isinstance(coding, dict) and isinstance(coding.get("code"), str):
                system = coding.get("system")
                yield system if isinstance(system, str) else "", coding["code"]
