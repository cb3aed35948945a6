"""Judges what a certificate says beyond its form: its own period, dates, doses and countries.

The technical validity (exp) is that of the signed bytes; the period that the content states for
itself is another, and ends first where it is shorter.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sandbox.certificates.cose import MAPS
from sandbox.certificates.dialects import Dialect
from sandbox.certificates.steps import finding
from sandbox.countries import are_same
from sandbox.findings import Finding, Severity

# the day begins that much earlier where it begins first (UTC+14)
EARLIEST = timedelta(hours=14)
WHOLE = re.compile(r"\d{4}-\d\d-(?!00)\d\d", re.ASCII)
Days = tuple[date, date]
"""The first and the last day that a date can mean of which parts are missing."""


def judge_meaning(dialect: Dialect, content: Any, *, at: datetime) -> list[Finding]:
    """Returns what is amiss with the times, dates and doses that content states, at a moment."""
    meaning = dialect.meaning
    return [
        *_period(dialect, content, at),
        *_dates(dialect, content, at),
        *(
            finding_
            for dose, series in meaning.doses
            for finding_ in _doses(dialect, content, dose, series)
        ),
    ]


def judge_countries(dialect: Dialect, content: Any, *, issuer: str) -> list[Finding]:
    """Returns which countries in content are not that of the issuer.

    A vaccination may have been given in another country than the one that certifies it: a
    deviation, and no proof of a lie.
    """
    return [
        finding(
            "other_place",
            "warning",
            where=place,
            expected=issuer,
            found=code,
            clause=dialect.clause,
        )
        for path in dialect.meaning.countries
        for place, code in values_at(content, path)
        if isinstance(code, str) and are_same(code, issuer) is False
    ]


def end_of(dialect: Dialect, content: Any) -> datetime | None:
    """Returns when the period that content states for itself ends; None where it states none."""
    if not dialect.meaning.is_binding:
        return None
    days = [
        days_of(value) for path in dialect.meaning.ends for _, value in values_at(content, path)
    ]
    last = min((day[1] for day in days if day), default=None)
    if last is None:
        return None
    return datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC)


def values_at(content: Any, path: str) -> list[tuple[str, Any]]:
    """Returns the places and values to which a path leads, such as `v[].dt`."""
    steps = _steps(path)
    # most paths of a dialect lead to nothing in one certificate
    if not isinstance(content, MAPS) or steps[0][0] not in content:
        return []
    reached = [("", content)]
    for name, is_list in steps:
        below: list[tuple[str, Any]] = []
        for where, value in reached:
            inner = value.get(name) if isinstance(value, MAPS) else None
            if inner is None:
                continue
            place = f"{where}.{name}" if where else name
            if not is_list:
                below.append((place, inner))
            elif isinstance(inner, (list, tuple)):
                below += [(f"{place}[{number}]", item) for number, item in enumerate(inner)]
        reached = below
    return reached


@cache
def _steps(path: str) -> tuple[tuple[str, bool], ...]:
    """Returns the names on a path, and whether each leads into a list; paths are those of our own
    data.
    """
    return tuple((step.removesuffix("[]"), step.endswith("[]")) for step in path.split("."))


def days_of(value: Any) -> Days | None:
    """Returns the first and last day that a date, a partial date or an instant means."""
    if not isinstance(value, str):
        return None
    text = value[:10]
    try:
        # the commonest form by the fastest way; other spellings are read as numbers
        if WHOLE.fullmatch(text):
            whole = date.fromisoformat(text)
            return whole, whole
        parts = text.split("-")
        year, month, day = (int(part) for part in [*parts, "0", "0"][:3])
        if day:
            return date(year, month, day), date(year, month, day)
        last = month or 12
        return date(year, month or 1, 1), date(year, last, calendar.monthrange(year, last)[1])
    except (ValueError, OverflowError):  # ten digits are a year that no calendar can hold
        return None


def _period(dialect: Dialect, content: Any, at: datetime) -> Iterator[Finding]:
    """Yields where the period that content states is over, has not begun, or is none."""
    meaning = dialect.meaning
    severity: Severity = "error" if meaning.is_binding else "warning"
    begins = [stated for path in meaning.begins for stated in values_at(content, path)]
    ends = [stated for path in meaning.ends for stated in values_at(content, path)]
    for name, places in (("content_not_yet", begins), ("content_over", ends)):
        for place, value in places:
            days = days_of(value)
            is_wrong = days is not None and (
                days[1] < at.date() if name == "content_over" else days[0] > (at + EARLIEST).date()
            )
            if is_wrong:
                yield finding(
                    name,
                    severity,
                    where=place,
                    found=str(value)[:40],
                    expected=f"{at:%Y-%m-%d}",
                    clause=dialect.clause,
                )
    for (place, start), (_, end) in zip(begins, ends, strict=False):
        first = days_of(start)
        last = days_of(end)
        if first and last and first[0] > last[1]:
            yield finding(
                "period_reversed",
                "warning",
                where=place,
                found=str(start)[:40],
                expected=str(end)[:40],
                clause=dialect.clause,
            )


def _dates(dialect: Dialect, content: Any, at: datetime) -> Iterator[Finding]:
    """Yields which dates lie in the future, and which events before the birth."""
    meaning = dialect.meaning
    births = values_at(content, meaning.birth) if meaning.birth else []
    events = [event for path in meaning.events for event in values_at(content, path)]
    latest = (at + EARLIEST).date()
    born = days_of(births[0][1]) if births else None
    for number, (place, value) in enumerate((*births, *events)):
        days = born if births and number == 0 else days_of(value)
        if days and days[0] > latest:
            yield finding(
                "future_date",
                "warning",
                where=place,
                found=str(value)[:40],
                expected=f"{at:%Y-%m-%d}",
                clause=dialect.clause,
            )
        if born and days and number >= len(births) and days[1] < born[0]:
            yield finding(
                "before_birth",
                "warning",
                where=place,
                found=str(value)[:40],
                expected=str(births[0][1])[:40],
                clause=dialect.clause,
            )


def _doses(dialect: Dialect, content: Any, dose: str, series: str) -> Iterator[Finding]:
    numbers = list(values_at(content, dose))
    totals = list(values_at(content, series))
    for (place, number), (_, total) in zip(numbers, totals, strict=False):
        if _is_count(number) and _is_count(total) and number > total:
            yield finding(
                "dose_beyond",
                "warning",
                where=place,
                found=str(number),
                expected=str(total),
                clause=dialect.clause,
            )


def _is_count(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
