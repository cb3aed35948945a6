"""Whether what an operation is given is of the types that its OperationDefinition names.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.errors import InvalidResource
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json

CLAUSE = "FHIR R4 operations.html"
# Types of one family are taken for each other: many clients send a uri as a string.
FAMILIES: Mapping[str, frozenset[str]] = {
    "text": frozenset({"String", "Uri", "Url", "Canonical", "Code", "Id", "Oid", "Uuid"}),
    "moment": frozenset({"Date", "DateTime", "Instant", "String"}),
    "boolean": frozenset({"Boolean"}),
    "integer": frozenset({"Integer", "PositiveInt", "UnsignedInt"}),
}  # fmt: skip
CODED = {"code": "text", "system": "text", "version": "text", "coding": "Coding"}
Types = Mapping[str, str]
"""Of an operation: parameter → family, or types joined by `|`; each states its own."""


def check_types(known: Types, query: tuple[tuple[str, str], ...], parameters: list[Json]) -> None:
    """Raises InvalidResource for the first parameter of an operation that is not of its type; one
    that the operation does not define is left alone.
    """
    for name, text in query:
        if name in known and not _is_read(known[name], text):
            _refuse(name, known[name], text)
    for parameter in parameters:
        name = str(parameter.get("name"))
        if name in known:
            _check(name, known[name], parameter)


def _check(name: str, wanted: str, parameter: Json) -> None:
    key = next((key for key in parameter if key.startswith("value")), "")
    kind = key.removeprefix("value")
    allowed = frozenset[str]().union(*_types(wanted))
    if kind not in allowed:
        member = next((word for word in ("resource", "part") if word in parameter), "–")
        _refuse(name, wanted, key or member)
    value = parameter[key]
    is_plain = kind[:1].isupper() and any(kind in types for types in FAMILIES.values())
    if is_plain != (not isinstance(value, dict | list)) or not _is_read(wanted, value):
        _refuse(name, wanted, str(value) if is_plain else key)


def _types(wanted: str) -> Iterator[frozenset[str]]:
    for word in wanted.split("|"):
        yield FAMILIES.get(word, frozenset({word}))


def _is_read(wanted: str, value: Any) -> bool:
    """Tells whether a value can be read as what is wanted; from a query it is a text."""
    if wanted == "moment":
        return isinstance(value, str) and interval_of(value.replace(" ", "+")) is not None
    if wanted == "boolean":
        return value in (True, False, "true", "false")
    # of a number the one who reads it tells more
    return wanted != "text" or isinstance(value, str)


def _refuse(name: str, wanted: str, found: str) -> None:
    words = {"text": "string", "moment": "date, dateTime, instant"}
    expected = ", ".join(words.get(word, word) for word in wanted.split("|"))
    raise InvalidResource(
        "server.operation_type",
        where=name,
        clause=CLAUSE,
        name=name,
        expected=expected,
        found=found,
    )
