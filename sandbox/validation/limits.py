"""Least and greatest values of an element (FHIR R4 elementdefinition.html#minValue).

Every value is an interval on a line: a date covers what its precision leaves open, a comparator
reaches without end. So a value is within its limit, beyond it, or it cannot be told.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from math import inf
from typing import Any, Literal, TypeGuard

from sandbox.fhir.dates import interval_of
from sandbox.terminology.ucum import UCUM, scale
from sandbox.validation.context import Place, Validation
from sandbox.validation.matching import as_json, decimal_of
from sandbox.validation.rules import Rule

Verdict = Literal["within", "beyond", "unknown"]
Interval = tuple[Any, Any]
DAYS = {
    "a": 365.25,
    "mo": 365.25 / 12,
    "wk": 7,
    "d": 1,
    "h": 1 / 24,
    "min": 1 / 1440,
    "s": 1 / 86400,
}
TIME = re.compile(r"^(\d\d):(\d\d):(\d\d(?:\.\d+)?)$")
# A day without zone may begin so much earlier or later: the offsets of the world reach 14 hours.
ZONES = 14 * 3_600_000
ROUNDING = Decimal("1e-12")  # relative; conversion of units computes with floats
SIGNS = {"min": "≥", "max": "≤"}


def judge_limits(validation: Validation, place: Place, rule: Rule) -> None:
    """Holds a value against the limits of a rule; what cannot be compared is said as not
    checked.
    """
    value = place.node.value
    if value is None:
        return
    for end, limit in rule.limits:
        verdict = compare(value, end, limit, validation.now.date())
        if verdict == "within":
            continue
        expected = f"{SIGNS[end]} {_shown(limit)}"
        if verdict == "beyond":
            validation.note(
                "beyond_limit",
                place,
                clause=rule.clause,
                name=end,
                expected=expected,
                found=_shown(value),
            )
        else:
            validation.note(
                "limit_unchecked",
                place,
                severity="information",
                clause=rule.clause,
                name=end,
                expected=expected,
                found=_shown(value),
            )


def compare(value: Any, end: str, limit: Any, today: date) -> Verdict:
    """Tells on which side of a limit a value lies; `end` is `min` or `max`.

    A limit that is a duration, for a date, reaches from today: back to the least, forward to the
    greatest.
    """
    if isinstance(value, str):
        return _compare_texts(value, end, limit, today)
    if isinstance(value, dict) and isinstance(limit, dict):
        return _compare_quantities(value, end, limit)
    if _is_number(value) and _is_number(limit):
        number = decimal_of(value)
        bound = decimal_of(limit)
        return _side((number, number), end, (bound, bound))
    return "unknown"


def _compare_texts(value: str, end: str, limit: Any, today: date) -> Verdict:
    if isinstance(limit, str) and (time := TIME.match(value)) and (bound := TIME.match(limit)):
        clock = _clock(time)
        limit_clock = _clock(bound)
        return _side((clock, clock), end, (limit_clock, limit_clock))
    bounds = interval_of(limit) if isinstance(limit, str) else _interval_from(today, end, limit)
    has_time = isinstance(limit, str) and "T" in limit
    covered = interval_of(value if has_time else value[:10])
    if covered is None or bounds is None:
        return "unknown"
    if has_time and "T" not in value:
        covered = (covered[0] - ZONES, covered[1] + ZONES)
    return _side(covered, end, bounds)


def _compare_quantities(value: dict[str, Any], end: str, limit: dict[str, Any]) -> Verdict:
    number = value.get("value")
    bound = limit.get("value")
    if not _is_number(number) or not _is_number(bound):
        return "unknown"
    amount = decimal_of(number)
    reach = decimal_of(bound)
    if (value.get("system"), value.get("code")) != (limit.get("system"), limit.get("code")):
        codes = [
            quantity.get("code") for quantity in (value, limit) if quantity.get("system") == UCUM
        ]
        units = [code for code in codes if isinstance(code, str)]
        line = scale(*units) if len(units) == 2 else None
        if line is None:
            return "unknown"
        amount = amount * decimal_of(line[0]) + decimal_of(line[1])
        if abs(amount - reach) <= abs(reach) * ROUNDING:
            amount = reach
    least = -inf if value.get("comparator") in ("<", "<=") else amount
    greatest = inf if value.get("comparator") in (">", ">=") else amount
    return _side((least, greatest), end, (reach, reach))


def _side(covered: Interval, end: str, bounds: Interval) -> Verdict:
    """Compares what a value covers with what its limit covers."""
    if end == "min":
        is_beyond = covered[1] < bounds[0]
        is_within = covered[0] >= bounds[0]
    else:
        is_beyond = covered[0] > bounds[1]
        is_within = covered[1] <= bounds[1]
    return "beyond" if is_beyond else "within" if is_within else "unknown"


def _interval_from(today: date, end: str, duration: Any) -> tuple[int, int] | None:
    days = DAYS.get(str(duration.get("code"))) if isinstance(duration, dict) else None
    if days is None or not _is_number(duration.get("value")):
        return None
    try:
        reach = timedelta(days=float(duration["value"]) * days)
        return interval_of((today + reach if end == "max" else today - reach).isoformat())
    except OverflowError:
        return None


def _is_number(value: Any) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _clock(time: re.Match[str]) -> tuple[Decimal, ...]:
    """Returns hours, minutes and seconds, which compare as the times do."""
    return tuple(map(Decimal, time.groups()))


def _shown(value: Any) -> str:
    """Shows a quantity as people write it: `< 500 g`."""
    if isinstance(value, dict) and "value" in value:
        words = [value.get("comparator"), value["value"], value.get("unit") or value.get("code")]
        return " ".join(str(word) for word in words if word is not None)
    return value if isinstance(value, str) else as_json(value)
