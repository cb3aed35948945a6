"""Judges what a certificate says beyond its form: its own period, dates, doses and countries.

The technical validity (exp) is that of the signed bytes; the period that the content states for
itself is another, and ends first where it is shorter.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sandbox.certificates.cose import MAPS
from sandbox.certificates.dialects import Dialect, Meaning, steps_of
from sandbox.certificates.fields import PARTIAL
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
    if not isinstance(content, MAPS):
        return []
    meaning = _of_what_is_there(dialect.meaning, content)
    findings = [*_dates(dialect, meaning, content, at)]
    if meaning.begins or meaning.ends:
        findings = [*_period(dialect, meaning, content, at), *findings]
    for dose, series in meaning.doses:
        findings += _doses(dialect, content, dose, series)
    for event, after in meaning.follows:
        findings += _order(dialect, content, event, after)
    return findings


def _of_what_is_there(meaning: Meaning, content: Mapping[Any, Any]) -> Meaning:
    """Returns the paths that lead anywhere in content: of the European form a certificate has one
    of three parts, and each part has its own paths.
    """
    return _beginning_with(meaning, frozenset(content.keys() & _heads_of(meaning)))


@cache
def _heads_of(meaning: Meaning) -> frozenset[str]:
    """Returns the names with which paths begin."""
    return frozenset(steps_of(path)[0][0] for path in meaning.paths)


@lru_cache(maxsize=512)
def _beginning_with(meaning: Meaning, names: frozenset[str]) -> Meaning:
    """Returns the paths that begin with one of these names."""

    def kept(paths: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(path for path in paths if steps_of(path)[0][0] in names)

    return replace(
        meaning,
        events=kept(meaning.events),
        begins=kept(meaning.begins),
        ends=kept(meaning.ends),
        doses=tuple(pair for pair in meaning.doses if len(kept(pair)) == len(pair)),
        follows=tuple(pair for pair in meaning.follows if len(kept(pair)) == len(pair)),
        countries=kept(meaning.countries),
    )


def judge_countries(dialect: Dialect, content: Any, *, issuer: str) -> list[Finding]:
    """Returns which countries in content are not that of the issuer.

    A vaccination may have been given in another country than the one that certifies it: a
    deviation, and no proof of a lie.
    """
    meaning = _of_what_is_there(dialect.meaning, content) if isinstance(content, MAPS) else None
    return [
        finding(
            "other_place",
            "warning",
            where=place,
            expected=issuer,
            found=code,
            clause=dialect.clause,
        )
        for path in (meaning.countries if meaning else ())
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
    steps = steps_of(path)
    # most paths of a dialect lead to nothing in one certificate
    if not isinstance(content, MAPS) or steps[0][0] not in content:
        return []
    if len(steps) == 2 and steps[0][1] and not steps[1][1]:
        return _of_each(content[steps[0][0]], steps[0][0], steps[1][0])
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


def _of_each(items: Any, name: str, member: str) -> list[tuple[str, Any]]:
    """Returns the places and values of a member of each item of a list: what most paths lead to."""
    if not isinstance(items, (list, tuple)):
        return []
    return [
        (f"{name}[{number}].{member}", item[member])
        for number, item in enumerate(items)
        if isinstance(item, MAPS) and item.get(member) is not None
    ]


def days_of(value: Any) -> Days | None:
    """Returns the first and last day that a date, a partial date or an instant means."""
    return _days_of(value[:10]) if isinstance(value, str) else None


# births and events of many certificates fall on the same few thousand days
@lru_cache(maxsize=8192)
def _days_of(text: str) -> Days | None:
    """Returns the first and last day that the first ten letters of a text mean."""
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


def _period(dialect: Dialect, meaning: Meaning, content: Any, at: datetime) -> Iterator[Finding]:
    """Yields where the period that content states is over, has not begun, or is none."""
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


def _dates(dialect: Dialect, meaning: Meaning, content: Any, at: datetime) -> Iterator[Finding]:
    """Yields which dates lie in the future, and which events before the birth."""
    births = values_at(content, meaning.birth) if meaning.birth else []
    events = [event for path in meaning.events for event in values_at(content, path)]
    latest = (at + EARLIEST).date()
    born = days_of(births[0][1]) if births else None
    if births and born is None and _has_no_day(births[0][1]):
        yield finding(
            "no_such_day",
            "warning",
            where=births[0][0],
            found=str(births[0][1])[:40],
            clause=dialect.clause,
        )
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


def _has_no_day(value: Any) -> bool:
    """Tells whether a date has the form of one, and no calendar has it, such as 30 February."""
    return isinstance(value, str) and bool(value) and PARTIAL.fullmatch(value) is not None


def _order(dialect: Dialect, content: Any, event: str, after: str) -> Iterator[Finding]:
    """Yields which days lie before the event that they follow."""
    earlier = values_at(content, event)
    later = values_at(content, after)
    for (_, first), (place, second) in zip(earlier, later, strict=False):
        begins = days_of(first)
        follows = days_of(second)
        if begins and follows and follows[1] < begins[0]:
            yield finding(
                "before_event",
                "warning",
                where=place,
                found=str(second)[:40],
                expected=str(first)[:40],
                clause=dialect.clause,
            )


def _doses(dialect: Dialect, content: Any, dose: str, series: str) -> Iterator[Finding]:
    numbers = values_at(content, dose)
    totals = values_at(content, series)
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
