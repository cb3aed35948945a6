"""Document Bundles: the rules that no single element carries (FHIR R4 documents.html,
bundle.html#references).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sandbox.fhir.json import Json, as_list
from sandbox.fhir.references import parse_reference
from sandbox.findings import Severity
from sandbox.validation.bundles import Bundle, Entry
from sandbox.validation.context import Place, Validation
from sandbox.validation.interactions import judge_history, judge_interaction

FOCUS_PATH = re.compile(r"^Bundle\.entry\[0\]\.resource\.focus\b")
ABSOLUTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
CLAUSE = "FHIR R4 documents.html#content"
RESOLVING = "FHIR R4 bundle.html#references"
UNIQUE = "FHIR R4 bundle.html#bundle-unique"
SEARCHSET = "FHIR R4 bundle.html#searchset"
FOCUS = "FHIR R4 messageheader-definitions.html#MessageHeader.focus"
URN = "urn:"
ASKS = ("transaction", "batch")
NEEDS_FULL_URL = ("document", "message", "collection", "searchset")
# A searchset asks for the id in so many words (`no_id`).
NEEDS_NAMED_ID = ("document", "message", "collection")


def judge_bundle(validation: Validation, place: Place) -> None:
    """Judges the addresses of entries and, in a document, that references lead to entries of it."""
    bundle: Json = place.node.value
    entries = bundle.get("entry")
    kind = bundle.get("type")
    if kind == "searchset":
        _judge_self_link(validation, place)
    if not isinstance(entries, list):
        return
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            _judge_full_url(validation, place, index, entry)
            judge_interaction(
                validation, Place(place.node, f"Bundle.entry[{index}]", place.resource), entry, kind
            )
            if kind == "searchset":
                _judge_match(validation, place, index, entry)
    if validation.bundle is not None and kind == "history":
        judge_history(validation, place, validation.bundle)
    if validation.bundle is None or kind not in (*NEEDS_FULL_URL, *ASKS):
        return
    for entry in validation.bundle.entries:
        _judge_references(validation, validation.bundle, entry, str(kind))
    if kind == "document":
        _judge_reach(validation, place, validation.bundle)


def _judge_self_link(validation: Validation, place: Place) -> None:
    """A search says by its self link what was searched for (FHIR R4 search.html#conformance)."""
    links = [link for link in as_list(place.node.value.get("link")) if isinstance(link, dict)]
    if not any(link.get("relation") == "self" for link in links):
        validation.note(
            "no_self_link", place, severity="warning", clause="FHIR R4 search.html#conformance"
        )


def _judge_reach(validation: Validation, place: Place, bundle: Bundle) -> None:
    """Every entry of a document is reached from the Composition, along references or, for
    Provenance, against them.
    """
    if not bundle.entries or bundle.entries[0].node.type != "Composition":
        return
    links = {
        id(entry.node.value): set(_targets(validation, bundle, entry)) for entry in bundle.entries
    }
    backwards: dict[int, list[int]] = {}
    for source, targets in links.items():
        for target in targets:
            backwards.setdefault(target, []).append(source)
    reached = set()
    waiting = [id(bundle.entries[0].node.value)]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += [*links.get(current, ()), *backwards.get(current, ())]
    for unreached in bundle.entries:
        if id(unreached.node.value) not in reached:
            at = Place(place.node, unreached.path.removesuffix(".resource"), place.resource)
            validation.note("unreached", at, clause=CLAUSE, found=unreached.node.type)


def _targets(validation: Validation, bundle: Bundle, entry: Entry) -> Iterator[int]:
    """Yields the identities of the entries that an entry refers to; without a version, all that may
    be meant.

    A reference in another style than the fullUrl is a fault of its own, and tells all the same
    which entry is meant.
    """
    for _, reference in validation.references.get(id(entry.node.value), ()):
        if not reference.startswith("#"):
            for target in bundle.find_all(reference, entry.full_url) or bundle.meant_by(reference):
                yield id(target.value)


def _judge_full_url(validation: Validation, place: Place, index: int, entry: Json) -> None:
    """A fullUrl is absolute, agrees with the id of its resource, and is there where entries are
    found by it.
    """
    full_url = entry.get("fullUrl")
    resource = entry.get("resource")
    at = Place(place.node, f"Bundle.entry[{index}].fullUrl", place.resource)
    if not isinstance(full_url, str):
        if isinstance(resource, dict) and place.node.value.get("type") in NEEDS_FULL_URL:
            validation.note(
                "no_full_url",
                Place(place.node, f"Bundle.entry[{index}]", place.resource),
                clause=UNIQUE,
            )
        return
    literal = parse_reference(full_url)
    if full_url and not ABSOLUTE.match(full_url):
        validation.note("full_url", at, clause=UNIQUE, found=full_url)
    elif isinstance(resource, dict) and resource.get("id"):
        own = f"{resource.get('resourceType')}/{resource['id']}"
        is_other = (
            own != f"{literal.type}/{literal.id}"
            if literal
            else _is_web_address_of_other(full_url, resource)
        )
        if is_other:
            validation.note("full_url_id", at, clause=UNIQUE, expected=own, found=full_url)
    elif isinstance(resource, dict) and literal and place.node.value.get("type") in NEEDS_NAMED_ID:
        # a REST address names type and id of its resource, as all 13,856 of published documents do
        named = f"{literal.type}/{literal.id}"
        validation.note(
            "full_url_no_id", at, clause=UNIQUE, name=named, expected=literal.id, found=full_url
        )


def _is_web_address_of_other(full_url: str, resource: Json) -> bool:
    """A URL that is no urn: is consistent with the id, also where it has not the form of a REST
    address.
    """
    return (
        full_url.startswith(("http:", "https:"))
        and full_url.rstrip("/").rpartition("/")[2] != resource["id"]
    )


def _judge_match(validation: Validation, place: Place, index: int, entry: Json) -> None:
    """What a search found has an id; an outcome is an OperationOutcome (FHIR R4
    bundle.html#searchset).
    """
    resource = entry.get("resource")
    search = entry.get("search")
    if not isinstance(resource, dict):
        return
    at = Place(place.node, f"Bundle.entry[{index}].resource", place.resource)
    kind = str(resource.get("resourceType"))
    mode = search.get("mode") if isinstance(search, dict) else None
    if mode == "outcome" and kind != "OperationOutcome":
        validation.note("no_outcome", at, clause=SEARCHSET, found=kind)
    elif "id" not in resource and kind != "OperationOutcome":
        validation.note("no_id", at, clause=SEARCHSET, found=kind)


def _judge_references(validation: Validation, bundle: Bundle, entry: Entry, kind: str) -> None:
    """Judges where the references of an entry lead; one that nothing can give a meaning is said
    once an entry.

    What a request refers to stands mostly on the server: of a request only URNs are looked up.
    """
    around = Place(entry.node, entry.path, entry.node, entry.full_url)
    adrift = []
    for place, reference in validation.references.get(id(entry.node.value), ()):
        if reference.startswith("#") or (kind in ASKS and not reference.startswith(URN)):
            continue  # judged with the resource
        targets = bundle.find_all(reference, entry.full_url)
        if len(targets) == 1:
            continue
        at = replace(around, path=f"{place.path}.reference")
        if len(targets) > 1:
            validation.note(
                "ambiguous",
                at,
                severity="warning",
                clause=RESOLVING,
                found=reference,
                number=len(targets),
            )
        elif not _note_lost(validation, at, reference, kind):
            adrift += [reference] if is_adrift(reference, entry.full_url) else []
    if adrift:
        at = Place(entry.node, f"{entry.path.removesuffix('.resource')}.fullUrl", entry.node)
        validation.note(
            "adrift",
            at,
            severity="warning",
            clause=RESOLVING,
            found=", ".join(dict.fromkeys(adrift)),
            address=entry.full_url,
            number=len(set(adrift)),
        )


def _note_lost(validation: Validation, at: Place, reference: str, kind: str) -> bool:
    """Says what is wrong with a reference that leads to no entry; False where nothing was said that
    is wrong.
    """
    is_document = kind == "document"
    literal = parse_reference(reference.partition("#")[0])
    namesake = (
        validation.bundle.namesake(literal.type, literal.id)
        if validation.bundle and literal
        else ""
    )
    if namesake:
        severity: Severity = "error" if is_document else "warning"
        validation.note(
            "namesake", at, severity=severity, clause=RESOLVING, found=reference, expected=namesake
        )
        return True
    if is_document and (at.resource.type == "Composition" or reference.startswith("urn:")):
        validation.note("dangling", at, clause=CLAUSE, found=reference)
        return True
    if kind == "message" and FOCUS_PATH.search(at.path):
        # "the transaction data is always included in the bundle that is the full message"
        validation.note("dangling_urn", at, clause=FOCUS, found=reference)
        return True
    if reference.startswith(URN):
        validation.note("dangling_urn", at, severity="warning", clause=RESOLVING, found=reference)
        return True
    if is_document and literal and not is_adrift(reference, at.full_url):
        validation.note(
            "outside_document", at, severity="information", clause=CLAUSE, found=reference
        )
    return False


def is_adrift(reference: str, full_url: str) -> bool:
    """Tells whether a relative reference has no base: the fullUrl of its entry is no REST
    address.
    """
    literal = parse_reference(reference.partition("#")[0])
    around = parse_reference(full_url)
    return (
        literal is not None and not literal.base and bool(full_url) and not (around and around.base)
    )
