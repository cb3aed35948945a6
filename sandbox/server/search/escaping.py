"""Search values with `,`, `|` and `$` that are meant as such: a backslash stands before them, and
before itself (FHIR R4 search.html#escaping).
"""

from __future__ import annotations

import re

# A backslash takes the character behind it along, so that in `\\,` the comma separates.
UNIT = re.compile(r"\\.|.", re.DOTALL)
ESCAPED = re.compile(r"\\([\\,$|])")


def split_escaped(text: str, separator: str, *, most: int | None = None) -> list[str]:
    """Splits a raw value at a separator that is not escaped; what is escaped stays so.

    Args:
        text: The value as it was sent.
        separator: One character: `,`, `|` or `$`.
        most: How many times it is split at most; None for as often as there are separators.
    """
    if "\\" not in text:
        return text.split(separator, -1 if most is None else most)
    parts = [list[str]()]
    for unit in UNIT.findall(text):
        if unit == separator and (most is None or len(parts) <= most):
            parts.append([])
        else:
            parts[-1].append(unit)
    return ["".join(part) for part in parts]


def unescape(text: str) -> str:
    """Takes the backslashes of an escaped value away."""
    return ESCAPED.sub(r"\1", text)


def escape(text: str) -> str:
    """Returns a text as a search takes it word for word."""
    return re.sub(r"([\\,$|])", r"\\\1", text)
