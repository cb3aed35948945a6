"""Converts FHIR XML to the JSON of the same resource by its type definitions, and reports what
breaks R4's rules.

FHIR R4 xml.html and json.html. What is wrong is said, and as much as possible is read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import Any

from sandbox.definitions.types import TypeCatalogue
from sandbox.definitions.xml_parsing import (
    CLAUSE,
    FHIR,
    SCHEMA_INSTANCE,
    Document,
    Element,
    Remark,
    markup_of,
    parse_xml,
)
from sandbox.errors import InvalidContent
from sandbox.fhir.json import Json, Number
from sandbox.fhirpath.nodes import Member
from sandbox.findings import Finding, Severity

# FHIR R4 datatypes.html: XML alone can write a plus sign. A number below the range of its type is
# still a number.
NUMBERS = {
    "decimal": re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"),
    "integer": re.compile(r"0|[+-]?[1-9][0-9]*"),
    "positiveInt": re.compile(r"0|[+-]?[1-9][0-9]*"),
    "unsignedInt": re.compile(r"0|-?[1-9][0-9]*"),
}
LONGEST_INT = 18  # digits and sign: longer ones keep their text, as in JSON
XML = "http://www.w3.org/XML/1998/namespace"
# Faults with which something that was sent would be missing from the resource, or stand in it as
# something else.  An attribute too many is none of them: value sets that IHE publishes for its
# events have one.
LOSING = frozenset(
    f"definitions.xml_{name}" for name in ("namespace", "one_resource", "text", "twice")
)


def read_xml(body: bytes, types: TypeCatalogue) -> Json:
    """Returns the resource of an XML text.

    Raises:
        InvalidContent: With line and column: for what is no FHIR XML, and for what the resource
            would lose.
    """
    resource, findings = judge_xml(body, types)
    for finding in findings:
        if finding.key in LOSING:
            at = {"line": finding.line, "column": finding.column}
            raise InvalidContent(
                finding.key, where=finding.where, clause=finding.clause, **finding.values, **at
            )
    return resource


def judge_xml(body: bytes, types: TypeCatalogue) -> tuple[Json, list[Finding]]:
    """Returns the resource of an XML text, and what breaks the rules of FHIR XML, with line and
    column.

    What the definitions of the types say about the resource, such as elements that they do not
    know, is not judged.

    Raises:
        InvalidContent: With line and column, for what is no FHIR XML.
    """
    document = parse_xml(body)
    root = document.root
    if root.namespace != FHIR:
        at = {"line": root.line, "column": root.column}
        raise InvalidContent(
            "definitions.no_fhir_xml", where=root.name, clause=CLAUSE, name=root.name, **at
        )
    reader = _Reader(document, types)
    for remark in document.remarks:
        severity: Severity = "warning" if remark.key == "xml_instruction" else "error"
        reader.note(remark.key, remark, root.name, severity=severity, name=remark.name)
    return reader.read_resource(root, root.name), reader.findings


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the elements of a type look like in XML; `order` is by element name, `members` by the
    name in XML.
    """

    members: Mapping[str, Member]
    order: Mapping[str, int]
    repeating: frozenset[str]
    attributes: frozenset[str]


