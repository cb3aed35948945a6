"""JSON as FHIR needs it: strict on the way in, numbers kept to the digit, the same value on the way
out.

`1.50` stays `1.50` (FHIR R4 datatypes.html#decimal: precision is significant).  Knows no resource
and no server.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import orjson

from sandbox.errors import InvalidContent
from sandbox.fhir.mistaken import refuse_mistaken
from sandbox.limits import JSON_DEPTH

Json = dict[str, Any]

CLAUSE = "FHIR R4 json.html"
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Number(Decimal):
    """A JSON number that remembers how it was written."""

    __slots__ = ("literal",)
    literal: str

    def __new__(cls, literal: str) -> Number:
        number = super().__new__(cls, literal)
        number.literal = literal
        return number

    def __deepcopy__(self, _: dict[int, Any]) -> Number:
        return self


def parse_json(body: bytes, *, refused: re.Pattern[str] = UNWRITABLE) -> Any:
    """Returns the value of a UTF-8 JSON text.

    Args:
        body: The text; a byte order mark is left out.
        refused: Finds the characters that no string may hold: by default those that XML cannot
            write either.

    Raises:
        InvalidContent: With line and column: bad UTF-8, broken JSON, a property that stands twice
            in one object, nesting deeper than JSON_DEPTH, or a character that FHIR strings may not
            hold.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse_mistaken(body)
        raise InvalidContent("server.bad_utf8", clause=CLAUSE, byte=error.start) from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        refuse_mistaken(body)
        raise InvalidContent(
            "server.broken_json",
            clause=CLAUSE,
            line=error.lineno,
            column=error.colno,
            near=_excerpt(text, error.pos),
        ) from None
    except (RecursionError, MemoryError):
        raise InvalidContent("server.too_deep", clause=CLAUSE, limit=JSON_DEPTH) from None
    except ArithmeticError:
        raise InvalidContent("server.bad_number", clause="FHIR R4 datatypes.html#decimal") from None
    # a text with fewer brackets cannot be deeper: most documents are not walked through
    if body.count(b"{") + body.count(b"[") > JSON_DEPTH:
        _refuse_deep(value)
    if "\\u" in text:  # only an escape can bring one in: the decoder refuses raw control characters
        _refuse_bad_characters(value, refused)
    return value


def write_json(value: Any, *, pretty: bool = False) -> bytes:
    """Returns UTF-8 JSON text; a Number comes out as it was written."""
    option = orjson.OPT_INDENT_2 if pretty else 0
    return orjson.dumps(
        value, default=_write_number, option=option | orjson.OPT_PASSTHROUGH_SUBCLASS
    )


def _excerpt(text: str, position: int) -> str:
    """Returns the few characters around a position, on one line."""
    return " ".join(text[max(0, position - 20) : position + 10].split())


def _write_number(value: object) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(value.literal)
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"not a JSON value: {type(value).__name__}")


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        # Python's own decoder keeps the last of two in silence, others the first (RFC 8259 4)
        seen: set[str] = set()  # not the names before: twenty thousand of them took seconds
        for twice, _ in pairs:
            if twice in seen:
                break
            seen.add(twice)
        raise InvalidContent("server.duplicate_key", where=twice, clause=CLAUSE, name=twice)
    return members


def _integer(literal: str) -> int | Number:
    """Small integers are ints; what an int would not write back the same (`-0`, 19 digits and more)
    is a Number.
    """
    return Number(literal) if len(literal) > 18 or literal == "-0" else int(literal)


def _refuse_constant(name: str) -> Any:
    raise InvalidContent("server.bad_constant", clause=CLAUSE, name=name)


def _refuse_deep(value: Any) -> None:
    level = [value]
    for _ in range(JSON_DEPTH + 1):
        if not level:
            return
        level = [
            child
            for parent in level
            for child in (parent.values() if parent.__class__ is dict else parent)
            if child.__class__ is dict or child.__class__ is list  # the decoder makes no others
        ]
    raise InvalidContent("server.too_deep", clause=CLAUSE, limit=JSON_DEPTH)


def _refuse_bad_characters(value: Any, refused: re.Pattern[str]) -> None:
    """Refuses lone surrogates, and control characters where they are not wanted (FHIR R4
    datatypes.html#string).
    """
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if refused.search(item):
                shown = item.encode("ascii", "backslashreplace").decode()[:60]
                raise InvalidContent(
                    "server.bad_character", clause="FHIR R4 datatypes.html#string", text=shown
                )
        elif isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_without_duplicates,
    parse_float=Number,
    parse_int=_integer,
    parse_constant=_refuse_constant,
)


def member(value: Any, name: str) -> Any:
    """Returns a property of an object, or None: also of what is no object, as foreign data may
    be.
    """
    return value.get(name) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any]:
    """Returns a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []
