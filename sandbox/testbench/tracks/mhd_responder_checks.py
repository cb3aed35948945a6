"""What the tests of a Document Responder share: what they publish, how they ask, and what they
expect to find.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.submissions.submission import PROFILES, URI
from sandbox.testbench.comparing import same_place
from sandbox.testbench.paging import matches_of
from sandbox.testbench.reading import media_type, no_capabilities, resources_of, serving_in
from sandbox.testbench.script import Given, Query, Request, answer_text, finding_at, get
from sandbox.testbench.submissions import (
    FORMATS,
    LIST,
    REFERENCE,
    a_submission,
    changed,
    coded,
    patient_token,
    unique_id,
)

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
CAPABILITIES = "ITI TF-2 Appendix Z.3"
CODE_OF = {"List": {"code": "submissionset"}, "DocumentReference": {}}


@dataclass(frozen=True, slots=True)
class Metadata:
    """In what the published documents differ: `month` is that of the document, `referenced` when
    its reference was made.
    """

    month: str
    referenced: str
    name: tuple[str, str]
    type: str
    category: str
    event: str
    facility: str
    setting: str
    format: tuple[str, str]
    label: str


LATER_SUBMISSIONS = ("RSP-03", "RSP-20")
"""The tests of the track that submit more for the same patient; each names its documents by it."""
# They differ in all metadata, so that each search must narrow.
PUBLISHED = {
    "A": Metadata(
        month="2026-01",
        referenced="2026-04-11T12:00:00Z",
        name=("Amparo", "Araucaria"),
        type="34133-9",
        category="11369-6",
        event="33879002",
        facility="35971002",
        setting="408443003",
        format=(URI, "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"),
        label="N",
    ),
    "B": Metadata(
        month="2026-03",
        referenced="2026-05-11T12:00:00Z",
        name=("Benito", "Boldo"),
        type="11488-4",
        category="47039-3",
        event="371883000",
        facility="22232009",
        setting="394802001",
        format=(FORMATS, "urn:ihe:iti:xds-sd:text:2008"),
        label="R",
    ),
}


def described(given: Given, word: str, metadata: Metadata) -> Json:
    """Returns a submission with the metadata by which it is to be found."""
    submission = a_submission(given, word)
    reference = _described_reference(submission["entry"][REFERENCE]["resource"], metadata)
    listed = _described_set(submission["entry"][LIST]["resource"], word, metadata)
    submission = changed(submission, f"entry.{REFERENCE}.resource", reference)
    return dict(changed(submission, f"entry.{LIST}.resource", listed))


def _author(metadata: Metadata) -> Json:
    given_name, family = metadata.name
    return {
        "resourceType": "Practitioner",
        "id": "who",
        "name": [{"given": [given_name], "family": family}],
    }


def _described_reference(reference: Json, metadata: Metadata) -> Json:
    system, code = metadata.format
    attachment = {
        **reference["content"][0]["attachment"],
        "creation": f"{metadata.month}-10T12:00:00Z",
    }
    return {
        **reference,
        "contained": [_author(metadata)],
        "date": metadata.referenced,
        "type": coded(LOINC, metadata.type),
        "category": [coded(LOINC, metadata.category)],
        "author": [{"reference": "#who"}],
        "securityLabel": [coded(CONFIDENTIALITY, metadata.label)],
        "content": [{"attachment": attachment, "format": {"system": system, "code": code}}],
        "context": {
            "event": [coded(SNOMED, metadata.event)],
            "period": {"start": f"{metadata.month}-05", "end": f"{metadata.month}-25"},
            "facilityType": coded(SNOMED, metadata.facility),
            "practiceSetting": coded(SNOMED, metadata.setting),
        },
    }


def _described_set(listed: Json, word: str, metadata: Metadata) -> Json:
    # 2.999 is the arc for examples (ITU-T X.660)
    source = {"system": URI, "value": f"urn:oid:2.999.1.{list(PUBLISHED).index(word) + 1}"}
    designation = coded(LOINC, metadata.category)
    return {
        **listed,
        "contained": [_author(metadata)],
        "extension": [
            {"url": f"{PROFILES}ihe-sourceId", "valueIdentifier": source},
            {"url": f"{PROFILES}ihe-designationType", "valueCodeableConcept": designation},
        ],
        "source": {"reference": "#who"},
        "date": f"{metadata.month}-10T12:00:00Z",
    }


def search_for(
    given: Given, type: str, query: Query | None = None, *, status: str = "current"
) -> Request:
    """Returns a search with what a Consumer must send: patient and status, and for lists the
    code.
    """
    common = {"patient.identifier": patient_token(given), "status": status}
    return get(type, {**common, **CODE_OF[type], **(query or {})})


def found_exactly(
    given: Given, answer: Exchange, type: str, wanted: list[str], level: Severity
) -> Iterator[Finding]:
    """Tells which of the published are wanted and not found, or found and not wanted."""
    clause = "MHD 3:4.66.4.2.2" if type == "List" else "MHD 3:4.67.4.2.2"
    if answer.status != 200 or member(answer.json, "type") != "searchset":
        yield finding_at("responder.no_search", level, type, clause, found=answer_text(answer))
        return
    # other tests of the run have stored documents of the same patient
    known = {
        unique_id(given, word if type == "DocumentReference" else f"{word}/set"): word
        for word in PUBLISHED
    }
    words = {
        known[id]
        for resource in resources_of(answer, type)
        for id in values_of(resource)
        if id in known
    }
    for word in wanted:
        if word not in words:
            yield finding_at(
                "responder.not_found",
                level,
                type,
                clause,
                expected=f"{word}",
                found=", ".join(sorted(words)) or "–",
            )
    extra = sorted(words - set(wanted)) + strangers_in(given, resources_of(answer, type))
    if extra:
        yield finding_at(
            "responder.found_too_much",
            level,
            type,
            clause,
            expected=", ".join(wanted) or "–",
            found=", ".join(extra),
        )


def strangers_in(given: Given, resources: list[Json]) -> list[str]:
    """Returns whose resources a search for the run's patient gives beside hers.

    Args:
        given: With the places where the submissions have stored her.
        resources: That the search has found.
    """
    places = places_given(given).values()
    # a server may keep the patient of each submission apart: what was sent of her is hers
    sent = {
        unique_id(given, f"{word}{part}")
        for word in (*PUBLISHED, *LATER_SUBMISSIONS)
        for part in ("", "/set", "/folder")
    }
    subjects = {
        str(member(resource.get("subject"), "reference") or "#")
        for resource in resources
        if sent.isdisjoint(values_of(resource))
    }
    # who names her by an identifier, or has her inside, says nothing of an address
    return sorted(
        subject
        for subject in subjects
        if places
        and not subject.startswith("#")
        and not any(same_place(place, subject) for place in places)
    )[:3]


def places_given(given: Given) -> dict[str, str]:
    """Returns where the run's patient was stored, by the fullUrl of each submission."""
    return dict(item.split("=") for item in given.get("places", "").split())


