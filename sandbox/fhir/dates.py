"""FHIR dates as intervals: `2024-03` is the whole of March (FHIR R4 datatypes.html#dateTime).
Pure.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone

DATE = re.compile(
    r"^(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?$"
)
# arithmetic with it, not timestamp(): that fails for early years on some systems
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def interval_of(text: str) -> tuple[int, int] | None:
    """Returns the first and last millisecond (since 1970, UTC) that a date covers, or None when it
    is no date.

    A date without zone is read as UTC, so that the same data gives the same answers on every
    machine.  A leap second (`:60`, FHIR R4 datatypes.html#instant) counts as the second before it,
    as the clocks of computers count it.
    """
    match = DATE.match(text)
    if match is None or int(match["second"] or 0) > 60:
        return None
    month = int(match["month"] or 1)
    day = int(match["day"] or 1)
    try:
        start = datetime(
            int(match["year"]),
            month,
            day,
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            min(int(match["second"] or 0), 59),
            int((match["fraction"] or "0").ljust(6, "0")[:6]),
            _zone(match["zone"]),
        )
    except ValueError:
        return None
    low = (start - _EPOCH) // _MILLISECOND
    return low, low + _length(match, start.year, month) - 1


def milliseconds_of(moment: datetime) -> int:
    """Returns milliseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MILLISECOND


def moment_of(milliseconds: int) -> datetime:
    """Returns the aware moment of milliseconds since 1970, UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    hours = int(text[1:3])
    minutes = int(text[4:6])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _length(match: re.Match[str], year: int, month: int) -> int:
    """Returns how many milliseconds the written precision covers."""
    if match["fraction"]:
        return 1
    if match["second"]:
        return 1_000
    if match["hour"]:
        return 60_000
    days = 1
    if not match["day"]:
        days = (
            calendar.monthrange(year, month)[1]
            if match["month"]
            else 366
            if calendar.isleap(year)
            else 365
        )
    return days * 86_400_000
