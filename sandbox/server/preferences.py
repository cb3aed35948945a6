"""The Prefer header: `return=…` and `handling=…` (RFC 7240; FHIR R4 http.html#ops,
search.html#errors).  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping


def preference(headers: Mapping[str, str], name: str) -> str:
    """Returns what the client prefers under a name, or an empty text."""
    for part in headers.get("prefer", "").replace(";", ",").split(","):
        key, _, value = part.strip().partition("=")
        if key.lower() == name:
            return value.strip().strip('"')
    return ""
