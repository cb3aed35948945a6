"""Countries by their names, for whoever chooses one: nobody knows the codes of others by heart."""

from __future__ import annotations

from functools import cache

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


def _by_name(row: tuple[str, str]) -> str:
    # Åland and Österreich stand where people look for them, not behind Z
    return folded(row[1])
