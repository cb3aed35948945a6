"""Narrative XHTML: the rules of txt-1 and txt-2 (FHIR R4 narrative.html), judged by a parser that loads nothing."""

from __future__ import annotations

from xml.parsers import expat

NAMESPACE = "http://www.w3.org/1999/xhtml"
ELEMENTS = frozenset(
    """a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img
    li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var""".split()  # noqa: SIM905
)
ATTRIBUTES = frozenset(
    """abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset
    cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev
    rowspan rules scope shape span src start style summary tabindex title type valign value vspace width xml:lang
    xmlns""".split()  # noqa: SIM905
)


def find_html_faults(div: str) -> list[str]:
    """Returns what breaks the rules: the names of elements and attributes, `empty`, or what the parser said."""
    faults: list[str] = []
    content: list[str] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth == 0 and name != "div":
            faults.append(name)
        if depth == 0 and attributes.get("xmlns") != NAMESPACE:
            faults.append("xmlns")
        depth += 1
        if name not in ELEMENTS:
            faults.append(name)
        if name == "img":
            content.append(name)
        faults.extend(a for a in attributes if a not in ATTRIBUTES and not a.startswith("xmlns:"))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: content.append(text.strip())
    parser.StartDoctypeDeclHandler = lambda *_: faults.append("DOCTYPE")
    parser.UseForeignDTD(True)  # lets the named entities of XHTML pass
    parser.SkippedEntityHandler = lambda name, _: content.append(name)
    try:
        parser.Parse(div, True)
    except expat.ExpatError as error:
        faults.append(str(error))
    return faults if any(content) else [*faults, "empty"]
