"""Days, moments and time zones as people say them, by CLDR; machines are given ISO 8601."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_skeleton, get_timezone_location

from sandbox.countries import name_of

REMEMBERED = 4096
WORLD = "001"
NO_PLACE = frozenset({WORLD, "ZZ"})
"""What CLDR gives for the country of a zone that is of an offset alone."""


@cache
def locale_of(language: str) -> Locale | None:
    """Returns what CLDR knows of a language; None for one that it does not have."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=REMEMBERED)
def day_in(language: str, day: date, *, has_year: bool = True) -> str:
    """Returns a day in few words, such as `30 nov 2026`; as ISO 8601 in a language that CLDR does
    not have.
    """
    locale = locale_of(language)
    if locale is None:
        return day.isoformat() if has_year else f"{day:%m-%d}"
    return str(format_skeleton("yMMMd" if has_year else "MMMd", day, locale=locale))


def moment_in(language: str, moment: datetime) -> str:
    """Returns a moment to the minute, on the clock of its own zone."""
    return f"{day_in(language, moment.date())}, {moment:%H:%M}"


@lru_cache(maxsize=REMEMBERED)
def zone_in(language: str, zone: str) -> str:
    """Returns what people call a time zone: its city, with the country where that is another word.

    Args:
        language: Of the reader.
        zone: By its name in IANA's list, which is returned where CLDR has no other.
    """
    country, city = place_of(language, zone)
    return f"{city}, {country}" if country and country != city else city


def zones_of_places() -> set[str]:
    """Returns the time zones that a place has, by their names in IANA's list."""
    territories = get_global("zone_territories")
    return {zone for zone in available_timezones() if territories.get(zone, WORLD) not in NO_PLACE}


def place_of(language: str, zone: str) -> tuple[str, str]:
    """Returns country and city of a zone in words; no country where it is of no place."""
    locale = locale_of(language)
    known = get_global("zone_aliases").get(zone, zone)
    territory = get_global("zone_territories").get(known, WORLD)
    if locale is None or territory in NO_PLACE:
        return "", zone
    city = str(get_timezone_location(ZoneInfo(known), locale=locale, return_city=True))
    return name_of(territory, language), city.rpartition("/")[2]
