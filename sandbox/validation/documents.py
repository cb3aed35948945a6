"""Document Bundles: the rules that no single element carries (FHIR R4 documents.html, bundle.html#references)."""

from __future__ import annotations

import re

from sandbox.fhir.json import Json
from sandbox.fhir.references import parse_reference, walk_references
from sandbox.fhirpath import Node
from sandbox.validation.context import Place, Validation

ABSOLUTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
CLAUSE = "FHIR R4 documents.html#content"


def judge_bundle(validation: Validation, place: Place) -> None:
    """Judges the addresses of entries and, in a document, that references lead to entries of it."""
    bundle: Json = place.node.value
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return
    for index, entry in enumerate(entries):
        full_url = entry.get("fullUrl") if isinstance(entry, dict) else None
        if isinstance(full_url, str) and not ABSOLUTE.match(full_url):
            at = Place(place.node, f"Bundle.entry[{index}].fullUrl", place.resource)
            validation.note("full_url", at, clause="FHIR R4 bundle.html#bundle-unique", found=full_url)
    if bundle.get("type") != "document":
        return
    for index, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        full_url = entry.get("fullUrl")
        around = Place(
            Node(resource, str(resource.get("resourceType"))),
            f"Bundle.entry[{index}].resource",
            Node(resource, str(resource.get("resourceType"))),
            full_url if isinstance(full_url, str) else "",
        )
        _judge_references(validation, around)


def _judge_references(validation: Validation, place: Place) -> None:
    is_composition = place.node.type == "Composition"
    for path, reference in walk_references(place.node.value):
        if validation.resolve(reference, place) is not None:
            continue
        at = Place(place.node, place.path + path, place.resource, place.full_url)
        literal = parse_reference(reference)
        if reference.startswith("#"):
            validation.note("no_contained", at, clause="FHIR R4 references.html#contained", found=reference)
        elif is_composition or reference.startswith("urn:"):
            validation.note("dangling", at, clause=CLAUSE, found=reference)
        elif literal:
            validation.note("outside_document", at, severity="information", clause=CLAUSE, found=reference)
