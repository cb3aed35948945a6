"""One field of a certificate's content: its kind, its limits, and the test that both make.

A test is put together once for each field, since certificates are checked by the thousand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sandbox.certificates.cose import MAPS

# EU DCC 1.3.3: the date of birth may lack day and month, or be empty
PARTIAL = re.compile(r"((19|20)\d\d(-\d\d(-\d\d)?)?)?")
INSTANT_REST = re.compile(r"[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)")
Fits = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its path, such as `v[].dn`: its kind, whether it must be there, its limits and the
    values it may have.

    Kinds are text, integer, map, list, date (YYYY-MM-DD), partial (a date of which parts may be
    missing), instant (date, time and zone), code (text of a list of values) and any.
    """

    path: str
    kind: str = "text"
    needed: bool = False
    most: int = 0
    least: int | None = None
    pattern: str = ""
    like: str = ""
    """What fits the pattern: an example says it to people, and no expression does."""
    values: str = ""
    is_closed: bool = False
    """Whether the list of values is whole; else what is not in it may be newer."""


def fits_of(field: Field, values: frozenset[str]) -> Fits:
    """Returns the test whether a value is as its field asks.

    Args:
        field: The field.
        values: Those of its list, where it names one.
    """
    is_of_kind = kind_of(field.kind)
    fits = _by_form(field, is_of_kind)
    if not field.values:
        return fits
    # of the values of a list only those count that fit in every other way, too
    allowed = frozenset(value for value in values if fits(value))
    return lambda value: isinstance(value, str) and value in allowed


def _by_form(field: Field, is_of_kind: Fits) -> Fits:
    """Returns the test of kind, size and pattern; most fields ask for their kind alone, or for a
    text of some length.
    """
    pattern = re.compile(field.pattern).fullmatch if field.pattern else None
    has_size = field.least is not None or bool(field.most)
    least = field.least or 0
    most = field.most or float("inf")
    if not has_size and pattern is None:
        return is_of_kind
    if is_of_kind is _is_text and pattern is None:
        return lambda value: isinstance(value, str) and least <= len(value) <= most
    if is_of_kind is _is_list and pattern is None:
        return lambda value: isinstance(value, list) and least <= len(value) <= most
    if is_of_kind is _is_integer:
        return lambda value: _is_integer(value) and least <= value <= most

    def fits(value: Any) -> bool:
        if not is_of_kind(value):
            return False
        if has_size and not least <= size_of(field, value) <= most:
            return False
        return pattern is None or pattern(value) is not None

    return fits


def kind_of(kind: str) -> Fits:
    """Returns the test whether a value is of a kind.

    Args:
        kind: One of those of a field; what is unknown is a code, hence text.
    """
    return KINDS.get(kind, _is_text)


def size_of(field: Field, value: Any) -> int:
    """Returns what the limits of a field are about.

    Returns:
        A number itself, the length of what has one, 0 for anything else.
    """
    return int(value) if field.kind == "integer" else len(value) if hasattr(value, "__len__") else 0


def is_date_with_time(value: Any) -> bool:
    """Tells whether a date is followed by a time that it should not have."""
    if not isinstance(value, str) or not _is_day(value[:10]):
        return False
    return INSTANT_REST.fullmatch(value[10:]) is not None


def _is_any(value: Any) -> bool:
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_map(value: Any) -> bool:
    return isinstance(value, MAPS)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_integer(value: Any) -> bool:
    # JSON has one kind of number: CBOR may write a whole one as a float (JSON Schema 6.1.1)
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, float) and value.is_integer()


def _is_partial(value: Any) -> bool:
    return isinstance(value, str) and PARTIAL.fullmatch(value) is not None


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and _is_day(value)


def _is_instant(value: Any) -> bool:
    if not isinstance(value, str) or INSTANT.fullmatch(value) is None or not _is_day(value[:10]):
        return False
    try:
        datetime.fromisoformat(value[:19].replace(" ", "T").rstrip("Z"))
    except ValueError:
        return False
    return True


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


KINDS: dict[str, Fits] = {
    "any": _is_any,
    "text": _is_text,
    "map": _is_map,
    "list": _is_list,
    "integer": _is_integer,
    "partial": _is_partial,
    "date": _is_date,
    "instant": _is_instant,
    # text of a list of values
    "code": _is_text,
}
