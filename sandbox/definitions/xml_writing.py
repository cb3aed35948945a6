"""Writes the JSON of a resource as FHIR XML: elements in their defined order, values as attributes
(FHIR R4 xml.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sandbox.definitions.types import TypeCatalogue
from sandbox.fhir.json import Json, Number

NAMESPACE = "http://hl7.org/fhir"
ATTRIBUTES = {"Extension": ("id", "url")}


def write_xml(resource: Json, types: TypeCatalogue) -> bytes:
    """Returns the resource as XML; what its type does not define is left out, for XML has no place
    for it.
    """
    parts = ['<?xml version="1.0" encoding="UTF-8"?>']
    parts += _resource(resource, types, root=True)
    return "".join(parts).encode()


def _resource(resource: Json, types: TypeCatalogue, *, root: bool = False) -> Iterator[str]:
    name = str(resource.get("resourceType"))
    yield f'<{name} xmlns="{NAMESPACE}">' if root else f"<{name}>"
    yield from _children(resource, name, types)
    yield f"</{name}>"


def _children(value: Json, type: str, types: TypeCatalogue) -> Iterator[str]:
    skipped = ATTRIBUTES.get(type, ("id",) if not types.is_a(type, "Resource") else ())
    for name, entries in types.members(type).items():
        for entry in entries:
            if name in skipped or (entry.key not in value and "_" + entry.key not in value):
                continue
            content = value.get(entry.key)
            beside = value.get("_" + entry.key)
            if isinstance(content, list) or isinstance(beside, list):
                values = content if isinstance(content, list) else []
                siblings = beside if isinstance(beside, list) else []
                for index in range(max(len(values), len(siblings))):
                    item = values[index] if index < len(values) else None
                    other = siblings[index] if index < len(siblings) else None
                    yield from _element(entry.key, item, other, entry.type, types)
            else:
                yield from _element(entry.key, content, beside, entry.type, types)


def _element(key: str, value: Any, beside: Any, type: str, types: TypeCatalogue) -> Iterator[str]:
    if type == "xhtml":
        yield str(value)
        return
    if type == "Resource":
        if isinstance(value, dict):
            yield f"<{key}>"
            yield from _resource(value, types)
            yield f"</{key}>"
        return
    if isinstance(value, dict):
        yield from _tagged(key, _attributes(value, type), _children(value, type, types))
    else:
        sibling = beside if isinstance(beside, dict) else {}
        attributes = _attributes(sibling, "Element")
        if value is not None:
            attributes += f" value={_quoted(_text(value))}"
        yield from _tagged(key, attributes, _children(sibling, "Element", types))


def _tagged(key: str, attributes: str, inner: Iterator[str]) -> Iterator[str]:
    content = "".join(inner)
    yield f"<{key}{attributes}>{content}</{key}>" if content else f"<{key}{attributes}/>"


def _attributes(value: Json, type: str) -> str:
    names = ATTRIBUTES.get(type, ("id",))
    return "".join(f" {name}={_quoted(str(value[name]))}" for name in names if name in value)


def _quoted(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.literal
    return str(value) if isinstance(value, (str, int, Decimal)) else escape(str(value))
