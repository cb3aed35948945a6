"""Document Consumer (MHD, ITI-66 to ITI-68): the searches and retrievals that the system sent to
its inbox.

ITI-66 is judged only where the system searches for lists; a Consumer of documents alone need not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from sandbox.exchange import Exchange
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.testbench.awkward import awkwardly, is_awkward
from sandbox.testbench.inbox import Alteration, Field, Proof
from sandbox.testbench.inputs import Input
from sandbox.testbench.queries import encoding_findings, format_findings
from sandbox.testbench.reading import document_of, is_named, parameters_of, place_of
from sandbox.testbench.script import Capture, Given, Script, Test, Track, finding_at, nothing_there

LISTS = Capture(
    "GET|POST", "List(/_search)?", "ITI-66", "GET /List?patient=…&code=submissionset&status=current"
)
DOCUMENTS = Capture(
    "GET|POST",
    "DocumentReference(/_search)?",
    "ITI-67",
    "GET /DocumentReference?patient=…&status=current",
)
RETRIEVAL = Capture("GET", "(Binary|Bundle)/[^/]+", "ITI-68", "GET /Binary/…")
# Between two systems the address of a document is the Responder's own affair: all but what is read
# or asked of resources.
ANYWHERE = replace(
    RETRIEVAL, place=r"(Binary|Bundle)/.+|(?![A-Z]|metadata|[_$]|\.well-known).+", example="GET /…"
)
# whatever told of a document: a search, or a reference that was read
TOLD = Capture("GET|POST", "(DocumentReference|List)(/.+)?", otherwise=DOCUMENTS)
PROOF = Capture("GET", r"\$proof", "View", "GET /$proof?allergies=…&medications=…")
VIEW = Proof(
    (
        Field("allergies", "consumer.allergies", "number"),
        Field("medications", "consumer.medications", "number"),
    ),
    introduction="consumer.view",
    input="view",
)
# LOINC codes of the sections that the proof counts
SECTIONS = {"allergies": "48765-2", "medications": "10160-0"}
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
# SNOMED CT: no known (drug …) allergy
NO_KNOWN = frozenset({"716186003", "409137002", "428607008", "429625007"})
# what each search has beside its patient
MANDATORY = {
    "List": ("MHD 3:4.66.4.1.2.1", ("code", "status")),
    "DocumentReference": ("MHD 3:4.67.4.1.2.1", ("status",)),
}

# What these may ask for (MHD 3:4.66.4.1.2.1; FHIR R4 valueset-list-status.html,
# valueset-document-reference-status.html).
CODES = {
    ("List", "code"): frozenset({"submissionset", "folder"}),
    ("List", "status"): frozenset({"current", "retired", "entered-in-error"}),
    ("DocumentReference", "status"): frozenset({"current", "superseded", "entered-in-error"}),
}


def lists_by_patient(given: Given) -> Script:
    """A search for lists names patient, code and status; the status without a system (CON-01)."""
    sent = yield LISTS
    yield from mandatory(sent, "List")


def documents_by_patient(given: Given) -> Script:
    """A search for documents names patient and status; the status without a system (CON-02)."""
    sent = yield DOCUMENTS
    yield from mandatory(sent, "DocumentReference")


def format_stated(given: Given) -> Script:
    """The client says which format it expects (CON-03)."""
    sent = yield DOCUMENTS
    yield from format_findings(sent)


def percent_encoded(given: Given) -> Script:
    """Reserved characters in the query are percent-encoded (CON-04)."""
    sent = yield DOCUMENTS
    yield from encoding_findings(sent, "MHD 3:4.67.4.1.2")


def follows_address(given: Given, *, retrieval: Capture = RETRIEVAL) -> Script:
    """What is retrieved is the address that a search gave, without If-Unmodified-Since (CON-05)."""
    sent = yield retrieval
    place = place_of(sent)
    # not the newest search: who has retrieved may search for something else
    told = yield replace(TOLD, names=place)
    if not is_named(place, told.body):
        yield finding_at("consumer.other_address", "error", place, "MHD 3:4.68.4.1")
    if any(name.lower() == "if-unmodified-since" for name, _ in sent.request_headers):
        yield finding_at(
            "consumer.unmodified_since", "error", "If-Unmodified-Since", "MHD 3:4.68.4.1.2"
        )
    if sent.status != 200:
        yield finding_at(
            "consumer.not_retrieved", "error", place, "MHD 3:4.68.4.2.2", found=str(sent.status)
        )


def tolerates(given: Given) -> Script:
    """An answer with a remark and a document that meets no profile keeps the Consumer from nothing
    (CON-06).
    """
    search = yield DOCUMENTS
    if not is_awkward(search.json):
        yield nothing_there()
        return
    sent = yield RETRIEVAL
    place = place_of(sent)
    if sent.status != 200 or not is_named(place, search.body):
        yield finding_at(
            "consumer.gave_up",
            "warning",
            place,
            "MHD 3:4.67.4.2.3",
            expected="200",
            found=str(sent.status),
        )


def proves_reading(given: Given) -> Script:
    """Whoever reads the summary in the Consumer tells how many allergies and medications it shows
    (CON-07).
    """
    proof = yield PROOF
    sent = yield RETRIEVAL
    # counted in what this system fetched: another document may hold other numbers
    document = document_of(sent)
    if document is None:
        yield nothing_there()
        return
    counts = dict(parse_qsl(urlsplit(proof.url).query))
    for name, code in SECTIONS.items():
        wanted = _counts(document, code)
        if counts.get(name, "").strip() not in wanted:
            expected = " | ".join(sorted(wanted))
            found = counts.get(name, "–")
            yield finding_at(
                "consumer.other_count",
                "error",
                name,
                "sIPS View Option",
                expected=expected,
                found=found,
            )


def _test(number: str, script: Callable[[Given], Script], clause: str, *needs: str) -> Test:
    return Test(
        f"mhd.consumer.{getattr(script, '__name__', '')}", number, clause, script, "03", needs
    )


TESTS = (
    _test("CON-01", lists_by_patient, "MHD 3:4.66.4.1.2.1"),
    _test("CON-02", documents_by_patient, "MHD 3:4.67.4.1.2.1"),
    _test("CON-03", format_stated, "ITI TF-2 Appendix Z.6"),
    _test("CON-04", percent_encoded, "MHD 3:4.66.4.1.2, 3:4.67.4.1.2"),
    replace(
        _test("CON-05", follows_address, "MHD 3:4.68.4.1"),
        observed=partial(follows_address, retrieval=ANYWHERE),
    ),
    _test("CON-06", tolerates, "MHD 3:4.67.4.2.3", "awkward"),
    _test("CON-07", proves_reading, "sIPS View Option", "view"),
)
TRACK = Track(
    "mhd.consumer",
    "consumer",
    TESTS,
    actor="document-consumer",
    awaits=(LISTS, DOCUMENTS, RETRIEVAL, PROOF),
    inputs={"awkward": Input("yes"), "view": Input("yes")},
    proofs=(VIEW,),
    alterations=(Alteration(DOCUMENTS.place, "awkward", awkwardly),),
)


def mandatory(sent: Exchange, type: str) -> Iterator[Finding]:
    """Tells what a search lacks that MHD asks of each.

    Args:
        sent: The search.
        type: List or DocumentReference.
    """
    clause, names = MANDATORY[type]
    asked = dict(parameters_of(sent))
    if not asked.keys() & {
        "patient",
        "patient.identifier",
        "patient:Patient",
        "patient:Patient.identifier",
    }:
        yield finding_at(
            "consumer.no_patient",
            "error",
            "patient",
            clause,
            expected="patient | patient.identifier",
        )
    for name in names:
        if not asked.get(name):
            yield finding_at("consumer.no_parameter", "error", name, clause, expected=name)
    # several are one of them, and a token may name its system (FHIR R4 search.html#combining)
    for name in names:
        codes = {value.rpartition("|")[2] for value in asked.get(name, "").split(",")} - {""}
        if codes and not codes & CODES[type, name]:
            expected = " | ".join(sorted(CODES[type, name]))
            yield finding_at(
                "consumer.other_code", "error", name, clause, expected=expected, found=asked[name]
            )
    # status is a code and not a Coding: MHD has it without its system
    if "|" in asked.get("status", ""):
        yield finding_at(
            "consumer.status_with_system", "error", "status", clause, found=asked["status"]
        )


def _counts(document: Json, code: str) -> set[str]:
    """Returns how many entries a section has, as a number of text; what states that there are none
    may count or not.
    """
    entries = as_list(document.get("entry"))
    composition = member(next(iter(entries), None), "resource")
    by_address = {str(member(entry, "fullUrl")): member(entry, "resource") for entry in entries}
    by_address |= {
        f"{member(addressed, 'resourceType')}/{member(addressed, 'id')}": addressed
        for addressed in list(by_address.values())
    }
    # by LOINC code, since titles are in the language of the author
    sections = [
        section
        for section in as_list(member(composition, "section"))
        if code in codes_of(member(section, "code"))
    ]
    references = [
        member(entry, "reference")
        for section in sections
        for entry in as_list(member(section, "entry"))
    ]
    resources = [by_address.get(str(reference)) for reference in references]
    return {str(len(resources)), str(sum(not _is_absent(resource) for resource in resources))}


def _is_absent(resource: object) -> bool:
    """Tells whether a resource states that there is nothing of its kind, or that nothing is
    known.
    """
    for name in ("code", "medicationCodeableConcept"):
        for coding in as_list(member(member(resource, name), "coding")):
            if member(coding, "system") == ABSENT or member(coding, "code") in NO_KNOWN:
                return True
    return False
