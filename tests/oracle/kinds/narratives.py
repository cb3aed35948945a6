"""Narrative: what XHTML may stand in a div (narrative.html)."""

from __future__ import annotations

import random
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.places import domain_resources, pick
from tests.oracle.registry import Expected, kind

PAGE = "FHIR R4 narrative.html"
XMLNS = 'xmlns="http://www.w3.org/1999/xhtml"'

# what is wrong, what stands inside the div, the rule, expected
# fmt: off
INSIDE: tuple[tuple[str, str, str, Expected], ...] = (
    ("entity nbsp", "<p>a&nbsp;b</p>", ": no HTML entities", "error"),
    ("entity copy", "<p>&copy; a</p>", ": no HTML entities", "error"),
    ("entity aacute", "<p>Mar&iacute;a</p>", ": no HTML entities", "error"),
    ("entity unknown", "<p>&foo;</p>", ": no HTML entities", "error"),
    ("bare ampersand", "<p>a & b</p>", ": well-formed XML", "error"),
    ("number 160", "<p>a&#160;b</p>", ": Unicode in place of entities", "ok"),
    ("entity of XML", "<p>a &amp; b &lt; c</p>", ": XML's own entities", "ok"),
    ("script", "<script>alert(1)</script><p>a</p>", "#rules: no scripts", "error"),
    ("script in capitals", "<SCRIPT>alert(1)</SCRIPT><p>a</p>", "#rules: no scripts; XHTML is in small letters", "error"),
    ("event onclick", '<p onclick="a()">a</p>', "#rules: no event attributes", "error"),
    ("event onload", '<img src="#pic" alt="a" onload="a()"/>', "#rules: no event attributes", "error"),
    ("event onmouseover", '<b onmouseover="a()">a</b>', "#rules: no event attributes", "error"),
    ("javascript link", '<a href="javascript:alert(1)">a</a>', "#rules: no active content", "error"),
    ("JavaScript link in capitals", '<a href="JavaScript:alert(1)">a</a>', "#rules: no active content", "error"),
    ("vbscript link", '<a href="vbscript:a">a</a>', "#rules: no active content", "unknown"),
    ("javascript image", '<img src="javascript:alert(1)" alt="a"/>', "#rules: no active content", "error"),
    ("form", '<form action="a"><p>a</p></form>', "#rules: no forms", "error"),
    ("input", '<p>a<input type="text"/></p>', "#rules: no forms", "error"),
    ("button", "<p>a<button>b</button></p>", "#rules: no forms", "error"),
    ("iframe", '<p>a</p><iframe src="http://fhir.salud.test"></iframe>', "#rules: no frames", "error"),
    ("object", '<p>a</p><object data="a"></object>', "#rules: no objects", "error"),
    ("embed", '<p>a</p><embed src="a"/>', "#rules: no objects", "error"),
    ("applet", "<p>a</p><applet></applet>", "#rules: no objects", "error"),
    ("link element", '<link rel="stylesheet" href="a.css"/><p>a</p>', "#rules: no links to stylesheets", "error"),
    ("style element", "<style>p {color: red}</style><p>a</p>", "#rules: chapters 7 to 11 and 15 have no style element", "error"),
    ("base", '<base href="http://fhir.salud.test"/><p>a</p>', "#rules: no base", "error"),
    ("meta", '<meta name="a" content="b"/><p>a</p>', "#rules: no head", "error"),
    ("head", "<head><title>a</title></head><p>a</p>", "#rules: no head", "error"),
    ("body", "<body><p>a</p></body>", "#rules: no body", "error"),
    ("font", '<p><font color="red">a</font></p>', "#rules: no deprecated elements", "unknown"),
    ("center", "<center>a</center>", "#rules: no deprecated elements", "error"),
    ("video", '<video src="a"></video><p>a</p>', "#rules: elements of HTML 4.0", "error"),
    ("section of HTML 5", "<section><p>a</p></section>", "#rules: elements of HTML 4.0", "error"),
    ("svg", '<p>a</p><svg xmlns="http://www.w3.org/2000/svg"></svg>', "#rules: only XHTML", "error"),
    ("invented element", "<paragraph>a</paragraph>", "#rules: elements of HTML 4.0", "error"),
    ("invented attribute", '<p klass="a">a</p>', "#rules: attributes of HTML 4.0", "error"),
    ("capital elements", "<P>a</P>", "#rules: XHTML is in small letters", "error"),
    ("child of no namespace", '<p xmlns="">a</p>', "#xhtml: elements of the XHTML namespace", "error"),
    ("child of FHIR's namespace", '<p xmlns="http://hl7.org/fhir">a</p>', "#xhtml: elements of the XHTML namespace", "error"),
    ("td outside a row", "<table><td>a</td></table>", "#rules: the content model of XHTML", "error"),
    ("row outside a table", "<tr><td>a</td></tr>", "#rules: the content model of XHTML", "error"),
    ("li outside a list", "<li>a</li>", "#rules: the content model of XHTML", "error"),
    ("text in a list", "<ul>a<li>b</li></ul>", "#rules: the content model of XHTML", "error"),
    ("text in a table", "<table>a<tr><td>b</td></tr></table>", "#rules: the content model of XHTML", "error"),
    ("block in a paragraph", "<p>a<div>b</div></p>", "#rules: the content model of XHTML", "error"),
    ("paragraph in a paragraph", "<p>a<p>b</p></p>", "#rules: the content model of XHTML", "error"),
    ("table in a paragraph", "<p><table><tr><td>a</td></tr></table></p>", "#rules: the content model of XHTML", "error"),
    ("list empty", "<p>a</p><ul></ul>", "; XHTML 1.0 asks a list for items, txt-1 does not", "warning"),
    ("unclosed", "<p>a", ": well-formed XML", "error"),
    ("crossed", "<p><b>a</p></b>", ": well-formed XML", "error"),
    ("br open", "<p>a<br>b</p>", ": well-formed XML", "error"),
    ("attribute bare", "<table border=1><tr><td>a</td></tr></table>", ": well-formed XML", "error"),
    ("nothing", "", ", txt-2: SHALL have some content", "error"),
    ("only blanks", " \n ", ", txt-2: SHALL have some content", "error"),
    ("only empty elements", "<p> </p>", ", txt-2: SHALL have some content", "error"),
    ("only a comment", "<!-- a -->", ", txt-2: SHALL have some content", "error"),
    ("image alone", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="a"/>', ", txt-2: an image is content", "ok"),
    ("comment", "<p>a<!-- b --></p>", ": a comment is no element", "ok"),
    ("style attribute", '<p style="color: red">a</p>', "#css: style attributes are allowed", "ok"),
    ("class", '<p class="bold">a</p>', "#css: classes are allowed", "ok"),
    ("link of the web", '<p><a href="http://fhir.salud.test">a</a></p>', "#rules: a with href", "ok"),
    ("whole table", "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>", "#rules: chapter 11", "ok"),
    ("CDATA", "<p><![CDATA[a < b]]></p>", ": is XML", "unknown"),
    ("processing instruction", "<?php a ?><p>a</p>", ": no active content", "unknown"),
    ("link to no id", '<p><a href="#no-such-id">a</a></p>', "#internal: references between narrative and data by id", "unknown"),
    ("image of no id", '<p>a<img src="#no-such-id" alt="b"/></p>', "#id: a contained Binary or Media", "unknown"),
    ("ids twice", '<p id="a1">a</p><p id="a1">b</p>', "#internal: an id SHALL be unique in the resource", "error"),
)
# fmt: on
# fmt: off
WHOLE: tuple[tuple[str, Any, str], ...] = (
    ("no div", "a", ": a div"),
    ("p for div", f"<p {XMLNS}>a</p>", ": a div"),
    ("two divs", f"<div {XMLNS}>a</div><div {XMLNS}>b</div>", ": one div"),
    ("no namespace", "<div>a</div>", "#xhtml: the div is of the XHTML namespace"),
    ("other namespace", '<div xmlns="http://www.w3.org/TR/html4">a</div>', "#xhtml: the div is of the XHTML namespace"),
    ("XML declaration", f'<?xml version="1.0"?><div {XMLNS}>a</div>', ": the first > ends the div's start"),
    ("doctype", f"<!DOCTYPE div><div {XMLNS}>a</div>", ": no document type; xml.html: no DTD"),
    ("text before", f"a<div {XMLNS}>a</div>", ": the first > ends the div's start"),
    ("text after", f"<div {XMLNS}>a</div>a", ": the last < starts the div's end"),
    ("escaped twice", "&lt;div&gt;a&lt;/div&gt;", ": one escaped string of XHTML"),
    ("an object", {"p": "a"}, ": a string"),
    ("empty string", "", ": a div"),
    ("whole page", f"<html {XMLNS}><body><div>a</div></body></html>", "#rules: no body"),
)
# fmt: on


def _narrate(name: str, div: Any, rule: str, expected: Expected) -> None:
    @kind(f"narrative: {name}", PAGE + rule, expected=expected)
    def narrate(resource: Json, random: random.Random) -> bool:
        candidates = [
            each for each in domain_resources(resource) if isinstance(each.get("text"), dict)
        ]
        if not candidates:
            return False
        random.choice(candidates)["text"]["div"] = div
        return True


for name, inside, rule, expected in INSIDE:
    _narrate(name, f"<div {XMLNS}>{inside}</div>", rule, expected)
for name, whole, rule in WHOLE:
    _narrate(name, whole, rule, "error")


@kind("narrative: no status", PAGE + "#Narrative: status 1..1")
def take_status(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Narrative", where=lambda place: "status" in place.value)
    return place is not None and place.value.pop("status") is not None


@kind("narrative: no div at all", PAGE + "#Narrative: div 1..1")
def take_div(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Narrative", where=lambda place: "div" in place.value)
    return place is not None and place.value.pop("div") is not None


@kind("narrative: status unknown", PAGE + "#Narrative: generated, extensions, additional, empty")
def wrong_status(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Narrative")
    if place is None:
        return False
    place.value["status"] = "complete"
    return True


@kind("narrative: text as a string", PAGE + "#Narrative: an object with status and div")
def flatten(resource: Json, random: random.Random) -> bool:
    place = pick(resource, random, "Narrative", where=lambda place: "div" in place.value)
    return place is not None and place.put(place.value["div"])
