"""Dates, times and moments with their precision: comparing, moving and bounding them (FHIRPath
2.0.0 #datetime).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sandbox.fhirpath.nodes import Node, system_type

MOMENT = re.compile(
    r"^(?:(\d{4})(?:-(\d\d)(?:-(\d\d))?)?)?"
    r"(?:(T)(?:(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?)?(Z|[+-]\d\d:\d\d)?)?$"
)
TIME = re.compile(r"^T?(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?$")
UNITS = {
    "year": 0,
    "month": 1,
    "week": 2,
    "day": 2,
    "hour": 3,
    "minute": 4,
    "second": 5,
    "millisecond": 5,
}
SECONDS = {
    "week": Decimal(604800),
    "day": Decimal(86400),
    "hour": Decimal(3600),
    "minute": Decimal(60),
    "second": Decimal(1),
    "millisecond": Decimal("0.001"),
}
FIRST = (1, 1, 1, 0, 0, Decimal(0))
LAST = (9999, 12, 31, 23, 59, Decimal("59.999"))


@dataclass(frozen=True, slots=True)
class Moment:
    """`parts` are year, month, day, hour, minute, second as far as they are known; a time lacks the
    first three.
    """

    kind: str
    parts: tuple[int | Decimal, ...]
    zone: int | None = None
    """Minutes east of UTC, None when it is not said."""


def parse_moment(node: Node) -> Moment | None:
    """Returns the moment that a date, dateTime, instant or time node holds, or None for what is
    none.
    """
    kind = system_type(node)
    return (
        read_moment(str(node.value), "Time" if kind == "Time" else kind)
        if node.value is not None
        else None
    )


def read_moment(text: str, kind: str) -> Moment | None:
    """Returns the moment of a text; `kind` is Date, DateTime or Time."""
    if kind == "Time":
        match = TIME.match(text)
        return (
            Moment("Time", _numbers(match.groups()))
            if match and _is_time(_numbers(match.groups()))
            else None
        )
    match = MOMENT.match(text)
    if match is None or not match[1] or (kind == "Date" and match[4]):
        return None
    parts = _numbers((match[1], match[2], match[3], match[5], match[6], match[7]))
    if not _is_date(parts[:3]) or not _is_time(parts[3:]):
        return None
    return Moment(kind, parts, _zone(match[8]))


def compare_moments(left: Moment | None, right: Moment | None) -> int | None:
    """Returns -1, 0, 1, or None where the precisions cannot decide."""
    if left is None or right is None:
        return None
    if left.zone is not None and right.zone is not None and left.zone != right.zone:
        left = in_utc(left)
        right = in_utc(right)
    elif (
        (left.zone is None) != (right.zone is None) and len(left.parts) > 3 and len(right.parts) > 3
    ):
        return None
    for left_part, right_part in zip(left.parts, right.parts, strict=False):
        if left_part != right_part:
            return -1 if left_part < right_part else 1
    shorter = min(len(left.parts), len(right.parts))
    return (
        0 if len(left.parts) == len(right.parts) or (left.kind != "Time" and shorter == 6) else None
    )


def in_utc(moment: Moment) -> Moment:
    """Returns the same moment with its parts in UTC; one without zone or minutes as it is."""
    if len(moment.parts) < 5 or moment.zone is None:
        return moment
    whole = _as_datetime(moment) - timedelta(minutes=moment.zone)
    return Moment(moment.kind, _parts_of(whole)[: len(moment.parts)], 0)


def move(moment: Moment, amount: Decimal, unit: str) -> Moment | None:
    """Returns the moment that lies an amount of calendar units later; precision stays; None beyond
    year 1 to 9999.
    """
    unit = unit.removesuffix("s")
    if moment.kind == "Time":
        return _move_time(moment, amount, unit)
    known = len(moment.parts)
    if unit in ("year", "month"):
        months = int(amount) * (12 if unit == "year" else 1)
        if known == 1:
            months = months // 12 * 12 if months >= 0 else -(-months // 12 * 12)
        return _move_months(moment, months)
    if known < 3:
        days = int(amount * SECONDS[unit] / 86400)
        return _move_months(moment, int(days / 365) * 12 if known == 1 else int(days / 30))
    if known == 3:
        amount = Decimal(int(amount * SECONDS[unit] / 86400))
        unit = "day"
    # decimals count for seconds only
    steps = amount if unit in ("second", "millisecond") else int(amount)
    whole = _as_datetime(moment) + timedelta(microseconds=int(steps * SECONDS[unit] * 1_000_000))
    parts = list(_parts_of(whole)[:known])
    if known == 6 and isinstance(moment.parts[5], Decimal):
        parts[5] = Decimal(parts[5]).quantize(Decimal("0.001"))
    return Moment(moment.kind, tuple(parts), moment.zone)


def write_moment(moment: Moment) -> str:
    """Returns the text of a moment, without the `T` that begins a time literal."""
    words = [
        _digits(part, 4 if index == 0 and moment.kind != "Time" else 2)
        for index, part in enumerate(moment.parts)
    ]
    if moment.kind == "Time":
        return ":".join(words)
    text = "-".join(words[:3])
    if len(words) > 3:
        text += "T" + ":".join(words[3:])
    if moment.zone is None or len(words) < 4:
        return text
    sign = "-" if moment.zone < 0 else "+"
    return text + (
        "Z"
        if moment.zone == 0
        else f"{sign}{abs(moment.zone) // 60:02d}:{abs(moment.zone) % 60:02d}"
    )


def boundary(moment: Moment, *, low: bool, known: int) -> Moment:
    """Returns the first or last moment that it may stand for, with `known` parts."""
    parts = list(moment.parts)
    limits = (FIRST if low else LAST)[3:] if moment.kind == "Time" else (FIRST if low else LAST)
    while len(parts) < known:
        part: int | Decimal = limits[len(parts)]
        if len(parts) == 2 and moment.kind != "Time" and not low:
            part = calendar.monthrange(int(parts[0]), int(parts[1]))[1]
        parts.append(part)
    zone = moment.zone
    if zone is None and known > 3 and moment.kind == "DateTime":
        zone = 14 * 60 if low else -12 * 60
    return Moment(moment.kind, tuple(parts[:known]), zone)


def _numbers(texts: tuple[str | None, ...]) -> tuple[int | Decimal, ...]:
    return tuple(Decimal(text) if "." in text else int(text) for text in texts if text)


def _is_date(parts: tuple[int | Decimal, ...]) -> bool:
    try:
        year, month, day = (int(part) for part in (*parts, 1, 1)[:3])
        datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return False
    return True


def _is_time(parts: tuple[int | Decimal, ...]) -> bool:
    return all(part < limit for part, limit in zip(parts, (24, 60, 61), strict=False))


def _zone(text: str | None) -> int | None:
    if not text:
        return None
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return -minutes if text[0] == "-" else minutes


def _as_datetime(moment: Moment) -> datetime:
    year, month, day, hour, minute, second = (*moment.parts, *FIRST[len(moment.parts) :])
    micro = int(Decimal(second) % 1 * 1_000_000)
    return datetime(
        int(year), int(month), int(day), int(hour), int(minute), int(second), micro, UTC
    )


def _parts_of(whole: datetime) -> tuple[int | Decimal, ...]:
    second: int | Decimal = whole.second
    if whole.microsecond:
        second = Decimal(whole.second) + Decimal(whole.microsecond // 1000) / 1000
    return (whole.year, whole.month, whole.day, whole.hour, whole.minute, second)


def _move_months(moment: Moment, months: int) -> Moment | None:
    year = int(moment.parts[0])
    month = int(moment.parts[1]) if len(moment.parts) > 1 else 1
    year = year + (month - 1 + months) // 12
    month = (month - 1 + months) % 12 + 1
    if not 1 <= year <= 9999:
        return None
    moved: list[int | Decimal] = [year, month, *moment.parts[2:]][: len(moment.parts)]
    if len(moved) > 2:
        moved[2] = min(int(moved[2]), calendar.monthrange(year, month)[1])
    return Moment(moment.kind, tuple(moved), moment.zone)


def _move_time(moment: Moment, amount: Decimal, unit: str) -> Moment | None:
    if unit not in SECONDS:
        return None
    hour, minute, second = (*moment.parts, 0, 0)[:3]
    total = (
        Decimal(hour) * 3600 + Decimal(minute) * 60 + Decimal(second) + amount * SECONDS[unit]
    ) % 86400
    seconds = total % 60
    parts = (
        int(total // 3600),
        int(total // 60 % 60),
        int(seconds) if seconds == int(seconds) else seconds,
    )
    return Moment("Time", parts[: len(moment.parts)])


def _digits(part: int | Decimal, width: int) -> str:
    if isinstance(part, Decimal):
        return f"{part:06.3f}"
    return f"{part:0{width}d}"
