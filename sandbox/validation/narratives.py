"""Narrative links: `#…` in a narrative leads to something in the same resource (FHIR R4 narrative.html#references)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from sandbox.validation.context import Place, Validation

CLAUSE = "FHIR R4 narrative.html#references"


def judge_narrative(validation: Validation, place: Place) -> None:
    """Looks for the target of each internal link: an id in the narrative, of an element, or of a contained resource."""
    div = place.node.value.get("div")
    if not isinstance(div, str) or "#" not in div:
        return
    links, anchors = _links_and_anchors(div)
    missing = [link for link in dict.fromkeys(links) if link not in anchors]
    if not missing:
        return
    ids = set(_ids_in(place.resource.value))
    for link in missing:
        if link not in ids:
            at = place.at(place.node, "div")
            validation.note("narrative_link", at, severity="warning", clause=CLAUSE, name=link, found=f"#{link}")


def _links_and_anchors(div: str) -> tuple[list[str], set[str]]:
    links: list[str] = []
    anchors: set[str] = set()

    def start(_: str, attributes: dict[str, str]) -> None:
        for name in ("href", "src"):
            target = attributes.get(name, "")
            if target.startswith("#") and len(target) > 1:
                links.append(target[1:])
        anchors.update(attributes[name] for name in ("id", "name") if name in attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.UseForeignDTD(True)  # lets the named entities of XHTML pass
    try:
        parser.Parse(div, True)
    except expat.ExpatError:
        return [], anchors  # txt-1 says that this is no XHTML
    return links, anchors


def _ids_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for child in value.values():
            yield from _ids_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from _ids_in(child)
