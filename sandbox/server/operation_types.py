"""Which types the parameters of each operation have, by its OperationDefinition, and whether what
is given is of one.  Pure.
"""

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
VALIDATE = {**CODED, "url": "text", "display": "text", "displayLanguage": "text",
            "codeableConcept": "CodeableConcept"}  # fmt: skip
# operation → parameter → family, or types joined by `|`
OPERATIONS: Mapping[str, Mapping[str, str]] = {
    "docref": {"patient": "text", "start": "moment", "end": "moment",
               "type": "text|Coding|CodeableConcept", "on-demand": "boolean", "profile": "text"},
    "document": {"persist": "boolean", "graph": "text"},
    "everything": {"start": "moment", "end": "moment", "_since": "moment", "_type": "text",
                   "_count": "integer"},
    "expand": {"url": "text", "valueSetVersion": "text", "filter": "text", "offset": "integer",
               "count": "integer", "displayLanguage": "text"},
    "health-cards-issue": {"credentialType": "text", "credentialValueSet": "text",
                           "includeIdentityClaim": "text", "_since": "moment"},
    "ihe-pix": {"sourceIdentifier": "text", "targetSystem": "text"},
    "lastn": {"max": "integer"},
    "lookup": {**CODED, "displayLanguage": "text"},
    "match": {"onlyCertainMatches": "boolean", "count": "integer"},
    "meta": {"meta": "Meta"},
    "subsumes": {"codeA": "text", "codeB": "text", "system": "text", "version": "text",
                 "codingA": "Coding", "codingB": "Coding"},
    "summary": {"profile": "text", "identifier": "text", "persist": "boolean"},
    "translate": {**CODED, "url": "text", "targetsystem": "text", "reverse": "boolean"},
    "validate-code": VALIDATE,
}  # fmt: skip


def check_types(operation: str, query: tuple[tuple[str, str], ...], parameters: list[Json]) -> None:
    """Raises InvalidResource for the first parameter of an operation that is not of its type; one
    that the operation does not define is left alone.
    """
    known = OPERATIONS.get(operation, {})
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
