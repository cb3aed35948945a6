"""Peers (MHD): a Source sends to a Recipient, and a Consumer gets from it, all through the inbox of
one run.

The system of the run is the Source; the inputs `recipient` and `consumer` are the aliases of the
others.  What comes to the inbox goes on to the recipient, so that the exchange is theirs and the
evidence is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Finding
from sandbox.submissions import check_submission
from sandbox.testbench.inbox import Peer
from sandbox.testbench.inputs import Input
from sandbox.testbench.reading import GRAVEST, in_json, resource_in, unread
from sandbox.testbench.script import (
    Capture,
    Given,
    Script,
    Test,
    Track,
    depends_on,
    finding_at,
    nothing_there,
)
from sandbox.testbench.tracks.mhd_recipient_checks import RESPONSE, accepted, finding, responses_of
from sandbox.testbench.tracks.mhd_source import as_event_has_it

SUBMISSION = Capture("POST", "", "ITI-65", "POST /")
SEARCH = Capture(
    "GET|POST",
    "DocumentReference(/_search)?",
    "ITI-67",
    "GET /DocumentReference?patient=…&status=current",
)
# The address of a document is the Recipient's own affair: whatever is no search fetches one.
RETRIEVAL = Capture(
    "GET", "(?!DocumentReference|List|metadata|Patient).+", "ITI-68", "GET /Binary/…"
)
# Of the rest a Recipient may rewrite references, or add (FHIR R4 http.html#trules).
KEPT = ("type", "category", "securityLabel", "date")
MOST = 10


def source_sends(given: Given) -> Script:
    """The Source sends a right submission (PEER-01)."""
    sent = yield SUBMISSION
    broken = unread(sent.request_body)
    findings = check_submission(resource_in(sent.request_body))
    if broken is not None:
        yield broken
        return
    if findings is None:
        yield finding_at("peers.no_submission", "error", "Bundle", "MHD 3:4.65.4.1.2")
        return
    yield from _judged(findings, given)


def _is_wrong(findings: Sequence[Finding], given: Given) -> bool:
    return any(each.severity in GRAVEST for each in _judged(findings, given))


def _judged(findings: Sequence[Finding], given: Given) -> Iterator[Finding]:
    for grave in [each for each in findings if each.severity != "information"][:MOST]:
        yield from as_event_has_it(grave, given.get("samples", ""))


def recipient_takes(given: Given) -> Script:
    """The Recipient takes it, and tells of each entry where it is (PEER-02)."""
    sent = yield SUBMISSION
    findings = check_submission(resource_in(sent.request_body))
    is_refused = sent.status in range(400, 500)
    # whoever refuses what is wrong has done nothing wrong
    if findings is None or (is_refused and _is_wrong(findings, given)):
        yield depends_on("PEER-01")
        return
    # the Recipient may have answered in XML, which the Source asked for
    answered = in_json(sent)
    yield from accepted(answered)
    asked = as_list(member(resource_in(sent.request_body), "entry"))
    responses = responses_of(answered)
    if sent.status == 200 and len(responses) != len(asked):
        expected = str(len(asked))
        found = str(len(responses))
        yield finding(
            "recipient.entry_count", "error", "Bundle.entry", expected=expected, found=found
        )
    for index, (response, entry) in enumerate(zip(responses, asked, strict=False)):
        if not response.get("location") and member(member(entry, "request"), "method") == "POST":
            yield finding(
                "recipient.no_location", "error", f"Bundle.entry[{index}].response.location"
            )


def consumer_finds(given: Given) -> Script:
    """The Consumer searches, and is given the document that the Source has sent (PEER-03)."""
    sent = yield SUBMISSION
    answer = yield SEARCH
    submitted = _references(sent.request_body)
    if not submitted:
        yield depends_on("PEER-01")
    for name, reference in submitted.items():
        if name not in _references(answer.body):
            where = f"DocumentReference.masterIdentifier {name}"
            found = ", ".join(_references(answer.body)) or f"{answer.status}"
            yield finding_at(
                "peers.not_found",
                "error",
                where,
                "MHD 3:4.67.4.2.2",
                expected=_title(reference),
                found=found,
            )


def recipient_keeps(given: Given) -> Script:
    """What the Recipient gives of the document is what the Source has said of it (PEER-04)."""
    sent = yield SUBMISSION
    answer = yield SEARCH
    given_back = _references(answer.body)
    submitted = _references(sent.request_body)
    if not given_back.keys() & submitted.keys():
        yield depends_on("PEER-03" if submitted else "PEER-01")
    elif not any(reference.get(name) for reference in submitted.values() for name in KEPT):
        yield nothing_there()
    for name, reference in submitted.items():
        if name not in given_back:
            continue  # PEER-03 tells it
        for element in KEPT:
            stated = reference.get(element)
            kept = given_back[name].get(element)
            if stated is not None and kept != stated:
                where = f"DocumentReference.{element}"
                yield finding_at(
                    "peers.changed",
                    "error",
                    where,
                    "MHD 3:4.65.4.1.3",
                    expected=_short(stated),
                    found=_short(kept),
                )


def consumer_retrieves(given: Given) -> Script:
    """The Consumer fetches the document, and its bytes are those that the Source has sent
    (PEER-05).
    """
    sent = yield SUBMISSION
    answer = yield RETRIEVAL
    documents = _documents(sent.request_body)
    if not documents:  # they may stand elsewhere, at an address of their own
        is_submission = check_submission(resource_in(sent.request_body)) is not None
        yield nothing_there() if is_submission else depends_on("PEER-01")
        return
    if answer.status != 200:
        yield finding_at(
            "peers.not_retrieved",
            "error",
            answer.url,
            "MHD 3:4.68.4.2.2",
            expected="200",
            found=str(answer.status),
        )
        return
    got = {hashlib.sha1(form, usedforsecurity=False).hexdigest() for form in _forms(answer)}
    wanted = {hashlib.sha1(document, usedforsecurity=False).hexdigest() for document in documents}
    if not got & wanted:
        expected = ", ".join(sorted(wanted)) or "–"
        found = ", ".join(sorted(got))
        yield finding_at(
            "peers.other_bytes",
            "error",
            "SHA-1",
            "MHD 3:4.68.4.2.2",
            expected=expected,
            found=found,
        )


def _test(number: str, script: Callable[[Given], Script], clause: str, *needs: str) -> Test:
    return Test(
        f"mhd.peers.{getattr(script, '__name__', '')}",
        number,
        clause,
        script,
        "03",
        ("recipient", *needs),
    )


TESTS = (
    replace(_test("PEER-01", source_sends, "MHD 3:4.65.4.1.2"), takes=("samples",)),
    replace(_test("PEER-02", recipient_takes, RESPONSE), takes=("samples",)),
    _test("PEER-03", consumer_finds, "MHD 3:4.67.4.2.2", "consumer"),
    _test("PEER-04", recipient_keeps, "MHD 3:4.65.4.1.3", "consumer"),
    _test("PEER-05", consumer_retrieves, "MHD 3:4.68.4.2.2", "consumer"),
)
TRACK = Track(
    "mhd.peers",
    "peers",
    TESTS,
    actor="document-source",
    awaits=(SUBMISSION, SEARCH, RETRIEVAL),
    inputs={"recipient": Input("alias"), "consumer": Input("alias")},
    peers=(
        Peer("recipient", "document-recipient", is_recipient=True),
        Peer("consumer", "document-consumer"),
    ),
)


def _references(body: bytes) -> dict[str, Json]:
    """Returns the DocumentReferences in a Bundle by their masterIdentifier."""
    resources = [member(entry, "resource") for entry in as_list(member(resource_in(body), "entry"))]
    references = [
        resource
        for resource in resources
        if isinstance(resource, dict) and resource.get("resourceType") == "DocumentReference"
    ]
    named = [(member(each.get("masterIdentifier"), "value"), each) for each in references]
    return {str(name): reference for name, reference in named if name}


def _documents(body: bytes) -> list[bytes]:
    """Returns the bytes of the documents in a submission; a FHIR document as JSON, in the order of
    its properties.
    """
    documents = []
    for entry in as_list(member(resource_in(body), "entry")):
        resource = member(entry, "resource")
        if member(resource, "resourceType") == "Binary":
            documents.append(read_base64(member(resource, "data")) or b"")
        elif member(resource, "resourceType") == "Bundle":
            documents.append(_plain(resource))
    return documents


def _forms(answer: Exchange) -> list[bytes]:
    """Returns what was fetched as it came, out of a Binary, and as a FHIR document without what a
    server adds.
    """
    resource = resource_in(answer.body)
    forms = [answer.body]
    if member(resource, "resourceType") == "Binary":
        forms.append(read_base64(member(resource, "data")) or b"")
    elif member(resource, "resourceType") == "Bundle":
        forms.append(_plain(resource))
    return forms


def _plain(resource: Any) -> bytes:
    """Returns a resource without id and meta, which a server sets, as canonical JSON."""
    return write_json(
        {name: resource[name] for name in sorted(resource) if name not in ("id", "meta")}
    )


def _title(reference: Json) -> str:
    return str(reference.get("description") or member(reference.get("masterIdentifier"), "value"))


def _short(value: Any) -> str:
    return "–" if value is None else write_json({"": value}).decode()[4:-1][:120]
