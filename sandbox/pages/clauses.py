"""Where a clause that a finding names is read: of a profile, at the row of its element on the page
of the guide.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from sandbox.pages.profile_tables import Key, place_of

REMEMBERED = 4096


@lru_cache(maxsize=REMEMBERED)
def guide_path(clause: str) -> tuple[str, str]:
    """Returns the page of a guide and the anchor on it, from the server's first page; both empty
    for what is no clause of a guide.
    """
    place = place_of(clause)
    if place is None:
        return "", ""
    key, row = place
    return profile_path(key), f"#{quote(row)}" if row else ""


def profile_path(key: Key) -> str:
    """Returns the page of a profile, from the server's first page."""
    return f"guides/{quote(key[0])}/{quote(key[1])}"
