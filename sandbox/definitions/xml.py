"""FHIR XML to the JSON of the same resource (FHIR R4 xml.html, json.html), by what the types say about each element.

The parser loads nothing: a document type or an entity declaration is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from xml.parsers import expat

from sandbox.definitions.types import TypeCatalogue
from sandbox.errors import InvalidContent
from sandbox.fhir.json import MAX_DEPTH, Json, Number
from sandbox.fhirpath.nodes import Member

FHIR = "http://hl7.org/fhir "
XHTML = "http://www.w3.org/1999/xhtml "
NUMBERS = frozenset({"integer", "positiveInt", "unsignedInt"})
INTEGER = re.compile(r"^-?(0|[1-9][0-9]*)$")


@dataclass(slots=True)
class Element:
    """One XML element; `markup` is its source, kept for the narrative alone."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    start: int = 0
    markup: bytes = b""


def read_xml(body: bytes, types: TypeCatalogue) -> Json:
    """Returns the resource of an XML text; raises InvalidContent with line and column for what is no FHIR XML."""
    root = _parse(body)
    if not root.name.startswith(FHIR):
        name = root.name.rpartition(" ")[2]
        raise InvalidContent("definitions.no_fhir_xml", where=name, name=name)
    return _resource(root, types)


def _parse(body: bytes) -> Element:
    top = Element("", {})
    stack = [top]
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise InvalidContent("server.too_deep", clause="FHIR R4 xml.html", limit=MAX_DEPTH)
        element = Element(name, attributes, start=parser.CurrentByteIndex)
        stack[-1].children.append(element)
        stack.append(element)

    def end(name: str) -> None:
        element = stack.pop()
        if name == XHTML + "div" and not stack[-1].name.startswith(XHTML):
            close = body.find(b">", parser.CurrentByteIndex) + 1
            element.markup = body[element.start : close]

    def refuse(*_: object) -> None:
        raise InvalidContent("definitions.xml_doctype", clause="FHIR R4 xml.html#security")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise InvalidContent("definitions.broken_xml", line=error.lineno, column=error.offset + 1) from None
    return top.children[0]


def _resource(element: Element, types: TypeCatalogue) -> Json:
    name = element.name.removeprefix(FHIR)
    return {"resourceType": name, **_object(element, name, types)}


def _object(element: Element, type: str, types: TypeCatalogue) -> Json:
    members = types.members(type)
    by_key = {entry.key: entry for entries in members.values() for entry in entries}
    repeats = types.repeating(type)
    result: Json = {name: value for name, value in element.attributes.items() if name in ("id", "url")}
    for child in element.children:
        key = child.name.rpartition(" ")[2]
        entry = by_key.get(key, Member(key, key, ""))
        value, sibling = _value(child, entry.type, types)
        _put(result, key, value, sibling, repeated=entry.name in repeats)
    # values that are only extensions stand beside nothing (FHIR R4 json.html#primitive)
    return {key: value for key, value in result.items() if not _is_hollow(value)}


def _is_hollow(value: Any) -> bool:
    return isinstance(value, list) and all(one is None for one in value)


def _put(result: Json, key: str, value: Any, sibling: Any, *, repeated: bool) -> None:
    """Adds a value and its sibling; lists of primitives keep both at the same index (FHIR R4 json.html#primitive)."""
    if not repeated:
        if value is not None:
            result[key] = value
        if sibling is not None:
            result["_" + key] = sibling
        return
    values = result.setdefault(key, [])
    values.append(value)
    siblings = result.get("_" + key)
    if sibling is not None or siblings is not None:
        siblings = result.setdefault("_" + key, [None] * (len(values) - 1))
        siblings.append(sibling)


def _value(child: Element, type: str, types: TypeCatalogue) -> tuple[Any, Any]:
    """Returns the JSON value of an element, and the object that stands beside a primitive one."""
    if type == "xhtml":
        return child.markup.decode("utf-8", "replace"), None
    if type == "Resource":
        return (_resource(child.children[0], types) if child.children else {}), None
    if type[:1].islower() and "." not in type:
        beside = _object(child, "Element", types)
        return _primitive(child.attributes.get("value"), type), beside or None
    return _object(child, type, types), None


def _primitive(text: str | None, type: str) -> Any:
    if text is None:
        return None
    if type == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if type in NUMBERS:
        return int(text) if INTEGER.match(text) and len(text) < 18 else text
    if type == "decimal":
        try:
            Decimal(text)
        except ArithmeticError:
            return text
        return Number(text)
    return text
