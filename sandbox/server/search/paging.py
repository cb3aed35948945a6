"""Page sizes: one reading of `_count` for searches and histories (FHIR R4 search.html#count)."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.errors import InvalidSearch
from sandbox.limits import PAGE_ENTRIES

DEFAULT_COUNT = 20


def read_count(query: Mapping[str, str]) -> int:
    """Returns how many entries a page may hold; more than PAGE_ENTRIES is brought down to it, as
    the clause allows.
    """
    text = query.get("_count")
    if text is None:
        return DEFAULT_COUNT
    if not text.isdecimal() or len(text) > 9:
        raise InvalidSearch(
            "server.bad_count", where="_count", clause="FHIR R4 search.html#count", value=text
        )
    return min(int(text), PAGE_ENTRIES)
