"""Countries and time zones by their names, for whoever chooses one: nobody knows the codes of
others by heart.
"""

from __future__ import annotations

from functools import cache

from sandbox.calendars import place_of, zones_of_places
from sandbox.countries import CODES, name_of
from sandbox.i18n import Language
from sandbox.pages.matching import folded


@cache
def countries_in(language: Language) -> tuple[tuple[str, str], ...]:
    """Returns the countries to choose from.

    Args:
        language: Of the reader; English for one that CLDR does not have.

    Returns:
        Code of two letters (ISO 3166-1) and name of each, in the order of the names.
    """
    return tuple(sorted(((code, name_of(code, language)) for code in CODES), key=_by_name))


@cache
def zones_in(language: Language) -> tuple[tuple[str, str], ...]:
    """Returns the time zones to choose from: UTC, and those of places.

    Args:
        language: Of the reader.

    Returns:
        The name in IANA's list, with country and city in words, in the order of those.
    """
    named = ((zone, place_of(language, zone)) for zone in zones_of_places())
    rows = ((zone, " · ".join(dict.fromkeys(filter(None, names)))) for zone, names in named)
    return (("UTC", "UTC"), *sorted(rows, key=_by_name))


def _by_name(row: tuple[str, str]) -> str:
    # Åland and Österreich stand where people look for them, not behind Z
    return folded(row[1])