@dataclass(slots=True)
class _Reader:
    """Reads one document; `findings` grow on the way."""

    document: Document
    types: TypeCatalogue
    findings: list[Finding] = field(default_factory=list)
    shapes: dict[str, _Shape] = field(default_factory=dict)

    def note(
        self,
        key: str,
        at: Element | Remark,
        where: str,
        *,
        severity: Severity = "error",
        **params: object,
    ) -> None:
        """Adds a finding about an element or a remark."""
        key = f"definitions.{key}"
        expected = str(params.pop("expected", ""))
        shown = str(params.pop("found", ""))
        finding = Finding(
            id=key,
            severity=severity,
            key=key,
            params=params,
            issue="structure",
            where=where,
            expected=expected,
            found=shown,
            clause=CLAUSE,
            line=at.line,
            column=at.column,
        )
        self.findings.append(finding)

    def read_resource(self, element: Element, path: str) -> Json:
        """Returns a resource; one of an unknown type is read as it is."""
        shape = self.shape_of(element.name)
        if shape.members:
            self.judge_itself(element, shape.attributes, path)
        return {"resourceType": element.name, **self.read_children(element, element.name, path)}

    def read_children(self, element: Element, type: str, path: str) -> Json:
        """Returns an element's attributes and children; those of a primitive are its `Element`."""
        shape = self.shape_of(type)
        self.judge_order(element, shape, path)
        attributes = {"id", "url"} & element.attributes.keys()
        result: Json = {
            name: element.attributes[name]
            for name in attributes
            if name in shape.members or not shape.members
        }
        counts: dict[str, int] = {}
        for child in element.children:
            member = shape.members.get(child.name)
            if member is None:
                self.keep_unknown(result, child, element, path)
                continue
            index = counts[member.name] = counts.get(member.name, -1) + 1
            repeats = member.name in shape.repeating
            place = f"{path}.{member.name}[{index}]" if repeats else f"{path}.{member.name}"
            if member.type != "xhtml":
                self.judge_namespace(child, element, place)
            if member.name in shape.attributes:
                self.note("xml_no_attribute", child, place, name=child.name, element=element.name)
            if not repeats and (child.name in result or f"_{child.name}" in result):
                self.note("xml_twice", child, place, name=child.name)
            else:
                _put(
                    result,
                    child.name,
                    *self.read_value(child, member.type, place),
                    repeated=repeats,
                )
        # values that are only extensions stand beside nothing (FHIR R4 json.html#primitive)
        return {key: value for key, value in result.items() if not _is_hollow(value)}

    def read_value(self, child: Element, type: str, path: str) -> tuple[Any, Any]:
        """Returns the JSON value of an element, and the object that stands beside a primitive
        one.
        """
        if type == "xhtml":
            return markup_of(child, self.document.body), None
        if type == "Resource":
            return self.read_wrapped(child, path), None
        # R4 writes primitive types small; a path such as Patient.contact is a part of a type
        is_primitive = type[:1].islower() and "." not in type
        shape = self.shape_of("Element" if is_primitive else type)
        self.judge_itself(
            child, shape.attributes | {"value"} if is_primitive else shape.attributes, path
        )
        if not is_primitive:
            return self.read_children(child, type, path), None
        value = _primitive(child.attributes.get("value", child.text or None), type)
        beside = self.read_children(child, "Element", path)
        return value, beside if beside or value is None else None

    def read_wrapped(self, wrapper: Element, path: str) -> Json | None:
        """Returns the resource in an element that wraps one, such as `contained`."""
        self.judge_itself(wrapper, frozenset(), path)
        count = len(wrapper.children)
        if count != 1:
            self.note("xml_one_resource", wrapper, path, name=wrapper.name, count=count)
        if not count:
            return None
        element = next(
            (child for child in wrapper.children if child.name[:1].isupper()), wrapper.children[0]
        )
        self.judge_namespace(element, wrapper, path)
        return self.read_resource(element, path)

    def keep_unknown(self, result: Json, child: Element, parent: Element, path: str) -> None:
        """Keeps an element that the type does not have, for the judge of the resource; not one of
        another namespace.
        """
        if self.judge_namespace(child, parent, path):
            result[child.name] = child.attributes.get("value") or self.read_children(
                child, "", path
            )

    def judge_itself(self, element: Element, allowed: frozenset[str], path: str) -> None:
        """Judges the attributes of an element, and text in it."""
        for attribute in element.attributes:
            namespace, _, name = attribute.rpartition(" ")
            if attribute not in allowed and namespace != SCHEMA_INSTANCE:
                shown = f"xml:{name}" if namespace == XML else name
                self.note("xml_attribute", element, path, name=shown, element=element.name)
        if element.text:
            self.note("xml_text", element, path, name=element.name, found=element.text[:60])

    def judge_namespace(self, element: Element, parent: Element, path: str) -> bool:
        """Tells whether an element is of the namespace around it; what is in another one is of that
        one throughout.
        """
        is_right = element.namespace == FHIR or parent.namespace != FHIR
        if not is_right:
            self.note(
                "xml_namespace", element, path, name=element.name, found=element.namespace or '""'
            )
        return is_right

    def judge_order(self, element: Element, shape: _Shape, path: str) -> None:
        """Notes the first element that stands behind one that it belongs before."""
        known = [
            (shape.members[child.name].name, child)
            for child in element.children
            if child.name in shape.members
        ]
        ranked = [
            (shape.order[name], name, child)
            for name, child in known
            if name not in shape.attributes
        ]
        for (rank, _, previous), (next_rank, name, child) in pairwise(ranked):
            # the first alone: those behind it are most often only its followers
            if next_rank < rank:
                in_order = ", ".join(
                    dict.fromkeys(each.name for _, _, each in sorted(ranked, key=itemgetter(0)))
                )
                place = f"{path}.{name}"
                self.note(
                    "xml_order",
                    child,
                    place,
                    name=child.name,
                    previous=previous.name,
                    expected=in_order,
                )
                return

    def shape_of(self, type: str) -> _Shape:
        """Returns what a type looks like; a type that is not known has no members."""
        known = self.shapes.get(type)
        if known is None:
            members = self.types.members(type)
            by_key = {entry.key: entry for entries in members.values() for entry in entries}
            order = {name: place for place, name in enumerate(members)}
            attributes = {"id", "url"} if type == "Extension" else {"id"}
            if self.types.is_a(type, "Resource"):
                attributes = set()
            known = _Shape(by_key, order, self.types.repeating(type), frozenset(attributes))
            self.shapes[type] = known
        return known


def _is_hollow(value: Any) -> bool:
    return isinstance(value, list) and all(each is None for each in value)


def _put(result: Json, key: str, value: Any, sibling: Any, *, repeated: bool) -> None:
    """Adds a value and its sibling; lists of primitives keep both at the same index (FHIR R4
    json.html#primitive).
    """
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


def _primitive(text: str | None, type: str) -> Any:
    """Returns the JSON value of an attribute; what is none of its type stays text, for the judge to
    say so.
    """
    if type == "boolean":
        return {"true": True, "false": False}.get(text or "", text)
    pattern = NUMBERS.get(type)
    if text is None or pattern is None or not pattern.fullmatch(text):
        return text
    if type != "decimal" and len(text) <= LONGEST_INT:
        return int(text)
    try:
        return Number(text.removeprefix("+"))
    except ArithmeticError:  # an exponent beyond all bounds
        return text
