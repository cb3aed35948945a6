"""Document Bundles: the rules that no single element carries (FHIR R4 documents.html, bundle.html#references)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.fhir.json import Json
from sandbox.fhir.references import parse_reference, walk_references
from sandbox.fhirpath import Node
from sandbox.findings import Severity
from sandbox.validation.context import Place, Validation

ABSOLUTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
CLAUSE = "FHIR R4 documents.html#content"
RESOLVING = "FHIR R4 bundle.html#references"
UNIQUE = "FHIR R4 bundle.html#bundle-unique"
SEARCHSET = "FHIR R4 bundle.html#searchset"
NEEDS_FULL_URL = ("document", "message", "collection", "searchset")


def judge_bundle(validation: Validation, place: Place) -> None:
    """Judges the addresses of entries and, in a document, that references lead to entries of it."""
    bundle: Json = place.node.value
    entries = bundle.get("entry")
    if not isinstance(entries, list):
        return
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            _judge_full_url(validation, place, index, entry)
            if bundle.get("type") == "searchset":
                _judge_match(validation, place, index, entry)
    if bundle.get("type") not in ("document", "collection", "message", "searchset"):
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
        _judge_references(validation, around, is_document=bundle["type"] == "document")
    if bundle["type"] == "document":
        _judge_reach(validation, place, entries)


def _judge_reach(validation: Validation, place: Place, entries: list[Any]) -> None:
    """Every entry of a document is reached from the Composition, along references or, for Provenance, against them."""
    held = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)]
    if not held or held[0]["resource"].get("resourceType") != "Composition":
        return
    links = {id(entry["resource"]): set(_targets(validation, entry)) for entry in held}
    backwards: dict[int, list[int]] = {}
    for one, targets in links.items():
        for target in targets:
            backwards.setdefault(target, []).append(one)
    reached, waiting = set(), [id(held[0]["resource"])]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += [*links.get(one, ()), *backwards.get(one, ())]
    for index, entry in enumerate(entries):
        if isinstance(entry, dict) and id(entry.get("resource")) in links.keys() - reached:
            at = Place(place.node, f"Bundle.entry[{index}]", place.resource)
            found = entry["resource"].get("resourceType")
            validation.note("unreached", at, clause=CLAUSE, found=found)


def _targets(validation: Validation, entry: Json) -> Iterator[int]:
    full_url = entry.get("fullUrl")
    node = Node(entry["resource"], str(entry["resource"].get("resourceType")))
    around = Place(node, "", node, full_url if isinstance(full_url, str) else "")
    for _, reference in walk_references(entry["resource"]):
        target = validation.resolve(reference, around)
        if target is not None:
            yield id(target.value)


def _judge_full_url(validation: Validation, place: Place, index: int, entry: Json) -> None:
    """A fullUrl is absolute, agrees with the id of its resource, and is there where entries are found by it."""
    full_url, resource = entry.get("fullUrl"), entry.get("resource")
    at = Place(place.node, f"Bundle.entry[{index}].fullUrl", place.resource)
    if not isinstance(full_url, str):
        if isinstance(resource, dict) and place.node.value.get("type") in NEEDS_FULL_URL:
            validation.note("no_full_url", Place(place.node, f"Bundle.entry[{index}]", place.resource), clause=UNIQUE)
        return
    literal = parse_reference(full_url)
    if not ABSOLUTE.match(full_url):
        validation.note("full_url", at, clause=UNIQUE, found=full_url)
    elif literal and isinstance(resource, dict) and resource.get("id"):
        own = f"{resource.get('resourceType')}/{resource['id']}"
        if own != f"{literal.type}/{literal.id}":
            validation.note("full_url_id", at, clause=UNIQUE, expected=own, found=full_url)


def _judge_match(validation: Validation, place: Place, index: int, entry: Json) -> None:
    """What a search found has an id; an outcome is an OperationOutcome (FHIR R4 bundle.html#searchset)."""
    resource, search = entry.get("resource"), entry.get("search")
    if not isinstance(resource, dict):
        return
    at = Place(place.node, f"Bundle.entry[{index}].resource", place.resource)
    kind = str(resource.get("resourceType"))
    mode = search.get("mode") if isinstance(search, dict) else None
    if mode == "outcome" and kind != "OperationOutcome":
        validation.note("no_outcome", at, clause=SEARCHSET, found=kind)
    elif "id" not in resource and kind != "OperationOutcome":
        validation.note("no_id", at, clause=SEARCHSET, found=kind)


def _judge_references(validation: Validation, place: Place, *, is_document: bool) -> None:
    is_composition = place.node.type == "Composition"
    for path, reference in walk_references(place.node.value):
        if validation.resolve(reference, place) is not None:
            continue
        at = Place(place.node, place.path + path, place.resource, place.full_url)
        literal = parse_reference(reference)
        namesake = validation.bundle.namesake(literal) if validation.bundle and literal else ""
        if namesake:
            severity: Severity = "error" if is_document else "warning"
            validation.note("namesake", at, severity=severity, clause=RESOLVING, found=reference, expected=namesake)
        elif not is_document:
            continue
        elif reference.startswith("#"):
            validation.note("no_contained", at, clause="FHIR R4 references.html#contained", found=reference)
        elif is_composition or reference.startswith("urn:"):
            validation.note("dangling", at, clause=CLAUSE, found=reference)
        elif literal:
            validation.note("outside_document", at, severity="information", clause=CLAUSE, found=reference)
