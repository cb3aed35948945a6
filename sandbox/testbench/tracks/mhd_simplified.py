"""Document Recipient of Simplified Publish (MHD, ITI-105): one DocumentReference with the document
in it.

What it takes becomes a Binary and a SubmissionSet; what it has to refuse is refused and not stored.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.definitions.xml_writing import write_xml
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.submissions.submission import PROFILES
from sandbox.testbench.paging import whole_search
from sandbox.testbench.reading import resources_of
from sandbox.testbench.refusing import Asking, only_fault
from sandbox.testbench.script import (
    FHIR_JSON,
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    depends_on,
    finding_at,
    get,
    post,
)
from sandbox.testbench.submissions import REFERENCE, a_submission, changed, patient_token, unique_id
from sandbox.testbench.tracks.mhd_recipient_checks import refusal_of
from sandbox.testbench.tracks.mhd_recipient_looking import nothing_stored, stored_documents
from sandbox.validation import knowledge_at_hand

CLAUSE = "MHD 3:4.105.4.1.2"
ANSWER = "MHD 3:4.105.4.2.2"
PROFILE = f"{PROFILES}IHE.MHD.SimplifiedPublish.DocumentReference"
XML = "application/fhir+xml"
URL = "https://example.org/document"


@dataclass(frozen=True, slots=True)
class Case:
    """What is wrong: the place, and its new value; None takes it away."""

    number: str
    name: str
    path: str
    new: Any = None
    clause: str = "IHE.MHD.SimplifiedPublish.DocumentReference"
    names: tuple[str, ...] = ()


CASES = (
    Case("SMP-06", "no_unique_id", "masterIdentifier", names=("XDSDocumentUniqueIdError",)),
    Case("SMP-07", "no_data", "content.0.attachment.data", names=("XDSMissingDocument",)),
    Case("SMP-08", "url_beside_data", "content.0.attachment.url", URL),
    Case("SMP-09", "no_content_type", "content.0.attachment.contentType"),
    Case("SMP-10", "no_subject", "subject", names=("XDSUnknownPatientId",)),
    Case("SMP-11", "not_current", "status", "superseded"),
)


def knows_patient(given: Given) -> Script:
    """The patient whom the documents are about is there, or is taken (SMP-00)."""
    # the profile asks for a subject, and no Bundle comes that could bring one along
    system, _, value = patient_token(given).partition("|")
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": value}],
        "name": [{"text": "–"}],
    }
    asked = post("Patient", patient)
    # run again in the same run, it makes no second patient (http.html#ccreate)
    condition = {"If-None-Exist": f"identifier={patient_token(given)}"}
    answer = yield Request(asked.method, asked.url, {**asked.headers, **condition}, asked.body)
    place = "/".join(
        answer.header("location").partition("/_history/")[0].rstrip("/").split("/")[-2:]
    )
    if answer.status not in (200, 201) or not place:
        yield finding_at(
            "simplified.no_patient",
            "error",
            "Patient",
            "MHD 3:4.105.4.1.2",
            found=answer_text(answer),
        )
        return {}
    return {"subject": place}


def taken(given: Given) -> Script:
    """A right publication in JSON is taken, and the answer is the DocumentReference (SMP-01)."""
    answer = yield post("DocumentReference", a_publication(given, "SMP-01"))
    yield from _accepted(answer)
    if answer.status in (200, 201) and member(answer.json, "resourceType") != "DocumentReference":
        found = str(member(answer.json, "resourceType") or "–")
        yield finding_at(
            "simplified.not_returned",
            "warning",
            "body",
            ANSWER,
            expected="DocumentReference",
            found=found,
        )
    return {"takes_simplified": "yes" if answer.status in (200, 201) else "no"}


def taken_in_xml(given: Given) -> Script:
    """The same in XML (SMP-02)."""
    body = write_xml(a_publication(given, "SMP-02"), knowledge_at_hand().types)
    answer = yield Request(
        "POST", "DocumentReference", {"Accept": FHIR_JSON, "Content-Type": XML}, body
    )
    yield from _accepted(answer)


def fetched(given: Given) -> Script:
    """The data have become a document that can be fetched, and are gone from the metadata
    (SMP-03).
    """
    stored = yield from _stored(given, "SMP-03")
    if stored is None:
        return
    attachment = member(next(iter(as_list(stored.get("content"))), None), "attachment")
    url = str(member(attachment, "url") or "")
    if member(attachment, "data") is not None or not url:
        where = "DocumentReference.content.attachment"
        yield finding_at(
            "simplified.data_kept", "error", where, ANSWER, expected="url", found="data"
        )
        return
    # asked for as FHIR, a Binary would come in its wrapper (binary.html#rest)
    document = yield Request("GET", url, {"Accept": "text/plain"})
    if document.status != 200 or document.body != _content(given, "SMP-03"):
        yield finding_at(
            "simplified.other_bytes", "error", url, "MHD 3:4.68.4.2.2", found=answer_text(document)
        )


def in_a_submission_set(given: Given) -> Script:
    """A SubmissionSet is made that lists the document (SMP-04)."""
    stored = yield from _stored(given, "SMP-04")
    if stored is None:
        return
    query = {
        "patient.identifier": patient_token(given),
        "code": "submissionset",
        "status": "current",
    }
    answer = yield from whole_search(get("List", query))
    items = [
        str(member(member(item, "item"), "reference"))
        for resource in resources_of(answer, "List")
        for item in as_list(resource.get("entry"))
    ]
    place = f"DocumentReference/{stored.get('id')}"
    # a reference may name a version, and may be absolute (references.html#literal)
    if not any(item.partition("/_history/")[0].endswith(place) for item in items):
        found = ", ".join(items) or answer_text(answer)
        yield finding_at(
            "simplified.no_submission_set",
            "error",
            "List",
            "MHD 3:4.105.4.1.3",
            expected=place,
            found=found,
        )


def refuses(given: Given, *, case: Case) -> Script:
    """A publication with one thing wrong is refused, and nothing of it is stored; a right one must
    have been taken.
    """
    known = given.get("takes_simplified")
    # a system that refuses whatever it gets would pass every test of a refusal
    if known == "no":
        yield depends_on("SMP-01")
        return
    right = a_publication(given, case.number)
    answer = yield post("DocumentReference", changed(right, case.path, case.new))
    yield from refusal_of(answer, "error")
    if answer.status >= 400:
        yield from nothing_stored(given, case.number)
    after = "" if known else "SMP-01"
    yield from only_fault(answer, post("DocumentReference", right), names=case.names, after=after)


def a_publication(given: Given, word: str) -> Json:
    """Returns a right DocumentReference for ITI-105: the run's patient, and the document in its
    data.
    """
    reference = dict(a_submission(given, word)["entry"][REFERENCE]["resource"])
    attachment = {
        "contentType": "text/plain",
        "data": base64.b64encode(_content(given, word)).decode(),
    }
    return reference | {
        "meta": {"profile": [PROFILE]},
        "content": [{"attachment": attachment}],
        "subject": {"reference": given["subject"]},
    }


def _test(number: str, script: Callable[[Given], Script], clause: str, name: str = "") -> Test:
    after = {} if script is knows_patient else {"subject": "SMP-00"}
    words = name or getattr(script, "__name__", "")
    return Test(
        f"mhd.simplified.{words}", number, clause, script, "03", after=after, takes=("mhd", "known")
    )


TESTS = (
    _test("SMP-00", knows_patient, CLAUSE),
    _test("SMP-01", taken, CLAUSE),
    _test("SMP-02", taken_in_xml, CLAUSE),
    _test("SMP-03", fetched, "MHD 3:4.105.4.1.3"),
    _test("SMP-04", in_a_submission_set, "MHD 3:4.105.4.1.3"),
    *(
        _test(case.number, partial(refuses, case=case), f"{case.clause} {case.path}", case.name)
        for case in CASES
    ),
)
TRACK = Track("mhd.simplified", "simplified", TESTS, actor="document-recipient")


def _content(given: Given, word: str) -> bytes:
    return f"A document of test {word} in run {given['run']}.\n".encode()


def _accepted(answer: Exchange) -> Iterator[Finding]:
    if answer.status not in (200, 201):
        yield finding_at(
            "simplified.not_taken",
            "error",
            "status",
            ANSWER,
            expected="201",
            found=answer_text(answer),
        )


def _stored(given: Given, word: str) -> Asking:
    """Publishes a document and returns its DocumentReference as a search gives it; None, with a
    finding, for none.
    """
    answer = yield post("DocumentReference", a_publication(given, word))
    yield from _accepted(answer)
    if answer.status not in (200, 201):
        return None
    place = answer.header("location").partition("/_history/")[0]
    references = yield from stored_documents(given, word, [place] if place else [])
    if references is None:
        return None
    if not references:
        expected = unique_id(given, word)
        yield finding_at(
            "simplified.not_found",
            "error",
            "DocumentReference",
            "MHD 3:4.67.4.2.2",
            expected=expected,
        )
        return None
    return references[0]
