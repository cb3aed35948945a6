"""Narrative XHTML: the rules of txt-1 and txt-2 (FHIR R4 narrative.html), judged by a parser that
loads nothing.

Elements and attributes are those of HTML 4.0, chapters 7 to 11 without 9.4 (ins, del) and 15
without what it deprecates, with `a`, images and image maps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal
from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml"
XML = "http://www.w3.org/XML/1998/namespace"
ELEMENTS = frozenset(
    """a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn
    div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li map ol p pre q samp small span strong sub sup
    table tbody td tfoot th thead tr tt ul var""".split()  # noqa: SIM905
)
ATTRIBUTES = frozenset(
    """abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing
    cellvalign char charoff charset cite class colspan compact coords dir frame headers height
    href hreflang hspace id ismap lang longdesc name nohref nowrap rel rev rowspan rules scope
    shape span src start style summary tabindex title type usemap valign value vspace
    width""".split()  # noqa: SIM905
) | {f"{XML} lang", f"{XML} space", f"{XML} id"}
# What XHTML 1.0 (its Strict DTD) lets an element stand in.
PARENTS = {
    "td": ("tr",), "th": ("tr",), "tr": ("table", "thead", "tbody", "tfoot"), "li": ("ul", "ol"),
    "dt": ("dl",), "dd": ("dl",), "thead": ("table",), "tbody": ("table",), "tfoot": ("table",),
    "caption": ("table",), "colgroup": ("table",), "col": ("table", "colgroup"), "area": ("map",),
}  # fmt: skip
BLOCKS = frozenset("address blockquote div dl h1 h2 h3 h4 h5 h6 hr ol p pre table ul".split())  # noqa: SIM905
# Elements that hold text and inline elements alone.
INLINE_ONLY = frozenset("address h1 h2 h3 h4 h5 h6 p pre".split())  # noqa: SIM905
SCRIPTS = ("javascript:", "vbscript:")
SCRIPT_IN_STYLE = re.compile(r"(?:java|vb)script:|expression\s*\(", re.IGNORECASE)
ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
# Browsers skip these within the scheme of a link.
SKIPPED = re.compile(r"[\x00-\x20]")

NEEDS_CHILDREN = frozenset({"table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl"})
WITHOUT_TEXT = NEEDS_CHILDREN | {"colgroup"}
Kind = Literal[
    "active", "attribute", "broken", "declaration", "doctype", "element", "empty", "entity",
    "namespace", "nesting", "root",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class HtmlFault:
    """What breaks the rules: its kind, the name of it, and its line within the narrative; `within`
    is its parent.
    """

    kind: Kind
    name: str
    line: int
    within: str = ""


@dataclass(slots=True)
class Xhtml:
    """What was read of a narrative: its faults, the `#` links in it, and the ids that a link may
    lead to.
    """

    faults: list[HtmlFault] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    ids: dict[str, int] = field(default_factory=dict)
    """How often each id stands there; the name of an `a`, to which a link may lead as well, is
    none.
    """
    childless: dict[str, int] = field(default_factory=dict)
    """The lists and tables without content, by name, with the first line: XHTML asks for some,
    txt-1 does not.
    """


def find_html_faults(div: str) -> list[HtmlFault]:
    """Returns what breaks txt-1 or txt-2."""
    return read_xhtml(div).faults


def read_xhtml(div: str) -> Xhtml:
    """Reads a narrative; nothing outside of it is loaded."""
    if not div.strip(" \t\r\n"):
        return Xhtml([HtmlFault("empty", "div", 1)])
    reader = _Reader()
    try:
        reader.read(div, with_entities=False)
    except expat.ExpatError as error:
        if error.code != expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]:
            return reader.broken(error)
        entity = ENTITY.search(div, _offset_of(div, error))
        name = entity[1] if entity else ""
        reader = _Reader([HtmlFault("entity", name, error.lineno)])
        try:
            reader.read(div, with_entities=True)
        except expat.ExpatError as broken:
            return reader.broken(broken)
    return reader.finish()


def _offset_of(div: str, error: expat.ExpatError) -> int:
    """Returns about where an error stands: the start of its line, since expat counts its columns in
    bytes.
    """
    return sum(len(line) for line in div.split("\n")[: error.lineno - 1]) + error.lineno - 1


class _Reader:
    """Collects what a narrative holds while the parser goes through it."""

    def __init__(self, faults: list[HtmlFault] | None = None) -> None:
        self.found = Xhtml(faults or [])
        self.stack: list[str] = []
        self.last_opened = ""
        self.namespace = XHTML
        self.has_content = False

    def read(self, div: str, *, with_entities: bool) -> None:
        """Parses; `with_entities` passes over those that are not defined, so that the rest is
        read.
        """
        parser = self.parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = lambda *_: self.blame("doctype", "DOCTYPE")
        parser.XmlDeclHandler = lambda *_: self.blame("declaration", "<?xml ?>")
        parser.ProcessingInstructionHandler = self.instruction
        if with_entities:
            parser.UseForeignDTD(True)
            parser.SkippedEntityHandler = lambda name, _: self.blame("entity", name)
        parser.Parse(div, True)

    def broken(self, error: expat.ExpatError) -> Xhtml:
        """Ends with what the parser could not read."""
        reason = expat.errors.messages[error.code]
        self.found.faults.append(HtmlFault("broken", reason, error.lineno))
        return self.found

    def finish(self) -> Xhtml:
        """Ends with the look at the whole: there is some content (txt-2)."""
        if not self.has_content and not self.found.faults:
            self.blame("empty", "div")
        return self.found

    def blame(self, kind: Kind, name: str, within: str = "") -> None:
        """Adds a fault where the parser stands, once for each kind and name."""
        if not any(fault.kind == kind and fault.name == name for fault in self.found.faults):
            self.found.faults.append(HtmlFault(kind, name, self.parser.CurrentLineNumber, within))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        if not self.stack:
            self.namespace = namespace
            if name != "div":
                self.blame("root", name)
        if namespace != XHTML and (namespace != self.namespace or not self.stack):
            # of an outer div without xmlns once, not again of all that is in it
            self.blame("namespace", name)
        if name not in ELEMENTS and namespace in (XHTML, self.namespace):
            self.blame("element", name)
        self.judge_nesting(name)
        self.stack.append(name)
        self.last_opened = name
        if name == "img":
            self.has_content = True
        for attribute, value in attributes.items():
            self.judge_attribute(name, attribute, value)

    def end(self, _: str) -> None:
        name = self.stack.pop()
        if name == self.last_opened and name in NEEDS_CHILDREN:
            self.found.childless.setdefault(name, self.parser.CurrentLineNumber)
        self.last_opened = ""

    def text(self, text: str) -> None:
        if not text.strip(" \t\r\n"):
            return
        self.has_content = True
        if self.stack and self.stack[-1] in WITHOUT_TEXT:
            self.blame("nesting", "text", self.stack[-1])

    def instruction(self, target: str, _: str) -> None:
        if target == "xml-stylesheet":  # an external style sheet
            self.blame("active", target)

    def judge_nesting(self, name: str) -> None:
        if not self.stack:
            return
        parent = self.stack[-1]
        if name in PARENTS and parent not in PARENTS[name]:
            self.blame("nesting", name, parent)
        elif name == "a" and name in self.stack:
            self.blame("nesting", name, name)
        elif name in BLOCKS:
            around = next((each for each in reversed(self.stack) if each in INLINE_ONLY), "")
            if around:
                self.blame("nesting", name, around)

    def judge_attribute(self, element: str, attribute: str, value: str) -> None:
        if attribute not in ATTRIBUTES:
            self.blame("attribute", attribute.rpartition(" ")[2])
        elif attribute == "style":
            if SCRIPT_IN_STYLE.search(value):
                self.blame("active", "style")
        elif attribute in ("id", "name", f"{XML} id"):
            self.found.anchors.add(value)
            if attribute == "id":
                self.found.ids[value] = self.found.ids.get(value, 0) + 1
        elif attribute in ("href", "src", "cite", "longdesc", "usemap"):
            scheme = SKIPPED.sub("", value[:100]).lower()
            is_picture = (
                element == "img" and attribute == "src" and scheme.startswith("data:image/")
            )
            if scheme.startswith(SCRIPTS) or (scheme.startswith("data:") and not is_picture):
                self.blame("active", scheme.partition(":")[0] + ":")
            if value.startswith("#") and len(value) > 1:
                self.found.links.append(value[1:])
