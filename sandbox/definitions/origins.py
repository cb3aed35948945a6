"""Names the package that would bring a missing definition, by the beginning of its URL
(`origins.toml`).
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "origins.toml"


def package_for(url: str) -> str:
    """Returns the name of the package that defines what has a URL, or an empty text where the table
    does not tell.
    """
    known = [start for start in _table() if url.startswith(start)]
    if not known:
        return ""
    # the longest is the most exact: guides of one country share the beginning
    start = max(known, key=len)
    segments = url[len(start) :].split("/")
    named = _table()[start]
    for number, segment in enumerate(segments[:-1], start=1):
        named = named.replace(f"{{{number}}}", segment.lower())
    # a URL too short for the row's places names no package
    return "" if "{" in named else named


@cache
def _table() -> dict[str, str]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))
