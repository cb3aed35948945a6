"""What a Document Source says of the documents that it sends: an IPS (sIPS), Simplified Publish,
Generate Metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.submissions.submission import URI, read_submission
from sandbox.testbench.reading import resource_in, shown, unread
from sandbox.testbench.script import (
    Capture,
    Given,
    Script,
    depends_on,
    finding_at,
    nothing_there,
)
from sandbox.validation import Options, validate

SUBMISSION = Capture("POST", "", "ITI-65", "POST /")
PUBLICATION = Capture("POST", "DocumentReference", "ITI-105", "POST /DocumentReference")
OPERATION = "DocumentReference/$generate-metadata"
GENERATION = Capture(
    "POST", r"DocumentReference/\$generate-metadata", "ITI-106", f"POST /{OPERATION}"
)
TRANSACTION = "SRC-02"
DECLARED = "SRC-03"
"""The tests that say of what came whether it is a submission."""
IPS_TYPE = "60591-5"
IPS_FORMAT = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
OLD_IPS_FORMAT = "urn:ihe:pcc:ips:2020"  # of PCC's older profile; sIPS has the other
FHIR_TYPES = ("application/fhir+json", "application/fhir+xml")
MOST = 10
PAYLOAD = "sIPS 5.9.2.1"
"""The clause of what describes a summary."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A DocumentReference of a submission with its first content and its document, read where it is
    FHIR.
    """

    where: str
    reference: Json
    content: Json
    document: Any

    @property
    def attachment(self) -> Json:
        """Returns the attachment; empty where there is none."""
        attachment = member(self.content, "attachment")
        return attachment if isinstance(attachment, dict) else {}

    @property
    def composition(self) -> Any:
        """Returns the first resource of the document."""
        return member(next(iter(as_list(member(self.document, "entry"))), None), "resource")

    @property
    def is_summary(self) -> bool:
        """Whether it says of itself, or its document does, that it is an IPS."""
        if member(member(self.content, "format"), "code") in (IPS_FORMAT, OLD_IPS_FORMAT):
            return True
        is_fhir = str(self.attachment.get("contentType")).partition(";")[0].strip() in FHIR_TYPES
        # a PDF of one has the type as well
        is_typed = is_fhir and IPS_TYPE in codes_of(self.reference.get("type"))
        return is_typed or IPS_TYPE in codes_of(member(self.composition, "type"))


def hindrance_of(sent: Exchange) -> Finding | None:
    """Returns the test that has to pass before the content of a submission can be judged, as the
    finding of those behind it; None for what was read as one.
    """
    bundle = resource_in(sent.request_body)
    if (member(bundle, "resourceType"), member(bundle, "type")) != ("Bundle", "transaction"):
        return depends_on(TRANSACTION)
    return None if read_submission(bundle) else depends_on(DECLARED)


def ips_packaging(given: Given) -> Script:
    """An IPS is sent as one: its format, type and content type say so, and it is a document
    (SRC-25).
    """
    sent = yield SUBMISSION
    summaries = [document for document in _sent(sent) if document.is_summary]
    if not summaries:
        yield _nothing_in(sent)
    for summary in summaries:
        yield from _packaging(summary)


def _packaging(summary: Sent) -> Iterator[Finding]:
    format = member(summary.content, "format")
    coding = f"{member(format, 'system')}|{member(format, 'code')}"
    types = " ".join(sorted(codes_of(summary.reference.get("type"))) or ["–"])
    rows = [("content[0].format", f"{URI}|{IPS_FORMAT}", coding), ("type", IPS_TYPE, types)]
    of_ips = partial(finding_at, "source.ips_metadata", "error", clause=PAYLOAD)
    for element, wanted, stated in rows:
        if wanted not in stated:
            yield of_ips(f"{summary.where}.{element}", expected=wanted, found=stated)
    kind = str(summary.attachment.get("contentType", "–"))
    if kind.partition(";")[0].strip() not in FHIR_TYPES:
        where = f"{summary.where}.content[0].attachment.contentType"
        yield of_ips(where, expected=" | ".join(FHIR_TYPES), found=kind)
    # a document is one by its first entry too (FHIR R4 bundle.html bdl-11)
    first = str(member(summary.composition, "resourceType") or "–")
    if member(summary.document, "type") != "document" or first != "Composition":
        type = member(summary.document, "resourceType") or "–"
        yield finding_at(
            "source.no_ips_document",
            "error",
            summary.where,
            PAYLOAD,
            expected="Bundle document Composition",
            found=f"{type} {member(summary.document, 'type') or ''} {first}".strip(),
        )


def ips_metadata(given: Given) -> Script:
    """What is said of an IPS is what it says of itself (SRC-26)."""
    sent = yield SUBMISSION
    summaries = [
        document
        for document in _sent(sent)
        if document.is_summary and isinstance(document.composition, dict)
    ]
    # what the document does not say of itself, a Source may say as it likes
    statements = [
        (summary, element, stated, known)
        for summary in summaries
        for element, stated, known in _statements(summary)
        if stated and known
    ]
    if not statements:
        yield _nothing_in(sent)
    for summary, element, stated, known in statements:
        if not any(_is_same(str(stated), value) for value in known):
            yield finding_at(
                "source.other_than_document",
                "warning",
                f"{summary.where}.{element}",
                "PCC 4.1.1",
                expected=" | ".join(known),
                found=str(stated),
            )


def _nothing_in(sent: Exchange) -> Finding:
    """Returns why there is no summary to judge: none was submitted, or what came holds nothing."""
    is_bundle = member(resource_in(sent.request_body), "resourceType") == "Bundle"
    return nothing_there() if is_bundle else depends_on(TRANSACTION)


def _statements(sent: Sent) -> list[tuple[str, Any, list[str]]]:
    """Returns elements of the metadata with their value, and what the document has there."""
    attachment = sent.attachment
    document = sent.document
    composition = sent.composition
    names = [member(resource.get("identifier"), "value") for resource in (document, composition)]
    languages = [composition.get("language"), document.get("language")]
    unique_id = member(sent.reference.get("masterIdentifier"), "value")
    rows = [
        ("content[0].attachment.title", attachment.get("title"), [composition.get("title")]),
        ("content[0].attachment.creation", attachment.get("creation"), [composition.get("date")]),
        ("content[0].attachment.language", attachment.get("language"), languages),
        ("masterIdentifier.value", unique_id, names),
    ]
    return [(name, stated, [str(value) for value in own if value]) for name, stated, own in rows]


def simplified(given: Given) -> Script:
    """A document published simply is one DocumentReference with its data in it (SRC-27)."""
    sent = yield PUBLICATION
    broken = unread(sent.request_body)
    if broken is not None:
        yield broken
        return
    reference = resource_in(sent.request_body)
    if member(reference, "resourceType") != "DocumentReference":
        found = str(member(reference, "resourceType") or shown(sent.request_body))
        yield finding_at(
            "source.no_publication",
            "error",
            "body",
            "MHD 3:4.105.4.1.2",
            expected="DocumentReference",
            found=found,
        )
        return
    yield from _errors(
        validate(reference, profiles=["mhd-simplified"], options=Options(declared=False))
    )


def generate(given: Given) -> Script:
    """Generate Metadata is asked with Parameters that hold the document alone (SRC-28)."""
    sent = yield GENERATION
    broken = unread(sent.request_body)
    if broken is not None:
        yield broken
        return
    asked = resource_in(sent.request_body)
    clause = "MHD 3:4.106.4.1.2"
    if member(asked, "resourceType") != "Parameters":
        found = str(member(asked, "resourceType") or shown(sent.request_body))
        yield finding_at(
            "source.no_parameters", "error", "body", clause, expected="Parameters", found=found
        )
        return
    parameters = [
        parameter
        for parameter in as_list(asked.get("parameter"))
        if member(parameter, "name") == "document"
    ]
    kinds = [str(member(member(part, "resource"), "resourceType") or "–") for part in parameters]
    if len(kinds) != 1 or kinds[0] not in ("Binary", "Bundle"):
        where = "Parameters.parameter"
        found = ", ".join(kinds) or "–"
        yield finding_at(
            "source.no_parameters",
            "error",
            where,
            clause,
            expected="document: Binary | Bundle",
            found=found,
        )


def _sent(exchange: Exchange) -> list[Sent]:
    """Returns the DocumentReferences of a submission with their documents."""
    entries = as_list(member(resource_in(exchange.request_body), "entry"))
    by_address = {str(member(entry, "fullUrl")): member(entry, "resource") for entry in entries}
    sent = []
    for index, entry in enumerate(entries):
        reference = member(entry, "resource")
        if isinstance(reference, dict) and reference.get("resourceType") == "DocumentReference":
            content = next(iter(as_list(reference.get("content"))), None)
            content = content if isinstance(content, dict) else {}
            document = by_address.get(str(member(member(content, "attachment"), "url")))
            if member(document, "resourceType") == "Binary":
                document = resource_in(read_base64(member(document, "data")) or b"")
            sent.append(Sent(f"Bundle.entry[{index}].resource", reference, content, document))
    return sent


def _is_same(left: str, right: str) -> bool:
    """Tells whether two texts are the same, or the same moment in two spellings."""
    if left == right:
        return True
    try:
        return datetime.fromisoformat(left) == datetime.fromisoformat(right)
    except (ValueError, TypeError):
        return False


def _errors(findings: list[Finding]) -> Iterator[Finding]:
    yield from [finding for finding in findings if finding.severity != "information"][:MOST]
