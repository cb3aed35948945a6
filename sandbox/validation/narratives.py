"""Narrative: what txt-1 and txt-2 forbid, named one by one, and links that lead to something.

A `#` link in a narrative, and an extension that points into one, ends at an id (FHIR R4
narrative.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.fhir.json import Json
from sandbox.fhirpath.xhtml import Xhtml, read_xhtml
from sandbox.findings import Severity
from sandbox.validation.context import Place, Validation

CLAUSE = "FHIR R4 narrative.html"
LINKS = "FHIR R4 narrative.html#references"
IDS = "FHIR R4 narrative.html#internal"
BLANK = re.compile(r"[ \t\r\n]")
R4_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
POINTING = {
    R4_EXTENSION + name: key
    for name, key in (("narrativeLink", "valueUrl"), ("originalText", "valueString"))
}
TEXT_LINK = R4_EXTENSION + "textLink"


def judge_narrative(validation: Validation, place: Place) -> None:
    """Names what the XHTML may not hold, and looks for the target of each internal link."""
    div = place.node.value.get("div")
    if not isinstance(div, str) or not div:
        return
    at = place.at(place.node, "div")
    xhtml = _read(validation, div)
    for fault in xhtml.faults:
        rule = "txt-2" if fault.kind == "empty" else "txt-1"
        validation.note(
            f"narrative_{fault.kind}",
            at,
            clause=f"{CLAUSE} {rule}",
            name=fault.name,
            within=fault.within,
            number=fault.line,
            found=fault.name,
        )
    for name, line in xhtml.childless.items():
        clause = f"{CLAUSE}; XHTML 1.0 Strict"
        validation.note(
            "narrative_childless",
            at,
            severity="warning",
            clause=clause,
            name=name,
            number=line,
            found=name,
        )
    _judge_ids(validation, at, xhtml)
    missing = [link for link in dict.fromkeys(xhtml.links) if link not in xhtml.anchors]
    known = ids_in(validation, place.root.value) if missing else ()
    for link in missing:
        if link not in known:
            validation.note(
                "narrative_link", at, severity="warning", clause=LINKS, name=link, found=f"#{link}"
            )


def _judge_ids(validation: Validation, at: Place, xhtml: Xhtml) -> None:
    """An id in a narrative is that of nothing else in the resource, and has no blanks, as XML's
    type ID asks.

    Narratives of one resource, such as those of two sections, share ids in a document that a
    connectathon accepted: a warning.
    """
    links = validation.links_of(at)
    for name, number in xhtml.ids.items():
        key = (id(at.resource.value), name)
        if number > 1 or key in links.element_ids:
            note_id_twice(validation, at, name)
        elif key in links.narrative_ids:
            note_id_twice(validation, at, name, severity="warning")
        if BLANK.search(name):
            clause = f"{IDS}; XML 1.0 ID"
            validation.note(
                "narrative_id_blank", at, severity="warning", clause=clause, name=name, found=name
            )
        links.narrative_ids.add(key)


def note_id_twice(
    validation: Validation, at: Place, name: str, *, severity: Severity = "error"
) -> None:
    """Says that the id of an element in a narrative is that of another one in the resource."""
    validation.note("narrative_id_twice", at, severity=severity, clause=IDS, name=name, found=name)


def judge_pointer(validation: Validation, place: Place, url: str) -> None:
    """Judges an extension that points into a narrative: its fragment is an id there."""
    target = _pointer_of(place.node.value, url)
    if target is None or "#" not in target:
        return
    address, _, fragment = target.partition("#")
    resource = place.root if not address else validation.resolve(address, place)
    if resource is None:
        is_document = (
            validation.bundle is not None and validation.bundle.value.get("type") == "document"
        )
        if is_document and address.startswith("urn:"):
            validation.note("narrative_pointer", place, clause=LINKS, found=target)
    elif fragment and fragment not in ids_in(validation, resource.value):
        validation.note("narrative_pointer", place, clause=LINKS, found=target)


def _pointer_of(extension: Json, url: str) -> str | None:
    if url == TEXT_LINK:
        parts = extension.get("extension")
        for part in parts if isinstance(parts, list) else ():
            if (
                isinstance(part, dict)
                and part.get("url") == "htmlid"
                and isinstance(part.get("valueString"), str)
            ):
                return f"#{part['valueString'].removeprefix('#')}"
        return None
    target = extension.get(POINTING.get(url, ""))
    return target if isinstance(target, str) else None


def read_narratives(validation: Validation, resource: Any) -> Xhtml:
    """Returns the links and ids of all narratives in a resource."""
    read = Xhtml()
    for div in _divs_in(resource):
        xhtml = _read(validation, div)
        read.links += xhtml.links
        read.anchors |= xhtml.anchors
    return read


def ids_in(validation: Validation, resource: Any) -> set[str]:
    """Returns what a `#` link may lead to: ids in narratives, of elements, and of contained
    resources.
    """
    key = id(resource)
    if key not in validation.link_ids:
        validation.link_ids[key] = (
            set(_element_ids(resource)) | read_narratives(validation, resource).anchors
        )
    return validation.link_ids[key]


def _read(validation: Validation, div: str) -> Xhtml:
    if div not in validation.narratives:
        validation.narratives[div] = read_xhtml(div)
    return validation.narratives[div]


def _divs_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("div"), str):
            yield value["div"]
        for child in value.values():
            yield from _divs_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from _divs_in(child)


def _element_ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for child in value.values():
            yield from _element_ids(child)
    elif isinstance(value, list):
        for child in value:
            yield from _element_ids(child)
