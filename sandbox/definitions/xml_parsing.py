"""Parses XML text into elements for FHIR (FHIR R4 xml.html); knows no types and no resources.

The parser loads nothing: a document type or an entity declaration is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from sandbox.errors import InvalidContent
from sandbox.fhir.mistaken import refuse_web_page
from sandbox.limits import JSON_DEPTH

CLAUSE = "FHIR R4 xml.html"
FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
# each byte of US-ASCII means the same in UTF-8
ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii"})
SPACE = " \t\r\n"  # what XML calls white space
DIV = re.compile(r"<(?:(?P<prefix>[^\s/>:]+):)?div(?P<rest>[^>]*)")
DIV_END = re.compile(rb"</(?:[^\s/>:]+:)?div\s*>")
UNDEFINED_ENTITY = expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]


@dataclass(slots=True)
class Element:
    """One XML element; `start` and `end` are its bytes in the source, kept for the narrative,
    `text` its first text.

    Line and column count from 1.
    """

    namespace: str
    name: str
    attributes: dict[str, str]
    line: int = 0
    column: int = 0
    start: int = 0
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """A document's root, and what stands in it beside elements: `remarks` are those of the whole
    document.
    """

    body: bytes
    root: Element
    remarks: list[Remark]


@dataclass(frozen=True, slots=True)
class Remark:
    """What R4 does not want in a document: `key` names the sentence, `name` what it is called in
    the text.
    """

    key: str
    name: str
    line: int
    column: int


def parse_xml(body: bytes) -> Document:
    """Returns the elements of a document.

    Raises:
        InvalidContent: With line and column: bytes that are not UTF-8, what is not well-formed, a
            document type, or elements deeper than JSON_DEPTH.
    """
    refuse_web_page(body)
    # expat would read what is not UTF-8 in its own way, or fail without saying where
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidContent("server.bad_utf8", clause=CLAUSE, byte=error.start) from None
    builder = _Builder(body)
    try:
        builder.parser.Parse(body, True)
    except expat.ExpatError as error:
        key = (
            "definitions.xml_entity" if error.code == UNDEFINED_ENTITY else "definitions.broken_xml"
        )
        raise InvalidContent(
            key, clause=CLAUSE, line=error.lineno, column=error.offset + 1
        ) from None
    return Document(body, builder.top.children[0], list(builder.remarks.values()))


def markup_of(element: Element, body: bytes) -> str:
    """Returns the source of a narrative's div, with the namespace that an element around it may
    have declared.
    """
    text = body[element.start : element.end].decode()
    match = DIV.match(text)
    if match is None or element.namespace != XHTML:
        return text
    declaration = f"xmlns:{match['prefix']}" if match["prefix"] else "xmlns"
    if re.search(rf"\s{declaration}\s*=", match["rest"]):
        return text
    at = match.start("rest")
    return f'{text[:at]} {declaration}="{XHTML}"{text[at:]}'


class _Builder:
    """Builds the elements while expat goes through the text."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.top = Element("", "", {})
        self.stack = [self.top]
        self.remarks: dict[str, Remark] = {}
        # whatever the declaration says: the bytes are UTF-8
        parser = self.parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self.declaration
        parser.StartNamespaceDeclHandler = self.namespace
        parser.StartDoctypeDeclHandler = self.refuse
        parser.ProcessingInstructionHandler = lambda target, _: self.remark(
            "xml_instruction", target
        )
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.stack) > JSON_DEPTH:
            raise InvalidContent("server.too_deep", clause=CLAUSE, limit=JSON_DEPTH)
        namespace, _, name = tag.rpartition(" ")
        line, column = self.position()
        # nothing but white space is no content of an attribute, and is judged as an empty one
        attributes = {key: value if value.strip(SPACE) else "" for key, value in attributes.items()}
        element = Element(namespace, name, attributes, line, column, self.parser.CurrentByteIndex)
        self.stack[-1].children.append(element)
        self.stack.append(element)

    def end(self, _: str) -> None:
        element = self.stack.pop()
        if element.name == "div":
            at = self.parser.CurrentByteIndex  # at the end tag, or behind a tag that closes itself
            tag = DIV_END.match(self.body, at)
            element.end = tag.end() if tag else at

    def text(self, text: str) -> None:
        element = self.stack[-1]
        # the first is enough to show: FHIR has no text between elements
        if not element.text and element.namespace != XHTML:
            element.text = text.strip(SPACE)

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in ENCODINGS:
            self.remark("xml_encoding", encoding)

    def namespace(self, _: str | None, uri: str | None) -> None:
        if uri == SCHEMA_INSTANCE:
            self.remark("xml_schema", SCHEMA_INSTANCE)

    def refuse(self, *_: object) -> NoReturn:
        line, column = self.position()
        raise InvalidContent(
            "definitions.xml_doctype", clause=f"{CLAUSE}#security", line=line, column=column
        )

    def remark(self, key: str, name: str) -> None:
        """Notes the first of each kind."""
        self.remarks.setdefault(key, Remark(key, name, *self.position()))

    def position(self) -> tuple[int, int]:
        """Returns line and column of where the parser stands."""
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
