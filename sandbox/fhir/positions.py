"""Finds the line and column of a FHIRPath location in JSON or XML source.  Pure.

A location names elements (`Patient.deceased`), a text has properties (`deceasedBoolean`); the
nearest one that is there is found, so that a missing element points to the object that lacks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]  # it is there in every version
from xml.parsers import expat

from sandbox.limits import POSITION_DEPTH

STEP = re.compile(r"^(?P<name>[A-Za-z$]\w*)(?:\[(?P<index>\d+)\])?$")
BLANK = re.compile(r"[ \t\n\r]*")
SCALAR = re.compile(r"[^,\]}\s]+")


@dataclass(slots=True)
class Spot:
    """A value's offset in the text, and the spots below it by property or by index."""

    offset: int
    below: dict[str | int, Spot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, both counted from 1."""

    line: int
    column: int


def find_positions(source: bytes, locations: Iterable[str]) -> dict[str, Position]:
    """Returns the position of each location in a JSON or XML text; nothing for a text that cannot
    be read.
    """
    text = source.decode("utf-8-sig", "replace")
    is_xml = text.lstrip().startswith("<")
    try:
        root = _read_xml(text) if is_xml else _read_json(text)
    except (ValueError, IndexError, RecursionError, expat.ExpatError):
        return {}
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    return {location: _position(_walk(root, location), lines) for location in locations}


def _position(offset: int, lines: list[int]) -> Position:
    low = 0
    high = len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if lines[middle] <= offset else (low, middle)
    return Position(low + 1, offset - lines[low] + 1)


def _walk(spot: Spot, location: str) -> int:
    for word in location.split(".")[1:]:
        match = STEP.match(word)
        following = _step(spot, match["name"], match["index"]) if match else None
        if following is None:
            break
        spot = following
    return spot.offset


def _step(spot: Spot, name: str, index: str | None) -> Spot | None:
    child = spot.below.get(name) or _choice(spot, name)
    if child is None:
        return None
    if index is None or 0 not in child.below:
        return child
    return child.below.get(int(index), child)


def _choice(spot: Spot, name: str) -> Spot | None:
    """`value` stands as `valueQuantity`; a primitive without a value as `_birthDate`."""
    for key, below in spot.below.items():
        if key == f"_{name}" or (
            isinstance(key, str) and key.startswith(name) and key[len(name)].isupper()
        ):
            return below
    return None


def _read_json(text: str) -> Spot:
    spot, _ = _json_value(text, _skip(text, 0), 0)
    return spot


def _json_value(text: str, at: int, depth: int) -> tuple[Spot, int]:
    if depth > POSITION_DEPTH:
        raise ValueError("too deep")
    spot = Spot(at)
    if text[at] == "{":
        return spot, _json_object(text, at, spot, depth)
    if text[at] == "[":
        return spot, _json_array(text, at, spot, depth)
    if text[at] == '"':
        return spot, scanstring(text, at + 1)[1]
    match = SCALAR.match(text, at)
    if match is None:
        raise ValueError(f"no value at {at}")
    return spot, match.end()


def _json_object(text: str, at: int, spot: Spot, depth: int) -> int:
    at = _skip(text, at + 1)
    while text[at] != "}":
        start = at
        name, at = scanstring(text, at + 1)
        at = _skip(text, _skip(text, at) + 1)
        below, at = _json_value(text, at, depth + 1)
        below.offset = start  # a finding points to the property, name and all
        spot.below[name] = below
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _json_array(text: str, at: int, spot: Spot, depth: int) -> int:
    at = _skip(text, at + 1)
    while text[at] != "]":
        below, at = _json_value(text, at, depth + 1)
        spot.below[len(spot.below)] = below
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _skip(text: str, at: int) -> int:
    match = BLANK.match(text, at)
    return match.end() if match else at


def _read_xml(text: str) -> Spot:
    """What repeats is reached by index; a resource inside `resource` or `contained` is that element
    itself.
    """
    body = text.encode()
    top = Spot(0)
    stack = [top]
    parser = expat.ParserCreate("utf-8")

    # Bytes and characters so far: expat counts bytes, editors count characters, and decoding from
    # the start for each element would take the square of the time.
    reached = [0, 0]

    def start(name: str, _: dict[str, str]) -> None:
        here = parser.CurrentByteIndex
        reached[1] += len(body[reached[0] : here].decode("utf-8", "replace"))
        reached[0] = here
        offset = reached[1]
        local = name.rpartition(":")[2]
        parent = stack[-1]
        # the resource in `contained` has no step of its own in a location
        if local[:1].isupper() and len(stack) > 1:
            stack.append(parent)
            return
        spot = Spot(offset)
        known = parent.below.get(local)
        if known is None:
            parent.below[local] = spot
        else:
            if 0 not in known.below:
                parent.below[local] = known = Spot(known.offset, {0: known})
            known.below[len(known.below)] = spot
        stack.append(spot)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(body, True)
    return next(iter(top.below.values()))


def _refuse(*_: object) -> None:
    raise ValueError("a document type is not read")