def well_formed(answer: Exchange, clause: str = "MHD 3:4.66.4.2.2") -> Iterator[Finding]:
    """Tells what a searchset lacks that the informative profile has: a count, addresses.

    Args:
        answer: To a search for lists or documents.
        clause: Of the transaction.
    """
    clause = f"{clause} (informative profile of the response)"
    entries = as_list(answer.json.get("entry"))
    links = as_list(answer.json.get("link"))
    total = answer.json.get("total")
    found = len(matches_of(answer))
    if total is None:
        yield finding_at("responder.not_counted", "warning", "Bundle.total", clause)
    # of matches alone, on the only page (FHIR R4 Bundle.total)
    elif not any(member(link, "relation") == "next" for link in links) and total != found:
        yield finding_at(
            "responder.other_total",
            "error",
            "Bundle.total",
            clause,
            expected=str(found),
            found=str(total),
        )
    for index, entry in enumerate(entries):
        # what a server says beside its results is kept nowhere (FHIR R4 Bundle.entry.fullUrl)
        if not member(entry, "fullUrl") and member(member(entry, "search"), "mode") != "outcome":
            yield finding_at(
                "responder.not_addressed", "warning", f"Bundle.entry[{index}].fullUrl", clause
            )


def searches_listed(answer: Exchange) -> Iterator[Finding]:
    """Tells of which types a CapabilityStatement lists no search; one that is not there is a fault.

    Args:
        answer: The answer to `GET /metadata`.
    """
    if instead := no_capabilities(answer):
        yield finding_at(
            "responder.no_capabilities", "error", "metadata", CAPABILITIES, found=instead
        )
        return
    rest = serving_in(answer.json)
    for type in CODE_OF:
        listed = next(
            (
                resource
                for resource in as_list(member(rest, "resource"))
                if member(resource, "type") == type
            ),
            None,
        )
        codes = {
            member(interaction, "code") for interaction in as_list(member(listed, "interaction"))
        }
        if "search-type" not in codes:
            where = f"CapabilityStatement.rest.resource {type}"
            yield finding_at(
                "responder.not_listed", "warning", where, CAPABILITIES, expected="search-type"
            )


def as_stated(document: Exchange, attachment: Json, kind: str) -> Iterator[Finding]:
    """Tells where a document that was fetched is not as its attachment states."""
    clause = "MHD 3:4.68.4.2.2"
    url = document.url
    if document.status != 200:
        yield finding_at(
            "responder.not_retrieved", "error", url, clause, found=answer_text(document)
        )
        return
    stated = media_type(document.header("content-type"))
    if stated != media_type(kind):
        yield finding_at(
            "responder.other_type",
            "error",
            f"{url} Content-Type",
            clause,
            expected=kind,
            found=stated,
        )
    # of the bytes as they came: hash and size are those of the form in the stated type
    digest = base64.b64encode(hashlib.sha1(document.body, usedforsecurity=False).digest()).decode()
    if attachment.get("hash") not in (None, digest):
        yield finding_at(
            "responder.other_hash",
            "error",
            url,
            clause,
            expected=str(attachment["hash"]),
            found=digest,
        )
    size = attachment.get("size")
    if size is not None and str(size) != str(len(document.body)):
        yield finding_at(
            "responder.other_size",
            "error",
            url,
            clause,
            expected=str(size),
            found=str(len(document.body)),
        )


def is_fresh(made: str, *, now: str) -> bool:
    """Tells whether a moment is at most a day before another, whatever the clocks; what is no
    moment is not.
    """
    try:
        return datetime.fromisoformat(made) >= datetime.fromisoformat(now) - timedelta(days=1)
    except (ValueError, TypeError):
        return False


def ids_of(answer: Exchange) -> list[str]:
    """Returns the ids of the resources that a search has found."""
    return [str(resource.get("id")) for type in CODE_OF for resource in resources_of(answer, type)]


def values_of(resource: Json) -> list[str]:
    """Returns the values of all identifiers of a List or DocumentReference."""
    identifiers = [resource.get("masterIdentifier"), *as_list(resource.get("identifier"))]
    return [str(member(identifier, "value")) for identifier in identifiers]


def attachment_of(resource: Json) -> Json:
    """Returns the first attachment of a DocumentReference; empty where it has none."""
    attachment = member(next(iter(as_list(resource.get("content"))), None), "attachment")
    return attachment if isinstance(attachment, dict) else {}
