"""Which browser a request comes from, roughly: enough to know one's own sessions again."""

from __future__ import annotations

# Edge and Opera name Chrome as well, and Chrome names Safari: the more special come first.
FAMILIES = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)


def browser_of(agent: str) -> str:
    """Returns the family of a browser by its `User-Agent`; empty for any other program."""
    return next((family for mark, family in FAMILIES if mark in agent), "")
