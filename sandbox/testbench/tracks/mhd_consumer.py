"""Document Consumer (MHD, ITI-66 to ITI-68): the searches and retrievals that the system sent to its inbox.

ITI-66 is judged only where the system searches for lists; a Consumer of documents alone need not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from sandbox.exchange import Exchange
from sandbox.findings import Finding, Severity
from sandbox.testbench.script import Capture, Given, Script, Test, Track

LISTS = Capture("GET|POST", "List(/_search)?", "ITI-66", "GET /List?patient=…&code=submissionset&status=current")
DOCUMENTS = Capture(
    "GET|POST", "DocumentReference(/_search)?", "ITI-67", "GET /DocumentReference?patient=…&status=current"
)
RETRIEVAL = Capture("GET", "(Binary|Bundle)/[^/]+", "ITI-68", "GET /Binary/…")
FHIR_TYPES = ("application/fhir+json", "application/fhir+xml")
FORMATS = (*FHIR_TYPES, "json", "xml", "application/json", "application/xml", "text/xml")
RESERVED = re.compile(r"[|\s\"<>\\^`{}]")


def lists_by_patient(given: Given) -> Script:
    """A search for lists names patient, code and status; the status without a system (CON-01)."""
    sent = yield LISTS
    yield from _mandatory(sent, "MHD 3:4.66.4.1.2.1", "code", "status")


def documents_by_patient(given: Given) -> Script:
    """A search for documents names patient and status; the status without a system (CON-02)."""
    sent = yield DOCUMENTS
    yield from _mandatory(sent, "MHD 3:4.67.4.1.2.1", "status")


def format_stated(given: Given) -> Script:
    """The client says in which format it wishes the answer (CON-03)."""
    sent = yield DOCUMENTS
    accept = next((value for name, value in sent.request_headers if name.lower() == "accept"), "")
    asked = dict(_parameters(sent)).get("_format", "")
    if not any(kind in accept for kind in FHIR_TYPES) and asked not in FORMATS:
        expected = " | ".join(FHIR_TYPES)
        yield _finding("no_format", "error", "Accept", "ITI TF-2 Appendix Z.6", expected=expected, found=accept or "–")


def percent_encoded(given: Given) -> Script:
    """Reserved characters in the query are percent-encoded (CON-04)."""
    sent = yield DOCUMENTS
    query = sent.url.partition("?")[2]
    found = RESERVED.search(query)
    if found:
        yield _finding("not_encoded", "warning", "query", "RFC 3986 2.1; MHD 3:4.67.4.1.2", found=found[0])


def follows_address(given: Given) -> Script:
    """What is retrieved is the address that a search gave, without If-Unmodified-Since (CON-05)."""
    found = yield DOCUMENTS
    sent = yield RETRIEVAL
    place = urlsplit(sent.url).path.rpartition("/fhir/")[2]
    told = found.body.decode("utf-8", "replace")
    if not re.search(re.escape(place) + r"(?![A-Za-z0-9.-])", told):
        yield _finding("other_address", "error", place, "MHD 3:4.68.4.1")
    if any(name.lower() == "if-unmodified-since" for name, _ in sent.request_headers):
        yield _finding("unmodified_since", "error", "If-Unmodified-Since", "MHD 3:4.68.4.1.2")
    if sent.status != 200:
        yield _finding("not_retrieved", "error", place, "MHD 3:4.68.4.2.2", found=str(sent.status))


def _test(number: str, script: Callable[[Given], Script], clause: str) -> Test:
    return Test(f"mhd.consumer.{getattr(script, '__name__', '')}", number, clause, script, "03")


TESTS = (
    _test("CON-01", lists_by_patient, "MHD 3:4.66.4.1.2.1"),
    _test("CON-02", documents_by_patient, "MHD 3:4.67.4.1.2.1"),
    _test("CON-03", format_stated, "ITI TF-2 Appendix Z.6"),
    _test("CON-04", percent_encoded, "MHD 3:4.66.4.1.2, 3:4.67.4.1.2"),
    _test("CON-05", follows_address, "MHD 3:4.68.4.1"),
)
TRACK = Track("mhd.consumer", "consumer", TESTS, actor="document-consumer", awaits=(LISTS, DOCUMENTS, RETRIEVAL))


def _mandatory(sent: Exchange, clause: str, *names: str) -> Script:
    asked = dict(_parameters(sent))
    if not asked.keys() & {"patient", "patient.identifier", "patient:Patient", "patient:Patient.identifier"}:
        yield _finding("no_patient", "error", "patient", clause, expected="patient | patient.identifier")
    for name in names:
        if not asked.get(name):
            yield _finding("no_parameter", "error", name, clause, expected=name)
    if "|" in asked.get("status", ""):
        yield _finding("status_with_system", "error", "status", clause, found=asked["status"])


def _parameters(sent: Exchange) -> list[tuple[str, str]]:
    """Returns the parameters of a search, of its address and of its form."""
    form = sent.request_body.decode("utf-8", "replace") if sent.method == "POST" else ""
    return [*parse_qsl(urlsplit(sent.url).query), *parse_qsl(form)]


def _finding(name: str, severity: Severity, where: str, clause: str, *, expected: str = "", found: str = "") -> Finding:
    key = f"consumer.{name}"
    return Finding(key, severity, key, where=where, clause=clause, expected=expected, found=found)
