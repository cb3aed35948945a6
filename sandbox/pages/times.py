"""Moments as pages show them: in the zone of the event, with the reader's own time beside or on
hover.  It knows no request and no route.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_timedelta
from markupsafe import Markup

from sandbox.calendars import day_in, locale_of, moment_in, zone_in
from sandbox.fhir.dates import milliseconds_of, moment_of
from sandbox.i18n import Language, say

Moment: TypeAlias = int | str | datetime
"""Milliseconds since 1970, an aware moment, or ISO 8601: in the event's zone, if it names none."""
Fineness: TypeAlias = Literal["second", "minute", "clock", "day"]
CLOCKS: dict[Fineness, str] = {"second": "%H:%M:%S", "minute": "%H:%M", "clock": "%H:%M"}
NOWHERE = "UTC"
"""The zone of a sandbox in which no event runs."""
TAG = Markup('<time datetime="{utc}" title="{hover}"{mark}>{text}</time>')
DAY = Markup('<time datetime="{day}">{text}</time>')
BESIDE = Markup(' <span class="note">({})</span>')


@dataclass(frozen=True, slots=True)
class Times:
    """Shows moments to one reader.

    Attributes:
        zone: The event's, by its name in IANA's list.
        own: The zone that the reader has chosen; empty where they have chosen none, whose time the
            browser writes (`times.js`), or UTC stands where it cannot.
    """

    zone: str = NOWHERE
    own: str = ""

    def shown(
        self,
        moment: Moment,
        fineness: Fineness = "minute",
        *,
        language: Language,
        until: Moment | None = None,
    ) -> Markup:
        """Returns a moment as HTML.

        Args:
            moment: When.
            fineness: How much of it is shown; `clock` is for a list under its day.
            language: Of the page.
            until: The end of what begins then, on the same day.
        """
        exact = self._exact(moment)
        here = exact.astimezone(ZoneInfo(self.zone))
        days = [day_in(language, here.date())] if fineness != "clock" else []
        clock = [here.strftime(CLOCKS[fineness])] if fineness in CLOCKS else []
        text = ", ".join([*days, *clock])
        if until is not None:
            text += f"–{self._exact(until).astimezone(ZoneInfo(self.zone)):%H:%M}"
        there = exact.astimezone(ZoneInfo(self.own or NOWHERE))
        tag = TAG.format(
            utc=f"{exact.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            hover=_hover(language, there, self.own or NOWHERE),
            mark="" if self.own else Markup(" data-own"),
            text=text,
        )
        is_other = there.utcoffset() != here.utcoffset()
        if not self.own or fineness == "day" or not is_other:
            return tag
        day = "" if there.date() == here.date() else day_in(language, there.date(), has_year=False)
        when = f"{day} {there:%H:%M}".lstrip()
        return tag + BESIDE.format(say("times.own", language, when=when))

    def since(
        self, moment: Moment, *, now: int, language: Language, is_span: bool = False
    ) -> Markup:
        """Returns how long ago something was as HTML, with its moment on hover.

        Args:
            moment: When; 0 for never.
            now: The moment at which the page is read, in milliseconds since 1970.
            language: Of the page.
            is_span: Whether it is said as a span, `2 horas`, in place of `hace 2 horas`.
        """
        if not moment:
            return Markup("–")
        exact = self._exact(moment)
        passed = now - milliseconds_of(exact)
        told = {self.zone: exact.astimezone(ZoneInfo(self.zone))}
        if self.own:
            told[self.own] = exact.astimezone(ZoneInfo(self.own))
        return TAG.format(
            utc=f"{exact.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            hover=" · ".join(_hover(language, there, zone) for zone, there in told.items()),
            mark="",
            text=age(passed, language) if is_span else ago(passed, language),
        )

    def entered(self, text: str) -> str:
        """Returns a moment as a browser's field gives it, without offset and meant in the event's
        zone, in ISO 8601 with its offset; what is no such moment as it is, to be refused.
        """
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        return moment.replace(tzinfo=ZoneInfo(self.zone)).isoformat()

    def _exact(self, moment: Moment) -> datetime:
        if isinstance(moment, int):
            return moment_of(moment)
        exact = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return exact if exact.tzinfo else exact.replace(tzinfo=ZoneInfo(self.zone))


def _hover(language: Language, moment: datetime, zone: str) -> str:
    return f"{moment_in(language, moment)} {zone_in(language, zone)}"


def plain_day(day: date | str, language: Language) -> Markup:
    """Returns a day of a calendar, which is the same in every zone, as HTML.

    Args:
        day: A date, or its text in ISO 8601; any other text is shown as it is.
        language: Of the page.
    """
    with suppress(ValueError):
        exact = date.fromisoformat(str(day))
        return DAY.format(day=exact.isoformat(), text=day_in(language, exact))
    return DAY.format(day=day, text=day)


def long_date(day: date, language: Language) -> str:
    """Returns a day as a reader says it, such as `lunes, 27 de julio de 2026`; as ISO 8601 in a
    language that is not known to CLDR.
    """
    locale = locale_of(language)
    if locale is None:
        return day.isoformat()
    return format_date(day, format="full", locale=locale)


def long_dates(first: date, last: date, language: Language) -> str:
    """Returns days as a reader says them, such as `del 27 de julio al 30 de julio de 2026`; the
    year stands once, where it is the same.
    """
    if first == last:
        return long_date(first, language)
    locale = locale_of(language)
    if locale is None:
        return f"{first} – {last}"
    of_year = first.year == last.year
    begins = (
        format_skeleton("MMMMd", first, locale=locale)
        if of_year
        else format_date(first, format="long", locale=locale)
    )
    ends = format_date(last, format="long", locale=locale)
    return say("times.days", language, first=begins, last=ends)


def age(milliseconds: int, language: Language) -> str:
    """Returns how long something waits, as a reader says it, such as `2 horas`."""
    span = timedelta(milliseconds=max(0, milliseconds))
    locale = locale_of(language)
    if locale is None:
        return f"{int(span.total_seconds() // 60)} min"
    return format_timedelta(span, locale=locale, threshold=1.5)


def ago(milliseconds: int, language: Language) -> str:
    """Returns when something was, as a reader says it, such as `hace 2 horas`.

    Args:
        milliseconds: How long ago.
        language: Of the reader; ISO 8601 durations of minutes in one that CLDR does not know.
    """
    span = timedelta(milliseconds=max(0, milliseconds))
    locale = locale_of(language)
    if locale is None:
        return f"-{int(span.total_seconds() // 60)} min"
    return format_timedelta(-span, locale=locale, threshold=1.5, add_direction=True)
