"""Quantities: a number with a unit, and bringing two of them to one unit (FHIRPath 2.0.0
#quantity).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sandbox.fhirpath.nodes import Node

TEXT = re.compile(r"^(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?:'(?P<unit>[^']+)'|(?P<calendar>[a-z]+))?$")
CALENDAR = {
    "year": "a",
    "month": "mo",
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
}
CALENDAR |= {"millisecond": "ms"}
# years and months are only equivalent
EXACT = frozenset({"week", "day", "hour", "minute", "second", "millisecond"})
# unit: (dimension, factor); enough for what teams compare, the whole of UCUM is the terminology's
# matter
FACTORS: dict[str, tuple[str, Decimal]] = {
    unit: (dimension, Decimal(factor))
    for dimension, units in {
        "mass": {
            "kg": "1000",
            "g": "1",
            "mg": "0.001",
            "ug": "0.000001",
            "[lb_av]": "453.59237",
            "[oz_av]": "28.349523125",
        },
        "length": {
            "km": "1000",
            "m": "1",
            "cm": "0.01",
            "mm": "0.001",
            "[in_i]": "0.0254",
            "[ft_i]": "0.3048",
        },
        "time": {"wk": "604800", "d": "86400", "h": "3600", "min": "60", "s": "1", "ms": "0.001"},
        "long time": {"a": "12", "mo": "1"},
        "volume": {"L": "1", "l": "1", "dL": "0.1", "mL": "0.001", "uL": "0.000001"},
    }.items()
    for unit, factor in units.items()
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """`calendar` tells a calendar unit (`4 years`) from a UCUM one (`4 'a'`)."""

    value: Decimal
    unit: str
    calendar: bool = False


def as_quantity(node: Node) -> Quantity | None:
    """Returns a node as a quantity: a literal, a FHIR Quantity, or a plain number with the unit
    1.
    """
    value = node.value
    if isinstance(value, Quantity):
        return value
    if isinstance(value, dict):
        number = value.get("value")
        if number is None or isinstance(number, bool | str):
            return None
        return Quantity(Decimal(str(number)), str(value.get("code", value.get("unit", "1"))))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Quantity(Decimal(value), "1")
    return None


def read_quantity(text: str) -> Quantity | None:
    """Returns the quantity of a text such as `4 days` or `5.4 'mg'`, or None."""
    match = TEXT.match(text.strip())
    if match is None:
        return None
    singular = (match["calendar"] or "").removesuffix("s")
    if singular and singular not in CALENDAR:
        return None
    try:
        value = Decimal(match["value"])
    except InvalidOperation:
        return None
    return Quantity(value, singular or match["unit"] or "1", calendar=bool(singular))


def write_quantity(quantity: Quantity) -> str:
    """Returns the text of a quantity: calendar units bare, UCUM units in quotes."""
    return (
        f"{quantity.value} {quantity.unit}"
        if quantity.calendar
        else f"{quantity.value} '{quantity.unit}'"
    )


def in_common_unit(
    left: Quantity | None, right: Quantity | None, *, loose: bool
) -> tuple[Decimal, Decimal] | None:
    """Returns both values in one unit, or None when their units do not compare.

    `loose` takes a calendar year for the UCUM year, as equivalence does.
    """
    if left is None or right is None:
        return None
    left_unit = _ucum(left, loose=loose)
    right_unit = _ucum(right, loose=loose)
    if left_unit == right_unit:
        return left.value, right.value
    if (
        left_unit in FACTORS
        and right_unit in FACTORS
        and FACTORS[left_unit][0] == FACTORS[right_unit][0]
    ):
        return left.value * FACTORS[left_unit][1], right.value * FACTORS[right_unit][1]
    return None


def ratio_of(unit: str, target: str) -> Decimal | None:
    """Returns how many of a target one unit is, or None where the two are not known to compare."""
    if unit not in FACTORS or target not in FACTORS or FACTORS[unit][0] != FACTORS[target][0]:
        return None
    return FACTORS[unit][1] / FACTORS[target][1]


def in_base_unit(quantity: Quantity) -> tuple[str, Decimal]:
    """Returns dimension and value of a quantity; equal quantities have equal ones."""
    unit = _ucum(quantity, loose=False)
    dimension, factor = FACTORS.get(unit, (unit, Decimal(1)))
    return dimension, quantity.value * factor


def _ucum(quantity: Quantity, *, loose: bool) -> str:
    singular = quantity.unit.removesuffix("s") if quantity.calendar else quantity.unit
    if quantity.calendar:
        return CALENDAR[singular] if loose or singular in EXACT else singular
    return quantity.unit
