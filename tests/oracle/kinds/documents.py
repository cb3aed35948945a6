"""Documents: what a Bundle of type document and its Composition have (documents.html, composition.html)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.registry import Expected, kind

PAGE = "FHIR R4 documents.html"
COMPOSITION = "FHIR R4 composition.html"
EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"


def _document(
    name: str, rule: str, edit: Callable[[Json, Json], Any], *, expected: Expected = "error"
) -> None:
    """Registers a change to a document, given with its Composition; an edit that has no place returns False."""

    @kind(f"document: {name}", rule, expected=expected)
    def change(resource: Json, random: random.Random) -> bool:
        entries = resource.get("entry") or [{}]
        composition = entries[0].get("resource", {})
        if resource.get("type") != "document" or composition.get("resourceType") != "Composition":
            return False
        return edit(resource, composition) is not False


def _section(
    name: str, rule: str, edit: Callable[[Json], Any], *, expected: Expected = "error"
) -> None:
    """Registers a change to a random section of a Composition, in a document or alone."""

    @kind(f"section: {name}", rule, expected=expected)
    def change(resource: Json, random: random.Random) -> bool:
        holders = [
            entry.get("resource", {})
            for entry in resource.get("entry", [])
            if isinstance(entry, dict)
        ]
        sections = [
            section
            for holder in (resource, *holders)
            if holder.get("resourceType") == "Composition"
            for section in holder.get("section", [])
        ]
        if not sections:
            return False
        edit(random.choice(sections))
        return True


def _set(**members: Any) -> Callable[[Json, Json], None]:
    return lambda bundle, composition: composition.update(members)


def _take(key: str) -> Callable[[Json, Json], Any]:
    return lambda bundle, composition: composition.pop(key, False)


def _take_subject(bundle: Json, composition: Json) -> bool:
    """Takes the entry away that the subject refers to."""
    reference = composition.get("subject", {}).get("reference", "?")
    end = reference.removeprefix("urn:uuid:")
    kept = [entry for entry in bundle["entry"] if not str(entry.get("fullUrl", "")).endswith(end)]
    is_there = len(kept) < len(bundle["entry"])
    bundle["entry"] = kept
    return is_there


def _add_stranger(bundle: Json, composition: Json) -> None:
    resource = {"resourceType": "Basic", "id": "stranger", "code": {"text": "a"}}
    bundle["entry"].append(
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000000", "resource": resource}
    )


_document(
    "Composition second",
    f"{PAGE}#content, bdl-11: the first entry is the Composition",
    lambda bundle, _: bundle["entry"].append(bundle["entry"].pop(0)),
)
_document("Composition taken", f"{PAGE}#content, bdl-11", lambda bundle, _: bundle["entry"].pop(0))
_document("no entries", f"{PAGE}#content, bdl-11", lambda bundle, _: bundle.pop("entry"))
_document(
    "identifier taken",
    f"{PAGE}#content, bdl-9: identifier with system and value",
    lambda bundle, _: bundle.pop("identifier", False),
)
_document(
    "identifier without system",
    f"{PAGE}#content, bdl-9",
    lambda bundle, _: bundle.update(identifier={"value": "1"}),
)
_document(
    "identifier without value",
    f"{PAGE}#content, bdl-9",
    lambda bundle, _: bundle.update(identifier={"system": "urn:oid:2.16.840.1"}),
)
_document(
    "timestamp taken",
    f"{PAGE}#content, bdl-10: a document has its date",
    lambda bundle, _: bundle.pop("timestamp", False),
)
_document(
    "subject not in the document",
    f"{PAGE}#content: what the Composition refers to SHALL be in the Bundle",
    _take_subject,
)
_document(
    "a resource that nothing refers to",
    f"{PAGE}#content: SHALL include only what is reached from the Composition",
    _add_stranger,
)
_document(
    "an entry without resource",
    "FHIR R4 bundle.html#document: each entry SHALL contain a resource",
    lambda bundle, _: bundle["entry"].append(
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000000"}
    ),
)
_document("Composition without status", f"{COMPOSITION}: status 1..1", _take("status"))
_document("Composition without type", f"{COMPOSITION}: type 1..1", _take("type"))
_document("Composition without date", f"{COMPOSITION}: date 1..1", _take("date"))
_document("Composition without author", f"{COMPOSITION}: author 1..*", _take("author"))
_document("Composition without title", f"{COMPOSITION}: title 1..1", _take("title"))
_document("Composition status unknown", f"{COMPOSITION}: status (required)", _set(status="draft"))
_document("Composition author empty", "FHIR R4 json.html: arrays are never empty", _set(author=[]))
_document(
    "Composition confidentiality unknown",
    f"{COMPOSITION}: confidentiality (required)",
    _set(confidentiality="secret"),
)
_document(
    "attester without mode",
    f"{COMPOSITION}: attester.mode 1..1",
    _set(attester=[{"time": "2020-01-31"}]),
)
_document(
    "attester mode unknown",
    f"{COMPOSITION}: attester.mode (required)",
    _set(attester=[{"mode": "medical"}]),
)
_document(
    "attester mode a list as in DSTU 2",
    f"{COMPOSITION}: attester.mode 1..1",
    _set(attester=[{"mode": ["legal"]}]),
)
_document(
    "relatesTo without target",
    f"{COMPOSITION}: relatesTo.target[x] 1..1",
    _set(relatesTo=[{"code": "replaces"}]),
)
_document(
    "relatesTo code unknown",
    f"{COMPOSITION}: relatesTo.code (required)",
    _set(relatesTo=[{"code": "supersedes", "targetIdentifier": {"value": "1"}}]),
)
_document(
    "Composition of two subjects", f"{COMPOSITION}: one subject", _set(subject=[{"display": "a"}])
)
_document(
    "a stylesheet link",
    f"{PAGE}#css: relation stylesheet",
    lambda bundle, _: bundle.update(
        link=[{"relation": "stylesheet", "url": "http://fhir.salud.test/a.css"}]
    ),
    expected="ok",
)

_section(
    "empty",
    f"{COMPOSITION}, cmp-1: text, entries or sections",
    lambda section: [section.pop(key, None) for key in ("text", "entry", "section", "emptyReason")],
)
_section(
    "emptyReason beside entries",
    f"{COMPOSITION}, cmp-2: emptyReason only without entries",
    lambda section: section.update(
        entry=section.get("entry") or [{"display": "a"}],
        emptyReason={"coding": [{"system": EMPTY, "code": "nilknown"}]},
    ),
)
_section(
    "mode unknown",
    f"{COMPOSITION}: section.mode (required)",
    lambda section: section.update(mode="static"),
)
_section("title a list", f"{COMPOSITION}: one title", lambda section: section.update(title=["a"]))
_section(
    "code a Coding",
    f"{COMPOSITION}: section.code is a CodeableConcept",
    lambda section: section.update(code={"system": "http://loinc.org", "code": "11450-4"}),
)
_section(
    "entry an object",
    "FHIR R4 json.html#repeat: entry repeats",
    lambda section: section.update(entry={"display": "a"}),
)
_section(
    "entry a text",
    f"{COMPOSITION}: an entry is a Reference",
    lambda section: section.update(entry=["Condition/1"]),
)
_section(
    "text without div",
    "FHIR R4 narrative.html#Narrative: div 1..1",
    lambda section: section.update(text={"status": "generated"}),
)
_section(
    "div with script",
    "FHIR R4 narrative.html#rules: no scripts",
    lambda section: section.update(
        text={
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>a</script>b</div>',
        }
    ),
)
_section(
    "section in it empty",
    f"{COMPOSITION}, cmp-1 holds at each depth",
    lambda section: section.update(section=[{"title": "a"}]),
)
_section(
    "unknown property",
    "FHIR R4 json.html: the properties that the type defines",
    lambda section: section.update(content={"display": "a"}),
)
