"""Whether a value is the one that a definition fixes, or holds the pattern that it states; and how
both are shown.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.fhir.json import write_json


def is_fixed(value: Any, fixed: Any) -> bool:
    """Tells whether a value equals a fixed one: nothing less, nothing more (FHIR R4
    elementdefinition.html#fixed).

    Numbers compare by value: a compiled definition does not keep their digits.
    """
    if isinstance(fixed, dict):
        return (
            isinstance(value, dict)
            and fixed.keys() == value.keys()
            and all(is_fixed(value[name], part) for name, part in fixed.items())
        )
    if isinstance(fixed, list):
        return (
            isinstance(value, list)
            and len(value) == len(fixed)
            and all(map(is_fixed, value, fixed))
        )
    if isinstance(fixed, bool) or isinstance(value, bool):
        return value is fixed
    if isinstance(fixed, float | int | Decimal) and isinstance(value, float | int | Decimal):
        return decimal_of(value) == decimal_of(fixed)
    return bool(value == fixed)


def fits_pattern(value: Any, pattern: Any) -> bool:
    """Tells whether a value holds at least the pattern (FHIR R4 elementdefinition.html#pattern).

    Of an array, each item of the pattern must be met by an item of the value.
    """
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            fits_pattern(value.get(name), part) for name, part in pattern.items()
        )
    if isinstance(pattern, list):
        items = value if isinstance(value, list) else []
        return all(any(fits_pattern(item, part) for item in items) for part in pattern)
    return is_fixed(value, pattern)


def decimal_of(value: float | int | Decimal) -> Decimal:
    """Returns a number as it was written, without the error of binary floats."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def as_json(value: Any) -> str:
    """Returns a value as compact JSON, for a sentence or to be copied."""
    return write_json(value).decode()
